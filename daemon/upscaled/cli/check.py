"""`check` and `init`: is everything right, and make it so."""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from upscaled.cli.ask import watches_of
from upscaled.cli.check_fal import fal_warnings
from upscaled.cli.check_night import night_faults, night_warnings
from upscaled.cli.check_roots import Asked, fault, write_faults
from upscaled.cli.config import config_path
from upscaled.cli.ledgers import ledger_of
from upscaled.cli.main import DONE, WRONG, print_json, print_text
from upscaled.cli.surveys import Surveyed, surveyed
from upscaled.cli.window.verb import window_faults
from upscaled.core.catalogue import Catalogue
from upscaled.core.folders import Grammar
from upscaled.core.folders import Target as Aim
from upscaled.core.overview import watch_lines
from upscaled.core.settings import Settings
from upscaled.edge import roots
from upscaled.edge.ledger import Ledger
from upscaled.edge.logs import configure
from upscaled.edge.pictures.marks import mark_faults
from upscaled.edge.secrets import find_key
from upscaled.edge.toml import load_rules, load_settings, own_rules, stray_rules, write_config
from upscaled.errors import ConfigError, Fatal, Fault
from upscaled.nouns import Family, Order
from upscaled.probing import Told
from upscaled.reading import BANDS, MARKS, read_rules
from upscaled.rooms import open_ledger
from upscaled.shares import Marked, accesses
from upscaled.whereabouts import ROLES, Places


def check(arguments: argparse.Namespace) -> int:
    """Look at everything, spend nothing, and say every fault at once."""
    configure(quiet=True)  # stdout is the answer's alone
    path = config_path(arguments)
    settings = load_settings(path)
    ledger = ledger_of(settings)
    asked = Asked(settings, path, ledger)
    faults = [
        *_rule_faults(settings),
        *_mark_faults(settings),
        *_state_faults(settings, path),
        *_ink_faults(settings, path),
        *night_faults(settings, path),
        *_group_faults(settings, path),
        *window_faults(settings, path),
        *asked.faults(),
    ]
    engine = _engine(settings, ledger)
    told = {
        "ok": not faults,
        "engine": engine,
        "faults": [asdict(fault) for fault in faults],
        "warnings": [] if faults else list(_warnings(settings, engine)),
        "rename": _renames(settings, asked.probes),
        "watches": _watched(settings, ledger, asked.probes),
        "config": str(path),
    }
    if arguments.json:
        print_json(told)
    else:
        _print(told, faults)
    return WRONG if faults else DONE


def init(arguments: argparse.Namespace) -> int:
    """Write a commented config, make its folders, its ledger and the markers in every root."""
    folder: Path = arguments.directory.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.toml"
    write_config(path)
    settings = load_settings(path)
    places = Places(settings, path)
    for watch in range(len(settings.watch)):
        places.look(watch)
    if faults := places.faults():
        raise ConfigError(faults)
    ledger = open_ledger(settings, places)
    ledger.create()
    Marked(settings, ledger, places).open()
    ledger.close()
    made = [str(getattr(watch, role)) for watch in settings.watch for role in ROLES]
    if arguments.json:
        print_json({"config": str(path), "folders": made})
    else:
        print_text(f"wrote {path}")
        print_text(f"made  {', '.join(sorted(set(made)))}")
        print_text(f"next: make a folder such as {made[0]}/4k, then: upscaled --config {path} run")
    return DONE


def _rule_faults(settings: Settings) -> tuple[Fault, ...]:
    try:
        read_rules(settings)
        load_rules(settings.rules.directory, BANDS)
    except ConfigError as error:
        return error.faults
    return ()


def _group_faults(settings: Settings, path: Path) -> tuple[Fault, ...]:
    try:
        accesses(settings, path)
    except ConfigError as error:
        return error.faults
    return ()


def _mark_faults(settings: Settings) -> tuple[Fault, ...]:
    directory = settings.rules.directory
    try:
        own = own_rules(directory, MARKS)
    except ConfigError as error:
        return error.faults
    return mark_faults(own, str(directory / MARKS)) if own and directory else mark_faults()


def _state_faults(settings: Settings, path: Path) -> Iterator[Fault]:
    directory = settings.state.directory
    kind = roots.file_system(directory)
    if roots.is_network(kind):
        yield Fault(
            place=str(path),
            key="state.directory",
            value=str(directory),
            expected="a local file system",
            hint=f"SQLite's locks do not hold on {kind}",
        )
    yield from write_faults(path, "state.directory", directory)


def _ink_faults(settings: Settings, path: Path) -> Iterator[Fault]:
    """Look at the profile for CMYK pictures that carry none, where one is named."""
    icc = settings.finish.cmyk_default
    if icc is None:
        return
    try:
        with icc.open("rb") as file:
            head = file.read(128)
    except OSError as error:
        hint = f"it cannot be read ({error.strerror})"
    else:
        if head[36:40] == b"acsp" and head[16:20] == b"CMYK":  # ICC.1, 7.2
            return
        hint = "it is a profile of other colours" if head[36:40] == b"acsp" else "it is no profile"
    yield fault(path, "finish.cmyk_default", icc, ("an ICC profile of CMYK", hint))


def _engine(settings: Settings, ledger: Ledger | None) -> dict[str, str | None]:
    try:
        key = find_key()
    except Fatal as error:
        return {"name": settings.engine.name, "state": "no_key", "reason": error.message}
    pinned = ledger.get("engine") if ledger else None
    name: str = settings.engine.name
    if name == "auto":
        name = pinned or ("fal" if key else "local")
    if name == "fal" and not key:
        reason = "fal's key is not there: put it into FAL_KEY or the systemd credential fal_key"
        return {"name": name, "state": "no_key", "reason": reason}
    return {"name": name, "state": "ready", "reason": None}


def _warnings(settings: Settings, engine: dict[str, str | None]) -> Iterator[str]:
    seen = surveyed(settings, range(len(settings.watch)))
    for stray in seen.strays:
        token = f'"{stray.token}" is not known; ' if stray.token else ""
        yield f"{stray.path or 'the inbox itself'}: {token}{stray.hint}"
    yield from seen.odd
    if settings.rules.directory:
        for name in stray_rules(settings.rules.directory):
            yield f"{settings.rules.directory / name} overrides no shipped rule file"
    if engine["state"] == "no_key" and engine["name"] == "fal":
        yield f"{engine['reason']}; until then every picture is held"
    yield from _without_legacy(settings, seen)
    yield from night_warnings(settings)
    if engine["name"] == "fal" and (key := find_key()):
        yield from fal_warnings(settings, read_rules(settings).catalogues["fal"], key)


def _without_legacy(settings: Settings, seen: Surveyed) -> Iterator[str]:
    grammar, catalogue = Grammar(settings.target), read_rules(settings).catalogues["fal"]
    for folders in seen.folders.values():
        for folder in folders:
            place = grammar.resolve(folder, holds_files=False)
            if isinstance(place, Aim) and place.target_path == folder:
                yield from (f"{folder}: {said}" for said in _legacy(catalogue, place.order))


def _legacy(catalogue: Catalogue, order: Order) -> Iterator[str]:
    for family in (order.family,) if order.family else tuple(Family):
        note = catalogue.legacy_note(family) if order.legacy else None
        if note:
            yield note


def _watched(
    settings: Settings, ledger: Ledger | None, probes: Mapping[int, Told | None]
) -> list[dict[str, Any]]:
    """Return how each watch is seen, and what was tried just now in its folders."""
    told = watches_of(settings, ledger)
    return [one | {"probe": probes.get(number)} for number, one in enumerate(told)]


def _renames(settings: Settings, probes: Mapping[int, Told | None]) -> dict[str, str]:
    return {
        str(getattr(settings.watch[number], role)): found["rename"]
        for number, probe in probes.items()
        for role, found in (probe["roots"] if probe else {}).items()
        if role != "inbox"
    }


def _print(told: dict[str, Any], faults: list[Fault]) -> None:
    for one in faults:
        print_text(f"fault    {one.sentence()}")
    for warning in told["warnings"]:
        print_text(f"warning  {warning}")
    for line in watch_lines(told["watches"]):
        print_text(line)
    engine = told["engine"]
    why = f" ({engine['reason']})" if engine["reason"] else ""
    print_text(f"engine   {engine['name']}: {engine['state']}{why}")
    print_text("ok" if told["ok"] else f"{len(faults)} faults")
