"""
Small pictures of a finished job, cut while source and result are at hand; the report shows them.

Nothing depends on them: where they cannot be made, the picture goes its way without.
"""

from pathlib import Path

import structlog

from upscaled.core.report.tiles import FOLDER, SHARPEST, WORST
from upscaled.core.settings import Settings
from upscaled.errors import UpscaledError
from upscaled.flow.tools import Tools
from upscaled.nouns import Box, Facts, Fidelity, Job

log = structlog.get_logger()

_MIDDLE = (0.5, 0.5, 0.5, 0.5)
"""Where nobody knows a better place."""


def tiles_folder(settings: Settings) -> Path:
    """Return where the report's small pictures lie, one folder a job."""
    return settings.state.directory / FOLDER


def keep(job: Job, tools: Tools, facts: Facts) -> None:
    """Cut the thumbnail and the tiles of what is delivered; a fault is only logged."""
    show, plan, made, fidelity = tools.showcase, facts.plan, facts.result, facts.fidelity
    if show is None or plan is None or made is None or fidelity is None:
        return
    to = show.folder / job.id
    try:
        tools.disk.make_folder(to)
        show.draw(to, tools.source(job), Path(made.path), plan, places_of(fidelity))
    except UpscaledError as error:
        log.warning("no_tiles", job=job.id, reason=error.message)


def places_of(fidelity: Fidelity) -> dict[str, Box]:
    """Return the places to show: what a person must look at first, then where detail is."""
    sharpest = {SHARPEST: fidelity.sharpest or _MIDDLE}
    worst = {WORST: fidelity.worst} if fidelity.worst else {}
    return sharpest | worst if fidelity.verdict == "pass" else worst | sharpest
