"""When what waits will probably be done."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.forecast import LEAST, Kind, Sample, forecast

BEGIN = datetime(2026, 3, 1, 22, tzinfo=UTC)
FOUR: Kind = ("4k", "fal")
PRINT: Kind = ("print", "fal")


def ends(*gaps: float, kind: Kind = FOUR, seconds: float = 30.0) -> list[Sample]:
    """Return samples whose ends lie so many seconds apart."""
    found, at = [], BEGIN
    for gap in gaps:
        at += timedelta(seconds=gap)
        found.append(Sample(kind=kind, seconds=seconds, ended_at=at))
    return found


def test_steady_work_gives_a_narrow_range() -> None:
    found = forecast(ends(*[10.0] * 20), {FOUR: 60})

    assert found is not None
    assert found.least == found.most == timedelta(seconds=600)


def test_uneven_work_gives_as_wide_a_range_as_it_was_uneven() -> None:
    found = forecast(ends(*[5.0] * 10, *[20.0] * 10), {FOUR: 60})

    assert found is not None
    assert timedelta(seconds=299) < found.least < timedelta(seconds=320)
    assert timedelta(seconds=1100) < found.most < timedelta(seconds=1201)


def test_with_too_few_ends_nothing_is_said() -> None:
    assert forecast(ends(*[10.0] * (LEAST - 1)), {FOUR: 60}) is None
    assert forecast(ends(*[10.0] * LEAST), {FOUR: 60}) is not None


def test_where_nothing_waits_nothing_is_said() -> None:
    assert forecast(ends(*[10.0] * 20), {}) is None


def test_of_a_kind_that_was_never_measured_nothing_is_promised() -> None:
    past = ends(*[10.0] * 20)

    assert forecast(past, {FOUR: 3, PRINT: 3}) is None
    assert forecast(past, {FOUR: 9, PRINT: 1}) is not None


def test_slow_kinds_weigh_by_their_own_time() -> None:
    past = ends(*[10.0] * 10) + ends(*[40.0] * 10, kind=PRINT, seconds=120.0)

    quick, slow = forecast(past, {FOUR: 60}), forecast(past, {PRINT: 60})

    assert quick is not None
    assert slow is not None
    assert slow.least > 3 * quick.least


def test_a_night_of_rest_between_does_not_slow_the_forecast() -> None:
    found = forecast(ends(*[10.0] * 10, 40_000.0, *[10.0] * 10), {FOUR: 60})

    assert found is not None
    assert found.most <= timedelta(seconds=1000)


def test_one_picture_takes_no_less_than_half_its_own_time() -> None:
    found = forecast(ends(*[1.0] * 20, seconds=60.0), {FOUR: 1})

    assert found is not None
    assert (found.least, found.most) == (timedelta(seconds=30), timedelta(seconds=60))


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e5)), max_size=80),
    st.dictionaries(st.sampled_from([FOUR, PRINT]), st.integers(0, 100_000)),
)
def test_a_range_is_one_whatever_was_measured(
    past: list[tuple[float, float]], ahead: dict[Kind, int]
) -> None:
    samples, at = [], BEGIN
    for gap, seconds in past:
        at += timedelta(seconds=gap)
        samples.append(Sample(kind=FOUR, seconds=seconds, ended_at=at))

    found = forecast(samples, ahead)

    assert found is None or timedelta(0) <= found.least <= found.most
