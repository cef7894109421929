"""
The contact sheets of `upscaled corpus`: where they may go, and what stands on them.

Draws nothing itself and imports no imaging library. A file that is no sheet of ours is never
overwritten, and nothing is ever written below the pictures that were judged.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from upscaled.core.report import plain
from upscaled.edge import disk, roots
from upscaled.edge.pictures.workers import Workers
from upscaled.errors import UpscaledError, UsageError
from upscaled.rooms import PIXEL_WORKERS

DEFAULT = Path("corpus-mistakes.png")
MOST = 200
"""Thumbnails on one sheet: eight in a row, a page of 13 megapixels."""
SIGNATURE = "upscaled corpus"
_HEAD_BYTES = 256

Mistake = dict[str, Any]


def sheet_place(root: Path, output: Path | None) -> tuple[Path | None, list[str]]:
    """
    Return where the first sheet goes, and warnings; None where it would lie among the pictures.

    Raises `UsageError` where `output` is in `root`, has no folder, or is a file of someone else.
    """
    place = output or DEFAULT
    if roots.same_or_inside(place.parent, root):
        if output:
            raise UsageError(f"{output} lies in {root}, which is only read", "name another folder")
        return None, [f"no sheet is drawn, as it would lie in {root}: name one with --output"]
    if not place.parent.is_dir():
        raise UsageError(f"the folder {place.parent} is not there", "make it, or name another")
    if not _may_replace(place):
        raise UsageError(
            f"{place} is there already and is no sheet of ours",
            "move it away, or name another file with --output",
        )
    return place, []


def draw_sheets(
    workers: Workers,
    place: Path | None,
    mistakes: Sequence[Mistake],
    pictures: int,
    most: int = MOST,
) -> tuple[list[str], list[str]]:
    """
    Write as many sheets as are needed, `most` mistakes on each; return their paths, and faults.

    The first has the name of `place`, the next `<stem>-2<ext>` and so on.
    """
    written: list[str] = []
    if place is None or not mistakes:
        return written, []
    sheets = [mistakes[at : at + most] for at in range(0, len(mistakes), most)]
    try:
        for number, some in enumerate(sheets, 1):
            to = place if number == 1 else place.with_name(f"{place.stem}-{number}{place.suffix}")
            title = f"{counted(len(mistakes), 'mistake')} in {counted(pictures, 'picture')}"
            if len(sheets) > 1:
                title += f", sheet {number} of {len(sheets)}"
            _draw(workers, title, some, to)
            written.append(str(to))
    except UpscaledError as error:
        return written, [f"a sheet could not be written: {error.message}"]
    return written, []


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: 1 mistake, 2 mistakes."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _draw(workers: Workers, title: str, mistakes: Sequence[Mistake], to: Path) -> None:
    if not _may_replace(to):
        raise UsageError(f"{to} is there already and is no sheet of ours")
    with TemporaryDirectory(prefix="upscaled-sheet-") as folder:
        scratch = Path(folder)

        def shrunk(numbered: tuple[int, Mistake]) -> str:
            number, mistake = numbered
            return _thumbnail(workers, Path(mistake["path"]), scratch / str(number))

        with ThreadPoolExecutor(PIXEL_WORKERS) as pool:
            thumbnails = list(pool.map(shrunk, enumerate(mistakes)))
        cells = [_cell(*pair) for pair in zip(mistakes, thumbnails, strict=True)]
        drawn = scratch / "sheet.png"
        arguments = {"title": title, "signature": SIGNATURE, "cells": cells, "to": str(drawn)}
        workers.call("sheet", arguments)
        disk.write_whole(drawn.read_bytes(), to)


def _thumbnail(workers: Workers, source: Path, stem: Path) -> str:
    """Return the path of a small copy, empty where the picture cannot be drawn."""
    link, to = stem.with_suffix(".link"), stem.with_suffix(".png")
    link.symlink_to(source.absolute())
    try:
        workers.call("thumbnail", {"source": str(link), "to": str(to)})
    except UpscaledError:
        return ""
    return str(to)


def _cell(mistake: Mistake, thumbnail: str) -> dict[str, str]:
    path = Path(mistake["path"])
    return {
        "thumbnail": thumbnail,
        "name": plain(f"{path.parent.name}/{path.name}"),
        "head": f"{mistake['label']} -> {mistake['model']}  {mistake['confidence']:.0%}",
        "rule": f"rule {mistake['rule']}",
        "reason": next(iter(mistake["reasons"]), ""),
    }


def _may_replace(path: Path) -> bool:
    """Return whether the name is free, or taken by a sheet that was drawn here."""
    if not path.exists() and not path.is_symlink():
        return True
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return f"Software\0{SIGNATURE}".encode() in file.read(_HEAD_BYTES)
    except OSError:
        return False
