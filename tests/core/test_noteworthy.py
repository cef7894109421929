"""What people hear of, and what was their own doing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from upscaled.core.exposition import exposition
from upscaled.core.health import BEHIND_SECONDS, Vitals, dead, unready
from upscaled.core.job_line import job_line, stage_seconds
from upscaled.core.noteworthy import standing, told_of_end
from upscaled.core.notice_kinds import Kind
from upscaled.flow.overtime import Overtime
from upscaled.nouns import Code, Facts, Hold, Job, State, Trouble

NOW = datetime(2026, 12, 1, 2, tzinfo=UTC)
JOB = Job(
    id="j1",
    state=State.SUBMITTED,
    watch=0,
    path="4k/a.png",
    size=9,
    mtime_ns=1,
    inode=1,
    seen_at=NOW,
    updated_at=NOW,
)


def failed(code: Code) -> Job:
    trouble = Trouble(code=code, message="it is cut off", hint="")
    return replace(JOB, state=State.FAILED, facts=Facts(error=trouble))


def test_a_failure_is_told_with_its_reason_and_what_a_person_did_is_not() -> None:
    assert told_of_end(failed(Code.TRUNCATED)) == (Kind.PROBLEM, "4k/a.png: it is cut off")
    assert told_of_end(failed(Code.CANCELLED)) is None
    assert told_of_end(failed(Code.REJECTED)) is None
    assert told_of_end(replace(JOB, state=State.DONE)) is None
    review = replace(JOB, state=State.REVIEW, reason="a face changed")
    assert told_of_end(review) == (Kind.REVIEW, "4k/a.png: a face changed")


@pytest.mark.parametrize(
    ("hold", "kind"),
    [
        (Hold.BUDGET, Kind.CAP_REACHED),
        (Hold.LOCKED, Kind.LOCKED),
        (Hold.NO_KEY, Kind.LOCKED),
        (Hold.DISK, Kind.DISK_LOW),
        (Hold.WINDOW, None),
        (Hold.PAUSED, None),
        (Hold.NOT_READY, None),
    ],
)
def test_holds_stand_under_one_key_however_many_jobs_they_hold(
    hold: Hold, kind: Kind | None
) -> None:
    held = [replace(JOB, id=str(number), hold=hold, reason="because") for number in range(500)]

    found = standing(held, {"/inbox": ""}, {"/work": 10**12}, 5e9)

    which = "4k/a.png and 499 more: " if hold is Hold.BUDGET else ""
    assert found == ({(kind, ""): f"{which}because"} if kind else {})


def test_what_a_cap_holds_is_named_since_its_reason_is_about_one_picture() -> None:
    held = replace(JOB, hold=Hold.BUDGET, reason="It would cost $0.56.")

    assert list(standing([held], {}, {}, 0.0).values()) == ["4k/a.png: It would cost $0.56."]


def test_shares_and_disks_stand_for_themselves() -> None:
    troubles = {"/a": "not there", "/b": "", "/c": "/c is not there"}
    found = standing([], troubles, {"/work": 10**9, "/out": 10**11}, 5e9)

    assert found == {
        (Kind.UNREACHABLE, "/a"): "/a: not there",
        (Kind.UNREACHABLE, "/c"): "/c is not there",
        (Kind.DISK_LOW, "/work"): "1.0 GB are free in /work, below disk_low_gb",
    }


def test_a_ledger_that_cannot_be_written_is_told_since_nothing_moves_then() -> None:
    found = standing([], {"/a": ""}, {}, 0.0, ledger="no space left on the device")

    assert found == {(Kind.UNREACHABLE, "ledger"): "the ledger: no space left on the device"}


def test_a_picture_that_takes_long_is_named_once_and_held_time_does_not_count() -> None:
    overtime, held = Overtime(), replace(JOB, hold=Hold.WINDOW)

    assert overtime.late([JOB], 0.0, 60.0) == []
    assert overtime.late([held], 50.0, 60.0) == []
    assert overtime.late([JOB], 70.0, 60.0) == []
    assert overtime.late([JOB], 131.0, 60.0) == [JOB]
    assert overtime.late([JOB], 999.0, 60.0) == []


def test_a_loop_that_hangs_is_dead_and_a_pause_is_not() -> None:
    well = Vitals(watches=("", ""), looked=True)

    assert not dead(BEHIND_SECONDS)
    assert unready(well, 0.4) == ()
    assert unready(well, 61.0) == ("the conductor has not turned for 61 s",)
    assert unready(replace(well, watches=("", "gone")), 0.1) == ("watch 1: gone",)
    assert unready(replace(well, looked=False), 0.1) == ("not every inbox was looked at yet",)
    assert unready(replace(well, ledger="disk full"), 0.1) == ("the ledger: disk full",)


def test_the_canonical_line_has_every_field_whatever_is_known() -> None:
    times = {"taken": NOW + timedelta(seconds=3), "failed": NOW + timedelta(seconds=4.5)}
    job = failed(Code.TRUNCATED)
    job = replace(job, facts=replace(job.facts, times=times), cost=80_000)

    line = job_line(job)

    assert line.keys() == job_line(JOB).keys()
    assert (line["job"], line["state"], line["code"]) == ("j1", "failed", "truncated")
    assert (line["cost_usd"], line["seconds"]) == (0.08, 4.5)
    assert stage_seconds(job) == {"seen": 3.0, "taken": 1.5}


def test_nothing_measured_is_nothing_written() -> None:
    assert exposition([]) == ""
