"""
How pictures that were handed in have ended, as far as a share tells: by sidecars in its folders.

Needs neither ledger nor daemon. A target may be spelled in many ways (`4k`, `4K`), each a folder of
its own where the share tells case: all of them are looked into.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from unicodedata import normalize

from upscaled.core import names
from upscaled.core.folders import Grammar
from upscaled.edge import disk
from upscaled.nouns import Order

_MOST_BYTES = 4 * 1024 * 1024
"""Sidecars have some kilobytes; other programs write JSON of any size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roots:
    """The folders of one watch, as this machine sees them."""

    watch: int
    """Its index in the config."""
    inbox: Path
    outbox: Path
    archive: Path
    review: Path
    failed: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What a sidecar says of how a job ended."""

    job: str
    state: str
    """`done`, `review` or `failed`."""
    source: str
    """As in the inbox."""
    reason: str | None
    result: str | None
    """The result's path, or that of the original in failed/."""


def spellings(root: Path, folder: str, grammar: Grammar) -> tuple[str, ...]:
    """Return the folders of a root that mean the same target, the one that is named first."""
    found = [""]
    for name, spelling in grammar.spellings(folder):
        if spelling is None:
            found = [_joined(above, name) for above in found]
            continue
        below = [_joined(above, one) for above in found for one in _names(root / above)]
        found = [path for path in below if [*grammar.spellings(path)][-1][1] == spelling]
    return tuple(dict.fromkeys((folder, *sorted(found))))


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [one.name for one in entries if one.is_dir(follow_symlinks=False)]
    except OSError:
        return []  # not made yet, or the share is away


def places(roots: Roots, order: Order, name: str) -> tuple[tuple[Path, str], ...]:
    """Return in which roots a picture of this name may end, and as what."""
    made = names.result_name(PurePosixPath(normalize("NFC", name)).stem, order.format)
    return (roots.outbox, made), (roots.review, made), (roots.failed, name)


def read_ending(sidecar: Path, root: Path) -> Ending | None:
    """Return what a sidecar says; None for somebody else's file, or one that is just leaving."""
    try:
        told = json.loads(disk.small(sidecar, _MOST_BYTES) or b"")
        error, result = told["error"], told["result"]["path"]
        fidelity = told["fidelity"]["reasons"]
        beside = sidecar.relative_to(root).as_posix()[: -len(names.SIDECAR)]
        return Ending(
            job=str(told["job"]),
            state=str(told["status"]),
            source=str(told["source"]["path"]),
            reason=str(error["message"]) if error else "; ".join(fidelity) or None,
            result=str(root / (result or beside)),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
