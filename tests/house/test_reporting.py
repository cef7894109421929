"""The report's figures are the ledger's: over midnight, over clock changes, inbox by inbox."""

import json
import random
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from paying import plan_of
from report_studio import Studio
from upscaled.cli.main import main
from upscaled.core.report.page import page
from upscaled.core.report.tiles import NAMES, PAGE_BYTES, in_page
from upscaled.core.report.values import Line
from upscaled.edge.ledger.tables import jobs, money
from upscaled.nouns import Hold, State
from upscaled.reporting import write

MOST_BYTES = 6_000
"""Of one small picture: see `edge/pictures/tiles`."""

NIGHTS = {
    "Europe/Berlin": [(2025, 3, 3), (2025, 3, 30), (2025, 10, 26), (2025, 12, 31)],
    "America/St_Johns": [(2025, 3, 9), (2025, 11, 2)],
    "Pacific/Apia": [(2024, 2, 29)],
}
CASES = [(zone, night) for zone, nights in NIGHTS.items() for night in nights]
ENDS = (State.DONE, State.REVIEW, State.FAILED, State.WITHDRAWN, State.SUPERSEDED)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """Two watches with an outbox each, and an empty ledger."""
    made = Studio(tmp_path)
    yield made
    made.ledger.close()


def spent(since: datetime, until: datetime) -> sa.Select[Any]:
    whole = sa.func.coalesce(sa.func.sum(money.c.micros), 0)
    kinds = money.c.kind.in_(["settle", "correct"])
    span = (money.c.at >= since.timestamp(), money.c.at < until.timestamp())
    return sa.select(whole).where(kinds, *span)


def ends(state: State, since: datetime, until: datetime) -> sa.Select[Any]:
    span = (jobs.c.updated_at >= since.timestamp(), jobs.c.updated_at < until.timestamp())
    return sa.select(sa.func.count()).where(jobs.c.state == state.value, *span)


@pytest.mark.parametrize(("zone", "night"), CASES)
def test_totals_are_the_ledgers_over_midnight_and_clock_changes(
    studio: Studio, zone: str, night: tuple[int, int, int]
) -> None:
    studio.configure(zone)
    until = datetime(*night, 6, tzinfo=ZoneInfo(zone))
    since = datetime.combine(until.date() - timedelta(days=1), until.time(), ZoneInfo(zone))
    chance = random.Random(str(night))
    for _ in range(40):
        at = since.astimezone(UTC) + timedelta(minutes=chance.uniform(-300, 25 * 60 + 300))
        studio.job(
            chance.choice(ENDS), at, chance.choice([0, 80_000, 120_000]), chance.choice([0, 1])
        )
    for edge in (since, until):  # the first instant belongs to the night, its end does not
        studio.job(State.DONE, edge, 1_000_000)
    studio.ledger.bill("r3", 999)

    made = studio.report(since, until)

    tally = made.tally
    assert made.money.spent == studio.ask(spent(since, until)) > 0
    for state in ENDS:
        assert getattr(tally, state.value) == studio.ask(ends(state, since, until)), state
    assert sum(bar.spent for bar in made.bars) == made.money.spent
    for word in ("done", "review", "failed"):
        assert sum(getattr(bar, word) for bar in made.bars) == getattr(tally, word)
        assert len(made.of(word)) == getattr(tally, word)
    hours = (until.astimezone(UTC) - since.astimezone(UTC)) / timedelta(hours=1)
    assert len(made.bars) == hours
    assert {"Europe/Berlin": {23, 24, 25}, "America/St_Johns": {23, 25}, "Pacific/Apia": {24}}[
        zone
    ] >= {hours}
    parts = [studio.report(since, until, scope) for scope in (0, 1)]
    assert sum(part.money.spent for part in parts) == made.money.spent
    assert sum(part.tally.done for part in parts) == tally.done
    day = datetime.combine(until.date(), datetime.min.time(), ZoneInfo(zone))
    assert made.money.today == studio.ask(spent(day, until))
    assert made.money.month == studio.ask(spent(day.replace(day=1), until))


def test_nights_side_by_side_miss_nothing_and_tell_nothing_twice(studio: Studio) -> None:
    first = datetime(2025, 3, 28, 5, tzinfo=UTC)
    chance = random.Random(7)
    for _ in range(80):
        studio.job(State.DONE, first + timedelta(hours=chance.uniform(0, 72)), 80_000)
    nights = [first + timedelta(days=day) for day in range(4)]
    told = [studio.report(since, until) for since, until in pairwise(nights)]
    seen = [line.job for report in told for line in report.lines]
    assert len(seen) == len(set(seen)) == 80
    assert sum(report.money.spent for report in told) == 80 * 80_000


def test_a_report_of_one_outbox_names_nobody_elses_files(studio: Studio) -> None:
    at = datetime(2025, 3, 3, 3, tzinfo=UTC)
    mine = studio.job(State.DONE, at, 80_000, watch=0)
    other = studio.job(State.DONE, at, 160_000, watch=1)
    made = studio.report(at - timedelta(hours=1), at + timedelta(hours=1), scope=0)
    assert [line.path for line in made.lines] == [mine.path]
    assert made.scope == "acme/inbox"
    assert made.money.spent == 80_000
    assert made.money.today == 240_000, "the caps are those of all"
    assert other.path not in repr(made)
    assert [line.link for line in made.lines] == [f"./4k/{mine.id[-1]}.png"]


def test_what_waits_is_counted_whole_and_named_in_part(studio: Studio) -> None:
    now = datetime(2025, 3, 3, 3, tzinfo=UTC)
    for number in range(25):
        studio.job(State.PLANNED, now, hold=Hold.BUDGET, reason="The cap is reached.",
                   due_at=now + timedelta(minutes=number))  # fmt: skip
    studio.job(State.SEEN, now)
    studio.job(State.REVIEW, now - timedelta(days=3))
    made = studio.report(now - timedelta(hours=1), now + timedelta(hours=1))
    (wait,) = made.waits
    assert (wait.hold, wait.count, len(wait.files)) == ("budget", 25, 20)
    assert wait.files[0].until == now
    assert (made.tally.held, made.tally.waiting, made.tally.earlier) == (25, 1, 1)


def test_of_a_huge_night_all_are_counted_and_the_latest_are_listed(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upscaled.reporting.MOST_LINES", {"done": 3, "review": 3, "failed": 3})
    at = datetime(2025, 3, 3, 3, tzinfo=UTC)
    for number in range(5):
        studio.job(State.DONE, at + timedelta(minutes=number))
    made = studio.report(at, at + timedelta(hours=1))
    assert [line.job for line in made.lines] == ["j00005", "j00004", "j00003"]
    assert (made.tally.done, made.unlisted) == (5, 2)


def test_the_slowest_is_told_and_the_free_is_priced_whether_listed_or_not(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upscaled.reporting.MOST_LINES", {"done": 1, "review": 1, "failed": 1})
    at = datetime(2025, 3, 3, 3, tzinfo=UTC)
    studio.ledger.put("engine", "local")
    for number, minutes in enumerate((30, 5, 20, 1)):
        fetched = at + timedelta(minutes=number)
        times: dict[str, datetime] = {
            State.SUBMITTED: fetched - timedelta(minutes=minutes),
            State.FETCHED: fetched,
            State.FINISHED: fetched,
        }
        made = studio.made(State.DONE, fetched)
        plan = replace(plan_of(), fal_cost=1_000)
        studio.ledger.add([replace(made, facts=replace(made.facts, times=times, plan=plan))])

    told = studio.report(at, at + timedelta(hours=1))

    assert [line.job for line in told.lines] == ["j00004"]
    assert [line.job for line in told.slowest] == ["j00001", "j00003", "j00002", "j00004"]
    assert [line.took.worked for line in told.slowest] == [1800, 1200, 300, 60]
    assert told.would == 4_000


def test_five_hundred_pictures_make_less_than_ten_megabytes_and_say_who_has_no_tiles(
    studio: Studio, tmp_path: Path
) -> None:
    at = datetime(2025, 3, 3, 3, tzinfo=UTC)
    ended = [
        studio.made(State.REVIEW if number < 40 else State.DONE, at + timedelta(seconds=number))
        for number in range(500)
    ]
    studio.ledger.add(ended)
    for job in ended:
        studio.tiles(job, MOST_BYTES)
    made = studio.report(at, at + timedelta(hours=1))
    path, _ = write(studio.settings, made, tmp_path / "report.html")

    assert path.stat().st_size < 10_000_000
    text = path.read_text()
    assert made.tally.done + made.tally.review == 500
    shown = text.count("data:image/webp")
    assert shown > 0.8 * PAGE_BYTES / in_page(MOST_BYTES), "the room is used"
    without = sum(len(line.pictures) < 3 for line in made.lines)
    assert text.count("as many pictures as it can bear") == without > 0
    for line in made.of("review"):
        assert len(line.pictures) == 5, "what a person must look at comes first"
    assert all(line.pictures for line in made.lines), "a thumbnail for everybody"


def test_a_page_is_made_job_by_job_and_never_whole_in_memory(studio: Studio) -> None:
    line = Line(job="1", path="4k/a.jpg", word="done", at=datetime(2025, 3, 3, tzinfo=UTC))
    small = bytes(MOST_BYTES)
    lines = tuple(replace(line, job=str(number), pictures=NAMES) for number in range(300))
    made = replace(studio.report(line.at, line.at + timedelta(hours=1)), lines=lines)
    tracemalloc.start()
    length = sum(len(part) for part in page(made, lambda _job, _name: small))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert length > 10_000_000
    assert peak < length / 10


def test_a_series_with_missing_frames_is_told(studio: Studio) -> None:
    at = datetime(2025, 3, 3, 3, tzinfo=UTC)
    for frame in (1, 2, 5):
        made = studio.made(State.JUDGED, at, path=f"4k/shot.{frame:04}.png")
        key = "4k/shot.#.png 8x8"
        studio.ledger.add([replace(made, facts=replace(made.facts, series=key))])
    (gap,) = studio.report(at - timedelta(hours=1), at + timedelta(hours=1)).gaps
    assert (gap.series, gap.missing, gap.count) == ("4k/shot", "0003-0004", 2)
    assert studio.report(at - timedelta(hours=1), at + timedelta(hours=1), scope=1).gaps == ()


def test_on_demand_an_outbox_that_is_away_is_named(
    studio: Studio, capsys: pytest.CaptureFixture[str]
) -> None:
    studio.mark()
    away = studio.settings.watch[1].outbox
    (away / ".upscaled-root").unlink()
    config = ["--config", str(studio.root / "config.toml")]

    assert main([*config, "report"]) == 0
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 1
    assert f"no report: {away} is not there" in told.err

    assert main([*config, "report", "--json"]) == 0
    (why,) = json.loads(capsys.readouterr().out)["missed"]
    assert str(away) in why


def test_on_demand_each_outbox_gets_its_report_and_scripts_get_the_figures(
    studio: Studio, capsys: pytest.CaptureFixture[str]
) -> None:
    studio.mark()
    studio.job(State.DONE, datetime.now(UTC), 80_000)
    studio.job(State.FAILED, datetime.now(UTC), watch=1)
    config = ["--config", str(studio.root / "config.toml")]

    assert main([*config, "report", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    first, second = told["reports"]
    assert told["path"] == first["path"]
    assert Path(first["path"]).parent == studio.settings.watch[0].outbox
    assert Path(second["text"]).read_text().count("1 failed") == 2
    assert (first["jobs"]["done"], second["jobs"]["done"]) == (1, 0)
    assert (first["spend"]["spent_usd"], second["spend"]["spent_usd"]) == (0.08, 0.0)
    assert [one["path"] for one in second["failed"]] == ["4k/2.jpg"]

    assert main([*config, "report", "--output", str(studio.root / "all.txt")]) == 0
    assert capsys.readouterr().out == f"{studio.root / 'all.txt'}\n"
    assert (studio.root / "all.txt").read_text().startswith("Morning report")
