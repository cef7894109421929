"""
How a verdict came about, as a value: every rule asked, every point, and the measure that tipped it.

Explains the judge's own weighing and the catalogue's own pick; decides nothing again. Knows nothing
of how it is printed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from upscaled.core.catalogue import Catalogue
from upscaled.core.choices import Step
from upscaled.core.conditions import Condition, Features, Term, figure
from upscaled.core.judge import Count, Weighing, by_points, count_points, points_of, tally
from upscaled.core.rulebook_types import Evidence, Rule, Rulebook
from upscaled.core.safe import safe_factor
from upscaled.nouns import Family, Probe


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One comparison, as it came out."""

    term: str
    measure: str
    value: float | None
    """None where the measure is unknown."""
    held: bool

    def __str__(self) -> str:
        return f"{self.term} ({'unknown' if self.value is None else figure(self.value)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One condition, as it came out."""

    when: str
    held: bool
    terms: tuple[Compared, ...]
    decided: Compared
    """The first term that failed; where all held, the one nearest to failing."""

    def __str__(self) -> str:
        return " and ".join(map(str, self.terms))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAsked:
    """One rule of the decision list."""

    name: str
    family: Family
    confidence: float
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceAsked:
    """One line of the table of points."""

    say: str
    points: Mapping[Family, float]
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What the leading family had to reach."""

    family: Family
    share: float
    least: float
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """The table of points and what it came to; only `asked` where no rule decided before."""

    asked: bool
    priors: Mapping[Family, float]
    evidence: tuple[EvidenceAsked, ...]
    sums: Mapping[Family, float]
    temperature: float
    shares: Mapping[Family, float]
    gate: Gate


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceAsked:
    """One sub-choice inside the family."""

    asked: Asked
    sets: Mapping[str, Any]
    """Empty where it did not hold, or earlier choices had set all of it."""
    say: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What the family's recipe makes of it."""

    catalogue: str
    model: str
    params: Mapping[str, Any]
    choices: tuple[ChoiceAsked, ...]
    safe_factor: float
    safe_why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisive:
    """What tipped it."""

    measure: str | None
    value: float | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All of it."""

    rules: tuple[RuleAsked, ...]
    untried: int
    """Rules that were not asked any more."""
    points: Points
    decisive: Decisive
    treatment: Treatment


def explain(book: Rulebook, weighing: Weighing, probe: Probe, catalogue: Catalogue) -> Explanation:
    """Return how `weighing` came about with `book`, and what `catalogue` makes of its family."""
    features = weighing.features
    rules = tuple(_rule(rule, features) for rule in weighing.tried)
    return Explanation(
        rules=rules,
        untried=len(book.rules) - len(rules),
        points=_points(book, weighing),
        decisive=_decisive(book, weighing),
        treatment=_treatment(weighing, probe, catalogue),
    )


def _rule(rule: Rule, features: Features) -> RuleAsked:
    asked = _asked(rule.when, features)
    return RuleAsked(name=rule.name, family=rule.family, confidence=rule.confidence, asked=asked)


def _points(book: Rulebook, weighing: Weighing) -> Points:
    count = weighing.count or count_points(book, weighing.features)
    least = book.gate.get(count.winner, 0.0)
    return Points(
        asked=weighing.count is not None,
        priors=book.priors,
        evidence=tuple(
            EvidenceAsked(
                say=item.say, points=item.points, asked=_asked(item.when, weighing.features)
            )
            for item in book.evidence
        ),
        sums=points_of(book, count.spoke),
        temperature=book.temperature,
        shares=count.shares,
        gate=Gate(family=count.winner, share=count.sure, least=least, held=count.sure >= least),
    )


def _treatment(weighing: Weighing, probe: Probe, catalogue: Catalogue) -> Treatment:
    verdict = weighing.verdict
    pick = catalogue.pick(verdict.model, features=probe.features)
    factor, why = safe_factor(verdict.model, probe, verdict.rule)
    return Treatment(
        catalogue=catalogue.name,
        model=pick.model.name,
        params=pick.params,
        choices=tuple(_choice(step, probe.features) for step in pick.steps),
        safe_factor=factor,
        safe_why=why,
    )


def _choice(step: Step, features: Features) -> ChoiceAsked:
    say = step.choice.sentence(features)
    return ChoiceAsked(asked=_asked(step.choice.when, features), sets=step.sets, say=say)


def _decisive(book: Rulebook, weighing: Weighing) -> Decisive:
    if weighing.count is not None:
        return _decisive_points(book, weighing.count, weighing.features)
    if weighing.rule is None:
        family = weighing.verdict.model.value
        return Decisive(measure=None, value=None, sentence=f"The folder's name asks for {family}.")
    near = _asked(weighing.rule.when, weighing.features).decided
    sentence = f'The rule "{weighing.rule.name}" decided; its nearest measure was {near}.'
    return Decisive(measure=near.measure, value=near.value, sentence=sentence)


def _decisive_points(book: Rulebook, count: Count, features: Features) -> Decisive:
    """Return the evidence without which the verdict changes, else that which weighs most."""
    if not count.spoke:
        return Decisive(measure=None, value=None, sentence="No evidence spoke: the priors decided.")
    model = by_points(book, count).model
    without = [(item, _without(book, count, item)) for item in count.spoke]
    turning = [pair for pair in without if by_points(book, pair[1]).model is not model]
    item, rest = min(turning or without, key=lambda pair: pair[1].shares[count.winner])
    before, after = count.shares[count.winner], rest.shares[count.winner]
    change = f"{count.winner.value} would have {after:.0%} instead of {before:.0%}"
    turned = f", and the picture would go to {by_points(book, rest).model.value}" if turning else ""
    asked = _asked(item.when, features)
    return Decisive(
        measure=asked.decided.measure,
        value=asked.decided.value,
        sentence=f'Most hangs on "{item.say}", {asked}: without it {change}{turned}.',
    )


def _without(book: Rulebook, count: Count, item: Evidence) -> Count:
    return tally(book, tuple(other for other in count.spoke if other is not item))


def _asked(when: Condition, features: Features) -> Asked:
    failed = next((term for term in when.terms if not term.holds(features)), None)
    decided = failed or _nearest(when.terms, features)
    return Asked(
        when=str(when),
        held=failed is None,
        terms=tuple(_compared(term, features) for term in when.terms),
        decided=_compared(decided, features),
    )


def _nearest(terms: Iterable[Term], features: Features) -> Term:
    """Return the term nearest to its threshold, in parts of the larger of value and threshold."""

    def margin(term: Term) -> float:
        value = features[term.name]
        return abs(value - term.number) / max(abs(value), abs(term.number), 1e-9)

    return min(terms, key=margin)


def _compared(term: Term, features: Features) -> Compared:
    return Compared(
        term=str(term),
        measure=term.name,
        value=features.get(term.name),
        held=term.holds(features),
    )
