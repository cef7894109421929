"""What is posted without the whole ledger is what the whole ledger would have posted."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from upscaled.edge.ledger import Ledger, posting
from upscaled.edge.ledger.glance import glanced
from upscaled.errors import LedgerUnwritable

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(tmp_path / "ledger.sqlite", [str(tmp_path)])
    made.create()
    return made


def test_orders_are_heard_and_answered(tmp_path: Path, ledger: Ledger) -> None:
    file = tmp_path / "ledger.sqlite"
    posted = posting.post(file, "redo", ["one", "two"], NOW, "cgi")
    direct = ledger.ask_all("redo", ["three"], NOW, "cgi")
    found = ledger.asked()
    expected = {**posted, **direct}
    assert {one.job: one.id for one in found} == expected
    assert {(one.verb, one.argument, one.at) for one in found} == {("redo", "cgi", NOW)}
    ledger.answer(posted["one"], "done again")
    with glanced(file) as glance:
        assert glance is not None
        told = posting.answers(glance, list(posted.values()))
    assert told == {posted["one"]: "done again", posted["two"]: None}


def test_what_is_remembered_is_replaced(tmp_path: Path, ledger: Ledger) -> None:
    for said in ("1", "0"):
        posting.remember(tmp_path / "ledger.sqlite", {"paused": said, "look_again": "now"})
        assert (ledger.get("paused"), ledger.get("look_again")) == (said, "now")


def test_a_ledger_that_takes_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnwritable, match="takes nothing"):
        posting.post(tmp_path / "ledger.sqlite", "retry", ["one"], NOW)
    assert not (tmp_path / "ledger.sqlite").exists()
