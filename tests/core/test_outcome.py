"""What a step comes to, and what that makes of a job."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.life import ENDS, LIFE, IllegalMoveError
from upscaled.core.outcome import (
    Later,
    Leave,
    Next,
    Outcome,
    Patience,
    PutAside,
    Retry,
    advance,
    outcome_of,
)
from upscaled.errors import (
    Again,
    Aside,
    Doubt,
    Gone,
    NotReady,
    Outage,
    Stop,
    UpscaledError,
    Void,
)
from upscaled.nouns import Code, Facts, Hold, Job, PassDone, State, Ticket, Trouble

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
PATIENCE = Patience(first_seconds=2, max_seconds=600, attempts=3, die=0.5)


def job(state: State, **facts: object) -> Job:
    made = Job(
        id="j",
        state=state,
        watch=0,
        path="4k/a.png",
        size=1,
        mtime_ns=1,
        inode=1,
        reserved=80_000,
        seen_at=NOW,
        updated_at=NOW,
    )
    return replace(made, **facts)  # type: ignore[arg-type] # the test's own words


def test_an_outage_never_counts_however_long_it_lasts() -> None:
    now = job(State.PREPARED)
    for _ in range(50):
        now = advance(now, outcome_of(Outage("fal is down"), now.state), NOW, PATIENCE)

    assert now.state is State.PREPARED
    assert now.attempts == 0
    assert now.due_at is not None
    assert now.due_at - NOW <= timedelta(seconds=600)


def test_a_pictures_own_faults_count_and_end_as_gave_up() -> None:
    now = job(State.PREPARED)
    for _ in range(3):
        now = advance(now, outcome_of(Again("reset"), now.state), NOW, PATIENCE)

    assert now.state is State.FAILING
    assert now.facts.error is not None
    assert now.facts.error.code == Code.GAVE_UP
    assert now.reserved == 0


def test_a_refused_submit_may_be_sent_again_but_a_doubtful_one_may_not() -> None:
    begun = job(State.SUBMITTING, starts=1)

    refused = advance(begun, outcome_of(Outage("no route"), begun.state), NOW, PATIENCE)
    doubtful = advance(begun, outcome_of(Doubt("no answer"), begun.state), NOW, PATIENCE)

    assert refused.starts == 0
    assert (doubtful.starts, doubtful.hold, doubtful.reserved) == (1, Hold.DOUBT, 80_000)


@pytest.mark.parametrize("error", [Outage("no list"), Again("odd"), Stop("locked", "locked")])
def test_a_fault_of_the_look_up_never_makes_a_submit_unsent(error: UpscaledError) -> None:
    looked_up = job(State.SUBMITTING, starts=2, hold=Hold.DOUBT)

    now = advance(looked_up, outcome_of(error, looked_up.state), NOW, PATIENCE)

    assert now.starts >= 1


def test_a_void_request_is_uploaded_and_submitted_anew() -> None:
    ticket = Ticket(request_id="r", status_url="", response_url="")
    sent = job(State.SUBMITTED, facts=Facts(ticket=ticket, image_url="https://x/1"))

    now = advance(sent, outcome_of(Void("runner lost"), sent.state), NOW, PATIENCE)

    assert now.state is State.PREPARED
    assert (now.facts.ticket, now.facts.image_url) == (None, None)
    assert (now.attempts, now.reserved) == (1, 80_000)


def test_past_the_first_visible_byte_every_fault_becomes_waiting() -> None:
    errors = [Aside("x", "no"), Gone("away"), Again("odd"), Outage("down"), NotReady("half")]
    for state in (State.DELIVERING, State.RECEIPTING, State.ARCHIVING):
        for error in errors:
            now = advance(job(state), outcome_of(error, state), NOW, PATIENCE)
            assert now.state is state
            assert now.due_at is not None


def test_settled_money_moves_from_the_reservation_to_the_cost() -> None:
    done = PassDone(
        engine="fal",
        endpoint="e",
        model="m",
        params={},
        factor=2.0,
        width=1,
        height=1,
        request_id="r",
        seconds=None,
        cost=70_000,
        billed=True,
    )
    outcome = Next(to=State.READY, facts=Facts(), said="", paid=(done,), released=80_000)

    now = advance(job(State.SUBMITTED), outcome, NOW, PATIENCE)

    assert (now.reserved, now.cost) == (0, 70_000)


def test_an_illegal_move_raises_and_changes_nothing() -> None:
    with pytest.raises(IllegalMoveError):
        advance(job(State.SEEN), Next(to=State.DONE, facts=Facts(), said=""), NOW, PATIENCE)


OUTCOMES: st.SearchStrategy[Outcome] = st.one_of(
    st.builds(
        Later,
        seconds=st.none() | st.floats(0, 1e5),
        hold=st.none() | st.sampled_from(Hold),
        reason=st.none(),
        facts=st.none(),
    ),
    st.builds(
        Retry,
        reason=st.just("odd"),
        counted=st.booleans(),
        back=st.none(),
        hold=st.none(),
        after_seconds=st.none() | st.floats(0, 1e4),
    ),
    st.just(PutAside(trouble=Trouble(code="x", message="m", hint="h"))),
    st.just(Leave(reason="gone")),
)


@given(
    state=st.sampled_from([state for state in State if state not in ENDS]),
    outcome=OUTCOMES,
    starts=st.integers(0, 5),
    attempts=st.integers(0, 2),
)
def test_whatever_happens_a_job_moves_only_along_the_table(
    state: State, outcome: Outcome, starts: int, attempts: int
) -> None:
    before = job(state, starts=starts, attempts=attempts)

    after = advance(before, outcome, NOW, PATIENCE)

    assert after.state is state or after.state in LIFE[state].leads_to
    if after.state in ENDS:
        assert after.reserved == 0
    if LIFE[state].patient and state is not State.FAILING:
        assert after.state is state
