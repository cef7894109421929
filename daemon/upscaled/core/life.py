"""
The life of a picture: one table, the single source of every transition.

Everything about states lives here; nothing here knows how a step is done. A state earns its place
if forgetting it would cost money, a second delivery, or an original. The README's diagram is drawn
from this table and a test fails when it is stale.
"""

from dataclasses import dataclass
from enum import StrEnum

from upscaled.nouns import State


class Lane(StrEnum):
    """Where a step runs, so that one slow thing starves nothing else."""

    DESK = "desk"
    """The conductor itself: a decision and a row, no waiting."""
    ROOT = "root"
    """One lane a watch: everything that touches its shares."""
    PIXELS = "pixels"
    NETWORK = "network"


class Word(StrEnum):
    """The six words a person sees."""

    WAITING = "waiting"
    WORKING = "working"
    HELD = "held"
    REVIEW = "review"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a state means and where it may lead."""

    means: str
    step: str
    """Name of the step that leaves the state; empty at an end."""
    lane: Lane
    leads_to: tuple[State, ...]
    word: Word
    patient: bool = False
    """Past the first visible byte: waits for ever, never fails."""


_FAILS = (State.FAILING, State.WITHDRAWN)

LIFE: dict[State, Stage] = {
    State.SEEN: Stage(
        means="seen in a target folder; settling",
        step="take",
        lane=Lane.ROOT,
        leads_to=(State.TAKEN, *_FAILS),
        word=Word.WAITING,
    ),
    State.ASKED: Stage(
        means="asked for again by a person; its original is read from where it lies",
        step="take_again",
        lane=Lane.ROOT,
        leads_to=(State.TAKEN, *_FAILS),
        word=Word.WAITING,
    ),
    State.TAKEN: Stage(
        means="read once into a private copy, hashed on the way",
        step="examine",
        lane=Lane.PIXELS,
        leads_to=(State.JUDGED, State.PLANNED, State.FETCHED, State.SEEN, State.ASKED, *_FAILS),
        word=Word.WAITING,
    ),
    State.JUDGED: Stage(
        means="judged for itself; its series decides, once enough of it is here",
        step="join",
        lane=Lane.PIXELS,
        leads_to=(State.PLANNED, State.FETCHED, State.TAKEN, *_FAILS),
        word=Word.WAITING,
    ),
    State.PLANNED: Stage(
        means="judged and planned, or planned once more as its result failed; nothing spent on it",
        step="admit",
        lane=Lane.DESK,
        leads_to=(State.ADMITTED, State.FETCHED, *_FAILS),
        word=Word.WAITING,
    ),
    State.ADMITTED: Stage(
        means="its price is reserved",
        step="prepare",
        lane=Lane.PIXELS,
        leads_to=(State.PREPARED, State.READY, State.FETCHED, *_FAILS),
        word=Word.WORKING,
    ),
    State.PREPARED: Stage(
        means="the upload is made: pixels and profile only",
        step="upload",
        lane=Lane.NETWORK,
        leads_to=(State.SUBMITTING, State.ADMITTED, State.FETCHED, *_FAILS),
        word=Word.WORKING,
    ),
    State.SUBMITTING: Stage(
        means="about to be paid for: journalled before the request leaves",
        step="submit",
        lane=Lane.NETWORK,
        leads_to=(State.SUBMITTED, State.PREPARED, State.FETCHED, State.TAKEN, *_FAILS),
        word=Word.WORKING,
    ),
    State.SUBMITTED: Stage(
        means="accepted, its request id is known",
        step="await_result",
        lane=Lane.NETWORK,
        leads_to=(State.READY, State.PREPARED, State.FETCHED, State.TAKEN, *_FAILS),
        word=Word.WORKING,
    ),
    State.READY: Stage(
        means="paid for; the result's address is known",
        step="fetch",
        lane=Lane.NETWORK,
        leads_to=(State.FETCHED, State.ADMITTED, State.SUBMITTED, State.FAILING),
        word=Word.WORKING,
    ),
    State.FETCHED: Stage(
        means="all pixels are here",
        step="finish",
        lane=Lane.PIXELS,
        leads_to=(State.FINISHED, State.READY, State.PLANNED, State.TAKEN, *_FAILS),
        word=Word.WORKING,
    ),
    State.FINISHED: Stage(
        means="exact size and format, checked against the source",
        step="stage",
        lane=Lane.ROOT,
        leads_to=(State.DELIVERING, State.FETCHED, *_FAILS),
        word=Word.WORKING,
    ),
    State.ACCEPTING: Stage(
        means="accepted by a person; the result in review/ is staged for the outbox",
        step="accept",
        lane=Lane.ROOT,
        leads_to=(State.DELIVERING, State.REVIEW),
        word=Word.WORKING,
        patient=True,
    ),
    State.DELIVERING: Stage(
        means="staged and hashed on the outbox's file system; its name is journalled",
        step="reveal",
        lane=Lane.ROOT,
        leads_to=(State.RECEIPTING, State.FINISHED, State.ACCEPTING),
        word=Word.WORKING,
        patient=True,
    ),
    State.RECEIPTING: Stage(
        means="the result was visible; it is never delivered again",
        step="receipt",
        lane=Lane.ROOT,
        leads_to=(State.ARCHIVING, State.CLEARING),
        word=Word.WORKING,
        patient=True,
    ),
    State.ARCHIVING: Stage(
        means="result and sidecar stand; the original goes to the archive",
        step="archive",
        lane=Lane.ROOT,
        leads_to=(State.DONE, State.REVIEW, State.CLEARING),
        word=Word.WORKING,
        patient=True,
    ),
    State.CLEARING: Stage(
        means="delivered; what it makes superfluous leaves review/",
        step="clear",
        lane=Lane.ROOT,
        leads_to=(State.DONE, State.REVIEW),
        word=Word.WORKING,
        patient=True,
    ),
    State.REJECTING: Stage(
        means="rejected by a person; the result goes from review/ to archive/_rejected",
        step="reject",
        lane=Lane.ROOT,
        leads_to=(State.FAILING, State.FAILED),
        word=Word.WORKING,
        patient=True,
    ),
    State.FAILING: Stage(
        means="waiting will not mend it; the original goes to failed/ with the reason",
        step="set_aside",
        lane=Lane.ROOT,
        leads_to=(State.FAILED, State.WITHDRAWN),
        word=Word.WORKING,
        patient=True,
    ),
    State.DONE: Stage(
        means="delivered, receipted, archived", step="", lane=Lane.DESK, leads_to=(), word=Word.DONE
    ),
    State.REVIEW: Stage(
        means="in review/ with a comparison; a person decides",
        step="",
        lane=Lane.DESK,
        leads_to=(State.ACCEPTING, State.REJECTING, State.SUPERSEDED),
        word=Word.REVIEW,
    ),
    State.FAILED: Stage(
        means="in failed/ with the reason and what to do",
        step="",
        lane=Lane.DESK,
        leads_to=(State.SEEN, State.SUPERSEDED),
        word=Word.FAILED,
    ),
    State.SUPERSEDED: Stage(
        means="done again as another job, which has the result",
        step="",
        lane=Lane.DESK,
        leads_to=(),
        word=Word.DONE,
    ),
    State.WITHDRAWN: Stage(
        means="taken away or replaced by its owner",
        step="",
        lane=Lane.DESK,
        leads_to=(),
        word=Word.FAILED,
    ),
}

ENDS = frozenset(state for state, stage in LIFE.items() if not stage.step)
"""Where a job rests; only a person's word leads on from there."""
_HANDS = {
    State.SEEN: "retry",
    State.ACCEPTING: "accept",
    State.REJECTING: "reject",
    State.SUPERSEDED: "redo",
}
"""Which word of a person leads to these from an end."""
IN_FLIGHT = frozenset(
    {State.ADMITTED, State.PREPARED, State.SUBMITTING, State.SUBMITTED, State.READY}
)
"""States that hold one of the engine's places."""


class IllegalMoveError(Exception):
    """A transition that the table does not know; nothing was changed."""


def check_move(here: State, there: State) -> None:
    """Raise `IllegalMoveError` unless the table allows the move; staying is always allowed."""
    if there is not here and there not in LIFE[here].leads_to:
        raise IllegalMoveError(f"{here.value} does not lead to {there.value}")


def word_of(state: State, *, held: bool) -> Word:
    """Return the word a person sees; a hold shows only while the job has not ended."""
    if held and state not in ENDS:
        return Word.HELD
    return LIFE[state].word


def diagram() -> str:
    """Return the table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> seen", "    [*] --> asked: redo"]
    for state, stage in LIFE.items():
        lines += [
            f"    {state.value} --> {there.value}: {stage.step or _HANDS[there]}"
            for there in stage.leads_to
        ]
        if not stage.step:
            lines.append(f"    {state.value} --> [*]")
    return "\n".join(lines)
