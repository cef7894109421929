"""A job's private working folder: what lies there under which name."""

from upscaled.nouns import Facts


def is_second(facts: Facts) -> bool:
    """Say whether a second try is under way."""
    return facts.tried is not None and not facts.chosen


def again(facts: Facts) -> str:
    """Return what the names of a second try's files have more: the first try's must stay."""
    return "-again" if is_second(facts) else ""


def of_pass(facts: Facts, what: str) -> str:
    """Return the name of a file that belongs to the pass the job is in."""
    return f"{what}{again(facts)}-{facts.pass_index}"
