"""
What happens where a result's name is taken: another name, or the old result makes room.

`collision` in the config says which. Unset it is another name, but for a frame of a sequence that
was rendered again: `shot.1001-2.png` is no frame, and a gap in the cut is worse than an old one in
archive/_superseded.
"""

import json
from pathlib import PurePosixPath

from upscaled.core import names
from upscaled.core.frames import frame_of
from upscaled.flow.tools import Tools
from upscaled.nouns import Job


def replaces(job: Job, tools: Tools, root: str, path: PurePosixPath) -> bool:
    """Say whether what has a name in the outbox or review/ makes room for this job's result."""
    policy = tools.watch(job).collision
    if policy is not None:
        return policy == "replace"
    frame = job.facts.series is not None and frame_of(job.path) is not None
    return frame and root == "outbox" and _source_of(job, tools, path) == job.path


def _source_of(job: Job, tools: Tools, path: PurePosixPath) -> str | None:
    """
    Return what a result in the outbox was made from, as its sidecar says; None where none does.

    `a.1.exr` and `a.1.png` have results of one name: neither may take the other's place.
    """
    outbox = tools.watch(job).outbox
    beside, apart = (tools.disk.words(outbox / one) for one in names.sidecar_places(str(path)))
    try:
        told = json.loads(apart or beside)
    except (ValueError, RecursionError):  # a stranger's file
        return None
    source = told.get("source") if isinstance(told, dict) else None
    return source.get("path") if isinstance(source, dict) else None
