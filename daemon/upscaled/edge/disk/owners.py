"""
Whose a result is and what others may do with it: group and mode, given before it is visible.

Best effort: a CIFS mount has one owner and one mode for all (`gid=`, `file_mode=`, `dir_mode=`) and
refuses every change. That is said once for each file system, and never fails a delivery.
"""

import grp
import os
import pwd
import stat
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import structlog

from upscaled.nouns import Access

log = structlog.get_logger()


def give(path: Path, access: Access) -> tuple[str, ...]:
    """Give one of our own files or folders its group and mode; return what was refused."""
    found = path.lstat()
    is_folder = stat.S_ISDIR(found.st_mode)
    mode = access.folder_mode if is_folder else access.file_mode
    refused: list[str] = []
    if access.group is not None and access.group != found.st_gid:
        refused += _group(path, access.group, found.st_dev)
    if mode is not None:
        now = stat.S_IMODE(path.lstat().st_mode)
        # What a folder's parent handed down, setgid, is kept: chmod would take it away.
        mode |= now & stat.S_ISGID if is_folder else 0
        if mode != now:
            refused += _mode(path, mode, found.st_dev)
    return tuple(refused)


def make_folders(folder: Path, access: Access) -> None:
    """
    Make a folder with its parents, where they are missing; each gets its group and mode.

    It is made with the mode at once: setgid comes from its parent, and a sandbox that refuses every
    call which names it (RestrictSUIDSGID=) need not be asked.
    """
    wanted = 0o777 if access.folder_mode is None else access.folder_mode & 0o777
    for one in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        try:
            one.mkdir(mode=wanted)
        except FileExistsError:
            continue  # somebody else was quicker
        give(one, access)
    if not folder.is_dir():
        folder.mkdir()  # says in the system's words why not


def follow(path: Path, folder: Path, access: Access) -> None:
    """Give a staged file the group of the folder it goes to, where that is setgid."""
    if access.group is not None:
        return
    with suppress(OSError):  # what is missing, the rename says
        own, above = path.lstat(), folder.stat()
        if above.st_mode & stat.S_ISGID and own.st_gid != above.st_gid:
            _group(path, above.st_gid, own.st_dev)


def _group(path: Path, group: int, device: int) -> tuple[str, ...]:
    try:
        os.chown(path, -1, group)
    except OSError as error:
        _say_once("group", device, error.strerror or str(error))
        return ("group",)
    return ()


def _mode(path: Path, mode: int, device: int) -> tuple[str, ...]:
    try:
        path.chmod(mode)
    except OSError as error:
        _say_once("mode", device, error.strerror or str(error))
        return ("mode",)
    return ()


@lru_cache(maxsize=64)
def _say_once(what: str, device: int, reason: str) -> None:
    log.warning("not_given_to_results", what=what, device=device, reason=reason)


def group_id(name: str) -> int | None:
    """Return a group's number, by its name or its number; None where this machine has none such."""
    if name.isdecimal():
        return int(name)
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None


def names_of(found: os.stat_result) -> tuple[str, str]:
    """Return owner and group by name, or by number where they have none here."""
    try:
        owner = pwd.getpwuid(found.st_uid).pw_name
    except KeyError:
        owner = str(found.st_uid)
    try:
        return owner, grp.getgrgid(found.st_gid).gr_name
    except KeyError:
        return owner, str(found.st_gid)
