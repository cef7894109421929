"""
`upscaled corpus DIR`: how well the judge does on pictures laid out as label/file.

Reads DIR and never writes there. The judge sees each picture and its own file name, never the label
or a sidecar; the contact sheet of the mistakes goes where `--output` says.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.progress import track

from upscaled.cli.config import settings_or_defaults
from upscaled.cli.corpus_sheet import draw_sheets, sheet_place
from upscaled.cli.corpus_tables import print_tables
from upscaled.cli.look import error_json
from upscaled.cli.main import DONE, UNFINISHED, print_json
from upscaled.core.rulebook import Rulebook
from upscaled.core.score import (
    Judged,
    Labelled,
    judged_by,
    score,
    score_json,
    trade_json,
    trade_off,
)
from upscaled.edge.labelled import File, Found, Skipped, find
from upscaled.edge.pictures.studio import Studio
from upscaled.edge.pictures.workers import Workers
from upscaled.errors import Aside, Stop, UpscaledError, UsageError
from upscaled.nouns import Code, Family, Probe
from upscaled.reading import read_rules
from upscaled.rooms import PIXEL_WORKERS, open_studio

LABELS = tuple(family.value for family in Family)
_PICTURE_ENDINGS = frozenset(
    f".{ending}"
    for ending in (
        *("jpg", "jpeg", "jpe", "png", "tif", "tiff", "webp", "avif", "heic", "heif"),
        *("bmp", "gif", "jp2", "psd", "exr", "dng", "jxl"),
    )
)
"""A file that calls itself a picture and is none is an error; a README is passed over."""

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One picture, measured."""

    file: File
    probe: Probe
    seconds: float
    """From asking a worker to its answer; the first includes the worker's start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """One file that could not be measured."""

    file: File
    error: UpscaledError


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """All that became of the files."""

    seen: tuple[Seen, ...]
    failed: tuple[Failed, ...]
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]


def corpus(arguments: argparse.Namespace) -> int:
    """Measure the judge; exit 3 where pictures could not be read or the sheet not be written."""
    settings = settings_or_defaults(arguments)
    book, root = read_rules(settings).rulebook, Path(arguments.directory)
    found = find(root, LABELS)
    if not found.files:
        raise UsageError(f"{root} holds no picture", "put pictures into its label folders")
    place, warnings = sheet_place(root, arguments.output)
    studio, workers = open_studio(settings)
    try:
        looked = look_at(studio, workers, found)
        told = _told(book, looked)
        sheets, faults = draw_sheets(workers, place, told["mistakes"], told["pictures"])
    finally:
        workers.close()
    told |= {"sheet": sheets[0] if sheets else None, "sheets": sheets}
    told["warnings"] += warnings + faults
    if arguments.json:
        print_json(told)
    else:
        print_tables(told)
    return UNFINISHED if told["errors"] or faults else DONE


def look_at(
    studio: Studio, workers: Workers, found: Found, clock: Clock = time.perf_counter
) -> Looked:
    """Measure every file once, on all workers, in order; `clock` returns seconds."""
    with TemporaryDirectory(prefix="upscaled-corpus-") as folder:
        neutral = Path(folder)

        def look(numbered: tuple[int, File]) -> Seen | Failed:
            number, file = numbered
            return _look(studio, file, neutral / str(number), clock)

        looked = list(_in_parallel(look, list(enumerate(found.files)), workers))
    failed = tuple(one for one in looked if isinstance(one, Failed))
    return Looked(
        seen=tuple(one for one in looked if isinstance(one, Seen)),
        failed=tuple(one for one in failed if not _is_no_picture(one)),
        skipped=(*found.skipped, *(_passed_over(one) for one in failed if _is_no_picture(one))),
        warnings=found.warnings,
    )


def _look(studio: Studio, file: File, neutral: Path, clock: Clock) -> Seen | Failed:
    # Through a link of a neutral name: libvips takes no name that is not UTF-8, and reads options
    # out of brackets; a label in the path has no way to the judge.
    neutral.symlink_to(file.path.absolute())
    begun = clock()
    try:
        probe = studio.examine(neutral)
    except UpscaledError as error:
        return Failed(file=file, error=error)
    return Seen(file=file, probe=probe, seconds=clock() - begun)


def _in_parallel(
    look: Callable[[tuple[int, File]], Seen | Failed],
    numbered: list[tuple[int, File]],
    workers: Workers,
) -> Iterator[Seen | Failed]:
    """Yield in order, with a bar on a terminal; stopped, it ends the workers at once."""
    console = Console(stderr=True)
    pool = ThreadPoolExecutor(PIXEL_WORKERS)
    try:
        yield from track(
            pool.map(look, numbered),
            description="looking",
            total=len(numbered),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        workers.close(now=True)
        raise
    finally:
        pool.shutdown()


def _is_no_picture(failed: Failed) -> bool:
    match failed.error:
        case Aside(code=Code.NOT_A_PICTURE):
            return failed.file.path.suffix.casefold() not in _PICTURE_ENDINGS
        case Stop():
            return True  # a clip
        case _:
            return False


def _passed_over(failed: Failed) -> Skipped:
    return Skipped(path=failed.file.path, reason=failed.error.message)


def _told(book: Rulebook, looked: Looked) -> dict[str, Any]:
    pictures = [
        Labelled(label=Family(one.file.label), name=one.file.path.name, probe=one.probe)
        for one in looked.seen
    ]
    judged = judged_by(book, pictures)
    return {
        "pictures": len(looked.seen),
        **score_json(score(judged)),
        "trade": [trade_json(one) for one in trade_off(book, pictures)],
        "gate": {family.value: least for family, least in book.gate.items()},
        "ms_per_megapixel": _pace(looked.seen),
        "mistakes": _mistakes(looked.seen, judged),
        "errors": [
            {"path": str(one.file.path), "label": one.file.label, "error": error_json(one.error)}
            for one in looked.failed
        ],
        "skipped": [{"path": str(one.path), "reason": one.reason} for one in looked.skipped],
        "warnings": list(looked.warnings),
    }


def _pace(seen: Sequence[Seen]) -> float | None:
    """Return milliseconds of looking a megapixel, over all pictures together."""
    pixels = sum(one.probe.width * one.probe.height for one in seen)
    return round(sum(one.seconds for one in seen) * 1e9 / pixels, 1) if pixels else None


def _mistakes(seen: Sequence[Seen], judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """Return what was judged wrong: by label, then by verdict, the surest first."""
    wrong = [
        {
            "path": str(one.file.path),
            "label": found.label.value,
            "model": found.verdict.model.value,
            "confidence": round(found.verdict.confidence, 4),
            "rule": found.verdict.rule,
            "reasons": list(found.verdict.reasons),
        }
        for one, found in zip(seen, judged, strict=True)
        if found.label is not found.verdict.model
    ]
    return sorted(wrong, key=_worst_first)


def _worst_first(mistake: dict[str, Any]) -> tuple[int, int, float]:
    label, model = LABELS.index(mistake["label"]), LABELS.index(mistake["model"])
    return label, model, -mistake["confidence"]
