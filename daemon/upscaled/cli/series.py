"""`series`: how sequences and series stand, and which frames are missing."""

import argparse
import os
from pathlib import Path

from upscaled.cli.config import settings_of
from upscaled.cli.ledgers import ledger_of
from upscaled.cli.main import DONE, UNFINISHED, print_json, print_text
from upscaled.cli.standings import Key, latest_keys, told
from upscaled.core.frames import frame_of, parse_span
from upscaled.core.life import Word
from upscaled.core.nearest import did_you_mean
from upscaled.core.progress import Progress, body, line
from upscaled.core.series import is_sequence
from upscaled.core.settings import Settings
from upscaled.edge.clock import local_zone
from upscaled.edge.ledger import Ledger
from upscaled.errors import UsageError


def series(arguments: argparse.Namespace) -> int:
    """Print how series stand; 3 where frames are missing, or of `--frames` any is not done."""
    settings = settings_of(arguments)
    span = parse_span(arguments.frames) if arguments.frames else None
    ledger = ledger_of(settings)
    keys = _wanted(arguments, settings, ledger) if ledger else []
    if span is not None and len(keys) != 1:
        raise UsageError(
            f"--frames is said of one series, {len(keys)} are meant",
            "name it: " + ", ".join(key for _, key in keys[:5]),
        )
    found = [ledger.standings.progress(*key, span) for key in keys] if ledger else []
    if arguments.json:
        print_json(told(settings, found))
    elif arguments.name:
        print_text(body(found, local_zone(settings.schedule.timezone)).strip())
    else:
        print_text("\n".join(map(line, found)) or "no series yet")
    gone = any(one.gone for one in found)
    undone = span is not None and any(set(one.words) - {Word.DONE} for one in found)
    return UNFINISHED if gone or undone else DONE


def _wanted(arguments: argparse.Namespace, settings: Settings, ledger: Ledger) -> list[Key]:
    recent = latest_keys(ledger)
    if not arguments.name:
        return recent
    known = list(dict.fromkeys([*recent, *ledger.standings.known()]))
    wanted = _in_an_inbox(arguments.name, settings)
    found = [key for key in known if wanted in _names(key[1])]
    if not found:
        hint = did_you_mean(wanted, sorted({name for _, key in known for name in _names(key)}))
        raise UsageError(f'there is no series "{arguments.name}"', hint or "none was judged yet")
    return found


def _in_an_inbox(name: str, settings: Settings) -> str:
    """Return a path below an inbox as the ledger spells it, a frame's as that of its sequence."""
    if Path(name).is_absolute() or Path(name).exists():
        for watch in settings.watch:
            inside = os.path.relpath(os.path.realpath(name), os.path.realpath(watch.inbox))
            if not inside.startswith(".."):
                name = Path(inside).as_posix()
    name = name.rstrip("/")
    frame = frame_of(name)
    return frame.run if frame is not None and frame.folder else name


def _names(key: str) -> set[str]:
    """Return all that people may call a series."""
    one = Progress(watch=0, key=key, words={})
    run = key.rpartition(" ")[0] if is_sequence(key) else key.removesuffix("/*")
    return {key, run, one.name, f"{one.folder}/{one.name}"}
