"""
Equal pictures that are to be enlarged in the same way: one is paid for, it serves the others.

A person drops a picture into three folders, or three times into one; a render has its black frames.
Owned by the conductor's thread.
"""

from upscaled.core.fingerprint import fingerprint
from upscaled.core.life import IN_FLIGHT
from upscaled.flow.bench import is_second
from upscaled.nouns import Job, Pass, Plan, State

_PAYS = IN_FLIGHT | {State.FETCHED}
"""From its reserved price until its pixels are kept."""


class Twins:
    """Who pays for a picture just now, and who waits for it."""

    def __init__(self) -> None:
        self._marks: dict[str, str] = {}
        self._payers: dict[str, dict[str, Job]] = {}
        self._waiting: dict[str, set[str]] = {}
        self._freed: set[str] = set()

    def note(self, job: Job) -> None:
        """Note where a job is now."""
        plan = job.facts.plan
        busy = job.state in _PAYS or (job.state is State.PLANNED and is_second(job.facts))
        pays = busy and job.facts.engine == "fal" and not job.facts.reused
        if pays and plan is not None and plan.passes:
            mark = self._marks.get(job.id) or _mark(job, plan)
            self._marks[job.id] = mark
            before = self._payers.setdefault(mark, {}).get(job.id)
            self._payers[mark][job.id] = job
            if before is not None and held_by(before) != held_by(job):
                self._freed |= self._waiting.pop(mark, set())  # they are told anew why they wait
        elif job.id in self._marks:
            mark = self._marks.pop(job.id)
            self._payers[mark].pop(job.id)
            if not self._payers[mark]:
                del self._payers[mark]
            self._freed |= self._waiting.pop(mark, set())

    def freed(self) -> tuple[str, ...]:
        """Return, once, the ids of those whose payer moved on, is gone, or is held anew or free."""
        found, self._freed = tuple(sorted(self._freed)), set()
        return found

    def payer(self, job: Job) -> Job | None:
        """Return who pays for the same enlargement, or for a larger one, just now."""
        plan = job.facts.plan
        if job.facts.engine != "fal" or plan is None or not plan.passes or not self._payers:
            return None
        if is_second(job.facts):
            return None  # it is the one that the others wait for
        last = _asked(plan)[-1]
        found = self._payers.get(_mark(job, plan), {})
        for other in found.values():
            made = _asked(other.facts.plan)[-1] if other.facts.plan else last
            if other.id != job.id and made.width >= last.width and made.height >= last.height:
                return other
        return None

    def wait(self, job: Job, payer: Job) -> None:
        """Have a job be freed when its payer moves on."""
        self._waiting.setdefault(self._marks[payer.id], set()).add(job.id)


def held_by(job: Job) -> str:
    """Return the word and the reason that hold a job, as a person reads them; else nothing."""
    return f"{job.hold.value}: {job.reason}" if job.hold else ""


def _mark(job: Job, plan: Plan) -> str:
    """Return what equal pictures share: their pixels, and what was planned for them at first."""
    return fingerprint(job.sha256 or "", _asked(plan))


def _asked(plan: Plan) -> tuple[Pass, ...]:
    return plan.promised or plan.passes
