"""
How many bytes a job will yet write, and whether there is room for them.

Expectations, drawn from plan and probe; a disk that fills up all the same is an outage like any
other. Pure: how much is free is an argument.
"""

from dataclasses import dataclass
from pathlib import Path

from upscaled.nouns import Format, Job, Pass, Plan, Probe, Room, State

SPARE_BYTES = 64_000_000
SPARE_SHARE = 20
"""Never the last bytes: so many, or a twentieth of a small file system, are left to the others."""
RELIEF_SHARE, RELIEF_BYTES = 10, 1_000_000_000
"""Who was held goes on with a tenth more than it needs, at most a gigabyte, or it would flutter."""

_PACKED = 0.75
"""Of raw pixels, LZW, deflate and PNG leave 0.55 to 0.65 of photographs, more of grain."""
_JPEG = 0.35
"""At quality 95 without subsampling."""
_RGB = 3
_UPLOADS = frozenset({State.PLANNED, State.ADMITTED})
_FETCHES = _UPLOADS | {State.PREPARED, State.SUBMITTING, State.SUBMITTED, State.READY}
_FINISHES = _FETCHES | {State.FETCHED}
_READS = frozenset({State.SEEN, State.ASKED})
ASKED = (_FINISHES - {State.SUBMITTED}) | _READS | {State.FINISHED, State.ACCEPTING}
"""States whose step is asked for: what is sent already is only waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Bytes that a job will yet write, by place."""

    work: int = 0
    """In the private folder: source, upload, raw picture, scratch, result."""
    outbox: int = 0
    """The staged copy beside the results; `review` likewise."""
    review: int = 0


def need(job: Job, *, packed: bool = True) -> Need:
    """Return what a job will yet write until it is delivered; `packed`: TIFFs are compressed."""
    facts = job.facts
    if job.state in _READS:
        return Need(work=job.size)
    if job.state is State.ACCEPTING and facts.result is not None:
        return Need(outbox=facts.result.bytes)
    if job.state is State.FINISHED and facts.result is not None:
        passed = facts.fidelity is not None and facts.fidelity.verdict == "pass"
        return _staged(facts.result.bytes, 0, to_review=not passed)
    plan, probe = facts.plan, facts.probe
    if plan is None or job.state not in _FINISHES:
        return Need()
    result = _result_bytes(plan, probe, packed=packed)
    work = _passes_bytes(job, plan) + _scratch_bytes(plan, probe) + result
    return _staged(result, work, to_review=plan.review)


def too_little(bytes_needed: int, room: Room, others: int, *, held: bool) -> bool:
    """Say whether a need does not fit beside what others will write; `held`: it waits already."""
    relief = min(bytes_needed // RELIEF_SHARE, RELIEF_BYTES) if held else 0
    return bytes_needed > 0 and bytes_needed + relief > free_for(room, others)


def free_for(room: Room, others: int) -> int:
    """Return the bytes that are left beside a spare and what others will write, at least 0."""
    return max(0, room.free - min(SPARE_BYTES, room.total // SPARE_SHARE) - others)


def sentence(bytes_needed: int, free: int, place: Path) -> str:
    """Return why a job is held."""
    return (
        f"Needs {_size(bytes_needed)} in {place}, {_size(free)} are free beside what is under way;"
        " it goes on by itself when there is room."
    )


def _size(number: int) -> str:
    if number >= 1_000_000_000:
        return f"{number / 1e9:.1f} GB"
    return f"{number / 1e6:.0f} MB" if number >= 10_000_000 else f"{number / 1e3:.0f} kB"


def _staged(number: int, work: int, *, to_review: bool) -> Need:
    if to_review:
        return Need(work=work, review=number)
    return Need(work=work, outbox=number)


def _result_bytes(plan: Plan, probe: Probe | None, *, packed: bool) -> int:
    clear = plan.format is Format.PNG and plan.printed is None
    channels = _RGB + (clear and probe is not None and probe.alpha)
    deep = (
        2 if probe and probe.bits > 8 and not plan.passes and plan.format is not Format.JPEG else 1
    )
    raw = plan.width * plan.height * channels * deep
    if plan.format is Format.JPEG:
        return round(raw * _JPEG)
    return raw if plan.format is Format.TIFF and not packed else round(raw * _PACKED)


def _passes_bytes(job: Job, plan: Plan) -> int:
    """Return uploads and raw pictures of the passes that are not here yet."""
    if job.state not in _FETCHES:
        return 0
    passes, facts = plan.passes[job.facts.pass_index :], job.facts
    total = sum(_raw_bytes(one, facts.engine) for one in passes)
    known = facts.standing.result_bytes if facts.standing and job.state is State.READY else None
    if known is not None and passes:
        total += known - _raw_bytes(passes[0], facts.engine)
    uploads = passes if job.state in _UPLOADS else passes[1:]
    return total + sum(_upload_bytes(one) for one in uploads)


def _raw_bytes(one: Pass, engine: str) -> int:
    raw = one.width * one.height * _RGB
    return raw if engine == "local" else round(raw * _PACKED)


def _upload_bytes(one: Pass) -> int:
    """Return an upload as PNG: the size that the pass enlarges from, or a JPEG of less."""
    return round(one.width * one.height / one.factor**2 * _RGB * _PACKED)


def _scratch_bytes(plan: Plan, probe: Probe | None) -> int:
    """Return what finishing writes uncompressed: where it enlarges, and alpha by itself."""
    if probe is None:
        return 0
    whole = plan.scaled_width * plan.scaled_height
    last = plan.passes[-1] if plan.passes else None
    drawn = (last.width, last.height) if last else (probe.width, probe.height)
    enlarges = drawn[0] < plan.scaled_width or drawn[1] < plan.scaled_height
    alpha = whole if probe.alpha and plan.scaled_width > probe.width else 0
    turned = probe.width * probe.height * _RGB if probe.orientation > 1 else 0
    return (whole * _RGB if enlarges else 0) + alpha + turned
