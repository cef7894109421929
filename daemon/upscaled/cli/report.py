"""
`upscaled report`: gathers what the ledger and the folders know, and writes the page.

Reads only; the daemon may run or not.
"""

import argparse
import json
import re
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from upscaled import __version__
from upscaled.cli.ask import ledger_of
from upscaled.cli.config import settings_of
from upscaled.cli.main import DONE, print_json
from upscaled.core.life import ENDS, word_of
from upscaled.core.receipt import cost_basis
from upscaled.core.report import Crops, Line, Money, Report, Untouched, render
from upscaled.core.settings import Settings, Watch
from upscaled.edge import disk, roots
from upscaled.edge.clock import local_zone
from upscaled.edge.ledger import Ledger
from upscaled.edge.pictures.layout import of_plan
from upscaled.edge.pictures.workers import Workers
from upscaled.errors import UpscaledError, UsageError
from upscaled.flow.finals import REJECTED
from upscaled.flow.steps import plan_sentence
from upscaled.flow.sums import Days, caps_of, sums
from upscaled.nouns import Job, State

MOST_CROPS = 60
"""About 40 KB of page each; what is looked at in the morning is the latest."""
_SPAN = re.compile(r"([0-9]{1,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_NO_RESULT = "No crops: the result was taken away."
_NO_SOURCE = "No crops: the original was taken away."


def run_report(arguments: argparse.Namespace) -> int:
    """Write the report and print where it stands."""
    settings, since = settings_of(arguments), parse_since(arguments.since)
    ledger = ledger_of(settings)
    if ledger is None:
        raise UsageError(
            f"{settings.state.directory} holds no ledger: nothing was done yet",
            "start the daemon first: `upscaled run`",
        )
    try:
        path = report(settings, ledger, since, arguments.output)
    finally:
        ledger.close()
    if arguments.json:
        print_json({"path": str(path)})
    else:
        print(path)
    return DONE


def parse_since(text: str) -> timedelta:
    """Read `90m`, `24h` or `7d`; raises `UsageError` on anything else."""
    found = _SPAN.fullmatch(text.strip().casefold())
    if not found or not int(found[1]):
        raise UsageError(f'--since "{text}" is no span of time', "write it as 90m, 24h or 7d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def report(settings: Settings, ledger: Ledger, since: timedelta, output: Path | None) -> Path:
    """
    Write the report of the last `since`; return where it stands.

    Without `output` it goes to the first watch's review folder as `_REPORT-<date>.html`. Raises
    `UsageError` where that folder is not ours at the moment.
    """
    made_at = datetime.now(UTC).astimezone(local_zone(settings.schedule.timezone))
    page = render(gather(settings, ledger, made_at, since))
    path = output or _review(settings, ledger) / f"_REPORT-{made_at:%Y-%m-%d}.html"
    disk.note(page, path)
    return path


def _review(settings: Settings, ledger: Ledger) -> Path:
    """Return the first watch's review folder; a lost share is never written into."""
    review = settings.watch[0].review
    if roots.read_marker(review, ledger.id) is not roots.Marker.OURS:
        raise UsageError(
            f"{review} is not there, or without its marker",
            "mount the share, or name a file with --output",
        )
    return review


def gather(settings: Settings, ledger: Ledger, made_at: datetime, since: timedelta) -> Report:
    """Return all that the page tells: unfinished jobs, and those that ended since then."""
    first = made_at - since
    jobs = [job for job in ledger.jobs() if job.state not in ENDS or job.updated_at >= first]
    with _Cutter(settings) as cutter:
        lines = tuple(_line(settings, job, made_at, cutter) for job in jobs)
    told = json.loads(ledger.get("daemon") or "{}")
    return Report(
        since=first,
        made_at=made_at,
        engine=ledger.get("engine") or settings.engine.name,
        lines=lines,
        money=_money(settings, ledger, made_at),
        untouched=tuple(_untouched(told.get("strays", []))),
        software=f"upscaled {__version__}",
    )


def _money(settings: Settings, ledger: Ledger, now: datetime) -> Money:
    days = Days(zone=local_zone(settings.schedule.timezone), starts=settings.day_starts)
    spend, caps = sums(ledger, days, now), caps_of(settings)
    return Money(
        today=spend.today,
        month=spend.month,
        reserved=spend.reserved,
        daily_cap=caps.daily,
        monthly_cap=caps.monthly,
    )


def _untouched(strays: Iterable[dict[str, object]]) -> Iterable[Untouched]:
    for one in strays:
        path, token, hint = (str(one[key]) for key in ("path", "token", "hint"))
        yield Untouched(path=path, token=token, hint=hint, files=int(str(one["files"])))


def _line(settings: Settings, job: Job, made_at: datetime, cutter: "_Cutter") -> Line:
    facts, plan = job.facts, job.facts.plan
    crops, missing = cutter.cut(job)
    ended = job.state in ENDS
    return Line(
        job=job.id,
        path=job.path,
        word=word_of(job.state, held=job.hold is not None).value,
        at=job.updated_at.astimezone(made_at.tzinfo),
        family=facts.verdict.model.value if facts.verdict else "",
        confidence=facts.verdict.confidence if facts.verdict else None,
        reasons=facts.verdict.reasons if facts.verdict else (),
        plan=plan_sentence(plan) if plan else "",
        notes=notes_of(job),
        cost=job.cost,
        basis=cost_basis(facts.passes) if plan and ended else "",
        fal_cost=plan.fal_cost if plan else 0,
        place=place_of(settings, job),
        hold=job.hold.value if job.hold and not ended else "",
        reason=(job.reason or "") if not ended else "",
        trouble=facts.error,
        crops=crops,
        crops_missing=missing,
    )


def notes_of(job: Job) -> tuple[str, ...]:
    """Return the sentences on a result that its owner might not expect."""
    plan, fidelity = job.facts.plan, job.facts.fidelity
    found = fidelity.reasons if fidelity and fidelity.verdict != "pass" else ()
    said = (*found, plan.shortfall if plan else None, *(plan.notes if plan else ()))
    return tuple(dict.fromkeys(one for one in said if one))


def place_of(settings: Settings, job: Job) -> str:
    """Return where the picture is now, as root folder and name."""
    watch = _watch(settings, job)
    if watch is None:
        return "its inbox has left the configuration"
    delivery, facts = job.facts.delivery, job.facts
    if job.state not in ENDS:
        return f"{watch.inbox.name}/{job.path}"
    if facts.set_aside:
        return f"{watch.failed.name}/{facts.set_aside}"
    if job.state is State.SUPERSEDED and facts.rejected:
        return f"{watch.archive.name}/{REJECTED}/{facts.rejected}"
    if delivery is None or job.state is State.SUPERSEDED:
        return ""
    root = watch.outbox if delivery.root == "outbox" else watch.review
    return f"{root.name}/{delivery.path}"


def _watch(settings: Settings, job: Job) -> Watch | None:
    return settings.watch[job.watch] if 0 <= job.watch < len(settings.watch) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    source: Path
    result: Path


class _Cutter:
    """Cuts before/after crops in a worker process; whatever is missing or broken is said."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._made = 0
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._workers = Workers(1)
        self._open.callback(self._workers.close)
        self._folder = Path(self._open.enter_context(tempfile.TemporaryDirectory()))
        return self

    def __exit__(self, *_raised: object) -> None:
        self._open.close()

    def cut(self, job: Job) -> tuple[Crops | None, str]:
        """Return a job's crops, or why there are none; both empty where none are expected."""
        if job.facts.delivery is None or job.state not in ENDS:
            return None, ""
        if self._made >= MOST_CROPS:
            return None, f"No crops: only the latest {MOST_CROPS} are drawn."
        found = _pair(self._settings, job)
        if isinstance(found, str):
            return None, found
        try:
            crops = self._cut(job, found)
        except UpscaledError as error:
            return None, f"No crops: {error.message}"
        self._made += 1
        return crops, ""

    def _cut(self, job: Job, pair: _Pair) -> Crops:
        if job.facts.plan is None:
            raise UsageError("the job's plan is not known")
        before, after = self._folder / "before.jpg", self._folder / "after.jpg"
        paths = {"source": pair.source, "result": pair.result, "before": before, "after": after}
        request = {name: str(path.absolute()) for name, path in paths.items()}
        self._workers.call("crops", {**request, "layout": asdict(of_plan(job.facts.plan))})
        return Crops(before=before.read_bytes(), after=after.read_bytes())


def _pair(settings: Settings, job: Job) -> _Pair | str:
    """Return both pictures where they still stand as they were; else the sentence that says so."""
    watch, facts = _watch(settings, job), job.facts
    if watch is None or facts.delivery is None or facts.result is None:
        return _NO_RESULT
    root = watch.outbox if facts.delivery.root == "outbox" else watch.review
    result = root / facts.delivery.path
    if not _is(result, facts.result.bytes):
        return _NO_RESULT
    source = watch.archive / facts.archived if facts.archived else watch.inbox / job.path
    return _Pair(source=source, result=result) if _is(source, job.size) else _NO_SOURCE


def _is(path: Path, size: int) -> bool:
    try:
        return disk.identity(path).size == size
    except UpscaledError:
        return False
