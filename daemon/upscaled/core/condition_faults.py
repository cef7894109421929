"""
What may be wrong with a condition that can be read: it can never hold, names what nobody measures,
or its own examples contradict it. The same for rules, evidence and choices.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from upscaled.core.conditions import Condition, Example
from upscaled.core.nearest import did_you_mean
from upscaled.errors import Fault

Names = frozenset[str] | None
"""The measures there are; None where the caller does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A condition where it stands: the file, and the key under which faults are told."""

    place: str
    key: str
    when: Condition
    examples: tuple[Example, ...]

    def fault(self, value: object, expected: str, hint: str = "", *, at: str = "when") -> Fault:
        """Return a fault of this entry."""
        key = f"{self.key}.{at}" if at else self.key
        return Fault(place=self.place, key=key, value=str(value)[:80], expected=expected, hint=hint)

    def faults(self, known: Names) -> Iterator[Fault]:
        """
        Yield what is wrong with the condition and its examples by themselves.

        What a misspelt name makes of the examples is not told beside it: it would mislead.
        """
        if not self.when.possible:
            hint = "its terms contradict each other"
            yield self.fault(self.when, "a condition that can hold", hint)
        unknown = [] if known is None else list(self._unknown(known))
        yield from unknown or self._contradicted()

    def understood(self, known: Names) -> bool:
        """Return whether the condition names only measures that are made."""
        return known is None or self.when.names <= known

    def _unknown(self, known: frozenset[str]) -> Iterator[Fault]:
        for name in sorted(self.when.names - known):
            yield self.fault(name, "a measure that is made", did_you_mean(name, sorted(known)))
        told = {name for example in self.examples for name in example.features}
        for name in sorted(told - known - self.when.names):
            hint = did_you_mean(name, sorted(known))
            yield self.fault(name, "a measure that is made", hint, at="example")

    def _contradicted(self) -> Iterator[Fault]:
        if not any(example.matches for example in self.examples):
            yield self.fault("none", "an example that matches", at="example")
        for number, example in enumerate(self.examples, 1):
            if self.when.holds(example.features) is not example.matches:
                said = f"matches = {example.matches}".lower()
                hint = f"the condition is {self.when}"
                yield self.fault(f"example {number}", f"not {said}", hint, at="example")
