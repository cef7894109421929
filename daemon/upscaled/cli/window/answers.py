"""
What the window shows and asks for, in the words of the command line: the same functions.

The ledger is glanced at, as `status`, `jobs` and `show` do; what takes more is an errand.
"""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from upscaled.cli.ask import status_told
from upscaled.cli.jobs import line_json
from upscaled.cli.ledgers import is_alive
from upscaled.cli.show import show_told
from upscaled.cli.standings import RECENT
from upscaled.cli.standings import told as series_told
from upscaled.cli.window.given import Given
from upscaled.cli.window.pictures import Pictures, trees_of
from upscaled.core import names
from upscaled.core.life import Word
from upscaled.core.progress import Progress
from upscaled.edge.ledger import posting, shelf, standing
from upscaled.edge.ledger.glance import Glance, glanced
from upscaled.edge.ledger.rows import event_of, moved_of
from upscaled.edge.ledger.shelf import Part
from upscaled.edge.pictures.child import Limits
from upscaled.edge.pictures.workers import Workers
from upscaled.edge.web.ports import Page, Said, Shown, Told, Try, Upload, Wanted
from upscaled.errors import Outage, UsageError
from upscaled.nouns import Family, Job, State

ANSWER_SECONDS = 2.0
"""How long a page waits for what comes of a click; later it shows by itself."""
MOST_BYTES = 32_000_000
"""Of a sidecar or a report that is shown."""
_ERRAND = Limits(timeout_seconds=240.0, idle_seconds=10.0, niceness=10)
_REPORT = re.compile(r"_REPORT-([0-9]{4}-[0-9]{2}-[0-9]{2}(?:-2)?)\.html")


class House:
    """The answers of one installation. Safe to call from several threads at once."""

    def __init__(self, given: Given, pictures: Pictures) -> None:
        self._given = given
        self._settings = given.settings
        self._pictures = pictures
        self._trees = trees_of(given)
        self._errands = Workers(2, _ERRAND, tasks="upscaled.cli.window.errands")

    def close(self) -> None:
        """End what was begun."""
        self._errands.close(now=True)
        self._pictures.close()

    def version(self) -> int:
        """Return a number that changes when anything shown may have changed."""
        with self._glance() as ledger:
            return hash((shelf.mark(ledger), is_alive(self._settings)))

    def status(self) -> Told:
        """Return what `status --json` prints."""
        with self._glance() as ledger:
            return status_told(self._settings, ledger, self._moving(ledger))

    def jobs(self, wanted: Wanted) -> Page:
        """Return jobs as `jobs --json` prints them."""
        word = Word(wanted.state) if wanted.state else None
        part = Part(after=wanted.after, limit=wanted.limit)
        with self._glance() as ledger:
            found, total = shelf.page(ledger, word, wanted.search, part)
        return Page(jobs=[line_json(one) for one in found], total=total)

    def job(self, job_id: str) -> Told | None:
        """Return what `show --json` prints, with the figures of its check."""
        with self._glance() as ledger:
            job = shelf.job(ledger, self._given.inboxes, job_id)
            if job is None:
                return None
            moved = [moved_of(one) for one in ledger.moved(job_id)]
            history = [event_of(one) for one in ledger.history(job_id)]
        fidelity = job.facts.fidelity
        return show_told(job, moved, history) | {
            "figures": self._figures(job),
            "found": list(fidelity.reasons) if fidelity else [],
        }

    def receipt(self, job_id: str) -> bytes | None:
        """Return a job's sidecar as it lies on the disk."""
        job = self._job(job_id)
        path = self._sidecar(job) if job else None
        return self._trees.read(path, MOST_BYTES) if path else None

    def ask(self, verb: str, ids: Sequence[str], argument: str | None = None) -> Sequence[Said]:
        """Post orders, and wait a moment for what comes of them."""
        unique = list(dict.fromkeys(ids))
        with self._glance() as ledger:
            known = posting.known(ledger, unique)
            if unknown := [one for one in unique if one not in known]:
                raise UsageError(f"there is no job {unknown[0]}", "`upscaled jobs` lists them all")
            model = argument if verb == "redo" else None
            orders = posting.post(self._given.ledger, verb, unique, datetime.now(UTC), model)
        answers = self._awaited(orders)
        return [Said(job=one, asked=verb, answer=answers[one]) for one in unique]

    def pause(self, *, paused: bool) -> None:
        """Begin nothing more, or go on and look at everything held."""
        values = {"paused": "1" if paused else "0"}
        if not paused:  # a person has looked at what was submitted since a copy, too
            values |= {"look_again": datetime.now(UTC).isoformat(), "restored": ""}
        with self._glance():  # a ledger of another version is not written to
            posting.remember(self._given.ledger, values)

    @property
    def incoming(self) -> Path:
        """Return where what comes in may lie for a moment."""
        return self._pictures.incoming

    def submit(self, upload: Upload) -> Told:
        """Hand a picture in, as the command does."""
        told: Told = self._errand("submit", **asdict(upload) | {"file": str(upload.file)})
        return told

    def series(self) -> Sequence[Told]:
        """Return series as `series --json` prints them, with what names them here."""
        with self._glance() as ledger:
            found = self._moving(ledger)
        told = series_told(self._settings, found)
        return [
            one | {"inbox": one["watch"], "watch": progress.watch, "key": progress.key}
            for one, progress in zip(told, found, strict=True)
        ]

    def members(self, watch: int, key: str, wanted: Wanted) -> Page:
        """Return members of a series, in their order."""
        if not 0 <= watch < len(self._settings.watch):
            return Page(jobs=[], total=0)
        part = Part(after=wanted.after, limit=wanted.limit)
        with self._glance() as ledger:
            found, total = shelf.members(ledger, self._given.inboxes[watch], key, part)
        return Page(jobs=[line_json(one) for one in found], total=total)

    def rules(self) -> Sequence[Told]:
        """Return how often each rule decided."""
        with self._glance() as ledger:
            found = shelf.decided(ledger)
        return [
            {
                "rule": one.rule,
                "model": one.family,
                "count": one.count,
                "last_at": one.last_at.isoformat(timespec="seconds"),
            }
            for one in found
        ]

    def classify(self, file: Path, name: str) -> Try:
        """Judge a picture as `classify --explain` does."""
        told = self._errand("classify", file=str(file), name=name)
        return Try(lines=told.pop("lines"), told=told)

    def plan(self, file: Path, name: str, target: str) -> Told:
        """Return what `plan --json` prints of a picture."""
        told: Told = self._errand("plan", file=str(file), name=name, target=target)
        return told

    def report(self, since: str) -> str:
        """Return the report of the last hours as a page."""
        page: str = self._errand("report", since=since)
        return page

    def reports(self) -> Sequence[Told]:
        """Return the reports that stand in the outboxes, the latest first."""
        told = [
            {"id": f"{number}-{found[1]}", "date": found[1], "watch": str(folder)}
            for number, folder in enumerate(self._given.outboxes)
            for name in _names(folder)
            if (found := _REPORT.fullmatch(name))
        ]
        return sorted(told, key=lambda one: (one["date"], one["id"]), reverse=True)

    def old_report(self, report_id: str) -> bytes | None:
        """Return a report that `reports` names."""
        for number, folder in enumerate(self._given.outboxes):
            for name in _names(folder):
                found = _REPORT.fullmatch(name)
                if found and f"{number}-{found[1]}" == report_id:
                    return self._trees.read(folder / name, MOST_BYTES)
        return None

    def small(self, job_id: str, name: str) -> bytes | None:
        """Return one of a job's small pictures."""
        job = self._job(job_id)
        return self._pictures.small(job, name) if job else None

    def view(self, job_id: str) -> Shown | None:
        """Have a job's pictures cut into tiles."""
        job = self._job(job_id)
        return self._pictures.view(job) if job else None

    def tile(self, job_id: str, side: str, place: tuple[int, int, int]) -> bytes | None:
        """Return one tile."""
        return self._pictures.tile(job_id, side, place) if self._job(job_id) else None

    def choices(self) -> Mapping[str, Sequence[str]]:
        """Return what forms offer."""
        return {
            "targets": sorted({"4k", "8k", "hd", "print-a3", "print-a2", *self._settings.target}),
            "families": [one.value for one in Family],
            "watches": [str(watch.inbox) for watch in self._settings.watch],
        }

    # ---- inside

    @contextmanager
    def _glance(self) -> Iterator[Glance]:
        with glanced(self._given.ledger) as ledger:
            if ledger is None:
                raise Outage(f"the ledger {self._given.ledger} is gone", "start the daemon again")
            yield ledger

    def _job(self, job_id: str) -> Job | None:
        with self._glance() as ledger:
            return shelf.job(ledger, self._given.inboxes, job_id)

    def _moving(self, ledger: Glance) -> list[Progress]:
        since, inboxes = datetime.now(UTC) - RECENT, self._given.inboxes
        keys = standing.latest(ledger.ask, inboxes, since)
        return [standing.progress(ledger.ask, inboxes, key) for key in keys]

    def _awaited(self, orders: Mapping[str, int]) -> dict[str, str | None]:
        seconds = ANSWER_SECONDS if is_alive(self._settings) else 0.0
        until = time.monotonic() + seconds
        while True:
            with self._glance() as ledger:
                told = posting.answers(ledger, list(orders.values()))
            answers = {job_id: told.get(order) for job_id, order in orders.items()}
            if all(answers.values()) or time.monotonic() >= until:
                return answers
            time.sleep(0.1)

    def _errand(self, errand: str, **words: Any) -> Any:
        return self._errands.call(errand, words | {"config": str(self._given.config)})

    def _figures(self, job: Job) -> list[Told]:
        """Return what was measured, in the order and the words of the check's own table."""
        fidelity, plan = job.facts.fidelity, job.facts.plan
        if fidelity is None or plan is None:
            return []
        return [
            {
                "figure": band.figure,
                "says": band.says,
                "value": round(fidelity.figures[band.figure], 4),
                "verdict": band.judge(fidelity.figures[band.figure], plan.model),
            }
            for band in self._given.bands
            if band.figure in fidelity.figures
        ]

    def _sidecar(self, job: Job) -> Path | None:
        if job.watch < 0:
            return None
        watch, facts = self._settings.watch[job.watch], job.facts
        if job.state in {State.DONE, State.REVIEW} and facts.delivery:
            delivered = facts.delivery.root == "outbox"
            beside, apart = names.sidecar_places(facts.delivery.path)
            place = apart if delivered and watch.sidecars == "folder" else beside
            return Path(watch.outbox if delivered else watch.review) / place
        if job.state is State.FAILED and facts.set_aside:
            path = Path(watch.failed) / facts.set_aside
            return path.with_name(names.sidecar_name(path.name))
        return None


def _names(folder: Path) -> list[str]:
    try:
        return [one.name for one in folder.iterdir() if one.name.startswith("_REPORT-")]
    except OSError:
        return []
