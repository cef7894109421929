"""What the window shows and asks for, in the words of the command line: the same functions."""

import os
import re
import stat
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from upscaled.cli.ask import status_told
from upscaled.cli.explain import explained
from upscaled.cli.hands import Words, flag, order
from upscaled.cli.jobs import job_json
from upscaled.cli.ledgers import is_alive
from upscaled.cli.look import verdict_json, weighed
from upscaled.cli.report import parse_since
from upscaled.cli.show import show_told
from upscaled.cli.standings import latest, latest_keys
from upscaled.cli.standings import told as series_told
from upscaled.cli.submit import told_of
from upscaled.cli.window.pictures import Pictures
from upscaled.core import names
from upscaled.core.explain import explain
from upscaled.core.fidelity import parse_bands
from upscaled.core.life import Word
from upscaled.core.settings import Settings
from upscaled.core.tickets import SERIES_RULE, series_name
from upscaled.edge import roots
from upscaled.edge.ledger import Ledger
from upscaled.edge.toml import load_rules, rule_place
from upscaled.edge.web.ports import Page, Said, Shown, Told, Try, Upload, Wanted
from upscaled.endings import Roots
from upscaled.errors import Outage, UpscaledError, UsageError
from upscaled.nouns import Family, Job, State
from upscaled.outboxes import outboxes_of
from upscaled.reading import BANDS, Rules
from upscaled.reporting import Asked as AskedReport
from upscaled.reporting import gather, span_until, write
from upscaled.rooms import grammar_of
from upscaled.submitting import Asked, Counter, read_target

ANSWER_SECONDS = 2.0
"""How long a page waits for what comes of a click; later it shows by itself."""
MOST_MEMBERS = 2000
MOST_BYTES = 32_000_000
"""Of a sidecar or a report that is shown."""
_REPORT = re.compile(r"_REPORT-([0-9]{4}-[0-9]{2}-[0-9]{2}(?:-2)?)\.html")


class House:
    """The answers of one installation. Safe to call from several threads at once."""

    def __init__(
        self, settings: Settings, ledger: Ledger, rules: Rules, pictures: Pictures
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._rules = rules
        self._pictures = pictures
        self._grammar = grammar_of(settings)
        rules_folder = settings.rules.directory
        bands = load_rules(rules_folder, BANDS)
        self._bands = parse_bands(bands, rule_place(rules_folder, BANDS))

    def version(self) -> int:
        """Return a number that changes when anything shown may have changed."""
        return hash((self._ledger.shelf.mark(), is_alive(self._settings)))

    def status(self) -> Told:
        """Return what `status --json` prints."""
        return status_told(self._settings, self._ledger, latest(self._ledger))

    def jobs(self, wanted: Wanted) -> Page:
        """Return jobs as `jobs --json` prints them."""
        word = Word(wanted.state) if wanted.state else None
        found, total = self._ledger.shelf.page(word, wanted.search, wanted.after, wanted.limit)
        return Page(jobs=[job_json(job) for job in found], total=total)

    def job(self, job_id: str) -> Told | None:
        """Return what `show --json` prints, with the figures of its check."""
        job = self._ledger.job(job_id)
        if job is None:
            return None
        fidelity = job.facts.fidelity
        told = show_told(job, self._ledger.moved(job_id), self._ledger.history(job_id))
        return told | {
            "figures": self._figures(job),
            "found": list(fidelity.reasons) if fidelity else [],
        }

    def receipt(self, job_id: str) -> bytes | None:
        """Return a job's sidecar as it lies on the disk."""
        job = self._ledger.job(job_id)
        path = self._sidecar(job) if job else None
        return _read(path) if path else None

    def ask(self, verb: str, ids: Sequence[str], argument: str | None = None) -> Sequence[Said]:
        """Post orders, and wait a moment for what comes of them."""
        words = Words(verb=verb, argument=argument if verb == "redo" else None)
        unique = list(dict.fromkeys(ids))
        seconds = ANSWER_SECONDS if is_alive(self._settings) else 0.0
        answers = order(self._ledger, words, unique, seconds)
        return [Said(job=one, asked=verb, answer=answers[one]) for one in unique]

    def pause(self, *, paused: bool) -> None:
        """Begin nothing more, or go on."""
        flag(self._settings, paused=paused)

    def submit(self, upload: Upload) -> Told:
        """Hand a picture in, as the command does."""
        if upload.watch >= len(self._settings.watch):
            raise UsageError(
                f"there is no inbox {upload.watch}", "count them from 0, as configured"
            )
        folder, wanted = read_target(self._grammar, upload.target)
        series = None
        if upload.series is not None and (series := series_name(upload.series)) is None:
            raise UsageError("this is no name of a series", f"expected {SERIES_RULE}")
        asked = Asked(
            folder=folder,
            order=wanted,
            grammar=self._grammar,
            model=Family(upload.model) if upload.model else None,
            series=series,
            urgent=upload.urgent,
            again=upload.again,
        )
        counter = Counter(self._roots(upload.watch), asked, self._ledger.job)
        try:
            handed = counter.hand_in(upload.file)
        except Outage:
            raise
        except UpscaledError as error:
            raise UsageError(
                error.message.replace(str(upload.file), upload.file.name), error.hint
            ) from error
        return told_of(upload.file.name, asked, handed)

    def series(self) -> Sequence[Told]:
        """Return series as `series --json` prints them, with what names them here."""
        keys = latest_keys(self._ledger)
        found = [self._ledger.standings.progress(*key) for key in keys]
        told = series_told(self._settings, found)
        return [
            one | {"inbox": one["watch"], "watch": watch, "key": key}
            for one, (watch, key) in zip(told, keys, strict=True)
        ]

    def strip(self, watch: int, key: str) -> Sequence[Told]:
        """Return the members of a series, in their order."""
        if not 0 <= watch < len(self._settings.watch):
            return []
        found = self._ledger.shelf.members(watch, key, MOST_MEMBERS)
        return [job_json(job) for job in found]

    def rules(self) -> Sequence[Told]:
        """Return how often each rule decided."""
        return [
            {
                "rule": one.rule,
                "model": one.family,
                "count": one.count,
                "last_at": one.last_at.isoformat(timespec="seconds"),
            }
            for one in self._ledger.shelf.decided()
        ]

    def explain(self, file: Path) -> Try:
        """Judge a picture as `classify --explain` does."""
        try:
            probe = self._pictures.studio.examine(file)
        except Outage:
            raise
        except UpscaledError as error:
            raise UsageError(error.message.replace(str(file), "this file"), error.hint) from error
        weighing = weighed(self._rules, probe, "picture")
        engine = "local" if self._settings.engine.name == "local" else "fal"
        found = explain(self._rules.rulebook, weighing, probe, self._rules.catalogues[engine])
        told = verdict_json("", weighing.verdict, probe)
        return Try(told=told, lines=explained(found).splitlines())

    def report(self, since: str) -> str:
        """Return the report of the last hours as a page."""
        now = datetime.now(UTC)
        span = span_until(self._settings, now, parse_since(since))
        with tempfile.TemporaryDirectory(prefix="upscaled-report-") as folder:
            base = Path(folder)
            watches = tuple(range(len(self._settings.watch)))
            asked = AskedReport(span=span, made_at=now, watches=watches, base=base, by_hand=True)
            made = gather(self._settings, self._ledger, asked)
            page, _ = write(self._settings, made, base / "report.html")
            return page.read_text(encoding="utf-8")

    def reports(self) -> Sequence[Told]:
        """Return the reports that stand in the outboxes, the latest first."""
        told = [
            {"id": f"{number}-{found[1]}", "date": found[1], "watch": str(folder)}
            for number, folder in self._outboxes()
            for name in _names(folder)
            if (found := _REPORT.fullmatch(name))
        ]
        return sorted(told, key=lambda one: (one["date"], one["id"]), reverse=True)

    def old_report(self, report_id: str) -> bytes | None:
        """Return a report that `reports` names."""
        for number, folder in self._outboxes():
            for name in _names(folder):
                found = _REPORT.fullmatch(name)
                if found and f"{number}-{found[1]}" == report_id:
                    return _read(folder / name)
        return None

    def small(self, job_id: str, name: str) -> bytes | None:
        """Return one of a job's small pictures."""
        job = self._ledger.job(job_id)
        return self._pictures.small(job, name) if job else None

    def view(self, job_id: str) -> Shown | None:
        """Have a job's pictures cut into tiles."""
        job = self._ledger.job(job_id)
        return self._pictures.view(job) if job else None

    def tile(self, job_id: str, side: str, place: tuple[int, int, int]) -> bytes | None:
        """Return one tile."""
        job = self._ledger.job(job_id)
        return self._pictures.tile(job, side, place) if job else None

    def choices(self) -> Mapping[str, Sequence[str]]:
        """Return what forms offer."""
        return {
            "targets": sorted({"4k", "8k", "hd", "print-a3", "print-a2", *self._settings.target}),
            "families": [one.value for one in Family],
            "watches": [str(watch.inbox) for watch in self._settings.watch],
        }

    # ---- inside

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
            for band in self._bands
            if band.figure in fidelity.figures
        ]

    def _outboxes(self) -> list[tuple[int, Path]]:
        return [(number, one.folder) for number, one in enumerate(outboxes_of(self._settings))]

    def _roots(self, number: int) -> Roots:
        watch = self._settings.watch[number]
        if roots.read_marker(watch.inbox, self._ledger.id) is not roots.Marker.OURS:
            raise Outage(f"the inbox {watch.inbox} is not there", "mount the share again")
        return Roots(
            watch=number,
            inbox=watch.inbox,
            outbox=watch.outbox,
            archive=watch.archive,
            review=watch.review,
            failed=watch.failed,
        )

    def _sidecar(self, job: Job) -> Path | None:
        if job.watch < 0:
            return None
        watch, facts = self._settings.watch[job.watch], job.facts
        if job.state in {State.DONE, State.REVIEW} and facts.delivery:
            delivered = facts.delivery.root == "outbox"
            beside, apart = names.sidecar_places(facts.delivery.path)
            place = apart if delivered and watch.sidecars == "folder" else beside
            return (watch.outbox if delivered else watch.review) / place
        if job.state is State.FAILED and facts.set_aside:
            path = watch.failed / facts.set_aside
        else:
            return None
        return path.with_name(names.sidecar_name(path.name))


def _read(path: Path) -> bytes | None:
    """Return a file of ours on a share; who may write there may not have us follow a link."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with open(handle, "rb") as file:  # noqa: PTH123 - opened already
        found = os.fstat(handle)
        fits = stat.S_ISREG(found.st_mode) and found.st_size <= MOST_BYTES
        return file.read() if fits else None


def _names(folder: Path) -> list[str]:
    try:
        return [one.name for one in folder.iterdir() if one.name.startswith("_REPORT-")]
    except OSError:
        return []
