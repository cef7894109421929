"""A job's private working folder: what lies there under which name, and the source's own copy."""

from pathlib import Path

from upscaled.errors import Gone
from upscaled.flow.tools import Tools
from upscaled.nouns import Facts, Job


def is_second(facts: Facts) -> bool:
    """Say whether a second try is under way."""
    return facts.tried is not None and not facts.chosen


def again(facts: Facts) -> str:
    """Return what the names of a second try's files have more: the first try's must stay."""
    return "-again" if is_second(facts) else ""


def of_pass(facts: Facts, what: str) -> str:
    """Return the name of a file that belongs to the pass the job is in."""
    return f"{what}{again(facts)}-{facts.pass_index}"


def have_source(job: Job, tools: Tools) -> Path:
    """Return the private copy; read it again where the work folder was lost, if it is the same."""
    source = tools.source(job)
    if not tools.disk.is_there(source):
        tools.roots.require(job.watch)
        if tools.disk.take(tools.inbox(job), source).sha256 != job.sha256:
            tools.disk.drop(source)
            raise Gone(f"{job.path} was replaced by its owner; the new content is a new arrival")
    return source
