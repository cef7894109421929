"""Pictures on their way up: tokens, parts, fallbacks, and what is never sent where."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from edge.fal_bench import ONE, Bench, artifact_of, bench_in, door_to, picture, still
from standin import Options
from upscaled.errors import Again, Aside, Outage, Stop
from upscaled.nouns import Standing

PARTS = {"single_upload_bytes": 100, "part_bytes": 1500}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with bench_in(tmp_path, request_timeout_seconds=0.4) as one:
        yield one


def uploaded(bench: Bench, script: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    """Upload a noisy picture under a script; return what arrived."""
    path = bench.folder / "noisy.png"
    Image.effect_noise((64, 64), 80).save(path)
    artifact, told = artifact_of(path), list[float]()
    bench.fal.script(script)
    with door_to(bench.fal, **options) as door:
        url = door.upload(artifact, told.append)
    assert told[-1] == 1.0
    arrived = next(one for one in bench.clean()["uploads"] if one["url"] == url)
    assert arrived["sha256"] == artifact.sha256
    return dict(arrived)


def test_a_picture_goes_up_whole_under_a_name_of_chance(bench: Bench) -> None:
    arrived = uploaded(bench, [])
    assert "noisy" not in arrived["url"]
    assert re.fullmatch(r"[0-9a-f]{32}\.png", arrived["name"]), "a UUID and what kind of file it is"
    assert arrived["name"] != uploaded(bench, [])["name"]
    assert bench.image_url != arrived["url"]


def test_a_large_picture_goes_up_in_parts(bench: Bench) -> None:
    arrived = uploaded(bench, [], **PARTS)
    assert arrived["parts"] == -(-arrived["bytes"] // 1500)


@pytest.mark.parametrize(
    "script",
    [
        [{"on": "part", "nth": 2, "do": "unavailable"}],
        [{"on": "part", "nth": 2, "do": "drop"}],
        [{"on": "part", "nth": 2, "do": "answer", "status": 401, "json": {}}],
        [{"on": "part", "nth": 1, "do": "answer", "status": 200, "json": {}}],
        [{"on": "complete", "do": "answer", "status": 500, "json": {}}],
        [{"on": "begin", "do": "bad_gateway"}],
    ],
)
def test_a_piece_of_an_upload_is_sent_again(bench: Bench, script: list[dict[str, Any]]) -> None:
    uploaded(bench, script, **PARTS)
    assert len(bench.clean(faults=1)["faults"]) == 1


def test_a_part_that_never_arrives_is_an_outage(bench: Bench) -> None:
    with pytest.raises(Outage):
        uploaded(bench, [{"on": "part", "times": 0, "do": "unavailable"}], **PARTS)
    assert len(bench.clean(faults=4)["faults"]) == 4


@pytest.mark.parametrize(
    "script",
    [
        [{"on": "token", "do": "unavailable"}],
        [{"on": "token", "do": "drop"}],
        [{"on": "token", "do": "merge", "remove": ["token"]}],
        [{"on": "upload", "do": "unavailable"}],
        [{"on": "upload", "do": "accept_then_drop"}],
        [{"on": "upload", "do": "merge", "json": {"access_url": "ftp://x"}}],
    ],
)
def test_where_the_storage_is_down_the_older_bucket_takes_the_picture(
    bench: Bench, script: list[dict[str, Any]]
) -> None:
    uploaded(bench, script)
    bench.clean(faults=1)


def test_with_both_ways_down_the_upload_is_an_outage(bench: Bench) -> None:
    script = [{"on": "token", "do": "unavailable"}, {"on": "initiate", "do": "bad_gateway"}]
    with pytest.raises(Outage, match="503"):
        uploaded(bench, script)
    bench.clean(faults=2)


@pytest.mark.parametrize("options", [{}, PARTS])
def test_a_refused_token_is_renewed_once(bench: Bench, options: dict[str, Any]) -> None:
    with door_to(bench.fal, **options) as door:
        door.upload(picture(bench.folder), still)
        bench.fal.world.tokens.clear()
        bench.fal.script(
            [{"on": "token", "do": "merge"}, {"on": "initiate", "do": "drop", "idle": True}]
        )
        door.upload(picture(bench.folder), still)
    ledger = bench.fal.ledger()
    assert [fault["on"] for fault in ledger["faults"]] == ["token"]


def test_an_expired_token_is_renewed_before_it_is_used(tmp_path: Path) -> None:
    with bench_in(tmp_path, Options(token_life=30)) as bench:
        bench.fal.script([{"on": "token", "do": "merge", "times": 2}])
        for _ in range(2):
            bench.door.upload(picture(tmp_path), still)
        assert len(bench.clean(faults=2)["faults"]) == 2


def test_one_token_serves_many_uploads(bench: Bench) -> None:
    bench.fal.script([{"on": "token", "do": "unauthorized", "idle": True}])
    bench.door.upload(picture(bench.folder), still)
    assert bench.clean()["faults"] == []


@pytest.mark.parametrize("on", ["token", "initiate"])
def test_a_refused_key_stops_the_engine_at_the_upload(bench: Bench, on: str) -> None:
    script = [{"on": "token", "do": "unavailable"}, {"on": on, "do": "unauthorized"}]
    with pytest.raises(Stop) as caught:
        uploaded(bench, script[1:] if on == "token" else script)
    assert caught.value.hold == "locked"


def test_a_file_too_large_for_the_storage_is_set_aside(bench: Bench) -> None:
    with pytest.raises(Aside) as caught:
        uploaded(bench, [{"on": "upload", "do": "answer", "status": 413, "json": {}}])
    assert caught.value.code == "refused"


def test_an_upload_that_changed_or_went_is_made_again(bench: Bench) -> None:
    artifact = picture(bench.folder)
    Path(artifact.path).write_bytes(b"other")
    with pytest.raises(Again):
        bench.door.upload(artifact, still)
    Path(artifact.path).unlink()
    with pytest.raises(Again):
        bench.door.upload(artifact, still)


def test_parts_are_never_sent_to_a_foreign_host(bench: Bench) -> None:
    script = [
        {"on": "begin", "do": "merge", "times": 0, "json": {"access_url": "https://a.example/b"}}
    ]
    with pytest.raises(Outage, match="foreign"):
        uploaded(bench, script, **PARTS)


def test_an_upload_ends_when_its_life_is_over(bench: Bench) -> None:
    bench.fal.advance(8 * 86_400)
    with pytest.raises(Outage, match="404"):
        bench.door.fetch(
            ONE, Standing(state="ready", result_url=bench.image_url), bench.folder / "x", still
        )
