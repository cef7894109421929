"""Clients of a real Samba server: how files really come from other people's machines."""

import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from place import Place, photo
from smbd import Client, Smbd, SmbError

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.geteuid() != 0, reason="smbd changes users, which only root may"),
]

SETTLE = 0.5
HD = "inbox\\hd\\"


@pytest.fixture(params=["native", "polling"])
def studio(place: Place, request: pytest.FixtureRequest) -> Iterator[tuple[Place, Smbd]]:
    """Serve a place by Samba, its daemon at work on it."""
    place.configure(watch={"settle_seconds": SETTLE, "observer": request.param})
    place.path("inbox/hd").mkdir(parents=True)
    server = Smbd(place.path("samba"), place.root)
    place.start()
    place.wait_for(place.path("review/.upscaled-root").exists, "the roots")
    yield place, server
    place.end()
    server.stop()


def picture(place: Place, seed: int) -> bytes:
    return photo(place.path(f"drawn/{seed}.jpg"), (640, 480), seed=seed, quality=95).read_bytes()


def in_pieces(client: Client, name: str, data: bytes, pause: float, *, whole: bool = True) -> None:
    """Write slowly, and leave out the second half where it is not to be whole."""
    handle = client.create(name, 0)
    size = len(data) // 8 + 1
    for number, first in enumerate(range(0, len(data), size)):
        if whole or number < 4:
            client.write(handle, data[first : first + size], first)
            time.sleep(pause)
    client.close(handle)


def preallocated(client: Client, name: str, data: bytes, pause: float) -> None:
    """Give the file its whole size first, all zeros, then fill it: what is there looks complete."""
    handle = client.create(name, 7)
    client.write(handle, b"\0", len(data) - 1)
    time.sleep(pause)
    half = len(data) // 2
    client.write(handle, data[:half], 0)
    time.sleep(pause)
    client.write(handle, data[half:], half)
    client.close(handle)


def ended(place: Place, number: int) -> bool:
    jobs = place.ask("jobs")
    return len([job for job in jobs if job["state"] == "done"]) == number


def taken(place: Place) -> set[str]:
    """Return the hash of everything that was delivered or failed."""
    told = [json.loads(one.read_text()) for one in place.root.rglob("*.json") if _beside(one)]
    return {one["source"]["sha256"] for one in told}


def _beside(path: Path) -> bool:
    return path.parts[-3] in {"outbox", "review", "failed"} and not path.name.startswith(".")


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_only_whole_files_are_taken_however_they_are_written(studio: tuple[Place, Smbd]) -> None:
    place, server = studio
    one, other = server.client(), server.client()
    data = [picture(place, seed) for seed in range(6)]

    slowly = threading.Thread(target=in_pieces, args=(one, f"{HD}slow.jpg", data[0], 0.25))
    slowly.start()
    preallocated(other, f"{HD}preallocated.jpg", data[1], 2.5 * SETTLE)
    slowly.join()
    in_pieces(one, f"{HD}renamed.jpg.part", data[2], 0.1)
    one.rename(f"{HD}renamed.jpg.part", f"{HD}renamed.jpg")
    in_pieces(one, f"{HD}given-up.jpg", data[3], 0.2, whole=False)
    one.unlink(f"{HD}given-up.jpg")
    one.save(f"{HD}replaced.jpg", data[4])
    time.sleep(SETTLE / 3)
    one.save(f"{HD}replaced.jpg", data[5])

    place.wait_for(lambda: ended(place, 4), "four pictures", 60)
    whole = {sha(data[number]) for number in (0, 1, 2, 5)}
    assert taken(place) == whole
    assert {sha(path.read_bytes()) for path in place.path("archive/hd").iterdir()} == whole
    left = place.files("failed", "review", "inbox")
    assert [name for name in left if not name.endswith("_STATUS.txt")] == []


def test_a_file_that_its_owner_still_holds_open_is_archived_whole(
    studio: tuple[Place, Smbd],
) -> None:
    place, server = studio
    client, data = server.client(), picture(place, 1)
    handle = client.create(f"{HD}held.jpg", 0)
    client.write(handle, data, 0)

    place.wait_for(place.path("outbox/hd/held.png.json").exists, "the result", 30)
    client.close(handle)

    place.wait_for(lambda: ended(place, 1), "the end")
    assert place.path("archive/hd/held.jpg").read_bytes() == data


ODD = (
    "nfd-e\u0301te\u0301.jpg",
    "\u65e5\u672c\u8a9e.jpg",
    "\U0001f600.jpg",
    "CON.jpg",
    "trailing .jpg",
    "two  spaces & 100%.jpg",
    "-rf.jpg",
    "x" * 240 + ".jpg",
    "UPPER.JPG",
)


def test_odd_names_come_out_as_they_went_in(studio: tuple[Place, Smbd]) -> None:
    place, server = studio
    client = server.client()
    contents = {name: picture(place, seed) for seed, name in enumerate(ODD)}
    for name, data in contents.items():
        client.save(f"{HD}{name}", data)
    for refused in ("a:stream.jpg", "what?.jpg"):
        with pytest.raises(SmbError):
            client.save(f"{HD}{refused}", b"x")

    place.wait_for(lambda: ended(place, len(ODD)), "all", 60)

    kept = {path.read_bytes() for path in place.path("archive/hd").iterdir()}
    assert kept == set(contents.values())
    results = {path.name: path.read_bytes() for path in place.path("outbox/hd").glob("*.png")}
    assert len(results) == len(ODD)
    seen = {name for name in client.list("outbox\\hd") if name in results}
    assert {name for name in results if name not in seen} <= {"CON.png"}, "mangled by the server"
    assert all(client.load(f"outbox\\hd\\{name}") == results[name] for name in seen)


def test_results_are_whole_the_moment_they_are_seen_and_may_be_taken_at_once(
    studio: tuple[Place, Smbd],
) -> None:
    """A hot folder behind the outbox takes each file within milliseconds."""
    place, server = studio
    client, number = server.client(), 5
    for seed in range(number):
        client.save(f"{HD}{seed}.jpg", picture(place, seed))
    results: dict[str, bytes] = {}
    until = time.monotonic() + 60
    while len(results) < 2 * number and time.monotonic() < until:
        with suppress(SmbError):  # the folder itself is made with the first result
            for name in client.list("outbox\\hd"):
                if not name.startswith("."):
                    results[name] = client.load(f"outbox\\hd\\{name}")
                    client.unlink(f"outbox\\hd\\{name}")

    place.wait_for(lambda: ended(place, number), "all")
    for name, data in results.items():
        if not name.endswith(".json"):
            told = json.loads(results[f"{name}.json"])
            assert told["result"]["sha256"] == sha(data)
    assert len(results) == 2 * number
    time.sleep(2 * SETTLE)
    assert place.files("outbox") == [], "nothing is delivered twice"
