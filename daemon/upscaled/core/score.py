"""
How well the judge does on pictures whose family a person has said: labels and verdicts in, figures
out.

Pure arithmetic, and for the trade-off the judge itself with other gates. Knows no file and no
picture. A share of nothing is None, never 0: a label without pictures says nothing of the judge.

Recall and precision are those of information retrieval (van Rijsbergen, Information Retrieval,
1979, chapter 7); macro recall is the unweighted mean over the labels that occur, so that a family
with few pictures counts as much as one with many.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from upscaled.core.judge import judge
from upscaled.core.rulebook import Rulebook
from upscaled.nouns import INVENTING, Assume, Family, Probe, Verdict

FAMILIES = tuple(Family)
FOUR = tuple(family for family in Family if family is not Family.CGI)
GENERATIVE = tuple(sorted(INVENTING))
"""The families whose models invent detail: a good photo sent there is the dearest mistake."""
SURE = 0.9
"""From this confidence on a verdict claims to be right nearly always."""
BINS = (0.0, 0.5, 0.6, 0.7, 0.8, SURE, 1.0)
"""Edges of the calibration table: narrow where the verdicts lie and the gates stand."""
TAUS = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
"""Gates to compare. Four families share the points, so that no winner has less than 0.25."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One picture: what a person says it is, and what the judge says."""

    label: Family
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One picture before it is judged: its label, its own file name, what was measured of it."""

    label: Family
    name: str
    probe: Probe


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """How many pictures of each label were judged to be each family."""

    families: tuple[Family, ...]
    counts: Mapping[tuple[Family, Family], int]
    """By label and verdict; what is missing is 0."""

    def count(self, label: Family, *models: Family) -> int:
        """Return how many pictures of a label were judged to be one of these families."""
        return sum(self.counts.get((label, model), 0) for model in models)

    @property
    def accuracy(self) -> float | None:
        """Return the share of pictures judged right, 0..1."""
        right = sum(self.count(one, one) for one in self.families)
        return _share(right, sum(self.counts.values()))

    def recall(self, label: Family) -> float | None:
        """Return the share of a label's pictures that were found."""
        return self.sent(label, label)

    def precision(self, model: Family) -> float | None:
        """Return the share of a family's verdicts that were right."""
        verdicts = sum(self.count(label, model) for label in self.families)
        return _share(self.count(model, model), verdicts)

    @property
    def macro_recall(self) -> float | None:
        """Return the mean recall over the labels that occur."""
        found = [self.recall(one) for one in self.families]
        known = [one for one in found if one is not None]
        return sum(known) / len(known) if known else None

    def sent(self, label: Family, *models: Family) -> float | None:
        """Return the share of a label's pictures that were judged to be one of these families."""
        return _share(self.count(label, *models), self.count(label, *self.families))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Verdicts whose confidence lies from `low` to below `high` (the last holds 1.0 too)."""

    low: float
    high: float
    count: int
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sure:
    """Verdicts of confidence `SURE` and above."""

    count: int
    right: int
    right_four: int
    """Right where cgi counts as core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """All figures of one run of the judge."""

    five: Confusion
    four: Confusion
    """With cgi counted as core, in labels and verdicts."""
    calibration: tuple[Bin, ...]
    sure: Sure


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """What one gate for the generative families costs, and what it saves."""

    tau: float
    """Least confidence that points need for recover and redefine; below it core."""
    score: Score


def folded(family: Family) -> Family:
    """Return the family where cgi counts as core."""
    return Family.CORE if family is Family.CGI else family


def score(judged: Sequence[Judged]) -> Score:
    """Return all figures of these verdicts; none at all gives shares of None."""
    return Score(
        five=_confusion(judged, FAMILIES, lambda family: family),
        four=_confusion(judged, FOUR, folded),
        calibration=_calibration(judged),
        sure=_sure(judged),
    )


def judged_by(book: Rulebook, pictures: Iterable[Labelled]) -> tuple[Judged, ...]:
    """Judge every picture by a rulebook, without a word from a folder."""
    return tuple(
        Judged(
            label=one.label,
            verdict=judge(book, one.probe, name=one.name, family=None, assume=Assume.NOTHING),
        )
        for one in pictures
    )


def trade_off(
    book: Rulebook, pictures: Sequence[Labelled], taus: Sequence[float] = TAUS
) -> tuple[Trade, ...]:
    """Return the figures at each gate; rules that decide alone, as marks do, mind no gate."""
    return tuple(
        Trade(tau=tau, score=score(judged_by(_gated(book, tau), pictures))) for tau in taus
    )


def score_json(found: Score) -> dict[str, Any]:
    """Return the figures as `corpus --json` prints them: shares 0..1, null where of nothing."""
    five, four = found.five, found.four
    return {
        "accuracy": _rounded(five.accuracy),
        "macro_recall": _rounded(five.macro_recall),
        "four": {
            "accuracy": _rounded(four.accuracy),
            "macro_recall": _rounded(four.macro_recall),
            "recall": _each(four.families, four.recall),
            "precision": _each(four.families, four.precision),
        },
        "recall": _each(five.families, five.recall),
        "precision": _each(five.families, five.precision),
        "confusion": {
            label.value: {model.value: five.count(label, model) for model in five.families}
            for label in five.families
        },
        "calibration": [
            {"from": one.low, "to": one.high, "count": one.count, "right": one.right}
            for one in found.calibration
        ],
        "sure": {
            "from": SURE,
            "count": found.sure.count,
            "right": found.sure.right,
            "right_four": found.sure.right_four,
            "share": _rounded(_share(found.sure.right, found.sure.count)),
        },
        "photos": photos_json(found),
    }


def photos_json(found: Score) -> dict[str, float | None]:
    """Return the shares of good photos (label core) that would be sent to a generative model."""
    return {
        "generative": _rounded(found.five.sent(Family.CORE, *GENERATIVE)),
        "redefine": _rounded(found.five.sent(Family.CORE, Family.REDEFINE)),
    }


def trade_json(trade: Trade) -> dict[str, float | None]:
    """Return one line of the trade-off as `corpus --json` prints it."""
    five, four = trade.score.five, trade.score.four
    return {
        "tau": trade.tau,
        "accuracy": _rounded(five.accuracy),
        "four_accuracy": _rounded(four.accuracy),
        "four_macro_recall": _rounded(four.macro_recall),
        **photos_json(trade.score),
        "recover_recall": _rounded(five.recall(Family.RECOVER)),
        "redefine_recall": _rounded(five.recall(Family.REDEFINE)),
    }


def _gated(book: Rulebook, tau: float) -> Rulebook:
    return replace(book, gate={**book.gate, **dict.fromkeys(GENERATIVE, tau)})


def _confusion(
    judged: Sequence[Judged], families: tuple[Family, ...], fold: Callable[[Family], Family]
) -> Confusion:
    counts = Counter((fold(one.label), fold(one.verdict.model)) for one in judged)
    return Confusion(families=families, counts=counts)


def _calibration(judged: Sequence[Judged]) -> tuple[Bin, ...]:
    bins = []
    for low, high in pairwise(BINS):
        last = high == BINS[-1]
        inside = [
            one
            for one in judged
            if low <= one.verdict.confidence and (last or one.verdict.confidence < high)
        ]
        right = sum(one.label is one.verdict.model for one in inside)
        bins.append(Bin(low=low, high=high, count=len(inside), right=right))
    return tuple(bins)


def _sure(judged: Sequence[Judged]) -> Sure:
    sure = [one for one in judged if one.verdict.confidence >= SURE]
    return Sure(
        count=len(sure),
        right=sum(one.label is one.verdict.model for one in sure),
        right_four=sum(folded(one.label) is folded(one.verdict.model) for one in sure),
    )


def _each(
    families: Iterable[Family], figure: Callable[[Family], float | None]
) -> dict[str, float | None]:
    return {family.value: _rounded(figure(family)) for family in families}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
