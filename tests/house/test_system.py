"""What needs parts of the system: small file systems of the test's own, and an ordinary user."""

import shutil
import subprocess
from pathlib import Path

import pytest

from place import Place, photo, sha256

pytestmark = pytest.mark.system

AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
MOUNT = "mount -t tmpfs -o size={size} none {folder}"


def in_namespace(place: Place, script: str, seconds: float = 90.0) -> str:
    """Run a shell script where the test may mount; `$RUN` is the daemon until idle."""
    run = " ".join(place.command("run", "--until-idle"))
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-eu", "-c", script],
        env=place.environment | {"RUN": run},
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
        f"{MOUNT.format(size='4m', folder='outbox')}\n"
        "$RUN || true\n"  # claims the outbox; nothing is dropped for it yet
        "mv outbox/hd/a.png a-first-result.png; mv outbox/hd/a.png.json archive/hd/a.png .\n"
        "mv a.png inbox/hd/b.png\n"
        "head -c 4000000 /dev/zero > outbox/.filler || true\n"
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


def test_where_the_ledger_cannot_be_written_nothing_is_begun(place: Place) -> None:
    place.path("state").mkdir()
    place.path("inbox/hd").mkdir(parents=True)
    photo(place.path("a.png"), (960, 720))

    said = in_namespace(
        place,
        f"{MOUNT.format(size='6m', folder='state')}\n"
        "$RUN\n"
        "head -c 8000000 /dev/zero > state/filler 2>/dev/null || true\n"
        "cp a.png inbox/hd/\n"
        "set +e; $RUN; echo full $?\n"
        "ls outbox inbox/hd\n"
        "rm state/filler; $RUN; echo room $?; ls outbox/hd\n",
    )

    assert said.split() == [
        "full", "3", "inbox/hd:", "a.png", "outbox:", "room", "0", "a.png", "a.png.json",
    ]  # fmt: skip


def test_a_picture_that_we_may_not_read_waits_with_its_reason(tmp_path: Path) -> None:
    place = Place(tmp_path)
    unreadable = photo(place.path("inbox/hd/secret.png"), (960, 720))
    photo(place.path("inbox/hd/open.png"), (960, 720))
    unreadable.chmod(0)
    shutil.chown(tmp_path, 65534, 65534)
    for path in tmp_path.rglob("*"):
        if path != unreadable:
            shutil.chown(path, 65534, 65534)
    for parent in tmp_path.parents[:3]:
        parent.chmod(0o755)

    done = subprocess.run(
        [*AS_NOBODY, *place.command("run", "--until-idle")],
        env=place.environment | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 3, done.stderr[-3000:]
    assert place.path("outbox/hd/open.png").exists()
    assert "Permission denied" in (place.jobs()["hd/secret.png"]["reason"] or "")
