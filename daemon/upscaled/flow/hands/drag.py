"""
What a person moved is put back to where it was delivered, so that every verb finds it there.

Its place was journalled with the order, and each move may be repeated after a crash. Nothing is
dropped but a copy of what stands where it belongs, byte for byte.
"""

from collections.abc import Iterator
from pathlib import Path

from upscaled.core import names
from upscaled.errors import Gone, NameTaken
from upscaled.flow.finals import delivery_of, is_whole, move_once
from upscaled.flow.naming import finished, sidecar_of
from upscaled.flow.tools import Tools
from upscaled.nouns import Dragged, Job, State


def bring_back(tools: Tools, job: Job, dragged: Dragged) -> None:
    """
    Put picture, sidecar, comparison and ticket back beside one another.

    Raises `Gone` where the picture is not the one that was dragged any more, or where another file
    has its place.
    """
    home = _home(tools, job)
    if dragged.picture is not None and dragged.root != "outbox":
        _bring_picture(tools, job, _root(tools, job, dragged.root) / dragged.picture, home)
    for lies, final in _beside(tools, job, dragged, home):
        try:
            move_once(tools, lies, final)
        except NameTaken:
            continue  # words of another time have its place; the folder's note says so


def found_in_outbox(tools: Tools, job: Job, dragged: Dragged) -> str:
    """
    Return where in the outbox a person put a result, its sidecar's name free beside it.

    Where it is nowhere any more it was visible there, and something took it. Raises `Gone`.
    """
    path = dragged.picture or ""
    made, _ = finished(job)
    home, final = _home(tools, job), tools.watch(job).outbox / path
    stands = is_whole(final, made.sha256, tools)
    if not stands and (tools.disk.is_there(final) or is_whole(home, made.sha256, tools)):
        raise Gone(f"outbox/{path} is not its result any more")
    bring_back(tools, job, dragged)
    told = sidecar_of(job, tools, "outbox", path)
    if tools.disk.is_there(told):
        raise Gone(f"another file has the name of its sidecar, {told}")
    return path


def _bring_picture(tools: Tools, job: Job, lies: Path, home: Path) -> None:
    if not tools.disk.is_there(lies):
        return
    sha256 = tools.disk.digest(lies)
    if sha256 != _sha256(job) and _sha256(job) is not None:
        raise Gone(f"{lies.name} was changed since it was dragged")
    try:
        move_once(tools, lies, home)
    except NameTaken as error:
        raise Gone(f"another file has its place, {home.name}") from error


def _beside(tools: Tools, job: Job, dragged: Dragged, home: Path) -> Iterator[tuple[Path, Path]]:
    root = _root(tools, job, dragged.root)
    if dragged.sidecar is not None:
        yield root / dragged.sidecar, home.with_name(names.sidecar_name(home.name))
    if dragged.ticket is not None:
        yield root / dragged.ticket, home.with_name(names.ticket_name(home.name))
    if dragged.compare is not None:
        yield root / dragged.compare, home.with_name(names.compare_name(home.name))


def _home(tools: Tools, job: Job) -> Path:
    """Return where the picture was put by us."""
    if job.state is State.FAILED:
        return tools.watch(job).failed / (job.facts.set_aside or "")
    return tools.watch(job).review / delivery_of(job).path


def _sha256(job: Job) -> str | None:
    """Return the picture's hash; None of an original that was never read."""
    if job.state is State.FAILED:
        return job.sha256
    made, _ = finished(job)
    return made.sha256


def _root(tools: Tools, job: Job, kind: str) -> Path:
    watch = tools.watch(job)
    return {"review": watch.review, "failed": watch.failed, "outbox": watch.outbox}[kind]
