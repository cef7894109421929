"""Files on real file systems: two of them, where the machine has a second."""

import errno
import os
import resource
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from upscaled.edge import disk, roots
from upscaled.edge.disk import renaming
from upscaled.errors import Gone, NameTaken, NotReady, Outage
from upscaled.nouns import Access

OTHER = Path("/dev/shm")  # noqa: S108 - a second device, in a folder of our own


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Return a folder on another device; skip, and say so, where there is none."""
    if not OTHER.is_dir() or OTHER.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has no second file system at /dev/shm")
    folder = OTHER / f"upscaled-test-{os.getpid()}-{threading.get_ident()}"
    folder.mkdir()
    return folder


def write(path: Path, content: bytes = b"picture") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_private_copy_carries_the_hash_and_identity_of_what_was_read(tmp_path: Path) -> None:
    source = write(tmp_path / "in" / "a", b"x" * 3_000_000)

    taken = disk.take(source, tmp_path / "work" / "source")

    assert taken.sha256 == disk.digest(source) == disk.digest(tmp_path / "work" / "source")
    assert taken.identity == disk.identity(source)


def test_a_link_is_never_followed(tmp_path: Path) -> None:
    write(tmp_path / "secret")
    (tmp_path / "in").symlink_to(tmp_path / "secret")

    with pytest.raises((Gone, Outage)):
        disk.take(tmp_path / "in", tmp_path / "copy")
    with pytest.raises(Gone):
        disk.identity(tmp_path / "in")


def test_a_file_that_changes_while_it_is_read_is_not_ready(tmp_path: Path) -> None:
    source = write(tmp_path / "a", b"x" * 60_000_000)
    end = threading.Event()

    def grow() -> None:
        with source.open("ab") as file:
            while not end.is_set():
                file.write(b"more")
                file.flush()

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        with pytest.raises(NotReady, match="changed while it was read"):
            disk.take(source, tmp_path / "copy")
    finally:
        end.set()
        writer.join()
    assert not (tmp_path / "copy").exists()


def test_a_file_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(Gone):
        disk.take(tmp_path / "nothing", tmp_path / "copy")


def test_revealing_never_covers_another_file(tmp_path: Path) -> None:
    made = write(tmp_path / "made", b"new")
    old = write(tmp_path / "outbox" / "a.png", b"old")
    staged = disk.stage(made, disk.digest(made), tmp_path / "outbox", "j1.png")

    with pytest.raises(NameTaken):
        disk.reveal(staged, old)

    assert old.read_bytes() == b"old"
    assert staged.read_bytes() == b"new"


def test_revealing_twice_is_noticed(tmp_path: Path) -> None:
    made = write(tmp_path / "made", b"new")
    (tmp_path / "outbox").mkdir()
    staged = disk.stage(made, disk.digest(made), tmp_path / "outbox", "j1.png")
    disk.reveal(staged, tmp_path / "outbox" / "4k" / "a.png")

    with pytest.raises(Gone):
        disk.reveal(staged, tmp_path / "outbox" / "4k" / "a.png")


@pytest.mark.parametrize("missing", [errno.EINVAL, errno.ENOSYS])
def test_without_the_kernels_help_a_link_keeps_names_safe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(missing, "not here")

    monkeypatch.setattr(renaming, "_rename_noreplace", refuse)
    old, new = write(tmp_path / "old", b"old"), write(tmp_path / "new", b"new")

    with pytest.raises(NameTaken):
        disk.rename_new(new, old)
    disk.rename_new(new, tmp_path / "free")

    assert (tmp_path / "free").read_bytes() == b"new"
    assert not new.exists()
    assert disk.rename_kind(tmp_path) == "link"


def test_what_reads_back_differently_is_not_staged(tmp_path: Path) -> None:
    made = write(tmp_path / "made")
    (tmp_path / "outbox").mkdir()

    with pytest.raises(Outage, match="differs"):
        disk.stage(made, "0" * 64, tmp_path / "outbox", "j1.png")

    assert list((tmp_path / "outbox" / disk.STAGING).iterdir()) == []


def test_an_original_is_archived_across_devices_whole(tmp_path: Path, elsewhere: Path) -> None:
    source = write(tmp_path / "in" / "a.png", b"original" * 100_000)
    before = disk.digest(source)

    disk.retire(source, elsewhere / "4k" / "a.png", before)

    assert disk.digest(elsewhere / "4k" / "a.png") == before
    assert not source.exists()
    disk.clear(elsewhere)


def test_across_devices_a_taken_name_leaves_the_original_alone(
    tmp_path: Path, elsewhere: Path
) -> None:
    source = write(tmp_path / "a.png", b"original")
    write(elsewhere / "a.png", b"another")

    with pytest.raises(NameTaken):
        disk.retire(source, elsewhere / "a.png", disk.digest(source))

    assert source.read_bytes() == b"original"
    assert (elsewhere / "a.png").read_bytes() == b"another"
    disk.clear(elsewhere)


def test_a_marker_tells_ours_missing_and_foreign_apart(tmp_path: Path) -> None:
    assert roots.read_marker(tmp_path, "me") is roots.Marker.MISSING
    roots.claim(tmp_path, "me")
    assert roots.read_marker(tmp_path, "me") is roots.Marker.OURS
    assert roots.read_marker(tmp_path, "you") is roots.Marker.FOREIGN


def test_a_folder_inside_another_is_found_through_links(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "in" / "deep")
    (tmp_path / "inbox-2").mkdir()

    assert roots.same_or_inside(tmp_path / "link", tmp_path / "in")
    assert roots.same_or_inside(tmp_path / "in", tmp_path / "in")
    assert not roots.same_or_inside(tmp_path / "inbox-2", tmp_path / "in")
    assert not roots.same_or_inside(tmp_path, tmp_path / "in")


def test_the_lock_is_seen_by_others_and_ends_with_its_owner(tmp_path: Path) -> None:
    lock = roots.StateLock(tmp_path)
    lock.take()

    assert roots.StateLock(tmp_path).is_taken()
    lock.release()
    assert not roots.StateLock(tmp_path).is_taken()


def test_network_file_systems_are_told_from_local_ones() -> None:
    assert all(roots.is_network(kind) for kind in ("nfs4", "cifs", "smb3", "fuse.sshfs", "9p"))
    assert not any(roots.is_network(kind) for kind in ("ext4", "xfs", "tmpfs", "btrfs", ""))


def test_a_file_replaced_while_it_is_archived_across_devices_stays(
    tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write(tmp_path / "a.png", b"old" * 1000)
    before = disk.digest(source)
    whole = disk.reveal

    def replaced_meanwhile(staged: Path, final: Path, access: Access) -> None:
        whole(staged, final, access)
        write(tmp_path / "new.png", b"new").replace(source)

    monkeypatch.setattr(disk, "reveal", replaced_meanwhile)

    with pytest.raises(Gone, match="replaced while"):
        disk.retire(source, elsewhere / "a.png", before)

    assert source.read_bytes() == b"new"
    assert disk.digest(elsewhere / "a.png") == before
    disk.clear(elsewhere)


def test_what_cannot_be_asked_is_not_taken_for_missing(tmp_path: Path) -> None:
    write(tmp_path / "loop" / "a.png")
    for number in range(2):
        (tmp_path / f"round-{number}").symlink_to(tmp_path / f"round-{1 - number}")

    assert not disk.is_there(tmp_path / "loop" / "a.png" / "below-a-file")
    with pytest.raises(Outage) as said:
        disk.is_there(tmp_path / "round-0" / "a.png")  # the kernel says ELOOP
    assert said.value.hold == "share"


def test_a_folder_that_is_tidied_away_in_between_does_not_pass_for_a_delivery(
    tmp_path: Path,
) -> None:
    staged = write(tmp_path / disk.STAGING / "j1.png")

    with pytest.raises(Outage, match="No such file"):
        disk.rename_new(staged, tmp_path / "4k" / "a.png")
    assert staged.exists()
    with pytest.raises(Gone):
        disk.rename_new(tmp_path / "nothing", tmp_path / "a.png")


def test_what_could_not_be_written_whole_keeps_no_room(tmp_path: Path) -> None:
    made = write(tmp_path / "made", b"x" * 300_000)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with pytest.raises(Outage, match="too large") as staging:
            disk.stage(made, "", tmp_path / "outbox", "j1.png")
        with pytest.raises(Outage, match="too large"):
            disk.take(made, tmp_path / "work" / "source")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        signal.signal(signal.SIGXFSZ, ignored)

    assert staging.value.hold == "share"
    assert list((tmp_path / "outbox" / disk.STAGING).iterdir()) == []
    assert list((tmp_path / "work").iterdir()) == []


def test_a_note_is_plain_ascii_or_says_that_it_is_utf_8(tmp_path: Path) -> None:
    note = tmp_path / "note.txt"

    disk.note("plain", note)
    assert note.read_bytes() == b"plain"

    disk.note("Gr\N{LATIN SMALL LETTER U WITH DIAERESIS}n \udcff", note)
    assert note.read_text("utf-8-sig") == "Gr\N{LATIN SMALL LETTER U WITH DIAERESIS}n ?"
    assert note.read_bytes().startswith(b"\xef\xbb\xbf")


def test_a_note_is_not_written_through_a_link_that_somebody_put_there(tmp_path: Path) -> None:
    private = write(tmp_path / "private")
    for name in ("note.txt", ".upscaled-note.txt.part"):
        (tmp_path / name).symlink_to(private)

    disk.note("ours", tmp_path / "note.txt")

    assert private.read_bytes() == b"picture"
    assert (tmp_path / "note.txt").read_text() == "ours"


def test_a_pipe_in_the_place_of_a_note_is_not_waited_for(tmp_path: Path) -> None:
    """Whoever may write on the share could hold up everything that goes through its lane."""
    place = tmp_path / "note.txt"
    os.mkfifo(place)

    writing = threading.Thread(target=disk.note, args=("ours", place), daemon=True)
    writing.start()
    writing.join(5)

    assert not writing.is_alive()
    assert place.read_text() == "ours"


def test_a_note_that_cannot_be_finished_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("old")

    def parts() -> Iterator[bytes]:
        yield b"new"
        raise Outage("no more")

    with pytest.raises(Outage):
        disk.write_whole(parts(), tmp_path / "note.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]
    assert (tmp_path / "note.txt").read_text() == "old"


def test_old_files_and_folders_are_pruned_and_young_ones_stay(tmp_path: Path) -> None:
    for name in ("old", "young"):
        (tmp_path / f"{name}-job").mkdir()
        (tmp_path / f"{name}-job" / "thumb.webp").touch()
        (tmp_path / f"{name}.png").touch()
    for name in ("old-job", "old.png"):
        os.utime(tmp_path / name, (1, 1))
    disk.prune(tmp_path, 1000.0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["young-job", "young.png"]
    disk.prune(tmp_path / "never-made", 1000.0)
