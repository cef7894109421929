"""
What no single key can show: folders that overlap, target names that cannot be read.

Works on the raw mapping, so that these faults are told together with those of single keys. Paths
are compared as they are spelled; links and mounts are for whoever can look at the disk.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from upscaled.core.folders import Grammar, Unknown, name_problem
from upscaled.core.settings_faults import shown
from upscaled.core.settings_types import folder_problem
from upscaled.core.tokens import fold
from upscaled.errors import Fault

ROLES = ("outbox", "archive", "failed", "review")
"""A watch's folders besides the inbox; each is also its own default, as `inbox` and `state` are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    key: str
    role: str
    given: str
    path: PurePath

    def inside(self, other: "_Folder") -> bool:
        return self.path.is_relative_to(other.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Like:
    like: str


def cross_faults(whole: Mapping[str, Any], source: Path) -> tuple[Fault, ...]:
    """Return the faults between keys, whatever else is wrong with them."""
    if whole["watch"] == []:
        return (_no_watch(source), *_target_faults(whole, source))
    return (*_folder_faults(whole, source), *_target_faults(whole, source))


def _no_watch(source: Path) -> Fault:
    return Fault(
        place=str(source),
        key="watch",
        value="(missing)",
        expected="at least one [[watch]]",
        hint='add the lines [[watch]] and inbox = "inbox"',
    )


def _folder_faults(whole: Mapping[str, Any], source: Path) -> Iterator[Fault]:
    folders = list(_folders(whole, source.parent))
    for place, folder in enumerate(folders):
        clash = next((found for other in folders[:place] if (found := _clash(folder, other))), None)
        if clash:
            yield Fault(
                place=str(source),
                key=folder.key,
                value=shown(folder.given),
                expected=clash[0],
                hint=clash[1],
            )


def _folders(whole: Mapping[str, Any], base: Path) -> Iterator[_Folder]:
    """Yield every readable folder, inboxes first, so that the others are told off for them."""
    watches = whole["watch"] if isinstance(whole["watch"], list) else []
    tables = [(place, one) for place, one in enumerate(watches) if isinstance(one, dict)]
    for role in ("inbox", *ROLES):
        for place, table in tables:
            yield from _folder(f"watch[{place}].{role}", role, table.get(role, role), base)
    state = whole.get("state", {})
    given = state.get("directory", "state") if isinstance(state, dict) else None
    yield from _folder("state.directory", "state", given, base)
    report = whole.get("report", {})
    if isinstance(report, dict) and report.get("folder"):
        yield from _folder("report.folder", "report", report["folder"], base)


def _folder(key: str, role: str, given: object, base: Path) -> Iterator[_Folder]:
    if isinstance(given, str) and not folder_problem(given):
        yield _Folder(key=key, role=role, given=given, path=_straight(base / given))


def _straight(path: PurePath) -> PurePath:
    """Fold `..` as spelled."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts:
            parts = parts[:-1] or parts
        else:
            parts.append(part)
    return PurePath(*parts)


def _clash(folder: _Folder, other: _Folder) -> tuple[str, str] | None:
    """Say what is expected and why, where a folder may not lie as it does to an earlier one."""
    if other.role == "inbox":
        return _clash_with_inbox(folder, other)
    if folder.path == other.path and folder.role != other.role:
        return "a folder of its own", f"{other.key} is the same folder"
    return None


def _clash_with_inbox(folder: _Folder, inbox: _Folder) -> tuple[str, str] | None:
    if folder.path == inbox.path:
        return "a folder of its own", f"{inbox.key} is the same folder"
    if folder.role == "inbox":
        if folder.inside(inbox) or inbox.inside(folder):
            return "an inbox apart from every other", f"one lies inside the other: {inbox.key}"
        return None
    if folder.inside(inbox):
        why = f"it lies inside {inbox.key}: what is put there would be taken as a new picture"
        return "a folder outside every inbox", why
    if folder.role in ROLES and inbox.inside(folder):
        return "a folder that holds no inbox", f"{inbox.key} lies inside it"
    return None


def _target_faults(whole: Mapping[str, Any], source: Path) -> Iterator[Fault]:
    table = whole.get("target", {})
    names = table if isinstance(table, dict) else {}
    good: dict[str, str] = {}
    for name in names:
        again = good.get(fold(name))
        problem = f'"{again}" is the same name' if again else name_problem(name)
        if problem:
            expected = "one word that is not taken"
            yield _target_fault(source, f"target.{name}", shown(name), (expected, problem))
        else:
            good[fold(name)] = name
    likes = {name: like for name in good.values() if (like := _like(names[name]))}
    for word, unknown in Grammar(likes).bad.items():
        name = good.get(word, word)
        yield _like_fault(source, name, likes[name].like, unknown)


def _like(table: object) -> _Like | None:
    like = table.get("like") if isinstance(table, dict) else None
    return _Like(like=like) if isinstance(like, str) else None


def _like_fault(source: Path, name: str, like: str, unknown: Unknown) -> Fault:
    where = f'at "{unknown.token}": {unknown.hint}'
    return _target_fault(
        source, f"target.{name}.like", shown(like), ('a folder name such as "4k-pad"', where)
    )


def _target_fault(source: Path, key: str, value: str, why: tuple[str, str]) -> Fault:
    return Fault(place=str(source), key=key, value=value, expected=why[0], hint=why[1])
