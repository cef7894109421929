"""
`make bench-fal`: what the door to fal costs, against the stand-in, in ratios.

Throughput of 200 jobs against in-flight / latency; CPU a job against a loop of the official client
doing the same work; CPU of looking at 200 old requests; growth of memory with 500 MB up and down.
Ends with 1 where a ratio misses its mark.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
sys.path[:] = [
    str(TESTS),
    str(TESTS.parent / "daemon"),
    *(one for one in sys.path if Path(one or ".").resolve() != TESTS / "standin"),
]

import structlog  # noqa: E402 - the path must be set first
from PIL import Image  # noqa: E402 - as above

JOBS = 200
IN_FLIGHT = 20
LATENCY = 15.0
"""Seconds of a model's work; the real ones take from ten to some hundred."""
QUICK = 1.0
"""The same where only CPU is counted."""
OLD_SECONDS = 900.0
LARGE = 500_000_000
MIB = 1024 * 1024
UNIFIED = "fal-ai/topaz/upscale/image"


def main() -> int:
    """Run every part, each in processes of its own, and print the ratios."""
    parts: dict[str, Callable[[], bool]] = {
        "throughput": throughput,
        "cpu": cpu,
        "looks": looks,
        "memory": memory,
    }
    wanted = sys.argv[1:] or list(parts)
    missed = [name for name in wanted if not parts[name]()]
    return 1 if missed else 0


def say(what: str, value: float, unit: str, mark: str, *, good: bool) -> bool:
    """Print one line."""
    sys.stdout.write(
        f"{what:<46} {value:8.3f} {unit:<22} {mark:<10} {'ok' if good else 'MISSED'}\n"
    )
    sys.stdout.flush()
    return good


def child(part: str, *words: str) -> dict[str, Any]:
    """Run a part of this file in a process of its own; return what it printed."""
    command = [sys.executable, str(Path(__file__)), f"--{part}", *words]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=900)
    return dict(json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def served(**options: float) -> Iterator[tuple[str, str]]:
    """
    Yield a stand-in's addresses as JSON, and a folder.

    It runs in a process of its own, so that its work is not counted as ours.
    """
    words = [f"--{name}={value:g}" for name, value in options.items()]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "standin", "--port", "0", "--state", f"{folder}/fal"]
        with subprocess.Popen(
            [*command, *words], stdout=subprocess.PIPE, text=True, cwd=TESTS
        ) as process:
            try:
                assert process.stdout is not None
                yield process.stdout.readline(), folder
            finally:
                process.terminate()


def throughput() -> bool:
    """Compare the time of 200 jobs with what in-flight and latency allow at best."""
    with served(latency=LATENCY, concurrency=IN_FLIGHT) as (about, folder):
        told = child("daemon", about, folder)
    ideal = IN_FLIGHT / LATENCY
    share = told["jobs"] / told["seconds"] / ideal
    said = f"of {ideal:g} jobs a second"
    return say(
        f"throughput, {JOBS} jobs, {IN_FLIGHT} in flight",
        share,
        said,
        ">= 0.95",
        good=share >= 0.95,
    )


def cpu() -> bool:
    """Compare the CPU of a job here with that of the official client's loop."""
    spent = {}
    for kind in ("ours", "official"):
        with served(latency=QUICK, concurrency=IN_FLIGHT) as (about, folder):
            spent[kind] = child(kind, about, folder)["cpu"] / JOBS * 1000
    ratio = spent["ours"] / spent["official"]
    said = f"({spent['ours']:.1f} against {spent['official']:.1f} ms)"
    return say("CPU a job, door / official client's loop", ratio, said, "<= 1", good=ratio <= 1)


def looks() -> bool:
    """Measure what looking at 200 old requests costs."""
    with served(latency=100_000, concurrency=1) as (about, folder):
        told = child("looks", about, folder)
    share = told["cpu"] / told["seconds"] * 100
    said = f"% of a core, {told['looks'] / told['seconds']:.1f} looks/s"
    return say("200 requests older than ten minutes", share, said, "< 1", good=share < 1)


def memory() -> bool:
    """Measure how much memory 500 MB up and down take."""
    grown = {}
    for single in (100, 600):
        with served() as (about, folder):
            grown[single] = child("memory", about, folder, str(single * MIB))["grown"] / MIB
    most = max(grown.values())
    said = f"MiB (parts {grown[100]:.1f}, whole {grown[600]:.1f})"
    return say("memory, 500 MB up and down", most, said, "< 16", good=most < 16)


# ---- what runs in processes of its own


def _addresses(about: str) -> dict[str, Any]:
    told = json.loads(about)
    return {name: told[name] for name in ("queue_url", "rest_url", "cdn_url", "api_url")}


def _picture(folder: Path) -> Path:
    path = folder / "picture.png"
    Image.linear_gradient("L").resize((64, 48)).convert("RGB").save(path, "PNG")
    return path


def _door(about: str, **more: Any) -> Any:
    from upscaled.edge.fal import Fal as Door  # noqa: PLC0415 - measured only where it is used
    from upscaled.edge.fal import FalOptions  # noqa: PLC0415 - as above

    return Door("play", FalOptions(**_addresses(about), max_in_flight=IN_FLIGHT, **more))


def run_ours(about: str, folder: str) -> dict[str, float]:
    """Upload, submit, wait, download, by as many threads as may be in flight."""
    from edge.fal_bench import ONE, artifact_of  # noqa: PLC0415 - as above
    from upscaled.core.backoff import poll_delay  # noqa: PLC0415 - as above

    door, picture = _door(about), artifact_of(_picture(Path(folder)))

    def job(number: int) -> None:
        ticket = door.submit(ONE, door.upload(picture, lambda _share: None))
        begun = time.monotonic()
        while (standing := door.poll(ONE, ticket)).state != "ready":
            time.sleep(poll_delay(time.monotonic() - begun, 0.1, 0.5))
        door.fetch(ONE, standing, Path(folder) / f"{number}.png", lambda _share: None)

    return _measured(job)


def run_official(about: str, folder: str) -> dict[str, float]:
    """Do the same work as people do it: the official client's own calls, and httpx to download."""
    import fal_client  # noqa: PLC0415 - as above
    import httpx  # noqa: PLC0415 - as above
    from fal_client import client as official  # noqa: PLC0415 - as above

    told = _addresses(about)
    vars(official).update(
        QUEUE_URL_FORMAT=told["queue_url"] + "/", REST_URL=told["rest_url"], CDN_URL=told["cdn_url"]
    )
    client, picture = fal_client.SyncClient(key="play"), _picture(Path(folder))
    asked = {"model": "Standard V2", "upscale_factor": 2.0, "output_format": "png"}
    media = httpx.Client()

    def job(number: int) -> None:
        handle = client.submit(UNIFIED, {**asked, "image_url": client.upload_file(picture)})
        url = handle.get()["image"]["url"]
        (Path(folder) / f"{number}.png").write_bytes(media.get(url).content)

    return _measured(job)


def _measured(job: Callable[[int], None]) -> dict[str, float]:
    job(JOBS)
    before, begun = time.process_time(), time.monotonic()
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        list(pool.map(job, range(JOBS)))
    return {"cpu": time.process_time() - before, "seconds": time.monotonic() - begun}


def _corridor(about: str, folder: str, **fal: Any) -> Any:
    """Return the real conductor and ledger in front of the door, with its own network lane."""
    from paying import Corridor, settings_of  # noqa: PLC0415 - as above
    from upscaled.core.life import Lane  # noqa: PLC0415 - as above
    from upscaled.edge.clock import SystemClock  # noqa: PLC0415 - as above
    from upscaled.flow import lanes  # noqa: PLC0415 - as above

    settings = settings_of(
        Path(folder),
        fal={"max_in_flight": IN_FLIGHT, **fal},
        budget={"daily_usd": 1000.0, "monthly_usd": 1000.0},
    )
    made = Corridor(Path(folder), _door(about), settings)
    made.clock = SystemClock()  # type: ignore[assignment]
    made.restart()
    made.conductor._lanes[Lane.NETWORK, 0] = lanes.Lane("network", IN_FLIGHT + 4)  # noqa: SLF001
    return made


def run_daemon(about: str, folder: str) -> dict[str, float]:
    """Bring 200 planned jobs through the real conductor; count from the first submit on."""
    from upscaled.nouns import State  # noqa: PLC0415 - as above

    made = _corridor(about, folder, poll_seconds=0.1)
    for _ in range(JOBS):
        made.drop()
    begun = time.monotonic()

    def left() -> int:
        return sum(job.state is not State.FETCHED for job in made.jobs())

    while left() and time.monotonic() - begun < 300:
        made.conductor.turn(0.5)
    return {"jobs": JOBS - left(), "seconds": time.monotonic() - begun}


def run_looks(about: str, folder: str) -> dict[str, float]:
    """Hold 200 requests in flight, make them old, and measure a minute and a half of looking."""
    from dataclasses import replace  # noqa: PLC0415 - as above
    from datetime import timedelta  # noqa: PLC0415 - as above

    from upscaled.nouns import State  # noqa: PLC0415 - as above

    made = _corridor(about, folder, max_in_flight=JOBS)
    for _ in range(JOBS):
        made.drop()
    until = time.monotonic() + 120
    while time.monotonic() < until and any(job.state is not State.SUBMITTED for job in made.jobs()):
        made.conductor.turn(0.2)
    while made.conductor.running:
        made.conductor.turn(0.05)  # a look under way would bring back what it began with
    for job in made.jobs():
        sent = job.facts.times[State.SUBMITTED.value] - timedelta(seconds=OLD_SECONDS)
        facts = replace(job.facts, times={**job.facts.times, State.SUBMITTED.value: sent})
        made.book.note(replace(job, facts=facts))
    looked, poll = [0], made.engine.poll

    def counting(*words: Any) -> Any:
        looked[0] += 1
        return poll(*words)

    made.engine.poll = counting
    _turned(made, 54)  # the slowest have been looked at once: the pace is a steady one
    looked[0], before, begun = 0, time.process_time(), time.monotonic()
    _turned(made, 90)
    spent = time.process_time() - before
    return {"cpu": spent, "seconds": time.monotonic() - begun, "looks": looked[0]}


def _turned(made: Any, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        made.conductor.turn(0.5)


def run_memory(about: str, folder: str, single: str) -> dict[str, float]:
    """Upload and download one large file; return how far the peak of memory grew, in bytes."""
    from upscaled.nouns import Artifact, Pass, Standing  # noqa: PLC0415 - as above

    def of(path: Path) -> Artifact:
        size = path.stat().st_size
        return Artifact(path=str(path), sha256="", bytes=size, width=1, height=1, format="PNG")

    def round_trip(path: Path) -> None:
        url = door.upload(of(path), lambda _share: None)
        size = path.stat().st_size
        back = Standing(state="ready", result_url=url, result_bytes=size)
        door.fetch(one, back, path.with_suffix(".back"), lambda _share: None)
        path.with_suffix(".back").unlink()

    door = _door(about, single_upload_bytes=int(single))
    one = Pass(endpoint=UNIFIED, model="m", factor=2, width=12_000, height=12_000)
    header = b"\x89PNG\r\n\x1a\n" + bytes([0, 0, 0, 13]) + b"IHDR" + bytes([0, 0, 31, 64] * 2)
    small, large = Path(folder) / "small.png", Path(folder) / "large.png"
    small.write_bytes(header + bytes(3 * MIB))
    with large.open("wb") as file:
        file.write(header)
        file.truncate(LARGE)
    round_trip(small)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew, at what is used now
    before = _kib("VmRSS")
    round_trip(large)
    return {"grown": (_kib("VmHWM") - before) * 1024}


def _kib(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def _hushed() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    threading.excepthook = lambda _args: None


if __name__ == "__main__":
    runs = {
        "--ours": run_ours,
        "--official": run_official,
        "--daemon": run_daemon,
        "--looks": run_looks,
        "--memory": run_memory,
    }
    if len(sys.argv) > 1 and sys.argv[1] in runs:
        _hushed()
        told = runs[sys.argv[1]](*sys.argv[2:])  # type: ignore[operator]
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        sys.exit(0)
    sys.exit(main())
