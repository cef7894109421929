"""
Names that are never a picture to be done: other programs' litter, unfinished copies, our own files.

Decides by one name alone; knows no disk. The list is what file managers, NAS boxes and copy
programs leave in shared folders; paperless-ngx ships the first part of it.
"""

import re
from collections.abc import Iterable
from fnmatch import translate

_UNFINISHED = (
    *("*.part", "*.partial", "*.tmp", "*.crdownload", "*.download", "*.filepart"),
    *("*.aspx-upload", "*.swp", "~syncthing~*", "*.sync-conflict-*", "~$*"),
)
_FILES = ("desktop.ini", "thumbs.db", "ehthumbs.db", "icon\r", *_UNFINISHED)
_FOLDERS = (
    *("@eadir", "__macosx", "$recycle.bin", "system volume information", "lost+found"),
    *("#recycle", "#snapshot", "@recycle", "@recently-snapshot", *_UNFINISHED),
)
"""Names beginning with a dot (`.DS_Store`, `._*`, `.nfs*`, `.stfolder`, ...) need no pattern."""

_COPY = r"(\.sync-conflict-.*| ?\(.*\)| - copy.*| copy.*)?"
"""What sync programs and file managers put before the extension of a second version."""
_OURS = (
    r"\.upscaled.*",
    rf"_(status|read-me|series){_COPY}\.txt",
    rf"_report-[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{_COPY}\.(html|txt)",
    r".*\.job\.toml",
)
_SECOND = re.compile(
    r"_(STATUS|READ-ME|SERIES|REPORT-[0-9]{4}-[0-9]{2}-[0-9]{2})[ ._\-(\[].*\.(txt|html)", re.DOTALL
)
"""
Sync programs keep our capitals and put almost anything before the extension: a machine's name
(OneDrive: `_STATUS-PC-7.txt`), a number, `[Conflict]`, `_NAS_Mar-01_Conflict`.
"""
"""A `*.job.toml` is a ticket that goes with a picture; it is never a picture of its own."""


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.DOTALL)


_LITTER_FILE = _any_of(map(translate, _FILES))
_LITTER_FOLDER = _any_of(map(translate, _FOLDERS))
_OUR_FILE = _any_of(_OURS)


def is_litter(name: str) -> bool:
    """Tell whether a file of this name is never taken and needs no reason."""
    return name.startswith(".") or _LITTER_FILE.fullmatch(name.casefold()) is not None


def is_litter_folder(name: str) -> bool:
    """Tell whether a folder of this name is passed over with all that lies in it."""
    return name.startswith(".") or _LITTER_FOLDER.fullmatch(name.casefold()) is not None


def is_ours(name: str) -> bool:
    """Tell whether the name is one of our own files, or a sync program's second version of one."""
    known = _OUR_FILE.fullmatch(name.casefold()) or _SECOND.fullmatch(name)
    return known is not None
