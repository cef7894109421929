"""The stand-in speaks fal's protocol: the official client, with its addresses turned, is served."""

import io
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fal_client
import pytest
from fal_client import client as official
from PIL import Image

from standin import Options, Standin, catalogue

UNIFIED = "fal-ai/topaz/upscale/image"


@pytest.fixture
def fal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Standin]:
    with Standin(tmp_path) as one:
        monkeypatch.setattr(official, "QUEUE_URL_FORMAT", one.queue_url + "/")
        monkeypatch.setattr(official, "REST_URL", one.rest_url)
        monkeypatch.setattr(official, "CDN_URL", one.cdn_url)
        yield one


@pytest.fixture
def client() -> Iterator[fal_client.SyncClient]:
    one = fal_client.SyncClient(key="play-key")
    yield one
    inner: Any = one._client  # noqa: SLF001 (the client has no close of its own)
    inner._transport._client.close()  # noqa: SLF001 (as above)
    inner.close()


def png(width: int = 40, height: int = 30) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(out, "PNG")
    return out.getvalue()


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as reply:  # noqa: S310 (loopback)
        return bytes(reply.read())


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the client leaks one per upload
def test_the_official_client_uploads_submits_waits_and_fetches(
    fal: Standin, client: fal_client.SyncClient
) -> None:
    url = client.upload(png(), "image/png", "a.png")
    asked = {"image_url": url, "model": "Standard V2", "upscale_factor": 2.5}
    handle = client.submit(UNIFIED, asked, start_timeout=600)
    result = handle.get()
    image = Image.open(io.BytesIO(get(result["image"]["url"])))
    assert (image.format, image.size) == ("JPEG", (100, 75))
    assert isinstance(handle.status(), fal_client.Completed)
    assert client.result(UNIFIED, handle.request_id) == result
    ledger = fal.ledger()
    assert (ledger["accepted"], ledger["billed"], ledger["billed_usd"]) == (1, 1, 0.08)
    assert ledger["violations"] == []


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # as above
def test_the_official_client_uploads_in_parts(
    fal: Standin, client: fal_client.SyncClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(official, "MULTIPART_THRESHOLD", 1000)
    monkeypatch.setattr(official, "MULTIPART_CHUNK_SIZE", 700)
    path = tmp_path / "noise.png"
    Image.effect_noise((64, 64), 90).save(path)
    url = client.upload_file(path)
    assert get(url) == path.read_bytes()
    assert fal.ledger()["uploads"][0]["parts"] > 1


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # as above
def test_the_official_client_falls_back_to_the_bucket(
    fal: Standin, client: fal_client.SyncClient
) -> None:
    fal.script([{"on": "upload", "do": "answer", "status": 500, "json": {}}])
    assert get(client.upload(png(), "image/png")) == png()
    assert fal.ledger()["pending"] == []


def test_the_official_client_sees_queue_positions_and_cancels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: fal_client.SyncClient
) -> None:
    with Standin(tmp_path, Options(concurrency=1)) as fal:
        monkeypatch.setattr(official, "QUEUE_URL_FORMAT", fal.queue_url + "/")
        fal.script([{"on": "run", "do": "endless"}])
        handles = [client.submit(UNIFIED, {"image_url": "x"}) for _ in range(3)]
        while not fal.ledger()["faults"]:
            pass
        assert isinstance(handles[0].status(), fal_client.InProgress)
        assert handles[2].status() == fal_client.Queued(position=1)
        handles[1].cancel()
        assert handles[2].status() == fal_client.Queued(position=0)
        handles[0].cancel()


def test_the_official_client_reads_its_refusals(
    fal: Standin, client: fal_client.SyncClient
) -> None:
    handle = client.submit(UNIFIED, {"image_url": "x", "creativity": 2})
    with pytest.raises(fal_client.FalClientHTTPError) as caught:
        handle.get()
    assert caught.value.status_code == 422
    fal.lock()
    with pytest.raises(fal_client.FalClientHTTPError, match="Exhausted balance"):
        client.submit(UNIFIED, {"image_url": "x"})
    assert fal.ledger()["billed"] == 0


def test_the_official_client_pays_ten_times_for_one_dropped_connection(
    fal: Standin, client: fal_client.SyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    fal.script([{"on": "submit", "do": "accept_then_drop", "times": 0}])
    with pytest.raises(Exception, match="disconnected"):
        client.submit(UNIFIED, {"image_url": "https://x.example/one.png"})
    ledger = fal.ledger()
    assert ledger["accepted"] == 10
    assert ledger["duplicates"] == {"https://x.example/one.png": 10}


def test_a_key_at_the_media_host_is_a_violation(fal: Standin) -> None:
    for headers in ({"Authorization": "Key play"}, {"X-Fal-Object-Lifecycle": "null"}):
        request = urllib.request.Request(  # noqa: S310 (loopback)
            f"{fal.cdn_url}/files/upload", data=b"x", headers=headers
        )
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(request, timeout=5)  # noqa: S310 (loopback)
    assert [one["what"] for one in fal.ledger()["violations"]] == [
        "the key was sent to a media host"
    ]


@pytest.mark.parametrize(
    ("endpoint", "model", "width", "height", "units"),
    [
        (UNIFIED, "Standard V2", 3840, 2160, 8),
        (UNIFIED, "Redefine", 12000, 8000, 32),
        (UNIFIED, "Standard V2", 32000, 16000, 136),
        ("topaz/upscale/image/precision", "CGI", 7680, 4320, 16),
        ("topaz/upscale/image/generative", "Wonder 3", 7680, 4320, 40),
        ("topaz/upscale/image/generative", "Redefine", 12000, 8000, 192),
        ("topaz/upscale/image/generative", "Recover 3", 3840, 2160, 24),
        ("topaz/upscale/image/creative", "Bloom", 2000, 1000, 8),
        ("topaz/restore/image", "Dust-Scratch V2", 5000, 5000, 16),
    ],
)
def test_prices_are_those_of_the_pages(
    endpoint: str, model: str, width: int, height: int, units: int
) -> None:
    assert catalogue.units(endpoint, model, width, height) == units


@pytest.mark.parametrize(
    ("endpoint", "asked", "places"),
    [
        (UNIFIED, {}, []),
        (UNIFIED, {"upscale_factor": 4.5}, ["upscale_factor"]),
        (UNIFIED, {"model": "Recover 3"}, ["model"]),
        (UNIFIED, {"model": "Redefine", "creativity": 6, "texture": 5, "prompt": "x"}, []),
        (UNIFIED, {"model": "Redefine", "creativity": 7}, ["creativity"]),
        (UNIFIED, {"model": "CGI", "fix_compression": 0.5}, ["fix_compression"]),
        (UNIFIED, {"model": "Text Refine", "strength": 0.005}, ["strength"]),
        (UNIFIED, {"output_format": "tiff"}, ["output_format"]),
        (UNIFIED, {"face_enhancement": 1}, ["face_enhancement"]),
        (UNIFIED, {"seed": 1}, ["seed"]),
        ("topaz/restore/image", {"upscale_factor": 2}, ["upscale_factor"]),
        ("topaz/upscale/image/transparent", {"model": "x"}, ["model", "model"]),
        (
            "topaz/upscale/image/generative",
            {"model": "Wonder 3.5", "enhancement_strength": "low"},
            [],
        ),
    ],
)
def test_fields_are_held_to_the_pages(
    endpoint: str, asked: dict[str, Any], places: list[str]
) -> None:
    found = catalogue.complaints(endpoint, {"image_url": "x", **asked})
    assert [one["loc"][1] for one in found] == places


def test_a_spent_balance_locks_the_account(tmp_path: Path) -> None:
    with Standin(tmp_path, Options(balance_usd=0.05)) as fal:
        assert not fal.world.is_locked()
        fal.world.book.write("billed", units=8, image_url="x")
        assert fal.world.is_locked()


def test_it_runs_as_a_program_and_its_ledger_outlives_it(tmp_path: Path) -> None:
    asked = [sys.executable, "-m", "standin", "--port", "0", "--state", str(tmp_path)]
    where = Path(__file__).parent.parent
    with subprocess.Popen(asked, stdout=subprocess.PIPE, cwd=where) as program:
        assert program.stdout
        url = json.loads(program.stdout.readline())["url"]
        body = json.dumps([{"on": "submit", "do": "drop"}]).encode()
        get_request = urllib.request.Request(f"{url}/_standin/script", data=body)  # noqa: S310
        with urllib.request.urlopen(get_request, timeout=5) as reply:  # noqa: S310 (loopback)
            assert reply.status == 200
        asked_of = urllib.request.Request(  # noqa: S310 (loopback)
            f"{url}/queue/{UNIFIED}", data=b"{}", headers={"Authorization": "Key play"}
        )
        with pytest.raises(OSError, match="Remote end closed"):
            urllib.request.urlopen(asked_of, timeout=5)  # noqa: S310 (loopback)
        with urllib.request.urlopen(asked_of, timeout=5) as reply:  # noqa: S310 (loopback)
            request_id = json.load(reply)["request_id"]
        assert json.loads(get(f"{url}/_standin/ledger"))["accepted"] == 1
        program.terminate()
    assert program.returncode == 0
    with Standin(tmp_path) as again:
        assert again.ledger()["jobs"][0]["request_id"] == request_id
