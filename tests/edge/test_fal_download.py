"""Results on their way down: ranges, refusals, what is no picture, and flat memory."""

import hashlib
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edge.fal_bench import KEY, ONE, Bench, artifact_of, bench_in, changed, still
from standin import Standin
from upscaled.edge.fal.addresses import Addresses
from upscaled.edge.fal.header import read_header
from upscaled.edge.fal.options import FalOptions
from upscaled.edge.fal.wire import _tls
from upscaled.errors import Again, Aside, Outage, Stop, UpscaledError
from upscaled.nouns import Standing


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with bench_in(tmp_path, request_timeout_seconds=0.4) as one:
        yield one


def fetched(bench: Bench, script: list[dict[str, Any]], **more: Any) -> Path:
    """Submit, wait, and fetch under a script; check what came against what fal holds."""
    standing = bench.until_ended(bench.submit())
    bench.fal.script(script)
    to = bench.folder / "result.png"
    try:
        told: list[float] = []
        artifact = bench.door.fetch(more.get("one", ONE), standing, to, told.append)
    finally:
        assert not list(bench.folder.glob("*.part"))
        bench.clean(faults=len(script))
    there = bench.fal.world.file(standing.result_url.rpartition("/")[2])
    assert artifact.sha256 == hashlib.sha256(there.read_bytes()).hexdigest()
    assert (artifact.width, artifact.height, artifact.format) == (128, 96, "PNG")
    assert artifact.bytes == to.stat().st_size
    assert told[-1] == 1.0
    return to


def test_a_result_comes_home_whole_with_its_size(bench: Bench) -> None:
    with Image.open(fetched(bench, [])) as image:
        assert image.size == (128, 96)


@pytest.mark.parametrize("do", ["short", "stall", "drop"])
def test_a_broken_download_is_resumed_where_it_stopped(bench: Bench, do: str) -> None:
    fetched(bench, [{"on": "download", "do": do, "seconds": 2}])
    ranges = [one["range"] for one in bench.fal.world.book.of("download")]
    assert bool(ranges[-1]) == (do != "drop")


@pytest.mark.parametrize(
    "second",
    [
        {"do": "no_range"},
        {"do": "answer", "status": 416, "json": {}},
        {"do": "answer", "status": 206, "json": {}, "headers": {"Content-Range": "bytes 0-1/2"}},
    ],
)
def test_a_host_without_ranges_is_asked_from_the_start(
    bench: Bench, second: dict[str, Any]
) -> None:
    fetched(bench, [{"on": "download", "do": "short"}, {"on": "download", "nth": 2, **second}])


REFUSED: list[tuple[dict[str, Any], type[UpscaledError]]] = [
    ({"do": "not_found"}, Outage),
    ({"do": "forbidden"}, Outage),
    ({"do": "bad_gateway"}, Outage),
    ({"do": "slow_down"}, Outage),
    ({"do": "answer", "status": 416, "json": {}, "times": 4}, Outage),
    ({"do": "short", "times": 4}, Outage),
    ({"do": "drop", "times": 4}, Outage),
    ({"do": "answer", "status": 302, "headers": {"Location": "http://127.0.0.1:1/"}}, Again),
    ({"do": "answer", "status": 200, "text": "<html>a picture</html>"}, Again),
    ({"do": "corrupt"}, Again),
    ({"do": "wrong_length"}, Again),
]


@pytest.mark.parametrize(("fault", "kind"), REFUSED)
def test_what_is_not_the_whole_picture_leaves_nothing_behind(
    bench: Bench, fault: dict[str, Any], kind: type[UpscaledError]
) -> None:
    with pytest.raises(kind) as caught:
        fetched(bench, [{"on": "download", **fault}])
    assert type(caught.value) in {kind} | set(kind.__subclasses__())
    assert not (bench.folder / "result.png").exists()
    if fault["do"] in {"not_found", "forbidden"}:
        assert getattr(caught.value, "after_seconds", 0)
    fetched(bench, [])


def test_a_result_larger_than_its_pixels_could_be_is_refused(bench: Bench) -> None:
    standing = bench.until_ended(bench.submit())
    big = bench.fal.world.file(standing.result_url.rpartition("/")[2])
    with big.open("r+b") as file:
        file.truncate(65 * 1024 * 1024)
    honest = Standing(state="ready", result_url=standing.result_url)
    with pytest.raises(Aside):
        bench.door.fetch(changed(width=8, height=8), honest, bench.folder / "x.png", still)
    assert not list(bench.folder.glob("x.png*"))


def test_a_folder_that_cannot_be_written_is_a_matter_of_the_disk(bench: Bench) -> None:
    standing = bench.until_ended(bench.submit())
    with pytest.raises(Outage) as caught:
        bench.door.fetch(ONE, standing, bench.folder / "none" / "x.png", still)
    assert caught.value.hold == "disk"


def test_a_kept_address_is_checked_again_before_it_is_fetched(bench: Bench) -> None:
    foreign = Standing(state="ready", result_url="https://evil.example/x.png")
    with pytest.raises(Aside):
        bench.door.fetch(ONE, foreign, bench.folder / "x.png", still)


def test_the_key_goes_to_our_own_bases_only() -> None:
    fal = Addresses(FalOptions())
    assert fal.may_hold_key("https://queue.fal.run/fal-ai/topaz")
    assert fal.may_hold_key("https://queue.falrun.com/fal-ai/topaz")
    for url in (
        "https://v3.fal.media/x",
        "http://queue.fal.run/x",
        "https://queue.fal.run.x/",
        "x",
    ):
        assert not fal.may_hold_key(url)
    assert fal.is_media("https://v3b.fal.media/files/x.png")
    assert fal.is_media("https://storage.googleapis.com/falserverless/x.png")
    assert not fal.is_media("http://127.0.0.1:8000/x.png")


def test_certificates_and_host_names_are_verified_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    tls = _tls.__wrapped__()
    assert (tls.verify_mode, tls.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert tls.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_the_key_is_in_no_text_a_person_may_see(bench: Bench) -> None:
    assert KEY not in repr(bench.door)
    assert KEY not in repr(vars(bench.door))
    bench.fal.script(
        [{"on": "submit", "do": "answer", "status": 403, "json": {"detail": f"bad {KEY}"}}]
    )
    with pytest.raises(Stop) as caught:
        bench.submit()
    assert KEY not in f"{caught.value!r} {caught.value.hint}"
    assert "***" in caught.value.message


def test_a_closed_door_says_so(tmp_path: Path) -> None:
    with bench_in(tmp_path) as bench:
        bench.door.close()
        with pytest.raises(Outage, match="closed"):
            bench.submit()


@pytest.mark.parametrize(
    ("kind", "options"), [("PNG", {}), ("JPEG", {}), ("JPEG", {"progressive": True})]
)
def test_a_header_tells_format_and_size(tmp_path: Path, kind: str, options: dict[str, Any]) -> None:
    path = tmp_path / "picture"
    Image.new("RGB", (321, 123)).save(path, kind, exif=b"Exif\0\0" + bytes(300), **options)
    assert read_header(path) == (kind, 321, 123)


@given(
    raw=st.binary(max_size=80), start=st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"])
)
def test_any_bytes_give_a_header_or_none(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, start: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "noise"
    path.write_bytes(start + raw)
    found = read_header(path)
    assert found is None or (found[1] > 0 and found[2] > 0)


MEMORY = """
import resource, sys
from pathlib import Path
from upscaled.edge.fal import Fal, FalOptions
from upscaled.nouns import Artifact, Pass, Standing
base, path, size, single = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
options = FalOptions(queue_url=base + "/queue", rest_url=base + "/rest", cdn_url=base + "/cdn",
                     api_url=base + "/api/v1", single_upload_bytes=single)
door = Fal("play", options)
one = Pass(endpoint="e", model="m", factor=2, width=8000, height=8000)
def picture(path, size):
    return Artifact(path=str(path), sha256="", bytes=size, width=1, height=1, format="PNG")
small = path.with_name("small.png")
small.write_bytes(path.open("rb").read(100_000))
url = door.upload(picture(small, 100_000), lambda share: None)
warm = Standing(state="ready", result_url=url)
door.fetch(one, warm, path.with_name("warm.png"), lambda share: None)
before = peak()
url = door.upload(picture(path, size), lambda share: None)
up = peak() - before
got = door.fetch(one, Standing(state="ready", result_url=url, result_bytes=size),
                 path.with_name("back.png"), lambda share: None)
print(up, peak() - before, got.sha256)
"""


@pytest.mark.parametrize("single", [100 * 2**20, 300 * 2**20])
def test_200_megabytes_go_up_and_down_in_flat_memory(tmp_path: Path, single: int) -> None:
    path, size = tmp_path / "large.png", 200_000_000
    header = b"\x89PNG\r\n\x1a\n" + bytes([0, 0, 0, 13]) + b"IHDR" + bytes([0, 0, 31, 64] * 2)
    with path.open("wb") as file:
        file.write(header)
        file.truncate(size)
    with Standin(tmp_path / "fal") as fal:
        asked = [sys.executable, "-c", MEMORY, fal.url, str(path), str(size), str(single)]
        told = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()
        ledger = fal.ledger()
    up, both, sha256 = int(told[0]), int(told[1]), told[2]
    assert up < 16
    assert both < 16
    assert sha256 == artifact_of(path).sha256 == ledger["uploads"][-1]["sha256"]
    assert ("parts" in ledger["uploads"][-1]) == (single < size)
    assert ledger["violations"] == []
