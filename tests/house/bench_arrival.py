"""
`make bench-arrival`: how soon a file is noticed and what the noticing costs, in ratios and bounds.

Each figure of the daemon stands beside a bare watchdog observer and a bare loop of `os.scandir` on
the same files in the same run. Ends with 1 where a bound is missed.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Thread

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent / "daemon")]

import psutil  # noqa: E402 - the path must be set first

from place import Place, photo  # noqa: E402 - as above

MIB = 1024 * 1024
SETTLE = 1.0
IDLE_SECONDS = 120.0
"""Longer than the pause between two whole looks, so that their share is in the figure."""
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - many small files


def main() -> int:
    """Run every part and print its lines."""
    parts: dict[str, Callable[[], bool]] = {
        "latency": latency,
        "burst": burst,
        "start": start,
        "idle": idle,
    }
    wanted = sys.argv[1:] or list(parts)
    return 1 if [name for name in wanted if not parts[name]()] else 0


def say(what: str, value: float, unit: str, bound: float | None = None) -> bool:
    """Print one line; without a bound it is there to be compared with."""
    good = bound is None or value <= bound
    mark = "" if bound is None else f"<= {bound:g}  {'ok' if good else 'MISSED'}"
    sys.stdout.write(f"{what:<58} {value:9.2f} {unit:<12} {mark}\n")
    sys.stdout.flush()
    return good


@contextmanager
def placed(**watch: object) -> Iterator[Place]:
    """Yield a place in memory whose daemon is ended afterwards."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        place = Place(Path(folder), watch={"settle_seconds": SETTLE, **watch})
        try:
            yield place
        finally:
            place.end()


class Bare:
    """A process that only watches, and says when it saw a name: `watchdog` or `scandir`."""

    def __init__(self, kind: str, folder: Path) -> None:
        command = [
            sys.executable,
            str(Path(__file__).with_name("bare_watch.py")),
            kind,
            str(folder),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"
        self._seen: list[tuple[str, float]] = []
        Thread(target=self._read, daemon=True).start()  # a full pipe would stop it

    def _read(self) -> None:
        for line in self.process.stdout or ():
            name, _, at = line.rpartition(" ")
            self._seen.append((name, float(at)))

    def end(self, number: int, seconds: float = 60.0) -> list[tuple[str, float]]:
        """Wait for so many names at most so long; return each with the second it was seen."""
        deadline = time.time() + seconds
        while len(self._seen) < number and time.time() < deadline:
            time.sleep(0.01)
        return list(self._seen)

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait(10)


def arrivals(place: Place, number: int, pause: float) -> dict[str, float]:
    """Rename so many pictures into the inbox, one by one; return when each was."""
    apart = place.path("apart")
    apart.mkdir(exist_ok=True)
    told = {}
    for index in range(number):
        name = f"{index:03}.jpg"
        made = photo(apart / name, (320, 240), seed=index)
        told[name] = time.time()
        made.rename(place.path(f"inbox/hd/{name}"))
        time.sleep(pause)
    return told


def taken(place: Place) -> dict[str, float]:
    """Return when each file was taken in, by the ledger's own history."""
    found = {}
    for job in place.ask("jobs"):
        for event in place.ask("show", job["id"])["history"]:
            if event["state"] == "taken":
                at = event["at"].replace("Z", "+00:00")
                found[Path(job["path"]).name] = _epoch(at)
    return found


def _epoch(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()


def latency() -> bool:
    """From rename to the start of the job, beyond the settle time, beside bare watchers."""
    with placed() as place:
        place.path("inbox/hd").mkdir(parents=True)
        bare = {kind: Bare(kind, place.path("inbox")) for kind in ("watchdog", "scandir")}
        place.start()
        place.wait_for(lambda: place.path("inbox/.upscaled-root").exists(), "the first look")
        time.sleep(3.0)
        begun = arrivals(place, 30, 0.4)
        place.wait_for(lambda: len(list(place.path("archive").rglob("*.jpg"))) == 30, "all", 120)
        late = [1000 * (at - begun[name] - SETTLE) for name, at in taken(place).items()]
        good = say(
            "latency: rename to job beyond settling, median", statistics.median(late), "ms", 250
        )
        say("latency: the same, 29th of 30", sorted(late)[-2], "ms")
        say("latency: the same, worst of 30", max(late), "ms")
        for kind, one in bare.items():
            seen = [1000 * (at - begun[name]) for name, at in one.end(30, 5) if name in begun]
            say(
                f"latency: rename to being seen, bare {kind}, median", statistics.median(seen), "ms"
            )
            one.stop()
        return good


def burst() -> bool:
    """20,000 files in 50 folders, written at once: all are rows, and how long that took."""
    with placed() as place:
        place.path("inbox").mkdir()
        bare = {kind: Bare(kind, place.path("inbox")) for kind in ("watchdog", "scandir")}
        place.start()
        place.wait_for(lambda: place.path("inbox/.upscaled-root").exists(), "the first look")
        begun = time.time()
        for folder in range(50):
            fill(place.path(f"inbox/hd/{folder:02}"), 400)
        wrote = time.time() - begun
        place.wait_for(lambda: known(place) >= 20_000, "20,000 rows", 120)
        took = time.time() - begun
        say("burst: writing 20,000 files took", wrote, "s")
        good = say("burst: all are in the ledger after", took, "s", max(20.0, 10 * wrote))
        for kind, one in bare.items():
            seen = one.end(20_000, 30)
            say(f"burst: bare {kind} saw", len(seen), "files")
            last = max((at for _, at in seen), default=begun) - begun
            say(f"burst: bare {kind} saw the last of them after", last, "s")
            one.stop()
        return good


def start() -> bool:
    """100,000 files that wait at start: the first job, and the memory of all."""
    with placed(settle_seconds=3.0) as place:
        for folder in range(100):
            fill(place.path(f"inbox/hd/{folder:03}"), 1000)
        begun = time.time()
        loop = [sum(len(files) for _, _, files in os.walk(place.path("inbox"))), time.time()]
        say("start: a bare walk over 100,000 files takes", loop[1] - begun, "s")
        begun = time.time()
        place.start()
        failed = place.path("failed")
        first = place.wait_for(lambda: any(failed.rglob("*.jpg")) and time.time(), "the first", 60)
        good = say(
            "start: the first job has ended after (3 s of it settling)", first - begun, "s", 15
        )
        peak = 0.0
        while known(place) < 100_000 and time.time() < begun + 180:
            peak = max(peak, memory(place))
            time.sleep(0.2)
        say("start: all are in the ledger after", time.time() - begun, "s")
        until = time.time() + 20
        while time.time() < until:
            peak = max(peak, memory(place))
            time.sleep(0.2)
        return say("start: peak memory of the daemon", peak, "MiB", 150) and good


def idle() -> bool:
    """50,000 files that stay where they are, for three reasons: CPU and memory of doing nothing."""
    good = idle_with("untouched", "native", "inbox/not-a-target/{:03}", 500)
    good &= idle_with("untouched", "polling", "inbox/not-a-target/{:03}", 500)
    return idle_with("held", "native", "inbox/hd/{:03}", 500, empty=True) and good


def idle_with(why: str, observer: str, folder: str, folders: int, *, empty: bool = False) -> bool:
    """`untouched`: their folder names no target; `held`: placeholders that nobody fills."""
    good, what = True, f"idle, {observer}, 50,000 files {why}"
    with placed(observer=observer, settle_seconds=10.0) as place:
        for number in range(folders):
            for root in ("", "bare/"):  # who lists a folder is heard by whoever watches it
                to = place.path(root + folder.format(number))
                fill(to, 50_000 // folders, b"" if empty else b"no")
        bare = {kind: Bare(kind, place.path("bare/inbox")) for kind in ("watchdog", "scandir")}
        place.start()
        place.wait_for(place.path("inbox/.upscaled-root").exists, "the first look")
        place.wait_for(lambda: not empty or known(place) >= 50_000, "all rows", 180)
        notes = len(list(place.path("inbox/not-a-target").glob("*"))) if not empty else 0
        place.wait_for(lambda: _notes(place) >= notes, "a note in each folder", 120)
        time.sleep(30.0)
        processes = {"the daemon": psutil.Process(place.pid)}
        processes |= {f"bare {kind}": psutil.Process(one.process.pid) for kind, one in bare.items()}
        before = {name: sum(each.cpu_times()[:2]) for name, each in processes.items()}
        time.sleep(IDLE_SECONDS)
        spent = {name: sum(each.cpu_times()[:2]) for name, each in processes.items()}
        for name, process in processes.items():
            bound = 0.5 if name == "the daemon" else None
            share = 100 * (spent[name] - before[name]) / IDLE_SECONDS
            good &= say(f"{what}: {name}", share, "% of a core", bound)
            say(f"{what}: memory of {name}", process.memory_info().rss / MIB, "MiB")
        for one in bare.values():
            one.stop()
    return good


def _notes(place: Place) -> int:
    return len(list(place.path("inbox/not-a-target").glob("*/_READ-ME.txt")))


def fill(folder: Path, number: int, content: bytes = b"no picture") -> None:
    """Write so many small files that are no pictures."""
    folder.mkdir(parents=True)
    for index in range(number):
        (folder / f"{index:04}.jpg").write_bytes(content)


def known(place: Place) -> int:
    """Return how many files the ledger has a row for."""
    done = place.run("status", "--json")
    return sum(json.loads(done.stdout)["jobs"].values()) if done.returncode == 0 else 0


def memory(place: Place) -> float:
    """Return the daemon's resident memory in MiB, its workers' not counted."""
    return float(psutil.Process(place.pid).memory_info().rss) / MIB


if __name__ == "__main__":
    sys.exit(main())
