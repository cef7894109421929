"""The whole job with the local engine: real files, a real daemon, a real ledger."""

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from PIL import Image

from place import REPOSITORY, Place, photo, sha256


def schema() -> Any:
    return json.loads((REPOSITORY / "docs" / "receipt.schema.json").read_text())


def test_a_photo_comes_out_enlarged_and_its_original_is_archived(place: Place) -> None:
    source = photo(place.path("inbox/hd/ACME/holiday.png"), (800, 600))
    before = sha256(source)

    place.until_idle()

    assert place.files("inbox", "outbox", "archive", "failed", "review") == [
        "outbox/hd/ACME/holiday.png",
        "outbox/hd/ACME/holiday.png.json",
        "archive/hd/ACME/holiday.png",
    ]
    assert sha256(place.path("archive/hd/ACME/holiday.png")) == before
    told = json.loads(place.path("outbox/hd/ACME/holiday.png.json").read_text())
    jsonschema.validate(told, schema())
    with Image.open(place.path("outbox/hd/ACME/holiday.png")) as result:
        assert result.size == (1920, 1440) == (told["result"]["width"], told["result"]["height"])
    assert told["source"]["sha256"] == before
    assert told["result"]["sha256"] == sha256(place.path("outbox/hd/ACME/holiday.png"))
    assert told["passes"][0]["engine"] == "local"
    assert told["cost_usd"] == 0


def test_a_print_is_a_tiff_with_density_and_profile(place: Place) -> None:
    photo(place.path("inbox/print-a6/card.jpg"), (900, 640), quality=95)
    photo(place.path("inbox/print-10x15cm/card.jpg"), (900, 640), quality=95)
    photo(place.path("inbox/print-a4-local/coarse.jpg"), (900, 640), quality=95)

    place.until_idle(3)

    with Image.open(place.path("outbox/print-10x15cm/card.tif")) as result:
        assert result.size == (1661, 1181)
        assert result.info["dpi"] == (300, 300)
        assert result.info["icc_profile"]
        assert result.tag_v2[259] == 5  # type: ignore[attr-defined] # LZW, with predictor
        assert result.tag_v2[317] == 2  # type: ignore[attr-defined]
    unknown = place.ask("status")["unknown_folders"]
    assert [(one["path"], one["token"]) for one in unknown] == [("print-a6", "a6")]
    assert "a5" in place.path("inbox/print-a6/_READ-ME.txt").read_text()
    told = json.loads(place.path("review/print-a4-local/coarse.tif.json").read_text())
    jsonschema.validate(told, schema())
    assert (told["status"], told["print"]["good_up_to"]) == ("review", "A5")
    assert "only 77 an inch on this sheet" in told["fidelity"]["reasons"][0]


def test_every_ending_has_its_place_its_code_and_its_reason(place: Place) -> None:
    photo(place.path("inbox/hd/good.png"), (960, 720))
    place.path("inbox/hd/words.jpg").write_text("no picture at all")
    photo(place.path("inbox/8k/tiny.png"), (120, 90))
    whole = photo(place.path("whole.jpg"), (900, 700), quality=90).read_bytes()
    place.path("inbox/hd/half.jpg").write_bytes(whole[: len(whole) // 2])
    place.path("inbox/hd/placeholder.png").touch()
    place.path("inbox/hd/clip.mp4").write_bytes(b"\0\0\0\x20ftypisom" + b"\0" * 400)
    photo(place.path("inbox/loose.png"))
    place.path("inbox/hd/.hidden.png").write_bytes(whole)
    place.path("inbox/hd/Thumbs.db").write_bytes(b"litter")

    place.until_idle(3)

    jobs = place.jobs()
    assert {path: (job["state"], job["hold"]) for path, job in jobs.items()} == {
        "hd/good.png": ("done", None),
        "hd/words.jpg": ("failed", None),
        "8k/tiny.png": ("failed", None),
        "hd/half.jpg": ("held", "not_ready"),
        "hd/placeholder.png": ("held", "not_ready"),
        "hd/clip.mp4": ("held", "endpoint"),
    }
    assert all(job["reason"] for job in jobs.values() if job["state"] != "done")
    assert "not supported yet" in jobs["hd/clip.mp4"]["reason"]
    words = json.loads(place.path("failed/hd/words.jpg.json").read_text())
    tiny = json.loads(place.path("failed/8k/tiny.png.json").read_text())
    jsonschema.validate(words, schema())
    assert (words["error"]["code"], tiny["error"]["code"]) == ("not_a_picture", "too_small")
    assert words["error"]["hint"]
    assert tiny["error"]["hint"]
    assert place.path("inbox/_READ-ME.txt").exists()
    assert place.files("inbox") == [
        "inbox/hd/Thumbs.db",
        "inbox/hd/clip.mp4",
        "inbox/hd/half.jpg",
        "inbox/hd/placeholder.png",
        "inbox/loose.png",
    ]


def test_an_incomplete_file_is_taken_once_it_is_whole(place: Place) -> None:
    whole = photo(place.path("whole.jpg"), (900, 700), quality=90).read_bytes()
    slow = place.path("inbox/hd/slow.jpg")
    slow.parent.mkdir(parents=True)
    place.start()
    slow.write_bytes(whole[:20_000])
    place.wait_for(
        lambda: place.jobs().get("hd/slow.jpg", {}).get("hold") == "not_ready", "not_ready"
    )

    slow.write_bytes(whole)

    place.wait_for(lambda: place.path("archive/hd/slow.jpg").exists(), "the archive")
    assert place.stop() == 0
    assert place.jobs()["hd/slow.jpg"]["state"] == "done"


def test_patience_ends_and_the_half_file_fails_as_truncated(place: Place) -> None:
    place.configure(watch={"patience_seconds": 0.5})
    whole = photo(place.path("whole.png"), (900, 700)).read_bytes()
    half = place.path("inbox/hd/half.png")
    half.parent.mkdir(parents=True)
    half.write_bytes(whole[: len(whole) // 2])
    place.start()

    place.wait_for(lambda: place.path("failed/hd/half.png.json").exists(), "the reason")

    told = json.loads(place.path("failed/hd/half.png.json").read_text())
    assert told["error"]["code"] == "truncated"
    assert sha256(place.path("failed/hd/half.png")) == told["source"]["sha256"]


def test_a_file_that_may_be_incomplete_waits_and_then_goes_to_review(place: Place) -> None:
    place.configure(watch={"patience_seconds": 0.5})
    source = photo(place.path("inbox/hd/card.tif"), (800, 600))
    data = source.read_bytes()
    half = len(data) // 2 // 4096 * 4096
    source.write_bytes(data[:half] + bytes(len(data) - half))
    place.start()
    place.wait_for(lambda: place.files("archive"), "the original in the archive")

    assert place.files("outbox", "failed") == []
    told = json.loads(place.path("review/hd/card.png.json").read_text())
    jsonschema.validate(told, schema())
    assert told["fidelity"]["verdict"] == "review"
    assert any("last pages are empty" in reason for reason in told["fidelity"]["reasons"])
    assert (told["source"]["bits"], told["source"]["icc"], told["result"]["bits"]) == (8, None, 8)
    history = place.run("show", told["job"]).stdout
    assert "not complete yet" in history


def test_check_looks_whether_the_profile_for_ink_is_one(place: Place) -> None:
    place.configure(finish={"cmyk_default": "ink.icc"})
    for content, hint in ((b"letter" * 40, "it is no profile"), (None, "cannot be read")):
        place.path("ink.icc").unlink(missing_ok=True)
        if content:
            place.path("ink.icc").write_bytes(content)
        (fault,) = place.ask("check", code=2)["faults"]
        assert fault["key"] == "finish.cmyk_default"
        assert hint in fault["hint"]
    place.path("ink.icc").write_bytes(bytes(16) + b"CMYK" + bytes(16) + b"acsp" + bytes(88))
    assert place.ask("check")["ok"]


def test_names_are_never_overwritten(place: Place) -> None:
    photo(place.path("inbox/hd/a.png"), (960, 720), seed=1)
    photo(place.path("inbox/hd/a.jpg"), (960, 720), seed=2, quality=95)
    photo(place.path("inbox/hd/a.tif"), (960, 720), seed=3)

    place.until_idle()

    results = ["outbox/hd/a.png", "outbox/hd/a-2.png", "outbox/hd/a-3.png"]
    sources = {
        json.loads(place.path(f"{result}.json").read_text())["source"]["path"] for result in results
    }
    assert sources == {"hd/a.png", "hd/a.jpg", "hd/a.tif"}


def test_our_own_result_dropped_again_fails_as_own_result(place: Place) -> None:
    photo(place.path("inbox/hd/a.png"), (960, 720))
    place.until_idle()
    own = place.path("inbox/4k/a.png")
    own.parent.mkdir(parents=True)
    own.write_bytes(place.path("outbox/hd/a.png").read_bytes())

    place.until_idle(3)

    told = json.loads(place.path("failed/4k/a.png.json").read_text())
    assert told["error"]["code"] == "own_result"


@pytest.mark.long
def test_a_result_is_known_in_every_format_and_by_every_ledger(
    place: Place, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Place(tmp_path_factory.mktemp("other"))
    for form in ("png", "tif", "jpg"):
        photo(place.path(f"inbox/hd-{form}/{form}.png"), (960, 720))
    place.until_idle()

    for form in ("png", "tif", "jpg"):
        there = other.path(f"inbox/4k/{form}.{form}")
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(place.path(f"outbox/hd-{form}/{form}.{form}").read_bytes())
        planned = other.ask("plan", str(there), "--target", "4k", code=3)
        assert (planned["error"]["code"], planned["cost_usd"]) == ("own_result", 0)
        told = other.ask("classify", str(there))
        assert told["reasons"][0].startswith("This is our own result (upscaled)")
        assert {"model", "confidence", "rule", "features"} <= told.keys()
    other.until_idle(3)

    for form in ("png", "tif", "jpg"):
        told = json.loads(other.path(f"failed/4k/{form}.{form}.json").read_text())
        assert told["error"]["code"] == "own_result"
    assert planned["error"]["message"] == told["error"]["message"]


@pytest.mark.long
def test_a_result_whose_name_was_taken_off_is_known_by_its_own_ledger(place: Place) -> None:
    photo(place.path("inbox/hd/a.png"), (960, 720))
    place.until_idle()
    result = place.path("outbox/hd/a.png")
    bare = place.path("bare.png")
    Image.open(result).save(bare)  # as results were before, that named nobody
    with closing(sqlite3.connect(place.path("state/ledger.sqlite"))) as link:
        link.execute("update jobs set result_sha256 = ?", (sha256(bare),))
        link.commit()

    planned = place.ask("plan", str(bare), "--target", "4k", code=3)
    assert planned["error"]["code"] == "own_result"
    assert planned["error"]["message"].startswith("This is our own result (job ")
    assert place.ask("classify", str(bare))["reasons"][0] == planned["error"]["message"]


@pytest.mark.long
def test_originals_may_be_left_in_place_and_are_done_once(place: Place) -> None:
    place.configure(watch={"originals": "leave"})
    photo(place.path("inbox/hd/a.png"), (960, 720))

    place.until_idle()
    place.until_idle()

    assert place.files("inbox", "outbox", "archive") == [
        "inbox/hd/a.png",
        "outbox/hd/a.png",
        "outbox/hd/a.png.json",
    ]


@pytest.mark.long
def test_a_taken_name_may_be_replaced_and_the_old_result_is_kept(place: Place) -> None:
    place.configure(watch={"collision": "replace"})
    photo(place.path("inbox/hd/a.png"), (960, 720), seed=1)
    place.until_idle()
    old = sha256(place.path("outbox/hd/a.png"))
    photo(place.path("inbox/hd/a.png"), (960, 720), seed=2)

    place.until_idle()

    assert sha256(place.path("archive/_superseded/hd/a.png")) == old
    assert place.path("archive/_superseded/hd/a.png.json").exists()
    assert sha256(place.path("outbox/hd/a.png")) != old


def test_pause_holds_and_resume_goes_on(place: Place) -> None:
    place.until_idle()
    place.ask("pause")
    photo(place.path("inbox/hd/a.png"), (960, 720))
    place.start()
    held = place.wait_for(lambda: place.jobs().get("hd/a.png", {}).get("hold"), "a hold")
    assert held == "paused"
    assert place.ask("status")["paused"] is True

    place.ask("resume")

    place.wait_for(lambda: place.path("outbox/hd/a.png").exists(), "the result", 10)


@pytest.mark.long
def test_retry_brings_a_failed_file_back_and_cancel_sets_one_aside(place: Place) -> None:
    place.path("inbox/hd").mkdir(parents=True)
    place.path("inbox/hd/a.png").write_text("not yet a picture")
    place.until_idle(3)
    failed = place.jobs()["hd/a.png"]["id"]
    place.ask("retry", failed)
    place.until_idle(3)
    told = place.ask("show", failed)
    assert told["state"] == "failed"
    assert [event["state"] for event in told["history"]].count("failed") == 2
    assert len(place.ask("jobs")) == 1

    place.ask("pause")
    photo(place.path("inbox/hd/c.png"), (960, 720))
    place.until_idle(3)
    place.ask("cancel", place.jobs()["hd/c.png"]["id"])
    place.until_idle(3)

    told = json.loads(place.path("failed/hd/c.png.json").read_text())
    assert told["error"]["code"] == "cancelled"
    assert place.path("failed/hd/c.png").exists()


def test_a_file_that_its_owner_takes_away_is_withdrawn(place: Place) -> None:
    place.until_idle()
    place.ask("pause")
    source = photo(place.path("inbox/hd/a.png"), (960, 720))
    place.until_idle(3)
    source.unlink()

    place.until_idle(0)

    job = place.jobs()["hd/a.png"]
    assert (job["state"], job["code"]) == ("failed", "withdrawn")
    assert place.files("outbox", "archive", "failed") == []


def test_a_known_root_without_its_marker_is_an_outage(place: Place) -> None:
    photo(place.path("inbox/hd/a.png"), (960, 720))
    place.until_idle()
    place.path("outbox/.upscaled-root").unlink()
    photo(place.path("inbox/hd/b.png"), (960, 720))

    place.until_idle(3)

    assert place.files("inbox") == ["inbox/hd/b.png"]
    assert not place.path("outbox/.upscaled-root").exists()
    assert place.run("check").returncode == 2


def test_a_root_of_another_ledger_is_refused(place: Place) -> None:
    place.path("inbox").mkdir()
    place.path("inbox/.upscaled-root").write_text("somebody else\n")

    done = place.run("run", "--until-idle")

    assert done.returncode == 1
    assert "belongs to another" in done.stderr


def test_an_outbox_inside_the_inbox_is_refused_even_through_a_link(place: Place) -> None:
    place.path("inbox/hd").mkdir(parents=True)
    place.path("outbox").symlink_to(place.path("inbox/hd"))

    done = place.run("check", "--json")

    assert done.returncode == 2
    faults = json.loads(done.stdout)["faults"]
    assert [fault["key"] for fault in faults] == ["watch[0].outbox"]
    assert place.run("run", "--until-idle").returncode == 2


def test_a_second_daemon_on_the_same_state_is_refused(place: Place) -> None:
    place.start()
    place.wait_for(lambda: place.path("state/lock").exists(), "the lock")
    place.wait_for(lambda: place.ask("status")["running"], "the daemon")

    done = place.run("run", "--until-idle")

    assert done.returncode == 1
    assert "another upscaled" in done.stderr
    assert place.stop() == 0


def test_sigterm_ends_within_ten_seconds_and_the_work_goes_on_later(place: Place) -> None:
    for number in range(4):
        photo(place.path(f"inbox/hd/{number}.png"), (960, 720), seed=number)
    place.start()
    place.wait_for(lambda: place.files("outbox"), "a first result")

    began = time.monotonic()
    assert place.stop() == 0
    assert time.monotonic() - began < 10

    place.until_idle()
    assert len(place.files("archive")) == 4
    assert len(place.files("outbox")) == 8


def test_init_makes_a_config_that_check_accepts(tmp_path: Path) -> None:
    place = Place(tmp_path)
    made = place.ask("init", str(tmp_path / "new"))
    place.config = Path(made["config"])

    told = place.ask("check")

    assert told["ok"] is True
    assert (tmp_path / "new" / "inbox" / ".upscaled-root").exists()
    assert place.run("init", str(tmp_path / "new")).returncode == 2
