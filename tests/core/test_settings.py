"""The configuration: what it means, and every way in which it is wrong, told at once."""

from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.changes import changes, flat
from upscaled.core.folders import Grammar
from upscaled.core.settings import Settings, parse_settings
from upscaled.core.settings_checks import ROLES
from upscaled.errors import ConfigError, Fault
from upscaled.nouns import Assume

SOURCE = Path("/srv/studio/config.toml")
KEY = "01234567-89ab-cdef-0123-456789abcdef:0123456789abcdef0123456789abcdef"


def parse(**tables: Any) -> Settings:
    return parse_settings({"watch": [{}]} | tables, source=SOURCE)


def faults(**tables: Any) -> dict[str, Fault]:
    with pytest.raises(ConfigError) as raised:
        parse(**tables)
    found = {fault.key: fault for fault in raised.value.faults}
    assert len(found) == len(raised.value.faults), "a key is told once"
    assert {fault.place for fault in raised.value.faults} == {str(SOURCE)}
    return found


def nested(key: str, value: object) -> dict[str, Any]:
    table, name = key.split(".")
    return {table: [{name: value}] if table == "watch" else {name: value}}


def read(settings: Settings, key: str) -> object:
    table, name = key.split(".")
    return getattr(settings.watch[0] if table == "watch" else getattr(settings, table), name)


def test_one_empty_watch_is_a_whole_config() -> None:
    settings = parse()

    assert settings.watch[0].inbox == Path("/srv/studio/inbox")
    assert settings.watch[0].settle_seconds is None
    assert settings.watch[0].patience_seconds == 900.0
    assert settings.watch[0].assume is Assume.NOTHING
    assert settings.state.directory == Path("/srv/studio/state")
    assert (settings.engine.name, settings.fal.family) == ("auto", "unified")
    assert settings.fal.api_url == "https://api.fal.ai/v1"
    assert settings.budget.daily_usd == 20.0
    assert settings.rules.directory is None
    assert settings.schedule.window is None
    assert settings.schedule.timezone is None
    assert settings.target == {}


def test_the_folder_checks_know_the_same_defaults() -> None:
    watch = parse().watch[0]

    assert [getattr(watch, role).name for role in ROLES] == list(ROLES)


def test_paths_are_relative_to_the_file_unless_absolute() -> None:
    settings = parse(watch=[{"inbox": "../in", "outbox": "/mnt/out"}], rules={"directory": "own"})

    assert settings.watch[0].inbox == Path("/srv/studio/../in")
    assert settings.watch[0].outbox == Path("/mnt/out")
    assert settings.rules.directory == Path("/srv/studio/own")


def test_everything_can_be_said() -> None:
    settings = parse(
        watch=[{"inbox": "a", "assume": "ai", "observer": "polling", "settle_seconds": 1}],
        engine={"name": "fal"},
        fal={"queue_url": "http://127.0.0.1:8080/queue/", "max_in_flight": 4},
        target={"poster": {"like": "print-a2"}},
        schedule={"window": "22:00-06:00", "timezone": "Europe/Berlin"},
    )

    assert settings.watch[0].assume is Assume.AI
    assert settings.watch[0].settle_seconds == 1.0
    assert settings.fal.queue_url == "http://127.0.0.1:8080/queue"
    assert "poster" in Grammar(settings.target).words
    assert str(settings.schedule.window) == "22:00-06:00"
    assert settings.schedule.timezone == ZoneInfo("Europe/Berlin")


def test_a_watch_may_have_hours_of_its_own_or_none_at_all() -> None:
    settings = parse(
        watch=[
            {"inbox": "a"},
            {"inbox": "b", "window": "sat,sun 00:00-24:00"},
            {"inbox": "c", "window": ""},
        ],
        schedule={"window": "22:00-06:00"},
    )

    assert [str(settings.window_of(number)) for number in range(3)] == [
        "22:00-06:00",
        "sat,sun 00:00-24:00",
        "None",
    ]


def test_a_night_ends_when_told_else_with_the_window_else_at_six() -> None:
    window = {"window": "12:00-13:00, 22:00-05:00"}

    assert parse().night_ends == time(6)
    assert parse(schedule=window).night_ends == time(5)
    assert parse(schedule=window, report={"at": "07:30"}).night_ends == time(7, 30)


def test_a_secret_that_changes_is_seen_to_change_and_not_to_what() -> None:
    notify = {"heartbeat_url": "https://h/T0KEN", "notify_command": ["curl", "https://T0KEN"]}
    before, after = flat(parse()), flat(parse(notify=notify, metrics={"listen": "[::1]:9464"}))

    found = {change.key: change.after for change in changes(before, after)}

    assert set(found) == {"notify.heartbeat_url", "notify.notify_command", "metrics.listen"}
    assert "T0KEN" not in str(found)
    assert "T0KEN" not in repr(parse(notify=notify).notify.heartbeat_url)


RANGES = [
    ("watch.settle_seconds", 0.1, 3600),
    ("watch.patience_seconds", 0, 604_800),
    ("fal.max_in_flight", 1, 256),
    ("fal.poll_seconds", 0.05, 300),
    ("fal.start_timeout_seconds", 2, 86_400),
    ("fal.request_timeout_seconds", 0.1, 3600),
    ("budget.daily_usd", 0, 1_000_000),
    ("budget.monthly_usd", 0, 1_000_000),
    ("budget.per_job_usd", 0, 1_000_000),
    ("retry.first_seconds", 0.05, 3600),
    ("retry.max_seconds", 0.05, 86_400),
    ("retry.attempts", 1, 1000),
    ("plan.resample_limit", 1, 16),
]
WHOLE = {"fal.max_in_flight", "retry.attempts"}


@pytest.mark.parametrize(("key", "low", "high"), RANGES)
def test_both_ends_of_a_range_are_in_and_what_lies_beyond_is_out(
    key: str, low: float, high: float
) -> None:
    assert read(parse(**nested(key, low)), key) == low
    assert read(parse(**nested(key, high)), key) == high
    step = 1 if key in WHOLE else 0.01
    for beyond in (low - step, high + step):
        (fault,) = faults(**nested(key, beyond)).values()
        assert fault.key == key.replace("watch", "watch[0]")
        assert f"from {low} to {high}" in fault.expected
        assert fault.value == str(beyond)


@pytest.mark.parametrize("key", [key for key, _, _ in RANGES])
@pytest.mark.parametrize("value", ["3", True, float("nan"), float("inf"), [3], {"a": 3}])
def test_a_number_is_a_number(key: str, value: object) -> None:
    (fault,) = faults(**nested(key, value)).values()

    assert fault.expected.startswith("a whole number" if key in WHOLE else "a number")


CHOICES = [
    ("watch.observer", "poling", "polling"),
    ("watch.assume", "scann", "scan"),
    ("watch.collision", "replase", "replace"),
    ("watch.originals", "leaf", "leave"),
    ("engine.name", "Fal", "fal"),
    ("fal.family", "unify", "unified"),
    ("fal.on_doubt", "holt", "hold"),
    ("plan.beyond_safe", "small", "smaller"),
    ("plan.larger", "shrinc", "shrink"),
    ("plan.larger_print", "keap", "keep"),
]


@pytest.mark.parametrize(("key", "wrong", "right"), CHOICES)
def test_a_wrong_word_is_answered_with_the_nearest(key: str, wrong: str, right: str) -> None:
    assert read(parse(**nested(key, right)), key) == right
    (fault,) = faults(**nested(key, wrong)).values()

    assert fault.value == f'"{wrong}"'
    assert f'"{right}"' in fault.expected
    assert f'"{right}"' in fault.hint


@pytest.mark.parametrize(
    ("table", "key", "nearest"),
    [
        ({"budgets": {}}, "budgets", "budget"),
        ({"fal": {"polling_seconds": 2}}, "fal.polling_seconds", "poll_seconds"),
        ({"watch": [{}, {"inbox": "b", "outbx": "c"}]}, "watch[1].outbx", "outbox"),
        ({"target": {"a": {"like": "4k", "liek": "8k"}}}, "target.a.liek", "like"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest(
    table: dict[str, Any], key: str, nearest: str
) -> None:
    fault = faults(**table)[key]

    assert fault.expected == "no such key"
    assert f'"{nearest}"' in fault.hint


@pytest.mark.parametrize("watch", [[], {}, "inbox", {"inbox": "inbox"}, [3]])
def test_a_watch_is_needed_and_is_an_array_of_tables(watch: object) -> None:
    (fault,) = faults(watch=watch).values()

    assert fault.key in {"watch", "watch[0]"}
    assert "table" in fault.expected or "[[watch]]" in fault.expected


def test_no_watch_at_all_says_what_to_write() -> None:
    with pytest.raises(ConfigError) as raised:
        parse_settings({}, source=SOURCE)

    (fault,) = raised.value.faults
    assert (fault.key, fault.expected) == ("watch", "at least one [[watch]]")
    assert "[[watch]]" in fault.hint


def test_every_fault_is_told_at_once() -> None:
    found = faults(
        watch=[{"inbox": "a", "outbox": "a/b", "settle_seconds": 0}, {"inbox": 3}],
        engine="fal",
        fal={"queue_url": "http://example.com", "nonsense": 1},
        fidelity={"second_try": 1},
        target={"4k": {"like": "8k"}, "poster": {"like": "prnt-a2"}, "wall": {}},
        schedule={"window": "late", "timezone": "Europe/Berlyn"},
    )

    assert set(found) == {
        "watch[0].outbox",
        "watch[0].settle_seconds",
        "watch[1].inbox",
        "engine",
        "fal.queue_url",
        "fal.nonsense",
        "fidelity.second_try",
        "target.4k",
        "target.poster.like",
        "target.wall.like",
        "schedule.window",
        "schedule.timezone",
    }
    assert '"print"' in found["target.poster.like"].hint
    assert '"Europe/Berlin"' in found["schedule.timezone"].hint


@pytest.mark.parametrize(
    "url",
    [
        "https://queue.fal.run",
        "https://proxy.example:8443/fal/v1",
        "http://127.0.0.1:9000",
        "http://127.8.9.1/a",
        "http://[::1]:9000/a",
        "http://localhost:1",
    ],
)
def test_an_address_is_https_or_on_loopback(url: str) -> None:
    assert parse(fal={"queue_url": url}).fal.queue_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://queue.fal.run",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://0.0.0.0:1",
        "http://128.0.0.1",
        "ftp://127.0.0.1",
        "queue.fal.run",
        "https://",
        "https://a b",
        "https://a:port",
        "https://[::1",
        "https://a/?x=1",
        "https://a/#x",
        "",
        3,
    ],
)
def test_any_other_address_is_refused(url: object) -> None:
    fault = faults(fal={"queue_url": url})["fal.queue_url"]

    assert "https://" in fault.expected
    assert fault.hint


@pytest.mark.parametrize(
    "tables",
    [
        {"fal": {"key": KEY}},
        {"fal": {"api_key": KEY}},
        {"FAL_KEY": KEY},
        {"fal": {"queue_url": f"https://{KEY}@queue.fal.run"}},
        {"fal": {"queue_url": f"https://{KEY}"}},
        {"fal": {"family": KEY}},
        {"schedule": {"timezone": KEY}},
        {"engine": {"note": f"my key: {KEY}"}},
        {"watch": [{"outbox": "inbox", "review": f"inbox/{KEY}"}]},
    ],
)
def test_a_key_in_the_file_is_refused_and_never_repeated(tables: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as raised:
        parse(**tables)

    assert "(not shown)" in str(raised.value)
    for part in KEY.split(":"):
        assert part not in str(raised.value)
        assert part not in repr(raised.value.faults)
    assert raised.value.__context__ is None, "a traceback would show the value"


def test_a_key_in_the_file_is_told_where_it_belongs() -> None:
    assert "$FAL_KEY" in faults(fal={"key": "short"})["fal.key"].hint


@pytest.mark.parametrize(
    ("watch", "key"),
    [
        ([{"inbox": "a", "outbox": "a"}], "watch[0].outbox"),
        ([{"inbox": "a", "archive": "b/../a/./x"}], "watch[0].archive"),
        ([{"inbox": "a", "failed": "/srv/studio/a/failed"}], "watch[0].failed"),
        ([{"inbox": "a", "review": "outbox"}], "watch[0].review"),
        ([{"inbox": "x/a", "outbox": "x"}], "watch[0].outbox"),
        ([{"inbox": "a"}, {"inbox": "./a"}], "watch[1].inbox"),
        ([{"inbox": "a"}, {"inbox": "a/b"}], "watch[1].inbox"),
        ([{"inbox": "a/b"}, {"inbox": "a"}], "watch[1].inbox"),
        ([{"inbox": "a"}, {"inbox": "b", "archive": "a/x"}], "watch[1].archive"),
        ([{"inbox": "a", "outbox": "o"}, {"inbox": "b", "archive": "o"}], "watch[1].archive"),
        ([{"inbox": "a", "outbox": "state"}], "state.directory"),
        ([{"inbox": "."}], "watch[0].outbox"),
    ],
)
def test_folders_that_feed_themselves_are_refused(watch: list[dict[str, Any]], key: str) -> None:
    fault = faults(watch=watch)[key]

    assert "watch[" in fault.hint


def test_two_watches_may_share_their_outbox() -> None:
    assert len(parse(watch=[{"inbox": "a"}, {"inbox": "b"}, {"inbox": "ab"}]).watch) == 3


@pytest.mark.parametrize("path", ["", " ", "~/in", "a\0b", 3, ["a"]])
def test_what_is_no_path_is_refused(path: object) -> None:
    assert faults(watch=[{"inbox": path}])["watch[0].inbox"].hint


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ({"print": {"like": "4k"}}, "target.print"),
        ({"fit": {"like": "4k"}}, "target.fit"),
        ({"a-b": {"like": "4k"}}, "target.a-b"),
        ({"Poster": {"like": "4k"}, "poster": {"like": "8k"}}, "target.poster"),
        ({"poster": {"like": "poster-fit"}}, "target.poster.like"),
        ({"poster": {"like": ""}}, "target.poster.like"),
        ({"poster": {"like": "4k-a3"}}, "target.poster.like"),
        ({"poster": {"like": 4}}, "target.poster.like"),
        ({"poster": "4k"}, "target.poster"),
    ],
)
def test_a_target_of_ones_own_is_one_free_word_for_a_readable_name(
    target: dict[str, Any], key: str
) -> None:
    assert set(faults(target=target)) == {key}


def test_a_long_value_is_cut_short_on_one_line() -> None:
    fault = faults(engine={"name": "x\n" * 500})["engine.name"]

    assert len(fault.value) <= 60
    assert "\n" not in fault.sentence()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=6), inner, max_size=2)
    ),
    max_leaves=6,
)
TABLES = st.sampled_from([*Settings.model_fields, "other"])


def faults_or_none(mapping: dict[str, Any]) -> tuple[Fault, ...] | None:
    try:
        parse_settings(mapping, source=SOURCE)
    except ConfigError as error:
        return error.faults
    return None


@given(st.dictionaries(TABLES, VALUES, max_size=4))
def test_any_mapping_is_read_or_refused_with_whole_faults(mapping: dict[str, Any]) -> None:
    found = faults_or_none(mapping)

    assert found is None or (found and all(fault.expected for fault in found))


def test_reports_may_have_a_folder_of_their_own_but_never_in_an_inbox() -> None:
    assert parse().report.folder is None
    assert parse(report={"folder": "reports"}).report.folder == Path("/srv/studio/reports")
    for folder in ("inbox", "inbox/4k", "outbox"):
        assert "report.folder" in faults(report={"folder": folder})
