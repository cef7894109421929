"""
Which family a picture belongs to, and why: a pure function of rules and measures.

First the folder's word, then the decision list, then the table of points. A family that invents
detail needs more than a narrow win: below its gate the picture is treated as core.
"""

from math import exp
from typing import NamedTuple

from upscaled.core.hints import score_name
from upscaled.core.rulebook import Evidence, Rulebook
from upscaled.nouns import Assume, Family, Probe, Verdict

_MOST_REASONS = 4


class Count(NamedTuple):
    """What the table of points came to."""

    shares: dict[Family, float]
    """Probability by family, summing to 1."""
    spoke: tuple[Evidence, ...]
    """The evidence that applied, in the table's order."""


def features_of(
    book: Rulebook, probe: Probe, *, name: str, assume: Assume = Assume.NOTHING
) -> dict[str, float]:
    """
    Return every measure that the rules may name.

    The picture's own, those of its name and size, and `assume_ai`, `assume_photo`, `assume_scan`.
    """
    size = max(probe.width, probe.height), min(probe.width, probe.height)
    said = {f"assume_{one.value}": float(assume is one) for one in Assume if one.value}
    features = {**score_name(book.hints, name), **said, **probe.features}
    features["ai_size"] = float(size in book.native_sizes)
    features["screenlike"] = float(_screenlike(features))
    return features


def judge(
    book: Rulebook, probe: Probe, *, name: str, family: Family | None, assume: Assume
) -> Verdict:
    """
    Return the family, how sure it is (0..1), the rule that decided, and the reasons as sentences.

    `name` is the file's name, `family` a folder's family token, `assume` what the studio says of
    the folder.
    """
    if family is not None:
        reason = f"The folder's name asks for {family.value}."
        return Verdict(model=family, confidence=1.0, rule="folder", reasons=(reason,))
    features = features_of(book, probe, name=name, assume=assume)
    for rule in book.rules:
        if rule.when.holds(features):
            reasons = (_sentence(rule.say, probe),)
            return Verdict(
                model=rule.family, confidence=rule.confidence, rule=rule.name, reasons=reasons
            )
    return _by_points(book, count_points(book, features))


def count_points(book: Rulebook, features: dict[str, float]) -> Count:
    """Return the softmax over priors plus points, and which evidence applied."""
    spoke = tuple(item for item in book.evidence if item.when.holds(features))
    heat = {
        family: exp((prior + sum(item.points.get(family, 0) for item in spoke)) / book.temperature)
        for family, prior in book.priors.items()
    }
    total = sum(heat.values())
    return Count({family: share / total for family, share in heat.items()}, spoke)


def _by_points(book: Rulebook, count: Count) -> Verdict:
    winner = max(count.shares, key=lambda family: count.shares[family])
    sure = round(count.shares[winner], 3)
    reasons = _reasons(winner, count)
    least = book.gate.get(winner, 0.0)
    if sure >= least:
        return Verdict(model=winner, confidence=sure, rule="points", reasons=reasons)
    doubt = (
        f"It looks most like {winner.value}, but only {sure:.0%} sure: not sure enough to invent "
        f"detail ({least:.0%} is asked), so it is treated as core."
    )
    told = (doubt, *reasons)[:_MOST_REASONS]
    return Verdict(model=Family.CORE, confidence=round(1 - sure, 3), rule="points", reasons=told)


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


def _screenlike(features: dict[str, float]) -> bool:
    """Return whether it shows a screen: pictures of a generator's window carry its graph too."""
    lines = (
        features.get("txt_share", 0) >= 0.2
        and features.get("txt_area", 0) >= 0.02
        and features.get("txt_n", 0) >= 10
        and features.get("eqn", 0) >= 0.55
    )
    flat = features.get("top8", 0) >= 0.75 and features.get("eqn", 0) >= 0.74
    return lines or (flat and features.get("txt_n", 0) >= 8)
