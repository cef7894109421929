"""Ledgers of a studio that has worked for months, filled in seconds; only rows, no pictures."""

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from upscaled.edge.ledger import Ledger
from upscaled.nouns import (
    Artifact,
    Delivery,
    Facts,
    Family,
    Fidelity,
    Hold,
    Job,
    PassDone,
    Probe,
    State,
    Trouble,
    Verdict,
)

FEATURES = {f"measure_{number}": number / 7 for number in range(60)}
STORY = ("taken", "judged", "planned", "admitted", "submitted", "fetched", "delivering", "done")


def fill(path: Path, inbox: str, *, done: int, unfinished: int) -> Ledger:
    """
    Make a ledger with so many ended jobs and so many that move or wait, and return it.

    Of the ended every fortieth failed and every fiftieth is in review; of the others half are held.
    """
    ledger = Ledger(path, [inbox])
    ledger.create()
    now = datetime.now(UTC)
    begun = now - timedelta(minutes=done)
    ended = [_ended(number, begun + timedelta(minutes=number)) for number in range(done)]
    ledger.add([*ended, *(_living(number, now) for number in range(unfinished))])
    with sqlite3.connect(path) as link:
        link.executemany(
            "INSERT INTO history (job, at, state, said) VALUES (?, ?, ?, ?)",
            [
                (job.id, job.updated_at.timestamp() - 60, state, f"it was {state} with care")
                for job in ended
                for state in STORY
            ],
        )
        link.executemany(
            "INSERT INTO money (at, kind, job, inbox, path, number, micros, endpoint, model,"
            " request_id, billed) VALUES (?, ?, ?, ?, ?, 0, 80000, 'e', 'Standard V2', ?, 1)",
            [
                (job.updated_at.timestamp(), kind, job.id, inbox, job.path, f"r-{job.id}")
                for job in ended
                for kind in ("reserve", "release", "settle")
            ],
        )
    link.close()
    return ledger


def job_id(number: int) -> str:
    """Return the id of an ended job."""
    return f"{number:08x}d0e5"


def _ended(number: int, at: datetime) -> Job:
    path = f"4k/client {number % 40}/picture {number:06}.png"
    picture = Artifact(
        path=f"/var/lib/upscaled/work/{job_id(number)}.png",
        sha256=f"{number:064x}",
        bytes=9_000_000,
        width=3840,
        height=2880,
        format="PNG",
    )
    facts = Facts(
        engine="fal",
        probe=Probe(format="PNG", width=640, height=480, mode="RGB", features=FEATURES),
        verdict=Verdict(
            model=Family.CORE, confidence=0.8, rule="quiet", reasons=("much grain", "no text")
        ),
        passes=(
            PassDone(
                engine="fal",
                endpoint="fal-ai/topaz/upscale/image",
                model="Standard V2",
                params={"sharpen": 0.2},
                factor=6.0,
                width=3840,
                height=2880,
                request_id=f"r-{job_id(number)}",
                seconds=21.0,
                cost=80_000,
                billed=True,
            ),
        ),
        result=picture,
        fidelity=Fidelity(verdict="pass", figures=FEATURES),
        delivery=Delivery(root="outbox", path=path, staged="/out/.staged", sidecar_staged="/o/.s"),
        archived=path,
    )
    job = Job(
        id=job_id(number),
        state=State.DONE,
        watch=0,
        path=path,
        target="4k",
        size=700_000,
        mtime_ns=number,
        inode=number,
        sha256=f"{number:064x}",
        cost=80_000,
        seen_at=at - timedelta(minutes=1),
        updated_at=at,
        facts=facts,
    )
    if number % 40 == 1:
        error = Trouble(code="gave_up", message="fal was in trouble", hint="retry it")
        return replace(job, state=State.FAILED, facts=replace(facts, error=error, delivery=None))
    if number % 50 == 2:
        fidelity = Fidelity(verdict="review", reasons=("a face is not the same", "hue", "grain"))
        return replace(job, state=State.REVIEW, facts=replace(facts, fidelity=fidelity))
    return job


def _living(number: int, now: datetime) -> Job:
    held = number % 2 == 0
    return Job(
        id=f"{number:08x}beef",
        state=State.SEEN,
        watch=0,
        path=f"8k/tonight/picture {number:06}.png",
        target="8k",
        size=700_000,
        mtime_ns=number,
        inode=10**9 + number,
        hold=Hold.BUDGET if held else None,
        reason="the day's cap is reached" if held else None,
        due_at=now + timedelta(hours=1) if held else None,
        reserved=0 if held else 80_000,
        seen_at=now,
        updated_at=now,
    )
