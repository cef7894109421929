"""
The rooms that need no door to fal: grammar, pixel workers, ledger; for commands and the window.

`house` opens the same for the daemon, with all that it needs besides.
"""

from pathlib import Path

from upscaled.core.fidelity import parse_bands
from upscaled.core.folders import Grammar
from upscaled.core.settings import Settings
from upscaled.edge import roots
from upscaled.edge.ledger import Ledger
from upscaled.edge.pictures.child import Limits
from upscaled.edge.pictures.conversions import Conversions
from upscaled.edge.pictures.marks_table import parse_marks
from upscaled.edge.pictures.studio import Studio
from upscaled.edge.pictures.workers import Workers
from upscaled.edge.toml import load_rules, own_rules, rule_place
from upscaled.errors import Fatal
from upscaled.reading import BANDS, MARKS
from upscaled.whereabouts import Places, real_inboxes

PIXEL_WORKERS = 2
"""Two cores do most of the machines we know; each worker is bounded in memory and time."""


def grammar_of(settings: Settings) -> Grammar:
    """Return the folder grammar with the config's own target names."""
    return Grammar(settings.target)


def open_studio(
    settings: Settings,
    count: int = PIXEL_WORKERS,
    scratch: Path | None = None,
    limits: Limits | None = None,
) -> tuple[Studio, Workers]:
    """Return the pixel workers' door and the pool behind it; the caller closes the pool."""
    workers = Workers(count, limits, scratch=scratch)
    return studio_of(settings, workers), workers


def studio_of(settings: Settings, workers: Workers) -> Studio:
    """Return the door to some pixel workers, with the rules of the config."""
    directory = settings.rules.directory
    bands = parse_bands(load_rules(directory, BANDS), rule_place(directory, BANDS))
    marks = own_rules(directory, MARKS)
    if marks and directory:
        parse_marks(marks, str(directory / MARKS))
    packed = settings.finish.tiff_compression != "none"
    return Studio(workers, bands, marks, _conversions(settings), packed=packed)


def _conversions(settings: Settings) -> Conversions:
    finish = settings.finish
    ink = str(finish.cmyk_default) if finish.cmyk_default else ""
    return Conversions(cmyk_default=ink, exr_view=finish.exr_view, exr_exposure=finish.exr_exposure)


def open_ledger(settings: Settings, places: Places | None = None) -> Ledger:
    """
    Open the ledger; raises `Fatal` on a network file system.

    SQLite's locks and its write-ahead log do not hold on network file systems.
    """
    directory = settings.state.directory
    directory.mkdir(parents=True, exist_ok=True)
    kind = roots.file_system(directory)
    if roots.is_network(kind):
        raise Fatal(
            f"the state directory {directory} lies on a network file system ({kind})",
            "choose a local directory for [state] directory",
        )
    return Ledger(directory / "ledger.sqlite", real_inboxes(settings, places))
