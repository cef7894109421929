"""
Which family a picture belongs to, and why: a pure function of rules and measures.

First the folder's word, then the decision list, then the table of points. A family that invents
detail needs more than a narrow win: below its gate the picture is treated as core.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from typing import NamedTuple

from upscaled.core.conditions import Features
from upscaled.core.hints import score_name
from upscaled.core.rulebook_types import Evidence, Rule, Rulebook
from upscaled.nouns import Assume, Family, Probe, Verdict

_MOST_REASONS = 4


class Count(NamedTuple):
    """What the table of points came to."""

    shares: dict[Family, float]
    """Probability by family, summing to 1."""
    spoke: tuple[Evidence, ...]
    """The evidence that applied, in the table's order."""

    @property
    def winner(self) -> Family:
        """Return the family with the largest share, the first of equals."""
        return max(self.shares, key=lambda family: self.shares[family])

    @property
    def sure(self) -> float:
        """Return the winner's share, 0..1, to three decimals: what the gate is asked with."""
        return round(self.shares[self.winner], 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """All that led to a verdict, so that it can be explained as it was reached."""

    verdict: Verdict
    features: Features
    tried: tuple[Rule, ...] = ()
    """Rules that were asked, in order; where a rule decided it is the last."""
    count: Count | None = None
    """The points, where no rule decided."""

    @property
    def rule(self) -> Rule | None:
        """Return the rule of the list that decided, if one did."""
        last = self.tried[-1] if self.tried else None
        return last if last and last.when.holds(self.features) else None


def features_of(
    book: Rulebook, probe: Probe, *, name: str, assume: Assume = Assume.NOTHING
) -> dict[str, float]:
    """
    Return every measure that the rules may name.

    The picture's own, those of its name and size, and `assume_ai`, `assume_photo`, `assume_scan`.
    """
    long, short = max(probe.width, probe.height), min(probe.width, probe.height)
    said = {f"assume_{one.value}": float(assume is one) for one in Assume if one.value}
    features = {**score_name(book.hints, name), **said, **probe.features}
    features["ai_size"] = book.ai_size(long, short)
    return features


def judge(
    book: Rulebook, probe: Probe, *, name: str, family: Family | None, assume: Assume
) -> Verdict:
    """
    Return the family, how sure it is (0..1), the rule that decided, and the reasons as sentences.

    `name` is the file's name, `family` a folder's family token, `assume` what the studio says of
    the folder.
    """
    return weigh(book, probe, name=name, family=family, assume=assume).verdict


def weigh(
    book: Rulebook, probe: Probe, *, name: str, family: Family | None, assume: Assume
) -> Weighing:
    """Return the verdict with everything that was asked on the way to it."""
    features = features_of(book, probe, name=name, assume=assume)
    if family is not None:
        reason = f"The folder's name asks for {family.value}."
        verdict = Verdict(model=family, confidence=1.0, rule="folder", reasons=(reason,))
        return Weighing(verdict=verdict, features=features)
    for number, rule in enumerate(book.rules, 1):
        if rule.when.holds(features):
            verdict = _by_rule(rule, probe)
            return Weighing(verdict=verdict, features=features, tried=book.rules[:number])
    count = count_points(book, features)
    verdict = by_points(book, count)
    return Weighing(verdict=verdict, features=features, tried=book.rules, count=count)


def count_points(book: Rulebook, features: Features) -> Count:
    """Return the softmax over priors plus points, and which evidence applied."""
    return tally(book, tuple(item for item in book.evidence if item.when.holds(features)))


def tally(book: Rulebook, spoke: tuple[Evidence, ...]) -> Count:
    """Return what the points come to when this evidence speaks."""
    points = points_of(book, spoke)
    heat = {family: exp(sum_ / book.temperature) for family, sum_ in points.items()}
    total = sum(heat.values())
    return Count({family: share / total for family, share in heat.items()}, spoke)


def points_of(book: Rulebook, spoke: tuple[Evidence, ...]) -> Mapping[Family, float]:
    """Return priors plus points by family."""
    return {
        family: prior + sum(item.points.get(family, 0) for item in spoke)
        for family, prior in book.priors.items()
    }


def by_points(book: Rulebook, count: Count) -> Verdict:
    """Return the verdict of the points; below the winner's gate it is core, and says so."""
    winner, sure = count.winner, count.sure
    reasons = _reasons(winner, count)
    least = book.gate.get(winner, 0.0)
    if sure >= least:
        return Verdict(model=winner, confidence=sure, rule="points", reasons=reasons)
    doubt = (
        f"It looks most like {winner.value}, but only {sure:.0%} sure: not sure enough to invent "
        f"detail ({least:.0%} is asked), so it is treated as core."
    )
    told = (doubt, *reasons)[:_MOST_REASONS]
    left = round(count.shares.get(Family.CORE, 0.0), 3)
    return Verdict(model=Family.CORE, confidence=left, rule="points", reasons=told)


def _by_rule(rule: Rule, probe: Probe) -> Verdict:
    reasons = (_sentence(rule.say, probe),)
    return Verdict(model=rule.family, confidence=rule.confidence, rule=rule.name, reasons=reasons)


def _reasons(winner: Family, count: Count) -> tuple[str, ...]:
    """Return what spoke for the winner, the weightiest first."""
    weights = [(item.points.get(winner, 0.0), item.say) for item in count.spoke]
    told = sorted((pair for pair in weights if pair[0] > 0), key=lambda pair: -pair[0])
    sentences = tuple(f"{say[:1].upper()}{say[1:]}." for _, say in told[:_MOST_REASONS])
    return sentences or ("Nothing speaks for damage, a generator or graphics.",)


def _sentence(say: str, probe: Probe) -> str:
    """Return the rule's sentence with what was found in the place of `{generator}` and such."""
    for kind, found in probe.marks.items():
        say = say.replace(f"{{{kind}}}", found)
    return f"{say}."
