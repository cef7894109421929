"""What Prometheus' own parser reads of what we write."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from upscaled.core.exposition import exposition, gauge
from upscaled.core.job_line import job_line
from upscaled.core.metrics import Seen, Tally, families
from upscaled.core.notice_kinds import Kind
from upscaled.nouns import Hold, Job, State

JOB = Job(
    id="j1",
    state=State.DONE,
    watch=0,
    path="4k/a.png",
    size=9,
    mtime_ns=1,
    inode=1,
    seen_at=datetime(2026, 12, 1, tzinfo=UTC),
    updated_at=datetime(2026, 12, 1, tzinfo=UTC),
)

MONEY = ("total", "today", "month", "reserved", "daily_cap", "monthly_cap")


def seen() -> Seen:
    tally = Tally()
    tally.note("done", {"taken": 0.5, "submitted": 12.0})
    tally.note("done", {"taken": 1.0})
    return Seen(
        version='1.0"quoted\\',
        started_at=1_796_083_200.25,
        pulse_age=0.4,
        ready=True,
        jobs={"waiting": 3, "done": 2},
        holds={"budget": 1},
        ended=tally.ended,
        stages=tally.stages,
        money={name: number + 0.08 for number, name in enumerate(MONEY)},
        engine=("fal", False),
        watches=(True, False),
        windows=(True, True),
        free={("state", ""): 10**12, ("outbox", "0"): 5},
        night_at=1.0,
    )


def read(one: Seen) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(exposition(families(one)))
        for sample in family.samples
    }


def test_prometheus_reads_every_sample() -> None:
    found = read(seen())

    assert found["upscaled_jobs", (("state", "waiting"),)] == 3
    assert found["upscaled_jobs_ended_total", (("state", "done"),)] == 2
    assert found["upscaled_stage_seconds_sum", (("stage", "taken"),)] == 1.5
    assert found["upscaled_stage_seconds_count", (("stage", "taken"),)] == 2
    assert found["upscaled_spend_usd_total", ()] == 0.08
    assert found["upscaled_watch_healthy", (("watch", "1"),)] == 0
    assert found["upscaled_free_bytes", (("place", "state"),)] == 10**12
    assert found["upscaled_build_info", (("version", '1.0"quoted\\'),)] == 1
    assert found["upscaled_start_time_seconds", ()] == 1_796_083_200.25
    assert {name for name, _ in found} >= {"upscaled_held_jobs", "upscaled_window_open"}


def test_names_follow_the_conventions() -> None:
    for family in text_string_to_metric_families(exposition(families(seen()))):
        assert family.name.startswith("upscaled_")
        assert family.documentation
        assert family.type in {"gauge", "counter", "summary"}
        assert not family.name.endswith("_total"), "the parser takes a counter's suffix off"
        if family.type == "counter":
            assert all(sample.name.endswith("_total") for sample in family.samples)


def test_every_hold_has_a_sample_from_the_start_and_a_deaf_ledger_none() -> None:
    found = read(seen())
    assert sum(name == "upscaled_held_jobs" for name, _ in found) == len(Hold)

    deaf = read(replace(seen(), jobs={}, holds={}, money={}))
    assert not {name for name, _ in deaf} & {"upscaled_jobs", "upscaled_reserved_usd"}
    assert ("upscaled_ready", ()) in deaf


def test_the_page_on_the_night_names_every_measure_and_every_kind_of_message() -> None:
    page = (Path(__file__).parents[2] / "docs" / "night.md").read_text()
    counted = {name.removesuffix("_count").removesuffix("_sum") for name, _ in read(seen())}

    assert {name for name in counted if name not in page} == set()
    assert {kind.value for kind in Kind if f"| `{kind.value}` |" not in page} == set()
    assert {key for key in job_line(JOB) if f"`{key}`" not in page} == set()


def test_a_value_that_is_no_number_is_written_as_prometheus_wants_it() -> None:
    assert exposition([gauge("a", "b\nc", float("nan"))]) == (
        "# HELP a b\\nc\n# TYPE a gauge\na NaN\n"
    )
