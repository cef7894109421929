"""
Places and names: where a job's files lie or will lie, and names that no two jobs take.

A name is reserved before anything stands under it, and spoken for again after a restart.
"""

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from unicodedata import normalize

from upscaled.core import names
from upscaled.core.outcome import Later
from upscaled.errors import Gone, NameTaken
from upscaled.flow.collisions import replaces
from upscaled.flow.tools import Tools
from upscaled.nouns import Artifact, Fidelity, Format, Job

TURN_SECONDS = 2.0
"""How soon it is looked whether another job has delivered a result of the same name."""


def root_of(job: Job, tools: Tools, kind: str) -> Path:
    """Return the outbox or the review folder of the job's watch."""
    watch = tools.watch(job)
    return watch.outbox if kind == "outbox" else watch.review


def original_of(job: Job, tools: Tools) -> Path:
    """Return where a job's original lies: in the inbox, or where an earlier job has put it."""
    watch, redo = tools.watch(job), job.facts.redo
    if not job.facts.away:
        return tools.inbox(job)
    if job.facts.archived:
        return watch.archive / job.facts.archived
    if redo is not None:
        return _root(tools, job, redo.root) / redo.path
    return tools.inbox(job)


def _root(tools: Tools, job: Job, kind: str) -> Path:
    watch = tools.watch(job)
    if kind == "rejected":
        return watch.archive / names.REJECTED
    return {"archive": watch.archive, "failed": watch.failed, "inbox": watch.inbox}[kind]


def finished(job: Job) -> tuple[Artifact, Fidelity]:
    """Return the finished picture and what its check found."""
    made, fidelity = job.facts.result, job.facts.fidelity
    if made is None or fidelity is None:
        raise Gone("the finished picture is not known any more")
    return made, fidelity


def wanted(job: Job) -> PurePosixPath:
    """Return the original's place in NFC: a Mac lists decomposed names and cannot open them."""
    return PurePosixPath(normalize("NFC", job.path))


def is_free(tools: Tools, root: Path) -> Callable[[PurePosixPath], bool]:
    """Return what says whether a name and those beside it are free in a root."""

    def free(path: PurePosixPath) -> bool:
        return not any(
            tools.disk.is_there(root / path.with_name(name)) for name in names.claims(path.name)
        )

    return free


def free_name(job: Job, path: PurePosixPath, free: Callable[[PurePosixPath], bool]) -> str:
    """Return the first version of a name that is free."""
    for name in names.versions(path.name):
        if free(path.with_name(name)):
            return str(path.with_name(name))
    raise NameTaken(f"no free name for {job.path}")


def own_name(job: Job, tools: Tools, kind: str, path: PurePosixPath) -> str:
    """Return a free version of a name in `archive`, `failed` or `rejected`, and speak for it."""
    free = is_free(tools, _root(tools, job, kind))
    return free_name(job, path, lambda one: free(one) and speak_for(tools, job, kind, one))


def spoken_for(job: Job) -> Iterator[str]:
    """Yield the names that a job has journalled, as a restart must speak for them again."""
    facts = job.facts
    stood = facts.reviewed or (facts.redo and facts.redo.review)
    found = {
        "archive": facts.archived,
        "failed": facts.set_aside,
        "rejected": facts.rejected,
        "review": stood and stood.beside,
    }
    if facts.delivery is not None:
        yield f"{job.watch}/{facts.delivery.root}/{facts.delivery.path}"
    yield from (f"{job.watch}/{kind}/{path}" for kind, path in found.items() if path)


def speak_for(tools: Tools, job: Job, kind: str, path: object) -> bool:
    """Reserve a name of a root; False where another job did."""
    return tools.promised.reserve(f"{job.watch}/{kind}/{path}", job.id)


def awaited(job: Job, tools: Tools, kind: str) -> Later | None:
    """Return how long a result waits that is to replace one which is just being delivered."""
    path = _result_path(job)
    if kind == "outbox" and replaces(job, tools, kind, path):
        return turn(job, tools, kind, str(path))
    return None


def turn(job: Job, tools: Tools, kind: str, path: str) -> Later | None:
    """
    Speak for a name; return how long the job waits where another one is still at it.

    One after the other, from the result to its sidecar: else the two would mix up their sidecars.
    """
    if speak_for(tools, job, kind, path):
        return None
    reason = f"Another job's result is just being delivered as {kind}/{path}."
    return Later(seconds=TURN_SECONDS, reason=reason)


def _result_path(job: Job) -> PurePosixPath:
    made, _ = finished(job)
    source = wanted(job)
    return source.with_name(names.result_name(source.stem, Format(made.format)))


def result_name(job: Job, tools: Tools, kind: str) -> str:
    """Return the name a result gets, and speak for it; whoever replaces has `awaited` it."""
    path = _result_path(job)
    if kind == "outbox" and replaces(job, tools, kind, path):
        return str(path)
    free = is_free(tools, root_of(job, tools, kind))

    def is_ours(one: PurePosixPath) -> bool:
        apart = tools.disk.is_there(sidecar_of(job, tools, kind, str(one)))
        return free(one) and not apart and speak_for(tools, job, kind, one)

    return free_name(job, path, is_ours)


def sidecar_of(job: Job, tools: Tools, kind: str, path: str) -> Path:
    """Return where the sidecar of a result goes: beside it, or as the config says of the outbox."""
    beside, apart = names.sidecar_places(path)
    watch = tools.watch(job)
    in_folder = kind == "outbox" and watch.sidecars == "folder"
    return root_of(job, tools, kind) / (apart if in_folder else beside)
