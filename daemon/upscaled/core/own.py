"""
A result of ours that comes in again: what is said of it, wherever it is met.

Knows no file and no ledger: what was recognised, and by what, is handed in.
"""

from upscaled.errors import Aside
from upscaled.nouns import Code, Probe

OWN = "own"
"""The kind of mark that our savers leave: see `rules/marks.toml`."""


def refuse_own(probe: Probe, job: str | None = None) -> None:
    """
    Raise `Aside` for our own result: by its mark, or as the bytes that `job` delivered.

    Enlarging it again would only enlarge what the first enlargement made up.
    """
    by = f"job {job}" if job else probe.marks.get(OWN)
    if by:
        raise own_result(by)


def own_result(by: str) -> Aside:
    """Return the answer to our own result; `by` is the job or the mark that it is known by."""
    return Aside(
        Code.OWN_RESULT,
        f"This is our own result ({by}); enlarging it again would only add artefacts.",
        "drop the original again, into a folder that asks for the larger size",
    )
