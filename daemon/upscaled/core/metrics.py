"""
What is measured, and under which names: Prometheus' conventions, base units in the name.

No label holds a file's name or a job: their number is bounded by the config and by closed lists.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from upscaled.core.exposition import Family, Labels, counter, gauge, summary
from upscaled.core.life import Word
from upscaled.nouns import Hold

_ENDS = (Word.DONE, Word.REVIEW, Word.FAILED)


@dataclass(slots=True)
class Tally:
    """What has ended since the start. Written by one thread, read by others."""

    ended: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_ENDS, 0))
    stages: dict[str, tuple[int, float]] = field(default_factory=dict)

    def note(self, word: str, stages: Mapping[str, float]) -> None:
        """Count an end and its stages in seconds."""
        self.ended[word] = self.ended.get(word, 0) + 1
        for stage, seconds in stages.items():
            count, total = self.stages.get(stage, (0, 0.0))
            self.stages[stage] = count + 1, total + seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Everything that is measured, at one moment; money in US dollars."""

    version: str
    started_at: float
    """Seconds since 1970, as all moments here."""
    pulse_age: float
    ready: bool
    jobs: Mapping[str, int]
    """By the six words; empty while the ledger cannot be read, as `money` is then."""
    holds: Mapping[str, int]
    ended: Mapping[str, int]
    stages: Mapping[str, tuple[int, float]]
    money: Mapping[str, float]
    """`total`, `today`, `month`, `reserved`, `daily_cap`, `monthly_cap`."""
    engine: tuple[str, bool]
    """Its name, and whether it takes work."""
    watches: tuple[bool, ...]
    windows: tuple[bool, ...]
    free: Mapping[tuple[str, str], int]
    """Free bytes by place (`state`, `outbox`, `review`) and watch; the state has no watch."""
    night_at: float | None
    """When the last night that was told ended."""


def families(seen: Seen) -> Iterator[Family]:
    """Yield every metric."""
    yield gauge("upscaled_build_info", "Its version.", {(("version", seen.version),): 1})
    yield gauge("upscaled_start_time_seconds", "When it was started, since 1970.", seen.started_at)
    yield gauge(
        "upscaled_pulse_age_seconds", "Since the conductor's last turn.", round(seen.pulse_age, 3)
    )
    yield gauge("upscaled_ready", "1 while it does its work, as /readyz says.", seen.ready)
    if seen.jobs:
        yield from _jobs(seen)
        yield from _money(seen)
    yield from _endings(seen)
    yield from _places(seen)


def _jobs(seen: Seen) -> Iterator[Family]:
    yield gauge("upscaled_jobs", "Jobs by the six words.", _by("state", seen.jobs))
    holds = dict.fromkeys((hold.value for hold in Hold), 0) | dict(seen.holds)
    yield gauge("upscaled_held_jobs", "Held jobs by what they wait for.", _by("hold", holds))


def _endings(seen: Seen) -> Iterator[Family]:
    yield counter(
        "upscaled_jobs_ended_total", "Jobs that ended since the start.", _by("state", seen.ended)
    )
    yield summary(
        "upscaled_stage_seconds",
        "How long ended jobs were in each state, waiting included.",
        {(("stage", stage),): both for stage, both in sorted(seen.stages.items())},
    )


def _money(seen: Seen) -> Iterator[Family]:
    # A bill that comes out lower is a reset to Prometheus, once; a gauge would hide the sum.
    yield counter("upscaled_spend_usd_total", "Settled money of this ledger.", seen.money["total"])
    yield gauge(
        "upscaled_period_spend_usd",
        "Settled money of the caps' day and month.",
        _by("period", {"day": seen.money["today"], "month": seen.money["month"]}),
    )
    yield gauge(
        "upscaled_period_cap_usd",
        "The caps.",
        _by(
            "period",
            {"day": seen.money["daily_cap"], "month": seen.money["monthly_cap"]},
        ),
    )
    yield gauge("upscaled_reserved_usd", "Money in flight or in doubt.", seen.money["reserved"])


def _places(seen: Seen) -> Iterator[Family]:
    name, ready = seen.engine
    yield gauge("upscaled_engine_ready", "1 while it takes work.", _by("engine", {name: ready}))
    numbered = {str(number): good for number, good in enumerate(seen.watches)}
    yield gauge(
        "upscaled_watch_healthy",
        "1 while the folders of a [[watch]] are all there; counted from 0.",
        _by("watch", numbered),
    )
    opened = {str(number): one for number, one in enumerate(seen.windows)}
    yield gauge("upscaled_window_open", "1 while submits may leave.", _by("watch", opened))
    free: dict[Labels, float] = {
        (("place", place), *((("watch", watch),) if watch else ())): number
        for (place, watch), number in seen.free.items()
    }
    yield gauge("upscaled_free_bytes", "Free space where it writes.", free)
    if seen.night_at is not None:
        yield gauge(
            "upscaled_night_told_time_seconds", "End of the last night told.", seen.night_at
        )


def _by(label: str, values: Mapping[str, float]) -> dict[Labels, float]:
    return {((label, name),): float(value) for name, value in values.items()}
