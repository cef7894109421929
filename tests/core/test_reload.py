"""Which changes a running daemon takes over, and how they are told."""

from pathlib import Path
from typing import Any

from upscaled.core.changes import changes, flat
from upscaled.core.reload import moved_roots, refusals
from upscaled.core.settings import Settings, parse_settings

SOURCE = Path("/etc/upscaled/config.toml")
PLACE = str(SOURCE)


def settings(*watches: dict[str, Any], **tables: dict[str, Any]) -> Settings:
    return parse_settings({"watch": list(watches) or [{}], **tables}, source=SOURCE)


def test_a_change_names_its_key_and_both_values_in_plain_words() -> None:
    before = settings({"assume": "photo"}, schedule={"timezone": "Europe/Berlin"})
    after = settings({"assume": "scan"}, budget={"daily_usd": 5.0}, target={"wall": {"like": "8k"}})

    told = [change.told() for change in changes(flat(before), flat(after))]

    assert told == [
        {"key": "watch[/etc/upscaled/inbox].assume", "from": "photo", "to": "scan"},
        {"key": "budget.daily_usd", "from": 20.0, "to": 5.0},
        {"key": "target.wall.like", "from": None, "to": "8k"},
        {"key": "schedule.timezone", "from": "Europe/Berlin", "to": None},
    ]


def test_a_watch_goes_by_its_inbox_wherever_it_stands_in_the_file() -> None:
    one, other = {"inbox": "one"}, {"inbox": "other", "outbox": "o2", "archive": "a2"}

    assert changes(flat(settings(one, other)), flat(settings(other, one))) == ()


def test_the_ledger_the_engine_and_fals_addresses_change_only_with_a_restart() -> None:
    tables: dict[str, dict[str, Any]] = {
        "state": {"directory": "elsewhere"},
        "engine": {"name": "fal"},
        "fal": {"queue_url": "https://queue.example.com", "poll_seconds": 9.0},
        "budget": {"daily_usd": 1.0},
    }

    faults = refusals(settings(), settings(**tables), {}, PLACE)

    assert [fault.key for fault in faults] == ["state.directory", "engine.name", "fal.queue_url"]
    assert all("restart the service" in fault.hint for fault in faults)
    assert faults[0].expected == "/etc/upscaled/state until the next start"


def test_an_inbox_leaves_only_once_its_files_have_ended() -> None:
    one, other = {"inbox": "one"}, {"inbox": "other"}
    before, after = settings(one, other), settings(other)

    (fault,) = refusals(before, after, {"/etc/upscaled/one": 3, "/etc/upscaled/other": 5}, PLACE)

    assert fault.key == "watch[/etc/upscaled/one]"
    assert "3 files" in fault.expected
    assert refusals(before, after, {"/etc/upscaled/one": 0}, PLACE) == ()


def test_another_outbox_is_known_as_a_watch_that_moved_and_a_new_watch_is_not() -> None:
    before = settings({"inbox": "one"})
    after = settings({"inbox": "one", "outbox": "new"}, {"inbox": "other"})

    assert moved_roots(before, after) == {Path("/etc/upscaled/one")}
    assert refusals(before, after, {"/etc/upscaled/one": 9}, PLACE) == ()
