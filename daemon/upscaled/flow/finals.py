"""
Final places: what is staged for them, and moves that may be repeated after a crash.

Which state a job is in, and where it goes next, is decided by its step.
"""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath

from upscaled.core import names
from upscaled.core.folders import Target
from upscaled.core.receipt import Ending, Status
from upscaled.core.receipt import receipt as receipt_of
from upscaled.core.tickets import DIGEST_DIGITS
from upscaled.errors import Gone, NameTaken, Outage, UpscaledError
from upscaled.flow.naming import finished, free_name, is_free, result_name, root_of, speak_for
from upscaled.flow.tools import Tools
from upscaled.nouns import Delivery, Facts, Job

SUPERSEDED = "_superseded"


def require_same(job: Job, tools: Tools, source: Path) -> None:
    """
    Raise `Gone` unless the original is the file that was read.

    A changed time alone proves nothing: file servers index and touch. The bytes decide.
    """
    try:
        seen = tools.disk.identity(source)
    except Gone as error:
        tools.roots.require(job.watch)  # a share that vanished just now took nothing away
        raise Gone("Taken away by its owner while it was worked on.") from error
    if (seen.size, seen.mtime_ns, seen.inode) == (job.size, job.mtime_ns, job.inode):
        return
    if job.sha256 is None or tools.disk.digest(source) != job.sha256:
        raise Gone(f"{job.path} was replaced by its owner; the new content is a new arrival")


def delivery_of(job: Job) -> Delivery:
    """Return what was journalled of a delivery."""
    if job.facts.delivery is None:
        raise Gone("the delivery is not known any more")
    return job.facts.delivery


def is_whole(path: Path, sha256: str, tools: Tools) -> bool:
    """Say whether a file is there with these bytes."""
    return tools.disk.is_there(path) and tools.disk.digest(path) == sha256


def staged(job: Job, tools: Tools, kind: str, made: Path) -> Facts:
    """Copy a result, its comparison and its sidecar into a root's staging; choose the name."""
    root, path = root_of(job, tools, kind), result_name(job, tools, kind)
    proven, _ = finished(job)
    copy = tools.disk.stage(
        made, proven.sha256, root, f"{job.id}{PurePosixPath(path).suffix}", tools.access(job)
    )
    compare, compare_sha256 = (None, None) if kind == "outbox" else _stage_compare(job, tools, root)
    delivery = Delivery(
        root=kind,
        path=path,
        staged=str(copy),
        sidecar_staged=str(copy.with_name(f"{job.id}.json")),
        compare_staged=compare,
        compare_sha256=compare_sha256,
    )
    facts = replace(job.facts, delivery=delivery)
    status: Status = "done" if kind == "outbox" else "review"
    stage_sidecar(replace(job, facts=facts), tools, root, status)
    return facts


def staged_beside(job: Job, tools: Tools, path: str) -> Facts:
    """Stage the sidecar of a result that a person put into the outbox: it stands there already."""
    root = tools.watch(job).outbox
    speak_for(tools, job, "outbox", path)
    delivery = Delivery(root="outbox", path=path, staged="", sidecar_staged="")
    facts = replace(job.facts, delivery=delivery)
    told = stage_sidecar(replace(job, facts=facts), tools, root, "done")
    return replace(facts, delivery=replace(delivery, sidecar_staged=str(told)))


def _stage_compare(job: Job, tools: Tools, root: Path) -> tuple[str | None, str | None]:
    """Return where the comparison is staged, and its hash; nothing where none was made."""
    made = tools.bench(job) / "compare.png"
    if not tools.disk.is_there(made):
        return None, None
    sha256 = tools.disk.digest(made)
    name = f"{job.id}.compare.png"
    return str(tools.disk.stage(made, sha256, root, name, tools.access(job))), sha256


def stage_sidecar(job: Job, tools: Tools, root: Path, status: Status) -> Path:
    """Write a job's sidecar into a root's staging folder."""
    place = tools.grammar.resolve(str(PurePosixPath(job.path).parent))
    found = place if isinstance(place, Target) else None
    ending = Ending(
        status=status,
        version=tools.version,
        folder=found.target_path if found else None,
        order=found.order if found else None,
        reused=job.facts.reused,
    )
    told = receipt_of(job, ending)
    content = json.dumps(told, indent=2, ensure_ascii=False).encode() + b"\n"
    return tools.disk.stage_bytes(content, root, f"{job.id}.json", tools.access(job))


def move_once(tools: Tools, source: Path, final: Path) -> bool:
    """
    Move a file of ours to its journalled place; after a crash, do what is left of it.

    False where it is not there any more. Raises `NameTaken` where a stranger has the name.
    """
    if not tools.disk.is_there(source):
        return False
    sha256 = tools.disk.digest(source)
    try:
        tools.disk.retire(source, final, sha256)
    except NameTaken:
        # A crash may fall between a link, or a proven copy, and the unlink.
        if tools.disk.digest(final) != sha256:
            raise
        tools.disk.drop(source)
    return True


def move_original(job: Job, tools: Tools, source: Path, final: Path) -> None:
    """
    Move an original to its journalled place, only while it is still the file that was read.

    Raises `Gone` where it is not, and `NameTaken` where a stranger has the name.
    """
    if not tools.disk.is_there(source) and _has_come(job, tools, final):
        return  # after a crash the move may have been done already; else its owner was here
    require_same(job, tools, source)
    move_ticket(job, tools, source, final)  # first: without its ticket it would be another job
    sha256 = job.sha256 or tools.disk.digest(source)
    try:
        tools.disk.retire(source, final, sha256, tools.access(job))
    except NameTaken:
        # Across devices a crash may fall between the proven copy and the unlink.
        if tools.disk.digest(final) != sha256:
            raise
        tools.disk.drop(source)
    _require_still(job, tools, source, final)


def _require_still(job: Job, tools: Tools, source: Path, final: Path) -> None:
    """
    Raise `Outage` where a share went just now, and bring back the original that was moved.

    Its empty mount point would take it, and the share's return would hide it.
    """
    try:
        tools.roots.require(job.watch)
    except Outage:
        with suppress(UpscaledError):  # where the inbox went too, it went along
            tools.disk.retire(final, source, job.sha256 or tools.disk.digest(final))
        raise


def move_ticket(job: Job, tools: Tools, source: Path, final: Path) -> None:
    """Move the ticket that a job was made by along with its original; a later one stays."""
    wishes = job.facts.wishes
    here = source.with_name(names.ticket_name(source.name))
    if wishes is None or not tools.disk.is_there(here):
        return
    sha256 = tools.disk.digest(here)
    if sha256[:DIGEST_DIGITS] != wishes.ticket:
        return
    there = final.with_name(names.ticket_name(final.name))
    try:
        tools.disk.retire(here, there, sha256, tools.access(job))
    except NameTaken:
        if tools.disk.digest(there) == sha256:
            tools.disk.drop(here)


def _has_come(job: Job, tools: Tools, final: Path) -> bool:
    if not tools.disk.is_there(final):
        return False
    return job.sha256 is None or tools.disk.digest(final) == job.sha256


def supersede(job: Job, tools: Tools, final: Path) -> None:
    """Move an old result and its sidecar to archive/_superseded, see `collisions.replaces`."""
    root = root_of(job, tools, delivery_of(job).root)
    path = PurePosixPath(final.relative_to(root))
    if tools.disk.is_there(final):
        there = tools.watch(job).archive / SUPERSEDED
        kept = there / free_name(job, path, is_free(tools, there))
        tools.disk.retire(final, kept, tools.disk.digest(final), tools.access(job))
    for told in names.sidecar_places(str(path)):
        if tools.disk.is_there(root / told):
            supersede_sidecar(job, tools, path, root / told)


def supersede_sidecar(job: Job, tools: Tools, path: PurePosixPath, old: Path) -> None:
    """
    Move the sidecar of an old result to archive/_superseded; there it stands beside that.

    Results go there first, under a name whose sidecar's is free: so the first free one is its own.
    """
    there = tools.watch(job).archive / SUPERSEDED

    def beside(one: PurePosixPath) -> Path:
        return there / one.with_name(names.sidecar_name(one.name))

    kept = free_name(job, path, lambda one: not tools.disk.is_there(beside(one)))
    tools.disk.retire(old, beside(PurePosixPath(kept)), tools.disk.digest(old), tools.access(job))
