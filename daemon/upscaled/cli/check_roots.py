"""What `check` says of shared folders: whose they are, what may be done there, who is silent."""

import json
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from upscaled.core.settings import Settings
from upscaled.edge import disk, roots
from upscaled.edge.bounded import ask
from upscaled.edge.ledger import Ledger
from upscaled.errors import ConfigError, Fault, UpscaledError
from upscaled.nouns import ANYHOW, Access
from upscaled.probing import Told, listened, tried
from upscaled.shares import accesses
from upscaled.whereabouts import ROLES, Places

ANSWER_SECONDS = 3.0
"""How long a mount is given to say where it is."""
WRITE_SECONDS = 15.0
"""How long it is given for the few small files that are tried there."""


class Asked:
    """The roots of every watch, asked once."""

    def __init__(self, settings: Settings, path: Path, ledger: Ledger | None) -> None:
        self._settings = settings
        self._path = path
        self._known = set(json.loads((ledger and ledger.get("roots")) or "[]"))
        self._own = ledger.id if ledger else ""
        self._places = Places(settings, path)
        self._places.look_at_all(ANSWER_SECONDS)
        watches = range(len(settings.watch))
        heard = [number for number in watches if self._places.answered(number)]
        told = ask({one: partial(self._faults_of, one) for one in heard}, WRITE_SECONDS)
        self._told, sound = told, [one for one, faults in told.items() if not faults]
        self.probes = ask({one: partial(self._probe, one) for one in sound}, WRITE_SECONDS)
        """By watch, of those without fault whose folders are there."""

    def faults(self) -> Iterator[Fault]:
        """Yield every fault, by watch."""
        yield from self._places.faults()
        for number in range(len(self._settings.watch)):
            yield from self._told.get(number, [self._silent(number)])

    def _silent(self, number: int) -> Fault:
        role, root = self._places.silent(number) or ("inbox", self._settings.watch[number].inbox)
        hint = "it does not answer: is its server there? nothing hangs on it but this watch"
        return fault(self._path, f"watch[{number}].{role}", root, ("a folder that answers", hint))

    def _faults_of(self, number: int) -> list[Fault]:
        return [one for role in ROLES for one in self._faults_in(number, role)]

    def _probe(self, number: int) -> Told | None:
        config = self._settings.watch[number]
        if not all(getattr(config, role).is_dir() for role in ROLES):
            return None
        kind = roots.file_system(config.inbox)
        native = config.observer == "native" or (
            config.observer == "auto" and not roots.is_network(kind)
        )
        heard, asked = listened(config, native=native)
        return tried(config, self._access(number), heard, asked=asked)

    def _access(self, number: int) -> Access:
        try:
            return accesses(self._settings, self._path)[number]
        except ConfigError:
            return ANYHOW  # said already, as a fault

    def _faults_in(self, number: int, role: str) -> Iterator[Fault]:
        root: Path = getattr(self._settings.watch[number], role)
        key = f"watch[{number}].{role}"
        try:
            marker = roots.read_marker(root, self._own)
        except UpscaledError as error:
            yield fault(self._path, key, root, ("a folder that can be read", error.message))
            return
        if marker is roots.Marker.FOREIGN:
            hint = f"another ledger's marker stands there: {root / roots.MARKER}"
            yield fault(self._path, key, root, ("a folder of this ledger", hint))
        elif marker is roots.Marker.MISSING and os.path.realpath(root) in self._known:
            expected = "its marker, as it had when it was last seen"
            yield fault(self._path, key, root, (expected, "is the share mounted?"))
        else:
            yield from write_faults(self._path, key, root)


def write_faults(path: Path, key: str, folder: Path) -> Iterator[Fault]:
    """Try by doing, where the folder is; a missing one must be makeable."""
    there = next(one for one in (folder, *folder.parents) if one.exists())
    try:
        if there.is_dir():
            disk.rename_kind(there)
        else:
            yield fault(path, key, folder, ("a folder", f"{there} is a file"))
    except UpscaledError as error:
        yield fault(path, key, folder, ("a folder where files can be made", error.message))


def fault(path: Path, key: str, value: Path, why: tuple[str, str]) -> Fault:
    """Return a fault of a key in the config file: what is expected, and a hint."""
    return Fault(place=str(path), key=key, value=str(value), expected=why[0], hint=why[1])
