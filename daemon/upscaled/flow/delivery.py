"""
The last doors: stage, reveal, receipt, archive, and the other end, set aside.

A hot folder behind our outbox may take a result within milliseconds. So names and hashes are
journalled before the first byte is visible, and a staged file that is missing after a crash means
that it was visible: it is never delivered again.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from unicodedata import normalize

from upscaled.core import names
from upscaled.core.folders import Target
from upscaled.core.outcome import Later, Next, Outcome
from upscaled.core.receipt import Ending, Status
from upscaled.core.receipt import receipt as receipt_of
from upscaled.errors import Gone, NameTaken
from upscaled.flow.ports import Progress
from upscaled.flow.tools import Tools
from upscaled.nouns import Artifact, Delivery, Fidelity, Format, Job, State


def stage(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Copy result, comparison and sidecar into the root's staging folder; choose the name."""
    tools.roots.require(job.watch)
    _require_original(job, tools)
    made, fidelity = _finished(job)
    if not _is_whole(made, tools):
        again = replace(job.facts, result=None, fidelity=None)
        return Next(to=State.FETCHED, facts=again, said="the finished file was lost; made again")
    kind = "outbox" if fidelity.verdict == "pass" else "review"
    root = root_of(job, tools, kind)
    path = _free_name(job, tools, kind, root)
    staged = tools.disk.stage(
        Path(made.path), made.sha256, root, f"{job.id}{PurePosixPath(path).suffix}"
    )
    compare = None if kind == "outbox" else _stage_compare(job, tools, root)
    delivery = Delivery(
        root=kind,
        path=path,
        staged=str(staged),
        sidecar_staged=str(staged.with_name(f"{job.id}.json")),
        compare_staged=compare,
    )
    facts = replace(job.facts, delivery=delivery)
    status: Status = "done" if kind == "outbox" else "review"
    _stage_sidecar(replace(job, facts=facts), tools, root, status)
    return Next(to=State.DELIVERING, facts=facts, said=f"staged as {kind}/{path}")


def reveal(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Make the result visible, whole, in one rename."""
    tools.roots.require(job.watch)
    delivery = _delivery(job)
    final = root_of(job, tools, delivery.root) / delivery.path
    try:
        tools.disk.reveal(Path(delivery.staged), final)
    except Gone:
        tools.roots.require(
            job.watch
        )  # a root that vanished just now must not look like a delivery
        said = f"was already visible as {delivery.root}/{delivery.path}"
        return Next(to=State.RECEIPTING, facts=job.facts, said=said)
    except NameTaken:
        if tools.disk.is_same(Path(delivery.staged), final):
            tools.disk.drop(Path(delivery.staged))
            said = f"was already visible as {delivery.root}/{delivery.path}"
            return Next(to=State.RECEIPTING, facts=job.facts, said=said)
        if tools.watch(job).collision == "replace":
            _supersede(job, tools, final)
            return Next(to=State.DELIVERING, facts=job.facts, said="the old result was moved away")
        tools.promised.release(job.id)
        return Next(to=State.FINISHED, facts=job.facts, said="the name was taken; another one")
    return Next(
        to=State.RECEIPTING, facts=job.facts, said=f"visible as {delivery.root}/{delivery.path}"
    )


def receipt(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Put the comparison and the sidecar beside the result; choose where the original goes."""
    tools.roots.require(job.watch)
    delivery = _delivery(job)
    final = root_of(job, tools, delivery.root) / delivery.path
    if delivery.compare_staged is not None:
        _reveal_once(
            tools, Path(delivery.compare_staged), final.with_name(names.compare_name(final.name))
        )
    sidecar = final.with_name(names.sidecar_name(final.name))
    try:
        _reveal_once(tools, Path(delivery.sidecar_staged), sidecar)
    except NameTaken:
        if tools.watch(job).collision != "replace":
            raise
        _supersede_one(job, tools, sidecar)
        _reveal_once(tools, Path(delivery.sidecar_staged), sidecar)
    if tools.watch(job).originals == "leave":
        return Next(to=State.ARCHIVING, facts=job.facts, said="receipted")
    archived = _free(job, _wanted(job), _is_free(tools, tools.watch(job).archive))
    return Next(to=State.ARCHIVING, facts=replace(job.facts, archived=archived), said="receipted")


def archive(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Move the original to the archive, only while it is still the file that was read."""
    tools.roots.require(job.watch)
    end = State.DONE if _delivery(job).root == "outbox" else State.REVIEW
    if job.facts.archived is None:
        return Next(to=end, facts=job.facts, said="the original stays where it is")
    source, final = tools.inbox(job), tools.watch(job).archive / job.facts.archived
    try:
        said = _retire(job, tools, source, final)
    except NameTaken:
        again = _free(job, _wanted(job), _is_free(tools, tools.watch(job).archive))
        return Later(seconds=0.0, facts=replace(job.facts, archived=again))
    facts = job.facts if said.startswith("archived") else replace(job.facts, archived=None)
    return Next(to=end, facts=facts, said=said)


def _retire(job: Job, tools: Tools, source: Path, final: Path) -> str:
    sha256 = job.sha256 or ""
    try:
        _require_same(job, tools, source)
        tools.disk.retire(source, final, sha256)
    except Gone as error:
        # After a crash the move may have been done already; else its owner was here.
        if tools.disk.is_there(final) and tools.disk.digest(final) == sha256:
            return f"archived as {job.facts.archived}"
        return f"the original was not archived: {error.message}"
    except NameTaken:
        # Across devices a crash may fall between the proven copy and the unlink.
        if tools.disk.digest(final) != sha256:
            raise
        tools.disk.drop(source)
    return f"archived as {job.facts.archived}"


def set_aside(job: Job, tools: Tools, _progress: Progress) -> Outcome:
    """Move the original to failed/ with the reason beside it."""
    tools.roots.require(job.watch)
    failed, source = tools.watch(job).failed, tools.inbox(job)
    if job.facts.set_aside is None:
        _require_same(job, tools, source)
        path = _free(job, _wanted(job), _is_free(tools, failed))
        facts = replace(job.facts, set_aside=path)
        return Next(to=State.FAILING, facts=facts, said=f"goes to failed/{path}", reason=job.reason)
    final = failed / job.facts.set_aside
    if not _was_moved(job, tools, source, final):
        _require_same(job, tools, source)
        sha256 = job.sha256 or tools.disk.digest(source)
        try:
            tools.disk.retire(source, final, sha256)
        except NameTaken:
            if tools.disk.digest(final) != sha256:
                return Later(
                    seconds=0.0, reason=job.reason, facts=replace(job.facts, set_aside=None)
                )
            tools.disk.drop(source)
    sidecar = final.with_name(names.sidecar_name(final.name))
    if not tools.disk.is_there(sidecar):
        staged = _stage_sidecar(job, tools, failed, "failed")
        tools.disk.reveal(staged, sidecar)
    return Next(
        to=State.FAILED, facts=job.facts, said=f"in failed/{job.facts.set_aside}", reason=job.reason
    )


def _was_moved(job: Job, tools: Tools, source: Path, final: Path) -> bool:
    if tools.disk.is_there(source) or not tools.disk.is_there(final):
        return False
    return job.sha256 is None or tools.disk.digest(final) == job.sha256


def root_of(job: Job, tools: Tools, kind: str) -> Path:
    """Return the outbox or the review folder of the job's watch."""
    watch = tools.watch(job)
    return watch.outbox if kind == "outbox" else watch.review


def _require_original(job: Job, tools: Tools) -> None:
    _require_same(job, tools, tools.inbox(job))


def _require_same(job: Job, tools: Tools, source: Path) -> None:
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


def _finished(job: Job) -> tuple[Artifact, Fidelity]:
    made, fidelity = job.facts.result, job.facts.fidelity
    if made is None or fidelity is None:
        raise Gone("the finished picture is not known any more")
    return made, fidelity


def _is_whole(made: Artifact, tools: Tools) -> bool:
    path = Path(made.path)
    return tools.disk.is_there(path) and tools.disk.digest(path) == made.sha256


def _delivery(job: Job) -> Delivery:
    if job.facts.delivery is None:
        raise Gone("the delivery is not known any more")
    return job.facts.delivery


def _free_name(job: Job, tools: Tools, kind: str, root: Path) -> str:
    made, _ = _finished(job)
    source = _wanted(job)
    wanted = source.with_name(names.result_name(source.stem, Format(made.format)))
    if tools.watch(job).collision == "replace" and kind == "outbox":
        return str(wanted)
    free = _is_free(tools, root)
    return _free(job, wanted, lambda path: free(path) and _speak_for(tools, job, kind, path))


def _speak_for(tools: Tools, job: Job, kind: str, path: PurePosixPath) -> bool:
    return tools.promised.reserve(f"{job.watch}/{kind}/{path}", job.id)


def _wanted(job: Job) -> PurePosixPath:
    """Return the original's place in NFC: a Mac lists decomposed names and cannot open them."""
    return PurePosixPath(normalize("NFC", job.path))


def _is_free(tools: Tools, root: Path) -> Callable[[PurePosixPath], bool]:
    def free(path: PurePosixPath) -> bool:
        beside = (path.name, names.sidecar_name(path.name), names.compare_name(path.name))
        return not any(tools.disk.is_there(root / path.with_name(name)) for name in beside)

    return free


def _free(job: Job, wanted: PurePosixPath, free: Callable[[PurePosixPath], bool]) -> str:
    for name in names.versions(wanted.name):
        if free(wanted.with_name(name)):
            return str(wanted.with_name(name))
    raise NameTaken(f"no free name for {job.path}")


def _stage_compare(job: Job, tools: Tools, root: Path) -> str | None:
    made = tools.bench(job) / "compare.png"
    if not tools.disk.is_there(made):
        return None
    name = f"{job.id}.compare.png"
    return str(tools.disk.stage(made, tools.disk.digest(made), root, name))


def _stage_sidecar(job: Job, tools: Tools, root: Path, status: Status) -> Path:
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
    return tools.disk.stage_bytes(content, root, f"{job.id}.json")


def _reveal_once(tools: Tools, staged: Path, final: Path) -> None:
    if tools.disk.is_there(staged):
        tools.disk.reveal(staged, final)


def _supersede(job: Job, tools: Tools, final: Path) -> None:
    """Move an old result and its sidecar to archive/_superseded (`collision = "replace"`)."""
    for old in (final, final.with_name(names.sidecar_name(final.name))):
        if tools.disk.is_there(old):
            _supersede_one(job, tools, old)


def _supersede_one(job: Job, tools: Tools, old: Path) -> None:
    root = root_of(job, tools, _delivery(job).root)
    archive_root = tools.watch(job).archive / "_superseded"
    wanted = PurePosixPath(old.relative_to(root).as_posix())
    free = _free(job, wanted, lambda path: not tools.disk.is_there(archive_root / path))
    tools.disk.retire(old, archive_root / free, tools.disk.digest(old))
