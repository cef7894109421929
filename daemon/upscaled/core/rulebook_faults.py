"""
What may be wrong with rules that can be read: names, rules that can never fire, idle evidence.

A rule that never fires and a measure that nobody makes fail silently: the picture goes to the wrong
family and nobody sees why. So they are refused when the rules are loaded, all of them together.
"""

from collections.abc import Iterator, Mapping

from upscaled.core.condition_faults import Entry, Names
from upscaled.core.conditions import SLOT, covers, same
from upscaled.core.nearest import did_you_mean
from upscaled.core.rulebook_types import ASSUMED, DERIVED, Evidence, Rule, Rulebook
from upscaled.errors import Fault

_TAKEN = frozenset({"folder", "points"})
"""What a verdict says where no rule of the list decided."""
Marks = Mapping[str, tuple[str, float]]
"""By kind of mark: the measure that tells how far it is trusted, and the most that it can be."""
_NO_PRIOR = "without a prior a family is never chosen by points"


def rulebook_faults(
    book: Rulebook, known: Names, place: str, marks: Marks | None = None
) -> Iterator[Fault]:
    """
    Yield every fault of rules that could be read.

    Without `known` no measure is looked up, without `marks` no kind of mark and no trust in it.
    """
    names = None if known is None else known | ASSUMED | DERIVED | book.hinted
    rules = [_entry(place, f"rule {rule.name}", rule) for rule in book.rules]
    table = [_entry(place, f"evidence {item.when}", item) for item in book.evidence]
    for entry in (*rules, *table):
        yield from entry.faults(names)
    yield from _double_names(book, place)
    yield from _shadows(book, known, place)
    if all(entry.understood(names) for entry in (*rules, *table)):
        yield from _unread(book, place)
    if marks is not None:
        yield from _unfilled(book, rules, names, marks)
        yield from _beyond_trust([*rules, *table], marks)
    yield from _too_strong(book, rules)
    yield from _unreachable(rules)
    yield from _doubles(table)
    yield from _idle(book, table)
    yield from _idle_gates(book, place)


def _entry(place: str, key: str, one: Rule | Evidence) -> Entry:
    return Entry(place=place, key=key, when=one.when, examples=one.examples)


def _double_names(book: Rulebook, place: str) -> Iterator[Fault]:
    names = [rule.name for rule in book.rules]
    for name in sorted({name for name in names if names.count(name) > 1 or name in _TAKEN}):
        hint = "'folder' and 'points' are taken"
        yield Fault(
            place=place, key="rule.name", value=name, expected="a name of its own", hint=hint
        )


def _shadows(book: Rulebook, known: Names, place: str) -> Iterator[Fault]:
    """Yield hints whose feature is a measure: one of the two would never be seen."""
    for name in sorted(book.hinted & ((known or frozenset()) | ASSUMED | DERIVED)):
        yield Fault(
            place=place,
            key=f"hint {name}.feature",
            value=name,
            expected="a name of its own",
            hint="a measure of the picture is called so",
        )


def _unread(book: Rulebook, place: str) -> Iterator[Fault]:
    """Yield hints that add nothing: no condition asks for their feature."""
    conditions = [one.when for one in book.rules] + [one.when for one in book.evidence]
    read = {name for when in conditions for name in when.names}
    for name in sorted(book.hinted - read):
        hint = "no rule and no evidence reads it: add [[evidence]], or take the hint out"
        yield Fault(
            place=place, key=f"hint {name}", value=name, expected="a feature in use", hint=hint
        )


def _unfilled(book: Rulebook, rules: list[Entry], names: Names, marks: Marks) -> Iterator[Fault]:
    """Yield sentences that would show a `{slot}` as it stands."""
    for rule, entry in zip(book.rules, rules, strict=True):
        for slot in SLOT.findall(rule.say):
            if slot not in marks:
                expected = "a kind of mark: " + ", ".join(marks)
                hint = did_you_mean(slot, sorted(marks))
                yield entry.fault(f"{{{slot}}}", expected, hint, at="say")
            elif entry.understood(names) and marks[slot][0] not in rule.when.names:
                expected = f"a condition that asks for {marks[slot][0]}"
                hint = "else the sentence has nothing to put there"
                yield entry.fault(f"{{{slot}}}", expected, hint, at="say")


def _beyond_trust(entries: list[Entry], marks: Marks) -> Iterator[Fault]:
    """Yield conditions that ask more of a mark than the table of marks ever gives."""
    most = dict(marks.values())
    for entry in entries:
        for name in sorted(entry.when.names & most.keys()):
            if not entry.when.allows(name, most[name]):
                hint = f"the most that marks.toml gives {name} is {most[name]:g}"
                yield entry.fault(entry.when, "a condition that a mark can meet", hint)


def _too_strong(book: Rulebook, rules: list[Entry]) -> Iterator[Fault]:
    """Yield rules that decide by a file's name or by what the studio says: both only add points."""
    for entry in rules:
        for name in sorted(entry.when.names & (ASSUMED | book.hinted)):
            hint = "what a name or a studio says is one piece of [[evidence]], never a rule"
            yield entry.fault(name, "a measure or a mark of the picture", hint)


def _unreachable(rules: list[Entry]) -> Iterator[Fault]:
    for number, entry in enumerate(rules):
        earlier = [one for one in rules[:number] if one.when.possible]
        if entry.when.possible and covers([one.when for one in earlier], entry.when):
            hint = "earlier rules take every such picture: " + _keys(earlier, entry)
            yield entry.fault(entry.when, "a rule that can be reached", hint)
        else:
            yield from _taken_examples(earlier, entry)


def _keys(earlier: list[Entry], entry: Entry) -> str:
    return ", ".join(one.key for one in earlier if one.when.names <= entry.when.names)


def _taken_examples(earlier: list[Entry], entry: Entry) -> Iterator[Fault]:
    """Yield examples that prove nothing: an earlier rule decides them."""
    for number, example in enumerate(entry.examples, 1):
        before = next((one for one in earlier if one.when.holds(example.features)), None)
        if example.matches and before:
            hint = f"{before.key} comes first and takes it"
            yield entry.fault(f"example {number}", "one that reaches it", hint, at="example")


def _doubles(table: list[Entry]) -> Iterator[Fault]:
    for number, entry in enumerate(table):
        if any(same(entry.when, other.when) for other in table[:number]):
            hint = "an earlier one has the same: put their points together"
            yield entry.fault(entry.when, "a condition of its own", hint)


def _idle(book: Rulebook, table: list[Entry]) -> Iterator[Fault]:
    """Yield evidence that changes nothing."""
    for item, entry in zip(book.evidence, table, strict=True):
        for family in sorted(item.points.keys() - book.priors.keys()):
            yield entry.fault(family, "a family of [priors]", _NO_PRIOR, at="points")
        told = {item.points.get(family, 0.0) for family in book.priors}
        if len(told) == 1 < len(book.priors):
            hint = "equal points for every family change no share"
            yield entry.fault(told.pop(), "points that differ by family", hint, at="points")


def _idle_gates(book: Rulebook, place: str) -> Iterator[Fault]:
    for family in sorted(book.gate.keys() - book.priors.keys()):
        yield Fault(
            place=place,
            key=f"gate.{family}",
            value=str(book.gate[family]),
            expected="a family of [priors]",
            hint=_NO_PRIOR,
        )
