"""The door to TOML files."""

import errno
import os
import stat
import tomllib
from pathlib import Path

import pytest

from upscaled.core.settings import Settings
from upscaled.core.settings_text import SERVER
from upscaled.edge.toml import (
    SYSTEM_CONFIG,
    find_config,
    find_rules,
    load_mapping,
    load_rules,
    load_settings,
    render_config,
    stray_rules,
    write_config,
)
from upscaled.errors import ConfigError, Fatal, Fault, UsageError

ROOT = Path(__file__).parents[2]


def fault_of(path: Path) -> Fault:
    with pytest.raises(ConfigError) as raised:
        load_mapping(path)
    (fault,) = raised.value.faults
    assert fault.place == str(path)
    return fault


def test_a_config_is_read_with_paths_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(
        b'\xef\xbb\xbf[[watch]]\r\ninbox = "in"\r\n'
    )  # as an editor on Windows leaves it

    assert load_settings(path).watch[0].inbox == tmp_path / "in"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"[[watch]]\ninbox = in\n", "line 2, column 9"),
        (b"[[watch]]\n[[watch\n", "line 2, column 8"),
        (b"[engine]\nname = ", "end of file"),
        (b"a = 1\na = 2\n", "line 2, column 6"),
        (b"# \xff\n", "byte 2"),
    ],
)
def test_what_is_no_toml_is_told_with_its_place(tmp_path: Path, content: bytes, key: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)

    fault = fault_of(path)

    assert fault.key == key
    assert fault.expected in {"valid TOML", "text in UTF-8"}
    assert "(at " not in fault.value


def test_a_missing_config_says_how_to_get_one(tmp_path: Path) -> None:
    assert "upscaled init" in fault_of(tmp_path / "config.toml").hint


def test_a_folder_is_no_config(tmp_path: Path) -> None:
    assert fault_of(tmp_path).expected == "a file that can be read"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_config_without_permission_is_told(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.touch(mode=0o000)

    assert fault_of(path).value == "Permission denied"


def test_the_config_is_the_one_named_then_the_one_here(tmp_path: Path) -> None:
    named = {"UPSCALED_CONFIG": "other.toml"}

    assert find_config("mine.toml", named, tmp_path) == tmp_path / "mine.toml"
    assert find_config("/a/b.toml", named, tmp_path) == Path("/a/b.toml")
    assert find_config(None, named, tmp_path) == tmp_path / "other.toml"
    (tmp_path / "config.toml").touch()
    assert find_config(None, {"UPSCALED_CONFIG": ""}, tmp_path) == tmp_path / "config.toml"


def test_without_a_config_here_the_system_has_the_last_word(tmp_path: Path) -> None:
    expected = SYSTEM_CONFIG if SYSTEM_CONFIG.exists() else tmp_path / "config.toml"

    assert find_config(None, {}, tmp_path) == expected


def test_rules_are_found_in_a_wheel_and_in_a_checkout(tmp_path: Path) -> None:
    package = tmp_path / "daemon" / "upscaled"
    (tmp_path / "rules").mkdir()
    assert find_rules(package) == tmp_path / "rules"
    (package / "_rules").mkdir(parents=True)
    assert find_rules(package) == package / "_rules"


def test_missing_rules_are_fatal(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match="rules are missing"):
        find_rules(tmp_path / "a" / "b")


def test_a_rule_file_of_ones_own_wins_by_name(tmp_path: Path) -> None:
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    for folder, content in ((shipped, "a = 1"), (own, "a = 2")):
        folder.mkdir()
        (folder / "models.toml").write_text(content)
    (shipped / "judge.toml").write_text("b = 1")
    (own / "modles.toml").touch()

    assert load_rules(None, "models.toml", shipped=shipped) == {"a": 1}
    assert load_rules(own, "models.toml", shipped=shipped) == {"a": 2}
    assert load_rules(own, "judge.toml", shipped=shipped) == {"b": 1}
    assert stray_rules(own, shipped=shipped) == ("modles.toml",)


def test_a_missing_rules_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"rules\.directory"):
        load_rules(tmp_path / "own", "models.toml", shipped=tmp_path)


def test_what_is_written_is_whole_readable_and_explains_every_key(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    write_config(path, {"engine": {"name": "local"}, "watch": {"settle_seconds": 5.0}})
    settings = load_settings(path)

    assert settings.engine.name == "local"
    assert settings.watch[0].settle_seconds == 5.0
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_an_existing_config_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("mine")

    with pytest.raises(UsageError, match="exists already"):
        write_config(path)

    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]


def test_without_hard_links_a_config_is_written_and_still_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def refuse(here: Path, there: str) -> None:
        tried.append((here, there))
        raise OSError(errno.EOPNOTSUPP, "as FAT and some shares answer")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    write_config(tmp_path / "config.toml")
    with pytest.raises(UsageError, match="exists already"):
        write_config(tmp_path / "config.toml")

    assert len(tried) == 2
    assert load_settings(tmp_path / "config.toml").engine.name == "auto"


def test_a_config_that_cannot_be_written_is_fatal(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match="cannot be written"):
        write_config(tmp_path / "missing" / "config.toml")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (ROOT / "config.toml", render_config()),
        (ROOT / "systemd/config.toml", render_config(SERVER)),
    ],
)
def test_the_configs_in_the_repository_are_fresh(path: Path, text: str) -> None:
    assert path.read_text() == text, (
        "stale: write render_config() of upscaled.edge.toml to config.toml, and "
        "render_config(SERVER) to systemd/config.toml"
    )


def test_the_config_in_the_repository_holds_every_key_and_is_runnable() -> None:
    text = (ROOT / "config.toml").read_text()
    tables = tomllib.loads(text)

    assert set(tables) == set(Settings.model_fields)
    assert "# settle_seconds = 3.0" in text
    assert load_settings(ROOT / "config.toml").watch[0].outbox == ROOT / "outbox"
