"""How `classify --explain` prints an explanation: at most 96 columns, the deciding things first."""

from collections.abc import Iterator, Mapping
from textwrap import wrap

from upscaled.core.conditions import figure
from upscaled.core.explain import Asked, ChoiceAsked, Explanation, Points, RuleAsked, Treatment
from upscaled.edge.pictures.named import MEANINGS
from upscaled.nouns import Family

_WIDTH = 96
_LABEL = 52
_FIGURE = 9


def explained(one: Explanation) -> str:
    """Return the explanation as lines of text."""
    lines = [
        *_wrapped("What tipped it: " + one.decisive.sentence, "  ", "    "),
        *_meanings(one),
        *_rules(one),
        *_points(one.points),
        *_treatment(one.treatment),
    ]
    return "\n".join(lines)


def _rules(one: Explanation) -> Iterator[str]:
    yield "  Rules, in order; the first that holds decides:"
    if not one.rules:
        yield "    none was asked"
    for rule in one.rules:
        yield from _rule(rule)
    if one.untried and one.rules:
        yield f"    {one.untried} later rules were not asked"


def _rule(rule: RuleAsked) -> Iterator[str]:
    head = f"    {_mark(rule.asked)} {rule.name} -> {rule.family.value} ({rule.confidence:.0%}): "
    word = "nearest" if rule.asked.held else "fails at"
    tail = f"; {word} {rule.asked.decided}" if len(rule.asked.terms) > 1 else ""
    yield from _wrapped(f"{head.strip()} {rule.asked}{tail}", "    ", "        ")


def _points(points: Points) -> Iterator[str]:
    families = tuple(points.priors)
    title = "Points:" if points.asked else "Points, not asked since the above decided:"
    yield from _row(title, {name: name.value for name in families}, families, "  ")
    yield from _row("before any evidence", _signed(points.priors), families)
    for item in (one for one in points.evidence if one.asked.held):
        yield from _row(f"yes {item.say}: {item.asked}", _signed(item.points), families)
    yield from _row("sum", _signed(points.sums), families)
    shares = {name: f"{share:.1%}" for name, share in points.shares.items()}
    yield from _row("so likely is each", shares, families)
    if points.asked:
        yield from _wrapped(_gate(points), "    ", "      ")
    yield "  Evidence that did not speak:"
    for item in (one for one in points.evidence if not one.asked.held):
        yield from _row(f"no  {item.asked}", _signed(item.points), families)


def _meanings(one: Explanation) -> Iterator[str]:
    """Yield what the measures mean that decided, and those of the evidence that spoke."""
    spoke = [item.asked for item in one.points.evidence if item.asked.held]
    decided = [rule.asked for rule in one.rules if rule.asked.held]
    values = {
        term.measure: term.value
        for asked in (spoke if one.points.asked else decided)
        for term in asked.terms
        if term.value is not None and term.measure in MEANINGS
    }
    if values:
        yield "  What was measured that counts:"
    for name, value in values.items():
        said = MEANINGS[name].replace("native: ", "at full size, ")
        yield from _wrapped(f"{name} ({figure(value)}): {said}", "    ", "        ")


def _gate(points: Points) -> str:
    gate = points.gate
    if not gate.least:
        return f"gate: {gate.family.value} leads and has none"
    word = "held" if gate.held else "not held, so core"
    return f"gate: {gate.family.value} leads with {gate.share:.1%}, {gate.least:.0%} asked: {word}"


def _treatment(one: Treatment) -> Iterator[str]:
    params = ", ".join(f"{key} {value}" for key, value in one.params.items())
    said = f"Model: {one.model} ({one.catalogue}) with {params}"
    yield from _wrapped(said, "  ", "    ")
    for choice in one.choices:
        yield from _wrapped(_choice(choice), "    ", "        ")
    yield from _wrapped(f"Safe factor: {one.safe_why}", "  ", "    ")


def _choice(choice: ChoiceAsked) -> str:
    if not choice.asked.held:
        return f"no  {choice.asked}"
    sets = ", ".join(f"{key} {value}" for key, value in choice.sets.items())
    return f"yes {choice.asked}: {sets or 'set by an earlier one'}. {choice.say}"


def _mark(asked: Asked) -> str:
    return "yes" if asked.held else "no "


def _signed(numbers: Mapping[Family, float]) -> dict[Family, str]:
    return {name: f"{number:+.1f}" for name, number in numbers.items() if number}


def _row(
    label: str, cells: Mapping[Family, str], families: tuple[Family, ...], indent: str = "    "
) -> Iterator[str]:
    """Yield a label of as many lines as it needs, the last with its figures in their columns."""
    *before, last = _wrapped(label, indent, indent + "    ", _LABEL)
    yield from before
    figures = "".join(cells.get(name, "").rjust(_FIGURE) for name in families)
    yield (last.ljust(_LABEL) + figures).rstrip()


def _wrapped(text: str, first: str, later: str, width: int = _WIDTH) -> list[str]:
    found = wrap(text, width, initial_indent=first, subsequent_indent=later, break_long_words=False)
    return found or [first]
