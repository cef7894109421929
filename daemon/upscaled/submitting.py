"""
Handing pictures in through the share alone: what `submit` does on a machine without a daemon.

The ticket comes first, then the picture, each by a rename without clobber, so that whoever looks
meets a picture with its ticket. The ticket is the claim on the name: two machines that hand in the
same picture at once agree on it. Nothing here needs the ledger; where it can be read it is asked.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path, PurePosixPath
from unicodedata import normalize

from upscaled.core import names
from upscaled.core.folders import Grammar, Target
from upscaled.core.life import ENDS
from upscaled.core.litter import is_litter, is_litter_folder, is_ours
from upscaled.core.series import group_of
from upscaled.core.tickets import submitted_id
from upscaled.edge import disk, tickets
from upscaled.edge.pictures import sniff
from upscaled.endings import Ending, Roots, places, read_ending, spellings
from upscaled.errors import Aside, Gone, NameTaken, NotReady, Stop, UpscaledError, UsageError
from upscaled.nouns import Code, Family, Job, Order, State, Wishes

HIDDEN = ".upscaled-submit-"
"""Begins the names of what is not whole yet."""
STALE_SECONDS = 86_400.0
"""What a machine that died has left is removed a day later, by the share's own clock."""
_HEAD = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What every picture of one call is wanted as."""

    folder: str
    """Relative to the inbox."""
    order: Order
    grammar: Grammar
    """Says which other spellings mean the same folder."""
    model: Family | None = None
    series: str | None = None
    urgent: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A picture that is in the inbox, or was before."""

    id: str
    path: str
    """Relative to the inbox; of the picture that came first where it is the same."""
    new: bool


def read_target(grammar: Grammar, name: str) -> tuple[str, Order]:
    """Return the folder that a target's name means, and what it asks for; `UsageError` else."""
    place = grammar.resolve(normalize("NFC", name))
    if not isinstance(place, Target):
        token, hint = getattr(place, "token", name), getattr(place, "hint", "")
        raise UsageError(f'"{name}" is no target: "{token}" is not known', hint)
    for part in place.path.split("/"):
        if part == ".." or is_litter_folder(part) or not part.isprintable() or len(part) > 100:
            raise UsageError(f'"{name}" is no target: a folder "{part}" is never looked into')
    return place.path, place.order


class Counter:
    """Hands pictures in, one after the other."""

    def __init__(
        self,
        roots: Roots,
        asked: Asked,
        known: Callable[[str], Job | None],
        chance: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._roots = roots
        self._asked = asked
        self._known = known
        self._chance = chance
        self._swept = False
        self._spellings = cache(partial(spellings, folder=asked.folder, grammar=asked.grammar))

    def hand_in(self, file: Path) -> Handed:
        """
        Copy a picture in whole beside its ticket, unless the same one was handed in before.

        Raises one of our errors where this file cannot be: the others may.
        """
        name = _name(file)
        sha256 = _looked_at(file)
        wishes = self._wishes(name, sha256, self._asked.grammar.spelled(self._asked.folder))
        if not self._asked.again:
            # Ids were made of the target as it was typed once; tickets of that time may lie there.
            as_typed = self._wishes(name, sha256, self._asked.folder)
            for one in dict.fromkeys((wishes, as_typed)):
                if before := self._before(one, name):
                    return before
        self._require_outside(file)
        return self._put(file, name, wishes)

    # ---- inside

    def _require_outside(self, file: Path) -> None:
        """Refuse what lies under the target already: a copy beside it would be done twice."""
        if file.parent.resolve() == self._roots.inbox.resolve() / self._asked.folder:
            raise Aside(
                Code.UNSUPPORTED,
                f"{file} lies in the inbox for this target already, and is done from there.",
                "submit a file from elsewhere, or write a ticket beside this one",
            )

    def _wishes(self, name: str, sha256: str, target: str) -> Wishes:
        asked = self._asked
        wishes = Wishes(
            ticket="",
            target=asked.folder,
            model=asked.model,
            series=asked.series,
            urgent=asked.urgent,
            sha256=sha256,
        )
        member = name if self._is_member(name) else ""
        nonce = self._chance(8) if asked.again else b""
        job_id = submitted_id(sha256, replace(wishes, target=target), member, nonce)
        return replace(wishes, id=job_id)

    def _is_member(self, name: str) -> bool:
        return group_of(name, self._asked.order, self._asked.series) is not None

    def _before(self, wishes: Wishes, name: str) -> Handed | None:
        """Return where the same picture was handed in before, as far as this machine can see."""
        job_id = wishes.id or ""
        job = self._known(job_id)
        if job is not None and job.state is not State.WITHDRAWN:
            if job.watch != self._roots.watch:
                raise Aside(
                    Code.UNSUPPORTED,
                    f"the same picture is job {job_id} of another inbox, for the same target.",
                    "--again has it done for this inbox too",
                )
            in_inbox = job.state not in ENDS and not job.facts.away
            if not in_inbox or disk.is_there(self._roots.inbox / job.path):
                return Handed(id=job_id, path=job.path, new=False)
        ended = self._ended(job_id, name)
        path = ended.source if ended else self._lies_at(wishes, name)
        return Handed(id=job_id, path=path, new=False) if path else None

    def _lies_at(self, wishes: Wishes, name: str) -> str | None:
        """Return where in the inbox the picture lies with its ticket, in any spelling."""
        for folder in self._spellings(self._roots.inbox):
            for version in names.versions(name):
                final = self._roots.inbox / folder / version
                ticket = _ticket_at(final)
                if ticket is None:
                    break
                if ticket.id == wishes.id and disk.is_there(final) and _is(final, wishes):
                    return f"{folder}/{version}"
        return None

    def _ended(self, job_id: str, name: str) -> Ending | None:
        """Return how a job ended, by the sidecars where they should be: no folder is listed."""
        for root, wanted in places(self._roots, self._asked.order, name):
            for folder in self._spellings(root):
                if ending := _ending_at(root, f"{folder}/{wanted}", job_id):
                    return ending
        return None

    def _put(self, file: Path, name: str, wishes: Wishes) -> Handed:
        folder = disk.open_folder(self._roots.inbox, self._asked.folder)
        staged = folder / f"{HIDDEN}{self._chance(8).hex()}"
        try:
            for version in names.versions(name):
                self._require_free(name, version)
                new = self._claim(file, staged, folder / version, wishes)
                if new is not None:
                    path = f"{self._asked.folder}/{version}"
                    return Handed(id=wishes.id or "", path=path, new=new)
        finally:
            disk.drop(staged)
        raise NameTaken(f"no free name for {name}")

    def _require_free(self, name: str, version: str) -> None:
        """Refuse another name than its own for a member of a series: it would be no member."""
        if self._is_member(name) and version != next(names.versions(name)):
            raise Aside(
                Code.UNSUPPORTED,
                f"another picture of this name waits in {self._asked.folder}, and it is one of a"
                " series: it keeps its name.",
                "submit it again once the other is done, or take that one out of the inbox",
            )

    def _claim(self, file: Path, staged: Path, final: Path, wishes: Wishes) -> bool | None:
        """Put a picture under a name: True if it did, False if it lay there, None if taken."""
        other = _ticket_at(final)
        if other is not None and other.id != wishes.id:
            return None
        if disk.is_there(final):
            return False if other is not None and _is(final, wishes) else None
        self._copy(file, staged, wishes)
        if not self._write_ticket(final, wishes):
            return None
        try:
            disk.rename_new(staged, final)
        except NameTaken:
            if _is(final, wishes):
                return False  # another machine was quicker
            self._take_back(final, wishes)
            return None
        disk.sync_folder(final.parent)
        if disk.is_there(final):
            # Should another machine's copy have been done just now, its ticket went along with it.
            self._write_ticket(final, wishes)
        return True

    def _copy(self, file: Path, staged: Path, wishes: Wishes) -> None:
        if disk.is_there(staged):
            return
        taken = disk.take(file.resolve(), staged)
        if taken.sha256 != wishes.sha256:
            raise NotReady(f"{file} changed while it was read", "submit it again once it is whole")
        if not self._swept:  # a folder may hold a hundred thousand files: it is listed once a call
            _sweep(staged)
            self._swept = True

    def _write_ticket(self, final: Path, wishes: Wishes) -> bool:
        """Claim a name; False where another picture has it."""
        ticket = final.with_name(names.ticket_name(final.name))
        try:
            disk.write_new(tickets.text(wishes), ticket, f"{HIDDEN}{self._chance(8).hex()}")
        except NameTaken:
            other = _ticket_at(final)
            return other is not None and other.id == wishes.id
        return True

    def _take_back(self, final: Path, wishes: Wishes) -> None:
        """Remove our claim: a picture without a ticket came between."""
        ticket = final.with_name(names.ticket_name(final.name))
        other = _ticket_at(final)
        if other is not None and other.id == wishes.id:
            disk.drop(ticket)


def _ending_at(root: Path, path: str, job_id: str) -> Ending | None:
    """Return what the sidecars of a name and of its versions say of a job."""
    place = PurePosixPath(path)
    for version in names.versions(place.name):
        told = names.sidecar_places(str(place.with_name(version)))
        sidecars = [root / one for one in told if disk.is_there(root / one)]
        if not sidecars:
            return None
        for ending in (read_ending(sidecar, root) for sidecar in sidecars):
            if ending is not None and ending.job == job_id:
                return ending
    return None


def _name(file: Path) -> str:
    name = normalize("NFC", file.name)
    if not name.isprintable():
        raise Aside(Code.UNREADABLE, f"{file} has a name that is no text.", "rename it")
    if is_litter(name) or is_ours(name):
        raise Aside(
            Code.UNSUPPORTED, f"{file} has a name that is never taken from an inbox.", "rename it"
        )
    return name


def _looked_at(file: Path) -> str:
    """Return a picture's hash; raise for what is surely none."""
    if not file.is_file():
        found = "no regular file" if file.exists() else "not there"
        raise Aside(Code.UNREADABLE, f"{file} is {found}.", "name a picture file")
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD)
    except OSError as error:
        raise Aside(Code.UNREADABLE, f"{file} cannot be read: {error.strerror}.") from error
    if not head:
        raise NotReady(f"{file} is empty.", "submit it once it is written")
    try:
        sniff.refuse(head)
    except Stop as error:
        if sniff.clip(head):  # else a reader is missing here, which the daemon's machine may have
            raise Aside(Code.UNSUPPORTED, error.message, "submit its frames") from error
    return disk.digest(file)


def _ticket_at(final: Path) -> Wishes | None:
    try:
        return tickets.read(final.with_name(names.ticket_name(final.name)))
    except Gone:
        return None


def _is(final: Path, wishes: Wishes) -> bool:
    """Say whether a file has the picture's bytes; one that is just archived surely had."""
    try:
        return disk.digest(final) == wishes.sha256
    except Gone:
        return True


def _sweep(staged: Path) -> None:
    """Remove what machines that died have left here, by the age that the share itself tells."""
    with suppress(OSError, UpscaledError):
        now = staged.stat().st_mtime
        with os.scandir(staged.parent) as entries:  # closed too where one is gone meanwhile
            for entry in entries:
                if entry.name.startswith(HIDDEN) and now - entry.stat().st_mtime > STALE_SECONDS:
                    Path(entry.path).unlink(missing_ok=True)
