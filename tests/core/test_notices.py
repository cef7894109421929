"""What is told unasked: few messages, whatever happens."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.notice_kinds import Kind
from upscaled.core.notices import GATHER, LONGEST, SHOWN, TITLES, Board, message_of

NOW = datetime(2026, 12, 1, 2, tzinfo=UTC)
QUIET = timedelta(minutes=30)
SHARE = (Kind.UNREACHABLE, "/srv/inbox")


def board() -> Board:
    return Board(quiet=QUIET, after={Kind.UNREACHABLE: timedelta(minutes=5)})


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def test_every_kind_has_its_titles() -> None:
    assert set(TITLES) == set(Kind)


def test_hundreds_of_failures_are_one_message_and_then_one_in_each_quiet_time() -> None:
    one, sent = board(), []
    for second in range(6 * 3600):  # a whole night, one failure every two minutes after a burst
        at = NOW + timedelta(seconds=second)
        if second < 10 or second % 120 == 0:
            for number in range(30 if second < 10 else 1):
                one.happened(Kind.PROBLEM, f"4k/{second}-{number}.png: truncated", at)
        if second % 5 == 0:
            sent += one.due(at)

    assert len(sent) == 12
    assert (sent[0].count, sent[0].title) == (300, "300 pictures failed")
    assert sent[0].text.splitlines()[-1] == f"and {300 - SHOWN} more"
    assert sum(message.count for message in sent) > 460
    gaps = [b.at - a.at for a, b in pairwise(sent)]
    assert min(gaps) >= QUIET


def test_a_single_event_is_told_as_it_is_once_the_burst_could_have_come() -> None:
    one = board()
    one.happened(Kind.PROBLEM, "4k/a.png: truncated", NOW)

    assert one.due(NOW + GATHER / 2) == []
    (message,) = one.due(NOW + GATHER)

    assert (message.title, message.text, message.over) == (
        "a picture failed",
        "4k/a.png: truncated",
        False,
    )
    assert one.due(after(60)) == []


def test_kinds_do_not_silence_one_another() -> None:
    one = board()
    one.happened(Kind.PROBLEM, "a", NOW)
    assert [message.kind for message in one.due(after(1))] == [Kind.PROBLEM]

    one.happened(Kind.REVIEW, "b", after(2))

    assert [message.kind for message in one.due(after(3))] == [Kind.REVIEW]


def test_a_share_that_is_away_for_a_moment_is_nobodys_business() -> None:
    one = board()
    one.stands({SHARE: "gone"}, NOW)
    assert one.due(after(4)) == []
    one.stands({}, after(4.5))

    assert one.due(after(60)) == []


def test_what_stands_is_told_once_and_once_more_when_it_is_over() -> None:
    one, sent = board(), []
    for minute in range(120):
        one.stands({SHARE: "gone"} if minute < 90 else {}, after(minute))
        sent += one.due(after(minute))

    assert [(message.over, message.at) for message in sent] == [
        (False, after(5)),
        (True, after(91)),
    ]
    assert sent[1].text == "After 90 min: gone"
    assert sent[1].title == "reached again"


def test_what_lifts_for_an_instant_and_stands_again_is_not_over() -> None:
    one, sent = board(), []
    cap = (Kind.CAP_REACHED, "")
    for second in range(0, 3600, 5):  # each freed reservation wakes all who wait for money
        held = second % 300 != 0 or second == 0
        one.stands({cap: "the cap is reached"} if held else {}, NOW + timedelta(seconds=second))
        sent += one.due(NOW + timedelta(seconds=second))

    assert [message.over for message in sent] == [False]


def test_what_flutters_is_told_no_more_than_once_in_the_quiet_time() -> None:
    one, sent = board(), []
    for minute in range(10 * 60):
        locked = {(Kind.LOCKED, ""): "the balance is exhausted"} if minute % 2 else {}
        one.stands(locked, after(minute))
        sent += one.due(after(minute))

    told = [message for message in sent if not message.over]
    assert len(told) <= 10 * 60 / 30 + 1
    assert len(sent) - len(told) <= len(told)


def test_a_clock_that_was_set_back_does_not_silence_it() -> None:
    one = board()
    one.happened(Kind.NIGHT, "a", NOW)
    assert len(one.due(NOW)) == 1
    one.happened(Kind.NIGHT, "b", after(-60))

    assert len(one.due(after(-60))) == 1


def test_words_of_strangers_stay_on_one_line_and_short() -> None:
    one = board()
    one.happened(Kind.PROBLEM, "4k/\x1b[31m\n\udce4\u202ebad.png" + "x" * 5000, NOW)

    (message,) = one.due(after(1))

    assert "\n" not in message.text
    assert "\x1b" not in message.text
    assert "\u202e" not in message.text
    assert len(message.text) <= LONGEST
    assert json.dumps(message.as_json()).encode()
    assert message_of(message.as_json()) == message


happenings = st.lists(
    st.tuples(
        st.sampled_from(list(Kind)),
        st.sampled_from(["happens", "stands", "over"]),
        st.integers(0, 40),
    ),
    max_size=40,
)


@given(happenings)
def test_a_restart_at_any_moment_changes_nothing_of_what_is_told(
    story: list[tuple[Kind, str, int]],
) -> None:
    living, reborn = board(), board()
    standing: dict[tuple[Kind, str], str] = {}
    at = NOW
    for kind, what, minutes in story:
        at += timedelta(minutes=minutes)
        if what == "happens":
            living.happened(kind, "x", at)
            reborn.happened(kind, "x", at)
        standing = {(kind, "k"): "y"} if what == "stands" else {}
        living.stands(standing, at)
        reborn.stands(standing, at)
        told = living.due(at)
        assert reborn.due(at) == told

        saved = json.loads(json.dumps(reborn.as_json()))
        reborn = board()
        reborn.restore(saved)
