"""
When what waits will probably be done: from how quickly work of its kind was done lately.

Values in, values out. It is a range and never a promise, and None where too little is known: an
invented time is worse than none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from upscaled.nouns import Job, State

RECENT = 60
"""Ends that are looked at: what was quick last week says little about tonight."""
LEAST = 6
"""Ends below which nothing is said."""
_CHUNK, _CHUNKS = 3, 6
"""Ends in a part whose speed is measured for itself, and how many parts there are at most."""
_UNKNOWN_SHARE = 0.2
"""Of what waits, how much may be of a kind that was never measured."""

Kind = tuple[str, str]
"""The target's word and the engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One ended job."""

    kind: Kind
    seconds: float
    """From its admission to its end."""
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How long what can move now will take if it goes on as before."""

    least: timedelta
    most: timedelta


def sample_of(job: Job) -> Sample | None:
    """Return what an end says of the pace, None where it says nothing: accepted, reused, failed."""
    facts = job.facts
    begun = facts.times.get(State.ADMITTED.value) or facts.times.get(State.TAKEN.value)
    ended = job.state in {State.DONE, State.REVIEW}
    if not ended or begun is None or facts.accepted is not None or facts.reused:
        return None
    seconds = (job.updated_at - begun).total_seconds()
    return Sample(kind=(job.target, facts.engine), seconds=seconds, ended_at=job.updated_at)


def forecast(samples: Iterable[Sample], ahead: Mapping[Kind, int]) -> Forecast | None:
    """
    Return how long `ahead` (pictures by kind) will take.

    A kind's unit is the median of its samples' own seconds. Units done for each second in which
    something was done give the speed; the slowest and the quickest part of the recent past
    bound it. Idle time does not count: a picture takes no more of the wall than its own seconds.
    """
    recent = sorted(samples, key=lambda one: one.ended_at)[-RECENT:]
    units = _units(recent)
    total = sum(ahead.values())
    unknown = sum(count for kind, count in ahead.items() if kind not in units)
    if len(recent) < LEAST or not total or unknown > _UNKNOWN_SHARE * total:
        return None
    usual = median(one.seconds for one in recent)
    work = sum(count * units.get(kind, usual) for kind, count in ahead.items())
    longest = max(units.get(kind, usual) for kind, count in ahead.items() if count)
    speeds = _speeds(recent, units)
    return Forecast(
        least=timedelta(seconds=max(work / max(speeds), longest / 2)),
        most=timedelta(seconds=max(work / min(speeds), longest)),
    )


def _units(samples: Sequence[Sample]) -> dict[Kind, float]:
    by_kind: dict[Kind, list[float]] = {}
    for one in samples:
        by_kind.setdefault(one.kind, []).append(max(one.seconds, 0.001))
    return {kind: median(seconds) for kind, seconds in by_kind.items()}


def _speeds(samples: Sequence[Sample], units: Mapping[Kind, float]) -> list[float]:
    """Return the units done a second, of each part of the samples; the first has no gap before."""
    pairs = list(pairwise(samples))
    parts = max(1, min(_CHUNKS, len(pairs) // _CHUNK))
    bounds = [round(len(pairs) * part / parts) for part in range(parts + 1)]
    speeds = []
    for first, last in pairwise(bounds):
        done = sum(units[later.kind] for _, later in pairs[first:last])
        wall = sum(_wall(earlier, later) for earlier, later in pairs[first:last])
        speeds.append(done / max(wall, 0.001))
    return speeds


def _wall(earlier: Sample, later: Sample) -> float:
    gap = (later.ended_at - earlier.ended_at).total_seconds()
    return max(0.0, min(gap, later.seconds))
