"""
Every answer of fal that its pages and the field know, walked through by a whole job.

Each row scripts the stand-in, lets the real corridor run until the job ends or is held, and holds
the stand-in's own ledger against what was to be paid. The rows follow fal's outcome table, its list
of error types, and the faults met by others.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge.fal_bench import KEY, detail, failing, options_of, still
from paying import DONE, PRICE, Corridor, hushed, settings_of
from standin import Options, Standin
from standin.faults import NGINX_502
from upscaled.edge.fal import Fal
from upscaled.nouns import Hold, Job, State

ROUND_SECONDS = 20.0
Fault = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One way in which things go wrong, and what must come of it."""

    script: tuple[Fault, ...]
    ends: str = "fetched"
    """`fetched`, `failed CODE` or `held HOLD`."""
    accepted: int = 1
    billed: int = 1
    submits: int | None = None
    """POSTs of the paid request that arrived; None: as many as were accepted."""
    patience: float = 1800.0
    """Seconds of the job's own time after which it is looked at as it is."""
    options: Options = field(default_factory=Options)
    door: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)


def on(call: str, do: str, **more: Any) -> Fault:
    return {"on": call, "do": do, **more}


def says(call: str, status: int, body: object = None, **more: Any) -> Fault:
    return on(call, "answer", status=status, json=body or {"detail": "no"}, **more)


def html(status: int) -> Fault:
    return on("submit", "answer", status=status, text=NGINX_502)


def ended(kind: str, status: int) -> Fault:
    """Return a request that fal's machinery ended: a flat error, and the same in its status."""
    return failing(status, {"detail": "no", "error_type": kind}, error="no", error_type=kind)


HARD = {"retry": {"first_seconds": 1.0, "max_seconds": 60.0}}
WHOLE_BODY = {"times": 0, "do": "answer", "status": 404, "json": {"detail": "Not found"}}
TWO_SECONDS = {"start_timeout_seconds": 2}

# What one submit may come to: fal's outcome table.
OUTCOMES: dict[str, Row] = {
    "a bad request in fal's own words": Row(
        script=(says("submit", 400),), ends="held endpoint", patience=200, accepted=0, billed=0
    ),
    "an unknown key": Row(
        script=(on("submit", "unauthorized", times=0),),
        ends="held locked",
        accepted=0,
        billed=0,
        patience=200,
    ),
    "a key that is unknown for a while": Row(script=(on("submit", "unauthorized"),)),
    "an exhausted balance": Row(
        script=(on("submit", "locked", times=0),),
        ends="held locked",
        accepted=0,
        billed=0,
        patience=200,
    ),
    "an exhausted balance that is topped up": Row(script=(on("submit", "locked", times=2),)),
    "a key without the scope": Row(
        script=(on("submit", "forbidden", times=0),),
        ends="held locked",
        accepted=0,
        billed=0,
        patience=200,
    ),
    "an endpoint that is not known": Row(
        script=(on("submit", "not_found"),),
        ends="held endpoint",
        patience=200,
        accepted=0,
        billed=0,
    ),
    "a body that is too large": Row(
        script=(says("submit", 413),), ends="held endpoint", patience=200, accepted=0, billed=0
    ),
    "a refused enum": Row(
        script=(says("submit", 422, detail("literal_error", ["body", "model"])),),
        ends="held endpoint",
        patience=200,
        accepted=0,
        billed=0,
    ),
    "a refused picture": Row(
        script=(says("submit", 422, detail("image_too_large")),),
        ends="failed refused",
        accepted=0,
        billed=0,
    ),
    "a queue that asks to slow down": Row(
        script=(on("submit", "slow_down", headers={"Retry-After": "30"}),)
    ),
    "a queue that asks to slow down without saying how long": Row(
        script=(on("submit", "slow_down", times=5, headers={"X-Fal-needs-retry": "1"}),)
    ),
    "an accepted request": Row(script=(on("submit", "merge", json={"new_field": 1}),)),
    "an accepted request without addresses": Row(
        script=(on("submit", "merge", remove=["status_url", "response_url", "cancel_url"]),)
    ),
    "an accepted request with foreign addresses": Row(
        script=(
            on(
                "submit",
                "merge",
                json={"status_url": "https://evil.example/requests/x/status", "response_url": 5},
            ),
        )
    ),
    "a connection that ends before the body is read, and is never heard of": Row(
        script=(on("submit", "drop"),), ends="held doubt", accepted=0, billed=0, patience=900
    ),
    "a connection that ends before the body is read, surely": Row(
        script=(on("submit", "drop"),), door=TWO_SECONDS, config={"fal": TWO_SECONDS, **HARD}
    ),
    "an answer that is lost": Row(script=(on("submit", "accept_then_drop"),)),
    "an answer that never comes": Row(script=(on("submit", "accept_then_hang", seconds=3),)),
    "an ingress that answers for an accepted request": Row(
        script=(on("submit", "accept_then_502"),)
    ),
    "half an answer": Row(script=(on("submit", "truncate", without_id=True),)),
    "half an answer with the id in its header": Row(script=(on("submit", "truncate"),)),
    "an answer that is no JSON": Row(script=(on("submit", "not_json", without_id=True),)),
    "an empty answer": Row(script=(on("submit", "empty", without_id=True),)),
    "an answer without an id": Row(
        script=(on("submit", "merge", remove=["request_id"], without_id=True),)
    ),
    **{
        f"an answer of {status} that nobody understands": Row(
            script=(fault,), door=TWO_SECONDS, config={"fal": TWO_SECONDS, **HARD}
        )
        for status, fault in {
            408: says("submit", 408),
            409: says("submit", 409),
            500: says("submit", 500),
            502: html(502),
            503: html(503),
            504: html(504),
            302: says("submit", 302, headers={"Location": "http://127.0.0.1:1/"}),
            403: on("submit", "answer", status=403, text="<html>blocked</html>"),
        }.items()
    },
}

# How an accepted request may end, by the type fal gives it.
NEVER_BEGUN = {"request_timeout": 504, "startup_timeout": 504, "runner_scheduling_failure": 503}
UNSERVED = {
    "runner_connection_timeout": 503,
    "runner_disconnected": 503,
    "runner_connection_refused": 503,
    "runner_connection_error": 503,
    "runner_incomplete_response": 502,
    "runner_server_error": 500,
    "internal_error": 500,
}
UNWANTED = {"client_disconnected": 499, "client_cancelled": 499, "bad_request": 400}
MODEL_FAILED = {
    "internal_server_error": 500,
    "generation_timeout": 504,
    "downstream_service_unavailable": 500,
    "file_download_error": 422,
}
ABOUT_THE_PICTURE = (
    "content_policy_violation",
    "no_media_generated",
    "image_too_small",
    "image_too_large",
    "image_load_error",
    "file_too_large",
    "face_detection_error",
    "unsupported_image_format",
    "unsupported_video_format",
    "video_duration_too_long",
    "video_duration_too_short",
    "feature_not_supported",
    "a_type_that_is_new",
)
ABOUT_A_FIELD = (
    "greater_than",
    "greater_than_equal",
    "less_than",
    "less_than_equal",
    "multiple_of",
    "sequence_too_long",
    "sequence_too_short",
    "one_of",
    "literal_error",
    "extra_forbidden",
)
TYPES: dict[str, Row] = {
    **{
        kind: Row(script=(ended(kind, status),), accepted=2)
        for kind, status in (NEVER_BEGUN | UNSERVED).items()
    },
    **{
        f"{kind} nine times, more than a picture's own attempts": Row(
            script=({**ended(kind, status), "times": 9},), accepted=10
        )
        for kind, status in NEVER_BEGUN.items()
    },
    "runner_disconnected for ever": Row(
        script=({**ended("runner_disconnected", 503), "times": 0},),
        ends="failed gave_up",
        accepted=8,
        billed=0,
        patience=10_000,
    ),
    **{
        kind: Row(script=(ended(kind, status),), ends="failed refused", billed=0)
        for kind, status in UNWANTED.items()
    },
    **{
        kind: Row(script=(failing(status, detail(kind)),), accepted=2)
        for kind, status in MODEL_FAILED.items()
    },
    **{
        kind: Row(script=(failing(422, detail(kind)),), ends="failed refused", billed=0)
        for kind in ABOUT_THE_PICTURE
    },
    **{
        kind: Row(
            script=(failing(422, detail(kind, ["body", "upscale_factor"])),),
            ends="held endpoint",
            patience=200,
            billed=0,
        )
        for kind in ABOUT_A_FIELD
    },
    "downstream_service_error": Row(
        script=(failing(400, detail("downstream_service_error")),), ends="failed refused", billed=0
    ),
    "downstream_service_error that fal says will pass": Row(
        script=(
            failing(500, detail("downstream_service_error"), headers={"X-Fal-Needs-Retry": "1"}),
        ),
        accepted=2,
    ),
    "a failure that needs no retry": Row(
        script=(failing(500, detail("internal_server_error"), headers={"X-Fal-Needs-Retry": "0"}),),
        accepted=2,
    ),
    "a refusal in one plain text": Row(
        script=(failing(422, {"detail": "no"}),), ends="failed refused", billed=0
    ),
    "a refusal that was billed": Row(
        script=(failing(422, detail("image_too_large"), units=8),), ends="failed refused"
    ),
    "a failure that was billed": Row(
        script=(failing(500, detail("internal_server_error"), units=8),), ends="failed refused"
    ),
}

# What goes wrong on the way to and from a request that is not at fault.
LIST_DOWN = on("list", "bad_gateway", times=3)
PART = {"single_upload_bytes": 100, "part_bytes": 64}
WAYS: dict[str, Row] = {
    "500 on the status": Row(script=(says("status", 500, times=3),)),
    "a status without its fields": Row(
        script=(on("status", "merge", remove=["logs", "queue_position", "request_id"]),)
    ),
    "a status word nobody knows, and going backwards": Row(
        script=tuple(
            on("status", "merge", nth=n + 1, json={"status": word, "more": [1]})
            for n, word in enumerate(["IN_PROGRESS", "PONDERING", "IN_QUEUE"])
        )
    ),
    "a status that is no JSON": Row(script=(on("status", "not_json"),)),
    "a status that is larger than any": Row(
        script=(on("status", "answer", status=200, text="x" * 2_000_000),)
    ),
    "a status that is dropped": Row(script=(on("status", "drop", times=3),)),
    "a status behind an ingress": Row(script=(on("status", "bad_gateway", times=3),)),
    "a status that asks to slow down": Row(
        script=(on("status", "slow_down", headers={"Retry-After": "40"}),)
    ),
    "a key that is refused while it is asked": Row(script=(on("status", "unauthorized"),)),
    "a queue that has forgotten the request": Row(script=(on("status", "not_found", times=0),)),
    "a queue and a list that have forgotten the request": Row(
        script=(
            on("status", "not_found", times=0),
            says("list", 200, {"items": [], "has_more": False}, times=0),
        ),
        ends="held doubt",
    ),
    "a result that has expired": Row(script=(on("result", "not_found", times=0),)),
    "a result behind an ingress": Row(script=(on("result", "bad_gateway"),)),
    "a result that is dropped": Row(script=(on("result", "drop"),)),
    "a result that is no JSON": Row(script=(on("result", "not_json"),)),
    "a result without a picture": Row(
        script=(on("result", "merge", remove=["image"]),), ends="failed bad_result"
    ),
    "a result of null": Row(
        script=(on("result", "merge", json={"image": None}),), ends="failed bad_result"
    ),
    "a result that is a list": Row(script=(says("result", 200, ["no"]),), ends="failed bad_result"),
    "a result at a foreign host": Row(
        script=(on("run", "foreign", url="https://evil.example/a.png"),), ends="failed bad_result"
    ),
    "a result without TLS": Row(
        script=(on("run", "foreign", url="http://v3b.fal.media/a.png"),), ends="failed bad_result"
    ),
    "a request that never ends": Row(script=(on("run", "endless"),), ends="working", billed=0),
    "a request that never begins": Row(
        script=(),
        options=Options(concurrency=0),
        ends="working",
        billed=0,
    ),
    "a token that is not to be had, and the bucket neither": Row(
        script=(on("token", "unavailable", times=2), on("initiate", "unavailable", times=2))
    ),
    "a token that has ended": Row(
        script=(on("token", "merge", json={"expires_at": "2001-01-01T00:00:00Z"}),)
    ),
    "a token that is refused": Row(script=(says("upload", 401),)),
    "a key that is refused at the upload": Row(script=(on("token", "unauthorized"),)),
    "an upload that is dropped, and the bucket as well": Row(
        script=(on("upload", "drop"), on("initiate", "drop"))
    ),
    "a file that is too large": Row(
        script=(says("upload", 413),), ends="failed refused", accepted=0, billed=0
    ),
    "a part that fails once": Row(script=(on("part", "unavailable"),), door=PART),
    "a part that fails for a while": Row(script=(on("part", "unavailable", times=6),), door=PART),
    "a part without its tag": Row(script=(says("part", 200, {"detail": "ok"}),), door=PART),
    "an upload that completes at the second try": Row(script=(says("complete", 500),), door=PART),
    "an upload the model cannot read yet": Row(script=(on("input", "not_found"),), accepted=2),
    "a result that is not there yet": Row(script=(on("download", "not_found", times=3),)),
    "a result that is gone for good": Row(
        script=(on("download", "not_found", times=0),), ends="failed bad_result"
    ),
    "a result that is gone at the media host and in the list": Row(
        script=(
            on("download", "not_found", times=0),
            on("result", "not_found", nth=2, times=0),
            on("list", "merge", times=0, json={"items": []}),
        ),
        ends="held doubt",
    ),
    "a media host that forbids for a while": Row(script=(on("download", "forbidden", times=12),)),
    "a media host that wants another range": Row(script=(says("download", 416, times=5),)),
    "a media host that redirects": Row(
        script=(says("download", 302, headers={"Location": "http://127.0.0.1:1/"}),)
    ),
    "a media host that is down for long": Row(
        script=(on("download", "bad_gateway", times=25),), patience=40_000
    ),
    "half a picture": Row(script=(on("download", "short"),)),
    "half a picture and no ranges": Row(
        script=(on("download", "short"), on("download", "no_range", nth=2))
    ),
    "a picture of another length": Row(script=(on("download", "wrong_length"),)),
    "a picture of wrong bytes": Row(script=(on("download", "corrupt"),)),
    "a picture that stalls": Row(script=(on("download", "stall", seconds=2),)),
    "a list that is down for a while": Row(
        script=(on("submit", "accept_then_drop"), on("list", "bad_gateway", times=3))
    ),
    "a list that is dropped": Row(
        script=(on("submit", "accept_then_drop"), on("list", "drop", times=2))
    ),
    "a list that the key may not read": Row(
        script=(on("submit", "accept_then_drop"), on("list", "forbidden", times=0)),
        ends="held doubt",
        patience=300,
        door=TWO_SECONDS,
        config={"fal": TWO_SECONDS, **HARD},
    ),
    "a list that leaves the request out for a while": Row(
        script=(
            on("submit", "accept_then_drop"),
            on("list", "merge", times=4, json={"items": []}),
        )
    ),
    "a list that shows the request late": Row(
        script=(on("submit", "accept_then_drop"),), options=Options(listing_delay=300.0)
    ),
    "a list that shows no payloads": Row(
        script=(
            on("submit", "accept_then_drop"),
            says("list", 200, {"items": [{"request_id": "abc"}], "has_more": False}, times=0),
        ),
        ends="held doubt",
        patience=300,
        door=TWO_SECONDS,
        config={"fal": TWO_SECONDS, **HARD},
    ),
    "a list without end": Row(
        script=(
            on("submit", "accept_then_drop"),
            on(
                "list",
                "merge",
                times=0,
                json={"items": [], "has_more": True, "next_cursor": "0"},
            ),
        ),
        ends="held doubt",
        patience=30,
    ),
}

ROWS = {**OUTCOMES, **TYPES, **WAYS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A corridor that works through a stand-in."""

    fal: Standin
    corridor: Corridor

    def walk(self, job_id: str, patience: float) -> Job:
        """Let time pass until the job has ended, or patience has."""
        begun = self.corridor.clock.at
        while True:
            self.corridor.settle()
            self._rest()
            job = next((one for one in self.corridor.jobs() if one.id == job_id), None)
            if job is None or job.state in DONE:
                return self.corridor.job(job_id)
            if (self.corridor.clock.at - begun).total_seconds() >= patience:
                return job
            self.fal.advance(ROUND_SECONDS)
            self.corridor.advance(ROUND_SECONDS)

    def _rest(self) -> None:
        """Wait until the stand-in has ended what it can end."""
        for _ in range(2000):
            told = self.fal.world.book
            endless = sum(one["do"] == "endless" for one in told.of("fault"))
            if not self.fal.world.options.concurrency:
                return
            if len(told.of("accepted")) - len(told.of("ended")) <= endless:
                return
            time.sleep(0.001)
        raise AssertionError("the stand-in never rests")


@contextmanager
def scene_in(folder: Path, row: Row) -> Iterator[Scene]:
    """Open a stand-in and a corridor that works through it."""
    with Standin(folder / "fal", row.options) as fal:
        options = options_of(fal, **{"request_timeout_seconds": 0.3, **row.door})
        settings = settings_of(folder, **row.config)
        corridor = Corridor(folder, Fal(KEY, options, pause=still), settings, datetime.now(UTC))
        corridor.engine = door = Fal(KEY, options, now=corridor.clock.now, pause=still)
        corridor.restart()
        try:
            yield Scene(fal=fal, corridor=corridor)
        finally:
            corridor.close()
            door.close()


def ended_as(job: Job) -> str:
    """Return how a job stands, in a row's words."""
    if job.state is State.FAILING:
        assert job.facts.error is not None
        assert job.facts.error.hint
        return f"failed {job.facts.error.code}"
    if job.state in DONE:
        return job.state.value
    if job.hold is not None:
        assert job.reason
        return f"held {job.hold.value}"
    return "working"


@pytest.mark.parametrize("name", ROWS)
def test_each_fault_is_paid_for_once_at_most_and_ends_or_says_why_it_waits(
    tmp_path: Path, name: str
) -> None:
    row = ROWS[name]
    with hushed(), scene_in(tmp_path, row) as scene:
        scene.fal.script([*row.script])
        job_id = scene.corridor.drop()

        job = scene.walk(job_id, row.patience)

        told, spend = scene.fal.ledger(), scene.corridor.spend()
    assert ended_as(job) == row.ends, (job.reason, job.facts.error)
    assert told["pending"] == [], "a fault was not injected"
    assert (told["accepted"], told["billed"]) == (row.accepted, row.billed)
    assert told["violations"] == []
    assert told["duplicates"] == {}, "one upload was asked for twice"
    settled = round(spend.today / 10_000)
    assert settled <= told["billed_units"]
    if job.state in DONE:
        assert (settled, spend.reserved) == (told["billed_units"], 0)
    else:
        assert spend.reserved in {0, PRICE}
    if job.hold is Hold.DOUBT:
        assert "$0.08 stay reserved" in (job.reason or "") or job.state is not State.SUBMITTING
    assert KEY not in f"{job}"
