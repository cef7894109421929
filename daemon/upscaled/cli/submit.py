"""`submit`: the render farm's hook. Needs the share, not the daemon, its ledger or fal's key."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unicodedata import normalize

from upscaled.cli.awaiting import Awaited, await_ends
from upscaled.cli.config import config_path
from upscaled.cli.doorstep import require_inbox
from upscaled.cli.main import DONE, UNFINISHED, print_line, print_text
from upscaled.cli.tracing import Watched
from upscaled.core.frames import missing_of, parse_span
from upscaled.core.report import plain
from upscaled.core.settings import Settings, Watch, parse_settings
from upscaled.core.tickets import SERIES_RULE, series_name
from upscaled.edge.ledger import Ledger
from upscaled.edge.toml import load_settings
from upscaled.endings import Roots
from upscaled.errors import (
    Aside,
    ConfigError,
    NotReady,
    Outage,
    UpscaledError,
    UsageError,
)
from upscaled.nouns import Code, Family, Job
from upscaled.rooms import grammar_of
from upscaled.submitting import Asked, Counter, Handed, read_target


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where pictures go, and what is known of it here."""

    settings: Settings
    roots: Roots
    ledger: Callable[[], Ledger | None]


def submit(arguments: argparse.Namespace) -> int:
    """Hand pictures in and print a job id a file; one that cannot be is said, the others go in."""
    absent = _say_absent(arguments)
    place = _place(arguments)
    asked = _asked(arguments, place.settings)
    ledger = place.ledger()
    _require_inbox(arguments, place, ledger)
    counter = Counter(place.roots, asked, lambda job_id: _known(ledger, job_id))
    told: list[dict[str, Any]] = []
    handed: dict[int, Handed] = {}
    for number, file in enumerate(arguments.files):
        try:
            handed[number] = counter.hand_in(Path(file))
            told.append(told_of(file, asked, handed[number]))
        except (Aside, NotReady, Outage, UpscaledError) as error:
            told.append({"path": file, "target": asked.folder, "error": _fault(error)})
        _say(arguments, told[-1])
    code = UNFINISHED if absent or len(handed) < len(told) else DONE
    if arguments.wait and handed:
        ended = _wait(arguments, place, asked, handed)
        for number, end in ended.items():
            told[number] |= {"state": end.state, "reason": end.reason, "result": end.result}
            _say_end(arguments, told[number])
        if any(end.state != "done" for end in ended.values()):
            code = UNFINISHED
    if arguments.json:
        for one in told:
            print_line(one)
    return code


def _say_absent(arguments: argparse.Namespace) -> bool:
    """Say which frames of `--frames` are not among the files; the others go in all the same."""
    if not arguments.frames:
        return False
    names = (normalize("NFC", Path(file).name) for file in arguments.files)
    absent = missing_of(names, parse_span(arguments.frames))
    if absent:
        print(f"upscaled: frames missing: {', '.join(absent)}", file=sys.stderr)
    return bool(absent)


def _wait(
    arguments: argparse.Namespace, place: _Place, asked: Asked, handed: dict[int, Handed]
) -> dict[int, Awaited]:
    watched = {
        number: Watched(id=one.id, path=one.path, name=Path(one.path).name)
        for number, one in handed.items()
    }
    return await_ends(place.roots, asked, watched, place.ledger, arguments.timeout)


# ---- where


def _place(arguments: argparse.Namespace) -> _Place:
    """Return the watch that is meant: the first, or the one whose inbox is named."""
    path = config_path(arguments)
    try:
        settings = load_settings(path)
    except ConfigError:
        named = arguments.config or os.environ.get("UPSCALED_CONFIG")
        if arguments.inbox is None or named or path.exists():
            raise
        settings = _around(arguments.inbox)
    number = _number(settings, arguments.inbox)
    if number is None:
        settings, number = _with(settings, arguments.inbox), 0
    watch = settings.watch[number]
    found = Roots(
        watch=number,
        inbox=watch.inbox,
        outbox=watch.outbox,
        archive=watch.archive,
        review=watch.review,
        failed=watch.failed,
    )
    return _Place(settings=settings, roots=found, ledger=lambda: _readable(settings))


def _number(settings: Settings, inbox: Path | None) -> int | None:
    if inbox is None:
        return 0
    real = os.path.realpath(inbox)
    known = [os.path.realpath(watch.inbox) for watch in settings.watch]
    return known.index(real) if real in known else None


def _around(inbox: Path) -> Settings:
    """Return the defaults for an inbox whose other folders lie beside it."""
    inbox = inbox.absolute()
    return parse_settings({"watch": [{"inbox": inbox.name}]}, source=inbox.parent / "config.toml")


def _with(settings: Settings, inbox: Path) -> Settings:
    """Return a config's target names for an inbox that it does not know."""
    watch: tuple[Watch, ...] = _around(inbox).watch
    return settings.model_copy(update={"watch": watch})


def _readable(settings: Settings) -> Ledger | None:
    """Return the ledger where it can be read here; nothing is made for it."""
    path = settings.state.directory / "ledger.sqlite"
    try:
        if not path.is_file():
            return None
        inboxes = [os.path.realpath(watch.inbox) for watch in settings.watch]
        ledger = Ledger(path, inboxes, read_only=True)
        return ledger if ledger.exists() else None
    except (UpscaledError, OSError):
        return None  # another version's, or not for this user: the daemon knows what it knows


def _known(ledger: Ledger | None, job_id: str) -> Job | None:
    try:
        return ledger.job(job_id) if ledger else None
    except UpscaledError:
        return None


def _require_inbox(arguments: argparse.Namespace, place: _Place, ledger: Ledger | None) -> None:
    inbox = os.path.realpath(place.roots.inbox)
    known = inbox in json.loads((ledger and ledger.get("roots")) or "[]")
    home, named = config_path(arguments).parent, arguments.inbox is not None
    if remark := require_inbox(place.roots, home, named=named, known=known):
        print(f"upscaled: {remark}", file=sys.stderr)


# ---- what


def _asked(arguments: argparse.Namespace, settings: Settings) -> Asked:
    if arguments.timeout is not None and not arguments.timeout >= 0:
        raise UsageError(f"--timeout {arguments.timeout:g} is no time", "seconds, 0 or more")
    grammar = grammar_of(settings)
    folder, order = read_target(grammar, arguments.target)
    series = None
    if arguments.series is not None:
        series = series_name(arguments.series)
        if series is None:
            raise UsageError(f"--series {arguments.series!r} is no name", f"expected {SERIES_RULE}")
    return Asked(
        folder=folder,
        order=order,
        grammar=grammar,
        model=Family(arguments.model) if arguments.model else None,
        series=series,
        urgent=arguments.urgent,
        again=arguments.again,
    )


# ---- said


def told_of(file: str, asked: Asked, handed: Handed) -> dict[str, Any]:
    """Return what became of a file, as `submit --json` prints it."""
    return {
        "id": handed.id,
        "path": file,
        "target": asked.folder,
        "inbox_path": handed.path,
        "new": handed.new,
    }


def _fault(error: UpscaledError) -> dict[str, str]:
    code = Code.UNREADABLE.value
    if isinstance(error, Aside):
        code = str(error.code)
    elif isinstance(error, NotReady):
        code = Code.TRUNCATED.value
    return {"code": code, "message": error.message, "hint": error.hint}


def _say(arguments: argparse.Namespace, told: dict[str, Any]) -> None:
    if "error" in told:
        error = told["error"]
        hint = f" ({error['hint']})" if error["hint"] else ""
        print(plain(f"upscaled: {told['path']}: {error['message']}{hint}"), file=sys.stderr)
    elif not arguments.json:
        print_text(told["id"])


def _say_end(arguments: argparse.Namespace, told: dict[str, Any]) -> None:
    if not arguments.json:
        more = told["result"] if told["state"] == "done" else told["reason"]
        print(plain(f"upscaled: {told['path']}: {told['state']}: {more}"), file=sys.stderr)
