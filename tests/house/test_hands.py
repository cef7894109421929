"""`accept`, `reject` and `redo` from the command line, carried out by a real daemon."""

import json
from typing import Any

import jsonschema
import pytest

from dying import die_at
from place import REPOSITORY, Place, photo, sha256


def in_review(place: Place, *names: str) -> dict[str, str]:
    """Bring pictures to review; return their jobs' ids by name."""
    place.configure(plan={"beyond_safe": "review"})
    for seed, name in enumerate(names):
        photo(place.path(f"inbox/hd/{name}.png"), (720, 540), seed=seed)
    place.until_idle(3)
    jobs = place.jobs()
    assert {job["state"] for job in jobs.values()} == {"review"}
    return {name: jobs[f"hd/{name}.png"]["id"] for name in names}


def sidecar(place: Place, path: str) -> Any:
    told = json.loads(place.path(f"{path}.json").read_text())
    schema = json.loads((REPOSITORY / "docs" / "receipt.schema.json").read_text())
    jsonschema.validate(told, schema)
    return told


@pytest.mark.long
def test_a_person_answers_review_from_the_command_line(place: Place) -> None:
    ids = in_review(place, "good", "bad", "other")
    original = sha256(place.path("archive/hd/bad.png"))
    place.start()
    log = place.path("daemon.log")
    place.wait_for(lambda: "started" in log.read_text(), "the daemon")

    told = place.ask("accept", ids["good"])
    place.ask("reject", ids["bad"])
    place.ask("redo", ids["other"], "--model", "cgi")

    assert told == [
        {"id": ids["good"], "asked": "accept", "answer": "accepted; it goes to the outbox"}
    ]
    for path in ("outbox/hd/good.png", "failed/hd/bad.png", "archive/_rejected/hd/other.png"):
        place.wait_for(place.path(f"{path}.json").exists, path)
    said = place.run("accept", ids["good"])
    why = "not accepted: it is done; only pictures in review can be accepted"
    assert (said.returncode, said.stdout) == (3, f"{ids['good']}: {why}\n")
    assert place.stop() == 0
    accepted = sidecar(place, "outbox/hd/good.png")
    assert (accepted["status"], accepted["fidelity"]["verdict"]) == ("done", "review")
    assert accepted["accepted"]["by"] == "command line"
    assert sidecar(place, "failed/hd/bad.png")["error"]["code"] == "rejected"
    assert sha256(place.path("failed/hd/bad.png")) == original
    told = [sidecar(place, path) for path in place.files("outbox", "review") if is_result(path)]
    (redone,) = [one for one in told if one["redo_of"]]
    assert (redone["redo_of"], redone["verdict"]["model"]) == (ids["other"], "cgi")
    assert place.files("inbox") == []
    assert place.ask("show", ids["good"])["accepted"]["by"] == "command line"
    assert place.ask("show", redone["job"])["redo_of"] == ids["other"]


def is_result(path: str) -> bool:
    return not path.endswith((".json", ".compare.png"))


@pytest.mark.long
@pytest.mark.parametrize("verb", ["accept", "redo"])
def test_an_order_given_while_nobody_works_is_done_at_the_next_start(
    place: Place, verb: str
) -> None:
    job = in_review(place, "a")["a"]
    told = place.ask(verb, job)
    assert told[0]["answer"] is None
    die_at(place, 2)

    place.until_idle(0 if verb == "accept" else 3)

    assert len([path for path in place.files("archive") if "_rejected" not in path]) == 1
    results = [path for path in place.files("outbox", "review") if is_result(path)]
    assert results == ["outbox/hd/a.png" if verb == "accept" else "review/hd/a-2.png"]
    assert place.jobs()["hd/a.png"]["state"] in {"done", "review"}
