"""
What tickets say of the files in one inbox: which job is whose, and what is odd about a ticket.

A ticket may come before its picture or, until that is read, after it. Owned by the conductor's
thread; the tickets themselves are read where the folders are looked into.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from upscaled.core.folders import Grammar, Target
from upscaled.core.names import ticket_name
from upscaled.core.tickets import fault_in, waits
from upscaled.flow.book import Book, parted
from upscaled.nouns import Facts, Hold, Job, State, Wishes

LONELY_SECONDS = 10.0
"""A ticket comes first and its picture soon after: what is alone for longer is told."""


@dataclass(slots=True)
class _Folder:
    wishes: dict[str, Wishes] = field(default_factory=dict)
    """By the name of the picture."""
    fresh: set[str] = field(default_factory=set)
    """Seen since the last whole look began."""
    lonely: dict[str, float] = field(default_factory=dict)
    """Since when each ticket is alone, in seconds of the clock that only grows."""
    odd: tuple[str, ...] = ()


class Slips:
    """The tickets of one inbox."""

    def __init__(self, grammar: Grammar, book: Book) -> None:
        self._grammar = grammar
        self._book = book
        self._folders: dict[str, _Folder] = {}
        self._whole: set[str] = set()
        """Folders that were looked into whole: a ticket that is not known there is not there."""

    @property
    def odd(self) -> tuple[str, ...]:
        """Return what is odd about tickets, a sentence each."""
        return tuple(line for folder in self._folders.values() for line in folder.odd)

    def took(self, path: str, tickets: Mapping[str, Wishes]) -> None:
        """Take in the tickets in a part of a look into a folder."""
        if tickets:
            folder = self._folders.setdefault(path, _Folder())
            folder.wishes.update(tickets)
            folder.fresh.update(tickets)

    def closed(self, watch: int, path: str, names: Collection[str], now: float) -> None:
        """Conclude from a whole look into a folder; `names` are the pictures that lie in it."""
        self._whole.add(path)
        folder = self._folders.get(path)
        if folder is None:
            return
        folder.wishes = {
            name: folder.wishes[name] for name in folder.wishes if name in folder.fresh
        }
        folder.fresh.clear()
        if not folder.wishes:
            del self._folders[path]
            return
        alone = [name for name in folder.wishes if name not in names]
        folder.lonely = {name: folder.lonely.get(name, now) for name in alone}
        long = [name for name, since in folder.lonely.items() if now - since >= LONELY_SECONDS]
        ids = self._book.names(watch, path)
        late = [
            name
            for name, wishes in folder.wishes.items()
            if name in ids and _is_late(self._book.jobs[ids[name]], wishes)
        ]
        folder.odd = (
            *(_told(path, name, _LONELY) for name in long),
            *(_told(path, name, _LATE) for name in late),
        )

    def left(self, path: str) -> None:
        """Forget a folder that left."""
        self._folders.pop(path, None)
        self._whole.discard(path)

    def has_changed(self, job: Job, *, same: bool) -> bool:
        """
        Say whether a file that was not read yet needs another job than was made by its ticket.

        `same` says that the file itself is as it was: a fault may have been its own.
        """
        folder, name = parted(job.path)
        known = self._folders.get(folder)
        wishes = known.wishes.get(name) if known else None
        mine = job.facts.wishes
        if job.facts.passes or (wishes is None and folder not in self._whole):
            return False  # what was paid for it stays with this job; or nobody has looked yet
        if mine and mine.fault and not same:
            return True
        return (wishes and wishes.ticket) != (mine and mine.ticket)

    def claimed(self, jobs: list[Job], place: Target) -> list[Job]:
        """Return new jobs as their tickets want them; without those that come in another way."""
        folder = self._folders.get(place.path)
        if folder is None:
            return jobs
        asked = {job.path: folder.wishes.get(parted(job.path)[1]) for job in jobs}
        ids = [wishes.id for wishes in asked.values() if wishes and wishes.id]
        known = self._book.named(ids)
        if known is None:
            return [job for job in jobs if not asked[job.path]]  # they are seen again later
        taken: dict[str, Job] = dict(known)
        made = []
        for job in jobs:
            wishes = asked[job.path]
            new = self._wished(job, wishes, place, taken) if wishes else job
            if new is not None:
                taken[new.id] = new
                made.append(new)
        return made

    # ---- inside

    def _wished(
        self, job: Job, wishes: Wishes, place: Target, taken: Mapping[str, Job]
    ) -> Job | None:
        """Return a new job as its ticket wants it; None where an ended job takes it up."""
        if fault := fault_in(wishes, place, self._grammar):
            return _faulty(job, wishes, fault)
        first = taken.get(wishes.id or "")
        if first is None:
            return _asked(job, wishes, wishes.id or job.id)
        if first.state is State.FAILED and first.facts.back == job.path:
            return None  # an order is just bringing it back; it is that job
        if fault := _clash(job, wishes, first):
            return _faulty(job, wishes, fault)
        if first.state is State.WITHDRAWN:
            facts = Facts(passes=first.facts.passes, wishes=wishes)
            anew = replace(_asked(job, wishes, first.id), cost=first.cost, facts=facts)
            self._book.save(anew, "submitted again after it was taken away")
            return None
        return _asked(job, replace(wishes, repeats=first.id), job.id)


_LONELY = "a ticket whose picture is not there; put the picture beside it, or remove the ticket"
_LATE = "this ticket came when its picture was under way already; it counts for nothing now"


def _told(folder: str, name: str, what: str) -> str:
    return f"{folder}/{ticket_name(name)}: {what}" if folder else f"{ticket_name(name)}: {what}"


def _is_late(job: Job, wishes: Wishes) -> bool:
    if job.state is State.SEEN and not job.facts.passes:
        return False
    mine = job.facts.wishes
    return mine is None or mine.ticket != wishes.ticket


def _asked(job: Job, wishes: Wishes, job_id: str) -> Job:
    facts = Facts(wishes=wishes)
    return replace(job, id=job_id, urgent=job.urgent or wishes.urgent, facts=facts)


def _faulty(job: Job, wishes: Wishes, fault: str) -> Job:
    reason = waits(ticket_name(parted(job.path)[1]), fault)
    facts = Facts(wishes=Wishes(ticket=wishes.ticket, fault=fault))
    return replace(job, facts=facts, hold=Hold.NOT_READY, reason=reason)


def _clash(job: Job, wishes: Wishes, first: Job) -> str:
    """Return why an id that is known already cannot be this picture's; empty where it may be."""
    if first.watch != job.watch:
        return f"id = {wishes.id!r} is that of a job of another inbox"
    if wishes.sha256 and first.sha256 and wishes.sha256 != first.sha256:
        return f"id = {wishes.id!r} is that of another picture, {first.path}"
    return ""
