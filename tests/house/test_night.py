"""
A night in miniature: sixty pictures, two shares, and nearly all that can happen until the morning.

The whole program as a process, with a stand-in of fal, real folders and a real command that is told
what happens. The clocks alone are pushed on by the test. In the morning the report is held against
sums made here from the ledger's own file, and from what the stand-in says that it billed.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from house.test_nightwatch import Switch
from night_place import (
    AFFORDED,
    BEFORE,
    CAP,
    EVENING,
    MORNING,
    OPENS,
    SHARES,
    SHEET,
    WANTED,
    Night,
    arrivals,
    first_arrival,
)
from place import sha256
from standin import Options, Standin

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

REFUSED = {"detail": [{"loc": ["body", "image_url"], "msg": "no", "type": "image_load_error"}]}


@pytest.fixture
def fal(tmp_path: Path) -> Iterator[Standin]:
    with Standin(tmp_path / "standin", Options(concurrency=4)) as server:
        yield server


@pytest.fixture
def switch() -> Iterator[Switch]:
    server = Switch()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def night(tmp_path: Path, fal: Standin, switch: Switch) -> Iterator[Night]:
    made = Night(tmp_path, fal, f"http://127.0.0.1:{switch.server_port}/alive")
    yield made
    made.end()


def usd(micros: int) -> str:
    return f"${micros / 1e6:.2f}"


def test_a_night_in_miniature_is_told_as_it_was(night: Night, fal: Standin, switch: Switch) -> None:
    dropped = before_the_window(night, fal)
    assert len(dropped) == 60
    locked_account(night, fal)
    lost_share(night, fal, switch)
    answers_by_dragging(night)
    share_comes_back(night, switch)
    morning(night)
    assert night.stop() == 0

    paid_once(night, fal)
    each_is_in_one_place(night, dropped)
    told_as_often_as_it_was(night)
    measured_as_it_was(night)
    for name in SHARES:
        reported_as_it_was(night, name)


# ---- the night


def before_the_window(night: Night, fal: Standin) -> dict[str, str]:
    """Urgent and local ones are worked on, the first one is refused; return paths by hashes."""
    wanted = sum(WANTED.values())
    fal.script([{"on": "run", "do": "fail", "status": 422, "json": REFUSED}])
    dropped = first_arrival(night)
    night.start()
    night.wait_for(lambda: fal.ledger()["faults"], "the refusal")
    dropped |= arrivals(night)
    night.wait_for(lambda: night.holds() == {"window": wanted}, "the window")
    night.wait_for(lambda: night.ends() == {"done": 4, "review": 2, "failed": 3}, "the first ends")
    night.push(seconds=70)
    night.wait_for(lambda: says(night, "problem") and says(night, "review"), "two messages")
    for name, number in WANTED.items():
        said = f"{number} files, outside its hours until {EVENING:%a %d %b} 22:00."
        night.wait_for(lambda name=name, said=said: said in night.status(name), said)
    assert f"review/{SHEET}-urgent: 2 files" in night.status("north")
    return dropped


def locked_account(night: Night, fal: Standin) -> None:
    fal.lock()
    night.push(minutes=30)
    wanted = sum(WANTED.values())
    night.wait_for(lambda: night.holds() == {"locked": wanted}, "the lock")
    night.wait_for(lambda: says(night, "locked"), "its message")
    night.push(seconds=70)
    for name in SHARES:
        night.wait_for(lambda name=name: "fal's account is locked" in night.status(name), name)
    assert fal.ledger()["accepted"] == BEFORE + 1


def lost_share(night: Night, fal: Standin, switch: Switch) -> None:
    """South goes away; then fal works again, and north's money is spent."""
    night.path("south").rename(night.path("away"))
    night.push(minutes=1)
    night.wait_for(lambda: "unreachable" in night.standing(), "the loss")
    night.push(minutes=6)
    night.wait_for(lambda: says(night, "unreachable"), "its message")
    silent = len(switch.heard)
    assert silent > 0
    fal.lock(locked=False)
    night.push(minutes=6)
    by_minutes(night, lambda: set(night.holds()) <= {"share", "budget"}, "north's end")
    is_over(night, "locked")
    assert night.holds()["share"]
    assert not night.path("south").exists()
    assert len(switch.heard) == silent


def answers_by_dragging(night: Night) -> None:
    review = night.path("north/review")
    for name, box in (("good", "_accept"), ("bad", "_reject")):
        result = review / f"{SHEET}-urgent/{name}.tif"
        result.rename(review / box / result.name)
    night.wait_for(lambda: night.ends("north")["review"] == 0, "the answers")


def share_comes_back(night: Night, switch: Switch) -> None:
    """First without its outbox, which its status tells; then whole."""
    silent = len(switch.heard)
    night.path("away/outbox").rename(night.path("outbox-of-south"))
    night.path("away").rename(night.path("south"))
    night.push(seconds=70)
    night.wait_for(lambda: "a folder is not there" in night.status("south"), "its status")
    assert "TROUBLE: " in night.status("south")
    assert "TROUBLE: " not in night.status("north")
    assert len(switch.heard) == silent
    night.path("outbox-of-south").rename(night.path("south/outbox"))
    night.push(seconds=70)
    left = sum(WANTED.values()) - AFFORDED
    by_minutes(night, lambda: night.holds() == {"budget": left}, "south's end")
    is_over(night, "unreachable")
    night.push(seconds=70)
    for name in SHARES:
        if number := night.held(name):
            said = f"{number} file{'s' * (number > 1)}, waiting for money until {MORNING:%a %d %b}"
            night.wait_for(lambda name=name, said=said: said in night.status(name), said)
    night.wait_for(lambda: len(switch.heard) > silent, "a sign of life")


def morning(night: Night) -> None:
    night.push(hours=8)
    night.wait_for(lambda: says(night, "night"), "the morning's message")
    night.wait_for(lambda: samples(night)["upscaled_ready", ()] == 1, "the measures")


def says(night: Night, event: str, *, over: bool = False) -> bool:
    return any((one["event"], one["over"]) == (event, over) for one in night.told())


def by_minutes(night: Night, condition: Callable[[], bool], what: str) -> None:
    """Wait while minutes go by: a refusal that was just on its way holds for one more."""
    until = time.monotonic() + 10

    def holds() -> bool:
        nonlocal until
        if time.monotonic() > until:
            until += 10
            night.push(seconds=70)
        return condition()

    night.wait_for(holds, what, seconds=90)


def is_over(night: Night, event: str) -> None:
    """Let the moment go by after which what was told of is surely over, and hear that."""
    night.wait_for(lambda: night.standing().get(event, True), f"the end of {event}")
    night.push(seconds=30)
    night.wait_for(lambda: says(night, event, over=True), f"{event}, over")


def samples(night: Night) -> dict[tuple[str, tuple[str, ...]], float]:
    written = night.path("upscaled.prom")
    text = written.read_text() if written.exists() else "upscaled_ready 0\n"
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


# ---- and what is said of it


def paid_once(night: Night, fal: Standin) -> None:
    told = fal.ledger()
    assert (told["duplicates"], told["violations"], told["pending"]) == ({}, [], [])
    billed = [one["request_id"] for one in told["bills"]]
    settled = night.rows("SELECT request_id FROM money WHERE kind = 'settle' AND micros > 0")
    assert sorted(billed) == sorted(one for (one,) in settled)
    assert len(billed) == len(set(billed)) == BEFORE + AFFORDED
    assert night.spent() == round(told["billed_usd"] * 1e6)
    assert night.rows("SELECT sum(reserved) FROM jobs") == [(0,)]


def each_is_in_one_place(night: Night, dropped: dict[str, str]) -> None:
    """Find each original once: archived with its result delivered, or failed, or in the inbox."""
    roots = ("inbox", "archive", "failed")
    every = [night.path(path) for path in night.files(*(f"{n}/{r}" for n in SHARES for r in roots))]
    found: dict[str, list[str]] = {}
    for path in every:
        if path.suffix in {".jpg", ".png"} and "_rejected" not in path.parts:
            found.setdefault(sha256(path), []).append(str(path.relative_to(night.root)))
    assert found.keys() == dropped.keys()
    words = {"archive": "done", "failed": "failed", "inbox": "planned"}
    rows = night.rows("SELECT inbox, path, state FROM jobs")
    states = {f"{Path(inbox).parent.name}/inbox/{path}": state for inbox, path, state in rows}
    assert len(rows) == len(states) == 60
    for sha, places in found.items():
        (place,) = places
        share, root, inside = place.split("/", 2)
        assert f"{share}/inbox/{inside}" == dropped[sha]
        assert states[dropped[sha]] == words[root]
    results = night.files(*(f"{name}/outbox" for name in SHARES))
    made = [path for path in results if path.endswith(".tif")]
    assert len(made) == night.ends()["done"]
    assert {f"{path}.json" for path in made} <= set(results)
    assert f"north/outbox/{SHEET}-urgent/good.tif" in made
    assert night.path(f"north/archive/_rejected/{SHEET}-urgent/bad.tif").exists()
    assert night.files("north/review", "south/review") == []


def told_as_often_as_it_was(night: Night) -> None:
    assert Counter((one["event"], one["count"], one["over"]) for one in night.told()) == {
        ("problem", 3, False): 1,
        ("review", 2, False): 1,
        ("locked", 1, False): 1,
        ("locked", 1, True): 1,
        ("unreachable", 1, False): 1,
        ("unreachable", 1, True): 1,
        ("cap_near", 1, False): 1,
        ("cap_reached", 1, False): 1,
        ("night", 1, False): 1,
    }
    (last,) = (one["text"] for one in night.told() if one["event"] == "night")
    for name in SHARES:
        assert str(night.path(f"{name}/outbox/_REPORT-{MORNING}.html")) in last


def measured_as_it_was(night: Night) -> None:
    seen, ends = samples(night), night.ends()
    assert seen["upscaled_ready", ()] == 0
    for word in ("done", "review", "failed"):
        assert seen["upscaled_jobs", (word,)] == ends[word]
    assert seen["upscaled_jobs", ("held",)] == seen["upscaled_held_jobs", ("budget",)]
    assert seen["upscaled_held_jobs", ("budget",)] == night.holds()["budget"]
    assert seen["upscaled_spend_usd_total", ()] == pytest.approx(night.spent() / 1e6)
    day = night.spent(since=OPENS) / 1e6
    assert seen["upscaled_period_spend_usd", ("day",)] == pytest.approx(day) == pytest.approx(CAP)
    assert seen["upscaled_reserved_usd", ()] == 0


def reported_as_it_was(night: Night, name: str) -> None:
    page = night.path(f"{name}/outbox/_REPORT-{MORNING}.html").read_text("utf-8")
    twin = night.path(f"{name}/outbox/_REPORT-{MORNING}.txt").read_text("utf-8")
    ends, held, spent = night.ends(name), night.held(name), night.spent(name)
    came = night.rows("SELECT count(*) FROM jobs WHERE inbox LIKE ?", f"%{name}/inbox")[0][0]
    figures = {
        "came in": str(came),
        "done": str(ends["done"]),
        "to look at": "0",
        "failed": str(ends["failed"]),
        "unfinished now": str(held),
        "spent": usd(spent),
    }
    shown = re.findall(r"<b>([^<]*)</b><span>([^<]*)</span>", page)
    assert {says: figure for figure, says in shown} == figures
    for says_, figure in figures.items():
        assert re.search(rf"^ +{re.escape(figure)}  {says_}$", twin, re.MULTILINE), (figure, says_)
    day = usd(night.spent(since=OPENS))
    for text in (page, twin):
        assert f"{ends['done']} pictures were finished for {usd(spent)}." in text
    assert f"{day}  today, of a cap of {usd(round(CAP * 1e6))}" in twin
    assert f"<span>{day} of {usd(round(CAP * 1e6))}</span>" in page
    lines_are_the_ledgers(night, name, twin)
    for (path,) in night.rows(
        "SELECT path FROM jobs WHERE hold = 'budget' AND inbox LIKE ?", f"%{name}/inbox"
    ):
        assert twin.count(path) == page.count(path) == 1
    for path in night.rows("SELECT path FROM jobs WHERE inbox NOT LIKE ?", f"%{name}/inbox"):
        assert path[0] not in page + twin


def lines_are_the_ledgers(night: Night, name: str, twin: str) -> None:
    """Each picture stands once under its word, with its price; the hours sum up to the ledger's."""
    parts = dict(
        zip(*[iter(re.split(r"\n\n([A-Z ]+)(?: \(\d+\))?\n\n", twin)[1:])] * 2, strict=True)
    )
    rows = night.rows(
        "SELECT state, path, cost FROM jobs WHERE inbox LIKE ? AND ended", f"%{name}/inbox"
    )
    done = re.findall(r"^    (\S+): [^$]*\$?", parts["DONE"], re.MULTILINE)
    assert sorted(done) == sorted(path for state, path, _ in rows if state == "done")
    paid = [
        round(float(one) * 1e6) for one in re.findall(r"\$([\d.]+)\s+\(billed\)", parts["DONE"])
    ]
    assert sum(paid) == sum(cost for state, _, cost in rows if state == "done")
    failed = re.findall(r"^(\S+)  \[\w+\]$", parts.get("FAILED", ""), re.MULTILINE)
    assert sorted(failed) == sorted(path for state, path, _ in rows if state == "failed")
    bars = re.findall(
        r"^  (\w+ \S+ \w+)  (\d+) done, (\d+) to look at, (\d+) failed, \$([\d.]+)$",
        parts["THROUGH THE NIGHT"],
        re.MULTILINE,
    )
    assert {
        at: (int(some), int(look), int(bad), round(float(money) * 1e6))
        for at, some, look, bad, money in bars
    } == night.hours(name)
