"""What a change of a job moves."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.money import Kind, movements, reserved_by_pass
from upscaled.nouns import Facts, Family, Format, Job, Pass, PassDone, Plan, State

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def passes(*costs: int) -> tuple[Pass, ...]:
    made = []
    for number, cost in enumerate(costs):
        one = Pass(endpoint=f"e{number}", model=f"m{number}", factor=2, width=2, height=2)
        made.append(replace(one, cost=cost))
    return tuple(made)


def plan(*costs: int) -> Plan:
    return Plan(
        model=Family.CORE,
        passes=passes(*costs),
        width=2,
        height=2,
        target_width=2,
        target_height=2,
        format=Format.PNG,
        ppi=None,
        scaled_width=2,
        scaled_height=2,
    )


def job(*costs: int, **more: Any) -> Job:
    facts = Facts(plan=plan(*costs), pass_index=more.pop("index", 0))
    basis: dict[str, Any] = {"state": State.ADMITTED, "watch": 0, "path": "4k/a.png", "size": 1}
    basis |= {"mtime_ns": 1, "inode": 1, "seen_at": NOW, "updated_at": NOW, "facts": facts}
    return Job(id="j", **(basis | more))


def done(cost: int) -> PassDone:
    return PassDone(
        engine="fal",
        endpoint="e0",
        model="m0",
        params={},
        factor=2,
        width=2,
        height=2,
        request_id="r",
        seconds=1.0,
        cost=cost,
        billed=True,
    )


def test_a_pass_is_reserved_released_and_settled() -> None:
    admitted = [*movements({}, job(80, 160, reserved=240))]
    ready = [*movements({0: 80, 1: 160}, job(80, 160, reserved=160), [done(70)])]

    assert [(one.kind, one.number, one.micros) for one in admitted] == [
        (Kind.RESERVE, 0, 80),
        (Kind.RESERVE, 1, 160),
    ]
    assert [(one.kind, one.number, one.micros) for one in ready] == [
        (Kind.RELEASE, 0, 80),
        (Kind.SETTLE, 0, 70),
    ]
    assert (ready[1].request_id, ready[1].billed) == ("r", True)


def test_an_end_releases_all_that_is_left() -> None:
    ended = [*movements({1: 160}, job(80, 160, reserved=0, index=1))]

    assert [(one.kind, one.number, one.micros) for one in ended] == [(Kind.RELEASE, 1, 160)]


def test_what_did_not_change_moves_nothing() -> None:
    assert [*movements({0: 80}, job(80, reserved=80))] == []


@given(
    costs=st.lists(st.integers(0, 10**6), max_size=3),
    reserved=st.integers(0, 10**7),
    standing=st.dictionaries(st.integers(0, 3), st.integers(0, 10**6)),
)
def test_movements_always_lead_to_what_the_job_holds(
    costs: list[int], reserved: int, standing: dict[int, int]
) -> None:
    moved = job(*costs, reserved=reserved)
    held = sum(standing.values())

    for one in movements(standing, moved):
        assert one.micros > 0
        held += one.micros if one.kind is Kind.RESERVE else -one.micros

    assert held == reserved == sum(reserved_by_pass(moved).values())
