"""What fal really billed, read with an admin key."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.fal_bench import KEY, Bench, bench_in, options_of
from upscaled.edge.fal.bills import Bills
from upscaled.errors import Outage

ADMIN_KEY = "1a1b2c3d-admin:5e6f7a8b9c0d-admin-key"
HOUR = timedelta(hours=1)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with bench_in(tmp_path) as one:
        yield one


def billed(bench: Bench, number: int) -> list[str]:
    """Let requests run to their end; return their ids."""
    tickets = [bench.submit() for _ in range(number)]
    for ticket in tickets:
        bench.settle(ticket.request_id)
    return [one.request_id for one in tickets]


def test_bills_come_by_request_over_all_pages_after_the_discount(bench: Bench) -> None:
    requests = billed(bench, 5)
    with closing(Bills(ADMIN_KEY, options_of(bench.fal))) as bills:
        totals = bills.totals([*requests[:4], "not billed yet"], datetime.now(UTC) - HOUR)

    assert totals == dict.fromkeys(requests[:4], 60_000)


def test_nothing_is_known_of_what_was_sent_before(bench: Bench) -> None:
    requests = billed(bench, 1)
    with closing(Bills(ADMIN_KEY, options_of(bench.fal))) as bills:
        assert bills.totals(requests, datetime.now(UTC) + HOUR) == {}


def test_a_key_without_admin_scope_is_told_and_never_shown(bench: Bench) -> None:
    with (
        closing(Bills(KEY, options_of(bench.fal))) as bills,
        pytest.raises(Outage, match="billing events") as refused,
    ):
        bills.totals(["r"], datetime.now(UTC))

    assert "FAL_ADMIN_KEY" in refused.value.hint
    assert KEY not in f"{refused.value} {refused.value.hint} {bills!r}"


@pytest.mark.parametrize("fault", [{"status": 500, "json": {}}, {"status": 200, "json": {"a": 1}}])
def test_a_list_that_cannot_be_read_is_no_bill_of_zero(
    bench: Bench, fault: dict[str, object]
) -> None:
    bench.fal.script([{"on": "billing", "do": "answer", **fault}])
    with (
        closing(Bills(ADMIN_KEY, options_of(bench.fal))) as bills,
        pytest.raises(Outage),
    ):
        bills.totals(["r"], datetime.now(UTC))
    assert bench.fal.ledger()["pending"] == []
