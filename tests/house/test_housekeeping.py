"""What the house does daily by itself, by hand, and after a restore."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from place import Place, photo
from standin import Standin
from upscaled.core.settings import parse_settings
from upscaled.edge.ledger import SCHEMA_VERSION, Ledger
from upscaled.errors import LedgerUnwritable
from upscaled.housekeeping import Housekeeping, backups, before_migration, meet_restored

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


def household(root: Path, **state: object) -> tuple[Callable[[datetime], None], Ledger]:
    """Return a round of the house to be made at a moment, and its ledger."""
    settings = parse_settings({"watch": [{}], "state": state}, source=root / "config.toml")
    settings.state.directory.mkdir()
    ledger = Ledger(settings.state.directory / "ledger.sqlite", [str(root / "inbox")])
    ledger.create()
    return lambda at: Housekeeping(settings, ledger, lambda: at).round(), ledger


def test_a_copy_is_made_each_day_and_the_last_ones_are_kept(tmp_path: Path) -> None:
    make_round, ledger = household(tmp_path, backups=3)
    for hour in range(0, 24 * 6, 5):
        make_round(NOW + timedelta(hours=hour))
    ledger.close()

    made = sorted(path.name for path in (tmp_path / "state/backups").iterdir())
    assert made == [f"ledger-2026-06-{day}.sqlite" for day in (19, 20, 21)]


def test_no_copies_are_made_where_none_are_wanted(tmp_path: Path) -> None:
    make_round, ledger = household(tmp_path, backups=0)
    make_round(NOW)
    ledger.close()

    assert not (tmp_path / "state/backups").exists()


def test_a_copy_that_cannot_be_made_is_no_end_and_is_tried_again(tmp_path: Path) -> None:
    make_round, ledger = household(tmp_path)
    (tmp_path / "state/backups").touch()  # no folder can be made here
    with pytest.raises(LedgerUnwritable):
        make_round(NOW)
    (tmp_path / "state/backups").unlink()
    make_round(NOW)
    ledger.close()

    assert (tmp_path / "state/backups/ledger-2026-06-15.sqlite").exists()


def test_before_a_ledger_is_brought_up_to_date_it_is_copied(tmp_path: Path) -> None:
    _, ledger = household(tmp_path)
    settings = parse_settings({"watch": [{}]}, source=tmp_path / "config.toml")
    before_migration(settings, ledger, NOW)
    assert not backups(settings).exists()  # it is up to date

    ledger.put("schema", "2")
    before_migration(settings, ledger, NOW)

    (kept,) = backups(settings).iterdir()
    assert kept.name == f"before-schema-{SCHEMA_VERSION}-2026-06-15T120000Z.sqlite"
    with closing(sqlite3.connect(kept)) as link:
        assert link.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone() == ("2",)
    ledger.close()


def test_a_restored_ledger_begins_paused_and_says_why_once(tmp_path: Path) -> None:
    make_round, ledger = household(tmp_path)
    make_round(NOW)
    ledger.close()
    state = tmp_path / "state"
    shutil.copy(state / "backups/ledger-2026-06-15.sqlite", state / "ledger.sqlite")
    ledger = Ledger(state / "ledger.sqlite", [str(tmp_path / "inbox")])
    with capture_logs() as lines:
        meet_restored(ledger, NOW + timedelta(days=2))
        meet_restored(ledger, NOW + timedelta(days=2))

    assert [line["event"] for line in lines] == ["ledger_restored"]
    assert ledger.get("paused") == "1"
    assert json.loads(ledger.get("restored") or "")["copied_at"] == NOW.isoformat()
    ledger.close()


@pytest.mark.long
def test_after_a_restore_nothing_is_submitted_until_a_person_says_so(
    place: Place, tmp_path: Path
) -> None:
    with Standin(tmp_path / "standin") as fal:
        names = ("queue_url", "rest_url", "cdn_url", "api_url")
        place.use_fal({name: getattr(fal, name) for name in names})
        place.start()
        copies = place.path("state/backups")
        (copy,) = place.wait_for(lambda: list(copies.glob("ledger-*.sqlite")), "the day's copy")
        photo(place.path("inbox/hd/a.png"))
        place.wait_for(lambda: fal.ledger()["accepted"], "a submit that the copy does not know")
        place.kill(group=True)
        for name in ("ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"):
            place.path(f"state/{name}").unlink(missing_ok=True)
        shutil.copy(copy, place.path("state/ledger.sqlite"))

        place.start()
        held = place.wait_for(
            lambda: (job := place.jobs().get("hd/a.png")) and job["hold"] and job, "the hold"
        )
        status = place.ask("status")
        assert (held["hold"], fal.ledger()["accepted"]) == ("paused", 1)
        assert "would be paid for again" in status["restored"]["reason"]

        place.ask("resume")
        place.wait_for(lambda: place.path("outbox/hd/a.png").exists(), "the result")
        assert place.ask("status")["restored"] is None
        assert place.stop() == 0


@pytest.mark.long
def test_by_hand_old_rows_are_counted_or_let_go_of_beside_the_daemon(place: Place) -> None:
    photo(place.path("inbox/hd/a.png"))
    photo(place.path("inbox/hd/small.png"), (64, 48))
    place.until_idle(code=3)
    files = place.files("outbox", "archive", "failed")

    assert place.ask("prune") | {"before": ""} == {
        "dry_run": False, "before": "",
        "jobs": 0, "slimmed": 0, "history": 0, "money": 0, "orders": 0,
    }  # fmt: skip
    would = place.ask("prune", "--older-than", "0d", "--dry-run")
    gone = place.ask("prune", "--older-than", "0d")

    # Both rows stay: one result must be known as ours, the other's original lies in failed/.
    assert (would["jobs"], would["slimmed"]) == (0, 2)
    assert {**gone, "before": "", "dry_run": True} == {**would, "before": ""}
    assert place.jobs().keys() == {"hd/a.png", "hd/small.png"}
    assert place.files("outbox", "archive", "failed") == files
    assert place.run("prune", "--older-than", "soon").returncode == 2

    # Our own result is still known as ours.
    shutil.copy(place.path("outbox/hd/a.png"), place.path("inbox/hd/again.png"))
    place.until_idle(code=3)
    assert place.jobs()["hd/again.png"]["code"] == "own_result"
