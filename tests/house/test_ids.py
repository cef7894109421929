"""Ids as people type them: their beginnings are enough where only one job begins so."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from long_ledgers import fill, job_id
from place import Place
from upscaled.cli.main import main
from upscaled.core.tickets import own_id
from upscaled.edge.ledger import Ledger


@pytest.fixture
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Ledger]]:
    """Make a place whose daemon is not running, with a ledger of a few jobs."""
    place = Place(tmp_path_factory.mktemp("ids"))
    for folder in ("state", "inbox"):
        place.path(folder).mkdir()
    ledger = fill(
        place.path("state/ledger.sqlite"), str(place.path("inbox")), done=45, unfinished=2
    )
    yield place, ledger
    ledger.close()


def test_the_beginning_of_an_id_is_enough(
    studio: tuple[Place, Ledger], capsys: pytest.CaptureFixture[str]
) -> None:
    place, ledger = studio
    config = ["--config", str(place.config)]
    assert main([*config, "show", job_id(16)[:9]]) == 0
    assert job_id(16) in capsys.readouterr().out
    assert main([*config, "retry", job_id(1)[:10], job_id(41)]) == 0
    assert [order.job for order in ledger.asked()] == [job_id(1), job_id(41)]


def test_an_id_that_a_ticket_wrote_names_its_job(
    studio: tuple[Place, Ledger], capsys: pytest.CaptureFixture[str]
) -> None:
    place, ledger = studio
    written = "550E8400-E29B-41D4-A716-446655440000"
    made = own_id(written) or ""
    first = ledger.job(job_id(16))
    assert first is not None
    ledger.add([replace(first, id=made, path="4k/other.png")])
    assert main(["--config", str(place.config), "show", written]) == 0
    assert made in capsys.readouterr().out


def test_show_says_of_each_file_whether_it_is_there(
    studio: tuple[Place, Ledger], capsys: pytest.CaptureFixture[str]
) -> None:
    place, _ = studio
    picture = place.path("outbox/4k/client 3/picture 000003.png")
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"a result")
    assert main(["--config", str(place.config), "show", job_id(3), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    there = {one["what"]: (one["path"], one["there"]) for one in told["places"]}
    assert there["result"] == (str(picture), True)
    assert there["original"][1] is False
    assert there["sidecar"] == (f"{picture}.json", False)
    assert told["next"] == [f"upscaled redo {job_id(3)} --model FAMILY"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("000", "several jobs begin with 000"),
        ("zzzz", "there is no job zzzz"),
        ("00", "at least 3 characters"),
    ],
)
def test_what_is_not_clear_is_refused_and_nothing_is_asked(
    studio: tuple[Place, Ledger], capsys: pytest.CaptureFixture[str], typed: str, said: str
) -> None:
    place, ledger = studio
    for verb in ("show", "cancel", "redo"):
        assert main(["--config", str(place.config), verb, typed]) == 2
        told = capsys.readouterr().err
        assert said in told
    assert main(["--config", str(place.config), "accept", job_id(2), typed]) == 2
    assert ledger.asked() == []


def test_all_that_failed_is_asked_for_in_one_go(studio: tuple[Place, Ledger]) -> None:
    place, ledger = studio
    assert main(["--config", str(place.config), "retry", "--all-failed", "--json"]) == 0
    assert {order.job for order in ledger.asked()} == {job_id(1), job_id(41)}


def test_the_commands_that_are_shown_can_be_typed_as_they_stand(
    studio: tuple[Place, Ledger], capsys: pytest.CaptureFixture[str]
) -> None:
    place, ledger = studio
    assert main(["--config", str(place.config), "show", job_id(2)]) == 0
    lines = capsys.readouterr().out.splitlines()
    (accept,) = (line for line in lines if " accept " in line)
    assert main(accept.split()[1:]) == 0
    assert [(order.verb, order.job) for order in ledger.asked()] == [("accept", job_id(2))]
