"""What needs parts of the system: small file systems of the test's own, and an ordinary user."""

import json
import os
import subprocess
from contextlib import ExitStack, suppress

import psutil
import pytest

from place import Place, photo, sha256
from standin import Standin

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

AS_ANYBODY = (
    ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner", "--inh-caps=-all")
    if os.geteuid() == 0
    else ()
)
"""Even as root, without the right to read what may not be read."""
MOUNT = "mount -t tmpfs -o size={size} none {folder}"


def in_namespace(place: Place, script: str, seconds: float = 90.0) -> str:
    """Run a shell script where the test may mount; `$DAEMON` runs for ever, `$RUN` until idle."""
    daemon = " ".join(place.command("run"))
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-eu", "-c", script],
        env=place.environment | {"DAEMON": daemon, "RUN": f"{daemon} --until-idle"},
        cwd=place.root,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, (done.stdout, done.stderr[-3000:])
    return done.stdout


def test_a_full_outbox_holds_the_result_until_there_is_room(place: Place) -> None:
    place.path("outbox").mkdir()
    source = photo(place.path("inbox/hd/a.png"), (960, 720))
    before = sha256(source)

    said = in_namespace(
        place,
        f"{MOUNT.format(size='16m', folder='outbox')}\n"
        "$RUN || true\n"  # claims the outbox; nothing is dropped for it yet
        "mv outbox/hd/a.png a-first-result.png; mv outbox/hd/a.png.json archive/hd/a.png .\n"
        "mv a.png inbox/hd/b.png\n"
        "head -c 16000000 /dev/zero > outbox/.filler || true\n"
        "$RUN; echo full $?\n"
        "ls inbox/hd; ls -A outbox/hd\n"
        "rm outbox/.filler\n"
        "$RUN; echo room $?\n"
        "ls outbox/hd archive/hd\n".replace("$RUN; echo", "set +e; $RUN; echo"),
    )

    assert said.split() == [
        "full", "3", "b.png",
        "room", "0", "archive/hd:", "b.png", "outbox/hd:", "b.png", "b.png.json",
    ]  # fmt: skip
    assert sha256(place.path("archive/hd/b.png")) == before


def test_a_small_outbox_is_told_before_the_work_and_it_goes_on_by_itself(place: Place) -> None:
    place.path("outbox").mkdir()
    photo(place.path("inbox/hd/a.png"), (960, 720))
    jobs = " ".join(place.command("jobs", "--json"))

    said = in_namespace(
        place,
        f"{MOUNT.format(size='16m', folder='outbox')}\n"
        "head -c 12000000 /dev/zero > outbox/.filler\n"
        "$DAEMON & daemon=$!\n"
        f"for _ in $(seq 100); do {jobs} | grep -q '\"disk\"' && break; sleep 0.3; done\n"
        f"{jobs}\n"
        "ls state/work/*/result* 2>/dev/null && echo worked; rm outbox/.filler\n"
        "for _ in $(seq 100); do [ -e archive/hd/a.png ] && break; sleep 0.3; done\n"
        "ls outbox/hd; kill $daemon; wait $daemon\n",
    )

    told, _, rest = said.rpartition("]")
    (job,) = json.loads(f"{told}]")
    assert job["hold"] == "disk"
    assert "Needs 6221 kB in " in job["reason"]
    assert "/outbox, " in job["reason"]
    assert "it goes on by itself" in job["reason"]
    assert rest.split() == ["a.png", "a.png.json"]


def test_where_the_ledger_cannot_be_written_nothing_is_begun(place: Place) -> None:
    place.path("state").mkdir()
    place.path("inbox/hd").mkdir(parents=True)
    photo(place.path("a.png"), (960, 720))

    said = in_namespace(
        place,
        f"{MOUNT.format(size='40m', folder='state')}\n"
        "$DAEMON & daemon=$!\n"
        "until [ -e outbox/.upscaled-root ]; do sleep 0.2; done; sleep 1\n"
        "head -c 60000000 /dev/zero > state/filler 2>/dev/null || true\n"
        "cp a.png inbox/hd/; sleep 5\n"
        "kill -0 $daemon && echo alive; ls outbox inbox/hd; rm state/filler\n"
        "for _ in $(seq 100); do [ -e archive/hd/a.png ] && break; sleep 0.3; done\n"
        "ls outbox/hd; kill $daemon; wait $daemon; echo ended $?\n",
    )

    assert said.split() == [
        "alive", "inbox/hd:", "a.png", "outbox:", "a.png", "a.png.json", "ended", "0",
    ]  # fmt: skip


def test_a_picture_that_we_may_not_read_waits_with_its_reason(place: Place) -> None:
    secret = photo(place.path("inbox/hd/secret.png"), (960, 720))
    photo(place.path("inbox/hd/open.png"), (960, 720))
    photo(place.path("inbox/4k/shut.png"), (960, 720))
    secret.chmod(0)
    place.path("inbox/4k").chmod(0)
    photo(place.path("inbox/hd/listed/only.png"), (960, 720))
    place.path("inbox/hd/listed").chmod(0o444)

    done = subprocess.run(
        [*AS_ANYBODY, *place.command("run", "--until-idle")],
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    place.path("inbox/4k").chmod(0o755)
    place.path("inbox/hd/listed").chmod(0o755)
    assert done.returncode == 3, done.stderr[-3000:]
    assert place.path("outbox/hd/open.png").exists()
    assert "Permission denied" in (place.jobs()["hd/secret.png"]["reason"] or "")
    assert sorted(place.files("inbox")) == [
        "inbox/4k/shut.png",
        "inbox/hd/listed/only.png",
        "inbox/hd/secret.png",
    ]


HUGE = "print-203x101cm-400ppi-core"
"""31,812 x 15,906 pixels: half of each side by the engine, the rest resampled in the finish."""


def peak_until_archived(place: Place, path: str, seconds: float) -> int:
    """Run the daemon until a picture is in the archive; return the peak of it and its children."""
    peak, daemon = 0, psutil.Process(place.start().pid)

    def measured() -> bool:
        nonlocal peak
        with suppress(psutil.NoSuchProcess):
            family = [daemon, *daemon.children(recursive=True)]
            peak = max(peak, sum(one.memory_info().rss for one in family))
        return place.path(f"archive/{path}").exists()

    place.wait_for(measured, "the archive", seconds)
    return peak


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("engine", ["local", "fal"])
def test_506_megapixels_are_finished_and_compared_under_700_megabytes(
    place: Place, engine: str
) -> None:
    with ExitStack() as stack:
        if engine == "fal":
            server = stack.enter_context(Standin(place.path("standin")))
            names = ("queue_url", "rest_url", "cdn_url", "api_url")
            place.use_fal({name: getattr(server, name) for name in names})
        photo(place.path(f"inbox/{HUGE}/big.jpg"), (8000, 4000), quality=95)
        peak = peak_until_archived(place, f"{HUGE}/big.jpg", 1100)

    assert peak < 700_000_000, f"{peak / 1e6:.0f} MB"
    told = json.loads(place.path(f"outbox/{HUGE}/big.tif.json").read_text())
    assert (told["result"]["width"], told["result"]["height"]) == (31812, 15906)
    assert told["passes"][0]["engine"] == engine
    assert told["fidelity"]["verdict"] == "pass"
    assert told["print"]["native_ppi"] == 100.6
