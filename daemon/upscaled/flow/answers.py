"""
People answer by dragging: what lies in `_accept`, `_reject`, `_redo` and `_retry` becomes orders.

Each folder is looked at in its watch's lane, every few seconds. What lies still is known by its
bytes, and an order is written that tells where everything lies; from then on it is carried out like
one from the command line, once through any crash. What is not understood stays where it is, with a
note beside it. Owned by the conductor's thread.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Protocol

import structlog

from upscaled.core import boxes, names
from upscaled.core.box_text import NAME, SIGNATURE, box_text
from upscaled.core.boxes import Box
from upscaled.core.litter import is_ours
from upscaled.core.names import REJECTED
from upscaled.core.readme_text import SIGNATURE as READ_ME
from upscaled.errors import LedgerUnwritable, UpscaledError
from upscaled.flow.conductor import Conductor
from upscaled.flow.finals import move_once
from upscaled.flow.hands.desk import Asked
from upscaled.flow.knowing import Archive, Finder, Knowing, Known, Lying, home_of
from upscaled.flow.patrol import LOOK_RANK
from upscaled.flow.sides import Side
from upscaled.nouns import Dragged, Identity, Job

log = structlog.get_logger()

LOOK_SECONDS = 3.0
AGAIN_SECONDS = 600.0
"""After an order that could not be carried out: its share was lost, or its file in use."""
MOST = 5000
"""Files of one box that are looked at; the others wait until those have left."""
TIDY_SECONDS = 60.0
"""So long an empty folder in a box is left alone: it may be about to be filled."""
PATIENCE = 5
"""So many quiet times one file waits for those that still arrive beside it."""


class Desk(Protocol):
    """What answers need of the ledger."""

    def job(self, job_id: str) -> Job | None:
        """Return one job."""

    def asked(self) -> Sequence[Asked]:
        """Return the orders that nobody has answered yet."""

    def answered(self, order: int) -> str | None:
        """Return the answer to an order, None while there is none."""

    def ask(
        self, verb: str, job_id: str, at: datetime, argument: str | None, dragged: Dragged | None
    ) -> int:
        """Write an order down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person said of one job."""

    job: str
    box: Box
    dragged: Dragged
    files: frozenset[tuple[str, Identity]]
    """What it was read from: the same files say it once."""


@dataclass(slots=True, kw_only=True)
class _Drawer:
    """What is known of one side; the lane's while `busy`."""

    side: Side
    knowing: Knowing
    settle_seconds: float
    look_at: float = 0.0
    busy: bool = False
    looked: bool = False
    unsettled: bool = False
    trouble: str = ""
    lying: dict[str, tuple[Identity, float]] = field(default_factory=dict)
    """What lies there, and since when it lies still."""
    notes: dict[str, str] = field(default_factory=dict)
    asked: dict[Answer, int] = field(default_factory=dict)
    refused: dict[Answer, tuple[str, float]] = field(default_factory=dict)


class Answers:
    """Every folder that answers."""

    def __init__(
        self,
        conductor: Conductor,
        desk: Desk,
        archive: Archive,
        finder: Finder,
        sides: Iterable[tuple[Side, float]],
    ) -> None:
        """`sides` come with the seconds that a file there must lie still."""
        self._conductor = conductor
        self._desk = desk
        self._finder = finder
        self._drawers = [
            _Drawer(
                side=side,
                knowing=Knowing(side, conductor.tools, desk, archive, finder),
                settle_seconds=seconds,
            )
            for side, seconds in sides
        ]

    def turn(self) -> None:
        """Look at every side that is due."""
        now = self._conductor.tools.clock.monotonic()
        for drawer in self._drawers:
            if not drawer.busy and now >= drawer.look_at and self._conductor.book.writable:
                drawer.busy = True
                drawer.side.lane.put(LOOK_RANK, partial(self._work, drawer, now))

    def settled(self) -> bool:
        """Say whether every side was looked at, and all that lies there was understood or told."""
        return all(
            (drawer.looked and not drawer.unsettled and not drawer.asked) or drawer.trouble
            for drawer in self._drawers
        )

    # ---- in the side's lane

    def _work(self, drawer: _Drawer, now: float) -> None:
        found: list[Answer] = []
        trouble = ""
        try:
            found = self._look(drawer, now)
        except UpscaledError as error:
            trouble = error.message
        finally:
            self._conductor.post(partial(self._looked, drawer, found, trouble))

    def _look(self, drawer: _Drawer, now: float) -> list[Answer]:
        tools, side = self._conductor.tools, drawer.side
        for watch in side.watches:
            tools.roots.require(watch)
        every = self._boxes(side)
        says: dict[str, dict[str, str]] = {box.name: {} for box in every}
        lying = [one for box in every for one in self._lying(side, box)]
        still = self._still(drawer, lying, now)
        known, jobs = drawer.knowing.know(still, lying)
        drawer.unsettled = any(one.path not in known for one in lying)
        by_job: dict[tuple[str, Box], dict[str, Lying]] = {}
        for one in still:
            whose = known.get(one.path)
            if whose is not None:
                self._sort(one, whose, jobs, by_job, says)
        found = list(_answers(by_job, jobs, says))
        for answer, (said, _) in drawer.refused.items():
            for path, _identity in answer.files:
                says.get(answer.box.name, {}).setdefault(path, said)
        self._tell(drawer, every, says)
        for watch in side.watches[:1]:
            tools.roots.require(watch)  # an unmount meanwhile took nothing away
        return found

    def _boxes(self, side: Side) -> list[Box]:
        """Make the folders that answer where they are missing, and return all there are."""
        for name in boxes.BOXES[side.root]:
            if not self._conductor.tools.disk.is_there(side.path / name):
                self._conductor.tools.disk.make_folder(side.path / name)
        found = (boxes.box_of(side.root, name) for name in self._finder.folders(side.path))
        return [box for box in found if box is not None]

    def _lying(self, side: Side, box: Box) -> Iterator[Lying]:
        tools, folder = self._conductor.tools, side.path / box.name
        for path, identity in islice(self._finder.files(folder), MOST):
            name = path.rpartition("/")[2]
            goes_along = side.root == "failed" and name.endswith(names.TICKET)
            if goes_along or not is_ours(name):
                yield Lying(box=box, path=f"{box.name}/{path}", identity=identity)
            elif "/" in path and name == NAME:  # it came along with its folder
                tools.disk.drop_note(folder / path, signature=READ_ME)
        self._finder.tidy(folder, tools.clock.now().timestamp() - TIDY_SECONDS)

    def _still(self, drawer: _Drawer, lying: Sequence[Lying], now: float) -> list[Lying]:
        """Return what lies still, its box as well: a result and its words come one by one."""
        before = drawer.lying
        drawer.lying = {
            one.path: kept
            if (kept := before.get(one.path)) and kept[0] == one.identity
            else (one.identity, now)
            for one in lying
        }
        latest: dict[Box, float] = {}
        for one in lying:
            latest[one.box] = max(latest.get(one.box, 0.0), drawer.lying[one.path][1])
        quiet = drawer.settle_seconds
        return [
            one
            for one in lying
            if now - latest[one.box] >= quiet or now - drawer.lying[one.path][1] >= PATIENCE * quiet
        ]

    def _sort(
        self,
        one: Lying,
        whose: Known,
        jobs: Mapping[str, Job],
        by_job: dict[tuple[str, Box], dict[str, Lying]],
        says: dict[str, dict[str, str]],
    ) -> None:
        """Put a file to its job's others, or say why it is nobody's."""
        job = jobs.get(whose.job)
        if job is None:
            says[one.box.name][one.path] = whose.says
        elif boxes.is_busy(job) or one.path in names.claims(home_of(job)):
            return  # just being carried out; or it was delivered into a folder of that name
        elif why := boxes.refusal(one.box, job):
            if whose.kind in {"picture", "ticket"} or not self._tidied(one, whose, job):
                says[one.box.name][one.path] = why
        else:
            files = by_job.setdefault((job.id, one.box), {})
            if files.setdefault(whose.kind, one) is not one:
                says[one.box.name][one.path] = "it lies here twice. This copy may be deleted"

    def _tidied(self, one: Lying, whose: Known, job: Job) -> bool:
        """Take away the words of a result that was answered before they came."""
        if not boxes.is_leftover(job) or one.box.root != "review":
            return False
        tools, lies = self._conductor.tools, self._conductor.tools.watch(job).review / one.path
        if job.facts.rejected is not None:
            kept = tools.watch(job).archive / REJECTED / job.facts.rejected
            make = names.sidecar_name if whose.kind == "sidecar" else names.compare_name
            if not tools.disk.is_there(kept.with_name(make(kept.name))):
                move_once(tools, lies, kept.with_name(make(kept.name)))
                return True
        tools.disk.drop(lies)
        return True

    def _tell(
        self, drawer: _Drawer, every: Sequence[Box], says: Mapping[str, Mapping[str, str]]
    ) -> None:
        """Put a note where something is not understood; take away what is not true any more."""
        disk = self._conductor.tools.disk
        for box in every:
            own = {path.removeprefix(f"{box.name}/"): why for path, why in says[box.name].items()}
            note = box_text(box.name, own) if own else ""
            if note != drawer.notes.get(box.name):
                path = drawer.side.path / box.name / NAME
                if note:
                    disk.note(note, path)
                else:
                    disk.drop_note(path, signature=SIGNATURE)
                drawer.notes[box.name] = note

    # ---- back in the conductor's thread

    def _looked(self, drawer: _Drawer, found: Sequence[Answer], trouble: str) -> None:
        now = self._conductor.tools.clock.monotonic()
        drawer.busy = False
        if trouble and trouble != drawer.trouble:
            log.warning("answers_not_read", folder=str(drawer.side.path), reason=trouble)
        drawer.trouble, drawer.looked = trouble, drawer.looked or not trouble
        pace = min(LOOK_SECONDS, drawer.settle_seconds)
        drawer.look_at = now + (pace if drawer.unsettled or drawer.asked else LOOK_SECONDS)
        try:
            self._ask(drawer, found, now)
        except LedgerUnwritable as error:
            self._conductor.book.complain(error)

    def _ask(self, drawer: _Drawer, found: Sequence[Answer], now: float) -> None:
        for answer, number in list(drawer.asked.items()):
            said = self._desk.answered(number)
            if said is not None:
                del drawer.asked[answer]
                if said.startswith("not "):
                    drawer.refused[answer] = said, now
        for answer, (said, at) in list(drawer.refused.items()):
            again = said.startswith("not done") and now - at >= AGAIN_SECONDS
            if answer not in found or again:
                del drawer.refused[answer]
        fresh = [answer for answer in found if answer not in drawer.refused]
        pending = {order.job for order in self._desk.asked()} if fresh else set()
        for answer in fresh:
            if answer.job not in pending:
                drawer.asked[answer] = self._order(answer)
                pending.add(answer.job)

    def _order(self, answer: Answer) -> int:
        family = answer.box.family.value if answer.box.family else None
        log.info("answered_by_dragging", job=answer.job, verb=answer.box.verb, family=family)
        now = self._conductor.tools.clock.now()
        return self._desk.ask(answer.box.verb, answer.job, now, family, answer.dragged)


def _answers(
    by_job: Mapping[tuple[str, Box], Mapping[str, Lying]],
    jobs: Mapping[str, Job],
    says: dict[str, dict[str, str]],
) -> Iterator[Answer]:
    """Yield what was said of each job; said twice, otherwise each time, it waits for a person."""
    for (job_id, box), files in by_job.items():
        other = next((one for job, one in by_job if job == job_id and one != box), None)
        if other is not None:
            for one in files.values():
                says[box.name][one.path] = f"it lies in {other.name} too; take one of them away"
        elif files.keys() - {"ticket"}:
            yield _answer(jobs[job_id], box, files)
        else:
            for one in files.values():
                says[box.name][one.path] = "alone it does not answer; drag the .json too"


def _answer(job: Job, box: Box, files: Mapping[str, Lying]) -> Answer:
    places = {kind: one.path for kind, one in files.items()}
    return Answer(
        job=job.id,
        box=box,
        dragged=Dragged(root=box.root, by=f"dragged to {box.root}/{box.name}", **places),
        files=frozenset((one.path, one.identity) for one in files.values()),
    )
