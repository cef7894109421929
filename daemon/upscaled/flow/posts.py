"""What comes to the thread that owns the jobs: outcomes of steps, and what others ask of it."""

from collections.abc import Callable
from dataclasses import dataclass

from upscaled.core.outcome import Outcome
from upscaled.nouns import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A step has come back."""

    job_id: str
    state: State
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class NotBegun:
    """A step was not begun after all: the end has begun, or another conductor has taken over."""

    job_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """For one conductor alone; a successor, who has another book, does not hear it."""

    to: object
    call: Callable[[], None]


Post = Done | NotBegun | Message
