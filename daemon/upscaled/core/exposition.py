"""
Prometheus' text format 0.0.4, written: the whole of it that we need.

Sixty lines stand here instead of prometheus-client, which takes a twentieth of a second at every
start and keeps one registry for the whole process; the tests read all of this with its parser.
Source: prometheus.io/docs/instrumenting/exposition_formats
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One metric with all its samples."""

    name: str
    """With its unit; a counter ends in `_total`."""
    kind: Literal["gauge", "counter", "summary"]
    says: str
    samples: tuple[tuple[str, Labels, float], ...]
    """Suffix of the name (`_sum` of a summary), labels, value."""


def gauge(name: str, says: str, value: float | Mapping[Labels, float]) -> Family:
    """Return a gauge: one value, or one for each set of labels."""
    return Family(name=name, kind="gauge", says=says, samples=_samples(value))


def counter(name: str, says: str, value: float | Mapping[Labels, float]) -> Family:
    """Return a counter; its name ends in `_total`."""
    return Family(name=name, kind="counter", says=says, samples=_samples(value))


def summary(name: str, says: str, values: Mapping[Labels, tuple[int, float]]) -> Family:
    """Return a summary without quantiles: count and sum for each set of labels."""
    samples = [
        (suffix, labels, float(value))
        for labels, (count, total) in values.items()
        for suffix, value in (("_count", count), ("_sum", total))
    ]
    return Family(name=name, kind="summary", says=says, samples=tuple(samples))


def exposition(families: Iterable[Family]) -> str:
    """Return the families as Prometheus reads them; one without samples is left out."""
    return "".join(_family(one) for one in families if one.samples)


def _samples(value: float | Mapping[Labels, float]) -> tuple[tuple[str, Labels, float], ...]:
    if not isinstance(value, Mapping):
        return (("", (), float(value)),)
    return tuple(("", labels, float(one)) for labels, one in value.items())


def _family(one: Family) -> str:
    head = f"# HELP {one.name} {_escaped(one.says)}\n# TYPE {one.name} {one.kind}\n"
    lines = (
        f"{one.name}{suffix}{_labels(labels)} {_number(value)}\n"
        for suffix, labels, value in one.samples
    )
    return head + "".join(lines)


def _labels(labels: Labels) -> str:
    quote = '\\"'
    inside = ",".join(
        f'{name}="{_escaped(value).replace(chr(34), quote)}"' for name, value in labels
    )
    return f"{{{inside}}}" if inside else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    if not isfinite(value):
        return "NaN"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
