"""The sidecar."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import FOUR_K, probe, shipped, verdict
from upscaled.core.draft import PlanRequest
from upscaled.core.plan import make_plan
from upscaled.core.receipt import PLAIN, Ending, cost_basis, receipt
from upscaled.core.receipt_schema import Receipt, schema
from upscaled.nouns import (
    Artifact,
    Code,
    Delivery,
    Facts,
    Fidelity,
    Job,
    PassDone,
    State,
    Trouble,
)

PUBLISHED = Path(__file__).parents[2] / "docs" / "receipt.schema.json"
NOW = datetime(2026, 11, 22, 20, 15, 30, 125_000, UTC)
CHECK = jsonschema.Draft202012Validator(schema())

PAID = PassDone(
    engine="fal",
    endpoint="fal-ai/topaz/upscale/image",
    model="Standard V2",
    params={"output_format": "png", "face_enhancement": False},
    factor=3.2,
    width=3840,
    height=2560,
    request_id="r-1",
    seconds=4.2,
    cost=80_000,
    billed=True,
)
LOCAL = replace(
    PAID, engine="local", endpoint="local", model="Lanczos", request_id=None, cost=0, billed=False
)
BARE = Job(
    id="01h",
    state=State.FAILING,
    watch=0,
    path="4k/a.jpg",
    size=0,
    mtime_ns=0,
    inode=1,
    seen_at=NOW,
    updated_at=NOW,
)


def finished(passes: tuple[PassDone, ...] = (PAID,), **more: Any) -> Job:
    picture = probe(1200, 800, format="JPEG")
    plan = make_plan(
        PlanRequest(probe=picture, verdict=verdict(), order=FOUR_K, catalogue=shipped("unified"))
    )
    facts = Facts(
        engine="fal",
        probe=picture,
        verdict=verdict(),
        plan=plan,
        passes=passes,
        result=Artifact(
            path="/state/x.png",
            sha256="ab" * 32,
            bytes=9,
            width=3840,
            height=2560,
            format="PNG",
            icc="sRGB",
        ),
        fidelity=Fidelity(verdict="pass", figures={"ssim": 0.98}, reasons=()),
        delivery=Delivery(root="outbox", path="4k/a.png", staged="/s/a", sidecar_staged="/s/b"),
        times={"delivered": NOW},
    )
    return replace(BARE, state=State.RECEIPTING, sha256="cd" * 32, size=7, facts=facts, **more)


DONE = Ending(status="done", version="1.0", folder="4k", order=FOUR_K)


def test_the_published_schema_is_fresh() -> None:
    fresh = json.dumps(schema(), indent=2) + "\n"

    assert PUBLISHED.read_text() == fresh, (
        "docs/receipt.schema.json is stale: write json.dumps(receipt.schema(), indent=2) there"
    )


def test_a_delivered_picture_has_its_whole_story() -> None:
    written = receipt(finished(), DONE)

    CHECK.validate(written)
    Receipt.model_validate(written)
    assert written["schema"] == "upscaled/receipt/1"
    assert written["status"] == "done"
    assert written["source"] == {
        "path": "4k/a.jpg",
        "sha256": "cd" * 32,
        "bytes": 7,
        "width": 1200,
        "height": 800,
        "format": "JPEG",
        "bits": 8,
        "icc": None,
    }
    assert written["target"] == {"folder": "4k", "name": "4k", "width": 3840, "height": 2560}
    assert written["passes"][0]["request_id"] == "r-1"
    assert written["passes"][0]["note"] is None
    assert written["result"]["path"] == "4k/a.png"
    assert written["fidelity"] == {
        "verdict": "pass",
        "reasons": [],
        "worst": None,
        "sharpest": None,
        "notes": [],
        "ssim": 0.98,
    }
    assert (written["cost_usd"], written["cost_basis"]) == (0.08, "billed")
    assert written["times"] == {
        "seen": "2026-11-22T20:15:30.125Z",
        "delivered": "2026-11-22T20:15:30.125Z",
    }
    assert written["error"] is None
    assert written["software"] == "upscaled 1.0"


def test_a_failure_before_the_first_look_still_has_every_key() -> None:
    trouble = Trouble(code="not_a_picture", message="It is a text.", hint="Take it away.")
    job = replace(BARE, facts=Facts(error=trouble))
    written = receipt(job, Ending(status="failed", version="1.0"))

    CHECK.validate(written)
    assert written.keys() == receipt(finished(), DONE).keys()
    for part in ("source", "target", "verdict", "result"):
        assert written[part].keys() == receipt(finished(), DONE)[part].keys()
    assert written["error"] == {
        "code": "not_a_picture",
        "message": "It is a text.",
        "hint": "Take it away.",
    }
    assert written["cost_usd"] == 0
    assert written["fal_cost_usd"] is None


def test_what_failed_after_it_was_paid_lists_its_passes_but_no_result() -> None:
    written = receipt(finished((PAID, replace(PAID, billed=False))), replace(DONE, status="failed"))

    CHECK.validate(written)
    assert set(written["result"].values()) == {None}
    assert (written["cost_usd"], written["cost_basis"]) == (0.16, "estimate")


@pytest.mark.parametrize(
    ("passes", "reused", "basis"),
    [
        ((), False, "free"),
        ((LOCAL,), False, "free"),
        ((PAID,), False, "billed"),
        ((PAID, replace(PAID, billed=False)), False, "estimate"),
        ((replace(PAID, cost=0),), True, "reused"),
        ((), True, "reused"),
        ((PAID,), True, "billed"),
        ((replace(PAID, billed=False),), True, "estimate"),
    ],
)
def test_the_figure_says_where_it_comes_from(
    passes: tuple[PassDone, ...], basis: str, *, reused: bool
) -> None:
    assert cost_basis(passes, reused=reused) == basis


def test_plain_resampling_says_so() -> None:
    written = receipt(finished((LOCAL,)), DONE)

    CHECK.validate(written)
    assert written["passes"][0]["note"] == PLAIN
    assert written["cost_basis"] == "free"


def test_money_adds_up_without_dust() -> None:
    assert receipt(finished((PAID,) * 3), DONE)["cost_usd"] == 0.24


@given(
    path=st.text(st.characters()) | st.just("4k/\udcff.jpg"),
    figure=st.floats(),
    code=st.sampled_from(Code),
)
def test_whatever_a_file_is_called_the_receipt_can_be_written(
    path: str, figure: float, code: Code
) -> None:
    job = finished(path=path)
    facts = replace(
        job.facts,
        fidelity=Fidelity(verdict="review", figures={"worst": figure}),
        error=Trouble(code=code, message=path, hint=path),
    )
    written = receipt(replace(job, facts=facts), replace(DONE, status="review"))

    text = json.dumps(written, allow_nan=False, ensure_ascii=False).encode()
    assert json.loads(text) == written
    CHECK.validate(written)


def test_the_models_of_the_schema_know_every_field_of_a_pass() -> None:
    keys = receipt(finished(), DONE)["passes"][0].keys()

    assert {one.name for one in fields(PassDone)} - {"cost", "billed"} == keys - {
        "cost_usd",
        "note",
    }
