"""The whole daemon while nobody watches: what it tells, measures, and gives as a sign of life."""

import json
import sqlite3
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from place import Place, photo
from standin import Options, Standin

KEEP = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read())"


class Switch(ThreadingHTTPServer):
    """A dead man's switch: counts what it hears."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Listener)
        self.heard: list[str] = []
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


class _Listener(BaseHTTPRequestHandler):
    server: Switch

    def do_GET(self) -> None:
        self.server.heard.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""


@pytest.fixture
def switch() -> Iterator[Switch]:
    server = Switch()
    yield server
    server.shutdown()
    server.server_close()


def told(place: Place) -> list[dict[str, Any]]:
    path = place.path("told.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def command(place: Place) -> list[str]:
    return [sys.executable, "-c", KEEP, str(place.path("told.jsonl"))]


def lines(log: str, event: str) -> list[dict[str, Any]]:
    return [one for one in map(json.loads, log.splitlines()) if one["event"] == event]


def samples(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_run_tells_of_its_failure_and_every_job_has_its_canonical_line(place: Place) -> None:
    place.configure(notify={"notify_command": command(place), "disk_low_gb": 0.0})
    photo(place.path("inbox/hd/good.png"))
    bad = place.path("inbox/hd/bad.png")
    bad.write_bytes(b"these are words, not a picture" * 40)

    log = place.until_idle(code=3)

    (message,) = told(place)
    assert (message["event"], message["count"]) == ("problem", 1)
    assert message["text"].startswith("hd/bad.png: ")
    ended = {line["path"]: line for line in lines(log, "job_ended")}
    good = ended["hd/good.png"]
    assert (good["state"], good["engine"], good["cost_usd"]) == ("done", "local", 0.0)
    assert {"seen", "taken", "planned", "fetched", "delivering"} <= set(good["stages"])
    assert (ended["hd/bad.png"]["state"], ended["hd/bad.png"]["code"]) == (
        "failed",
        "not_a_picture",
    )


@pytest.mark.long
def test_a_killed_daemon_falls_silent_and_the_next_one_says_that_it_was_killed(
    place: Place, switch: Switch
) -> None:
    secret = "T0KEN-5ecret"
    place.configure(
        notify={
            "notify_command": command(place),
            "heartbeat_url": f"http://127.0.0.1:{switch.server_port}/{secret}?up=1",
            "heartbeat_seconds": 1.0,
            "disk_low_gb": 0.0,
        },
        metrics={"listen": "127.0.0.1:0", "textfile": "upscaled.prom"},
        report={"at": "12:00"},
    )
    place.path("inbox/hd").mkdir(parents=True)
    place.start()
    place.wait_for(lambda: len(switch.heard) >= 2, "two heartbeats")
    log = place.path("daemon.log")
    base = f"http://127.0.0.1:{lines(log.read_text(), 'measures_at')[0]['port']}"
    assert httpx.get(f"{base}/healthz", trust_env=False).text == "ok\n"
    assert httpx.get(f"{base}/readyz", trust_env=False).status_code == 200
    photo(place.path("inbox/hd/a.png"))

    def done() -> bool:
        found = samples(httpx.get(f"{base}/metrics", trust_env=False).text)
        return found["upscaled_jobs_ended_total", ("done",)] == 1

    place.wait_for(done, "the job's end in the measures")
    found = samples(httpx.get(f"{base}/metrics", trust_env=False).text)
    assert found["upscaled_jobs", ("done",)] == 1
    assert found["upscaled_ready", ()] == 1
    assert found["upscaled_watch_healthy", ("0",)] == 1
    assert found["upscaled_stage_seconds_count", ("fetched",)] == 1
    assert found["upscaled_free_bytes", ("state",)] > 0
    written = place.path("upscaled.prom")
    place.wait_for(written.exists, "the textfile", seconds=40)
    assert ("upscaled_ready", ()) in samples(written.read_text())

    marker = place.path("outbox/.upscaled-root")
    kept = marker.read_bytes()
    marker.unlink()  # as when a share is lost
    place.wait_for(
        lambda: httpx.get(f"{base}/readyz", trust_env=False).status_code == 503, "not ready"
    )
    assert httpx.get(f"{base}/healthz", trust_env=False).status_code == 200
    heard = len(switch.heard)
    assert httpx.get(f"{base}/readyz", trust_env=False).text.startswith("watch 0: ")
    marker.write_bytes(kept)
    place.wait_for(lambda: len(switch.heard) > heard, "a heartbeat after the share came back")

    place.kill(group=True)
    again = place.until_idle()

    assert [(one["event"], one["count"]) for one in told(place)] == [("unclean", 1)]
    assert lines(again, "unclean_last_stop")
    assert not lines(place.until_idle(), "unclean_last_stop")
    assert samples(written.read_text())["upscaled_ready", ()] == 0  # nobody runs any more
    assert set(switch.heard) == {f"/{secret}?up=1"}
    assert secret not in log.read_text() + again


@pytest.mark.long
def test_under_the_journal_a_line_is_its_weight_and_its_facts(place: Place) -> None:
    place.configure(notify={"disk_low_gb": 0.0})
    photo(place.path("inbox/hd/a.png"))

    done = place.run("run", "--until-idle", "--log-format", "journal")

    assert done.returncode == 0
    said = done.stderr.splitlines()
    assert said
    assert all(line.startswith("<") and line[2:9] == ">event=" for line in said)
    assert any("event=job_ended job=" in line and "stages.taken=" in line for line in said)


@pytest.mark.long
def test_the_status_says_when_the_window_opens_and_urgent_does_not_wait(place: Place) -> None:
    place.configure(watch={"window": "sun 03:00-03:01"}, schedule={"timezone": "Europe/Berlin"})

    told_now = place.ask("status")

    (window,) = told_now["schedule"]["windows"]
    assert window["hours"] == "sun 03:00-03:01"
    assert window["open"] is False
    assert window["opens_at"].endswith("Z")
    assert "opens Sun" in place.run("status").stdout


@pytest.mark.long
def test_a_night_that_was_missed_is_told_once_at_the_next_start(place: Place) -> None:
    place.configure(notify={"notify_command": command(place), "disk_low_gb": 0.0})
    place.until_idle()
    assert told(place) == []  # what was before the first start is nobody's
    with sqlite3.connect(place.path("state/ledger.sqlite")) as link:
        link.execute("UPDATE meta SET value = '2026-01-01' WHERE key = 'night_told'")

    place.until_idle()
    place.until_idle()

    (message,) = told(place)
    (report,) = place.path("outbox").glob("_REPORT-*.html")
    assert message["event"] == "night"
    assert message["text"].startswith(report.stem.removeprefix("_REPORT-"))
    assert str(report) in message["text"]


@pytest.mark.long
def test_outside_the_window_nothing_is_sent_but_from_urgent_folders(
    place: Place, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Standin(tmp_path_factory.mktemp("fal"), Options()) as fal:
        names = ("queue_url", "rest_url", "cdn_url", "api_url")
        urls = {name: getattr(fal, name) for name in names}
        place.use_fal(
            urls,
            schedule={"window": "sun 03:00-03:01", "timezone": "Europe/Berlin"},
        )
        photo(place.path("inbox/hd/a.png"), seed=1)
        photo(place.path("inbox/hd-urgent/b.png"), seed=2)

        place.until_idle(code=3)

        jobs = {job["path"]: job for job in place.ask("jobs")}
        assert jobs["hd-urgent/b.png"]["state"] == "done"
        held = jobs["hd/a.png"]
        assert (held["state"], held["hold"]) == ("held", "window")
        assert "it opens Sun" in held["reason"]
        assert held["reason"].endswith("(Europe/Berlin).")
        (window,) = place.ask("status")["schedule"]["windows"]
        assert held["due_at"][:19] == window["opens_at"][:19]
        assert fal.ledger()["submits"] == 1


def test_check_says_what_keeps_messages_from_leaving(place: Place) -> None:
    urls = place.path("urls")
    urls.write_text("json://127.0.0.1/T0KEN\nnonsense://T0KEN\n")
    urls.chmod(0o644)
    place.configure(notify={"urls_file": "urls"})

    said = place.ask("check")
    assert said["warnings"] == [
        "messages: 1 of 2 addresses are none that Apprise knows",
        f"{urls} holds secrets and others may read it: chmod 600",
    ]

    place.configure(
        notify={"urls_file": "missing", "notify_command": ["no-such-program", "T0KEN"]},
        metrics={"textfile": "urls/upscaled.prom"},
    )
    faults = {one["key"]: one for one in place.ask("check", code=2)["faults"]}
    assert set(faults) == {"notify.notify_command", "notify.urls_file", "metrics.textfile"}
    assert "T0KEN" not in json.dumps([said, faults])


def test_wrong_keys_of_the_night_are_told_without_secrets(place: Place) -> None:
    place.configure(
        notify={
            "heartbeat_url": "http://example.com/T0KEN",
            "notify_command": "curl 'https://T0KEN",
            "events": ["problem", "problems"],
        },
        metrics={"listen": "0.0.0.0:9464", "textfile": "up.txt"},
        schedule={"window": "mon 22:00-06:00, sat 1:00-2:00"},
        report={"at": "late"},
    )

    faults = {one["key"]: one for one in place.ask("check", code=2)["faults"]}

    assert set(faults) == {
        "notify.heartbeat_url",
        "notify.notify_command",
        "notify.events",
        "metrics.listen",
        "metrics.textfile",
        "schedule.window",
        "report.at",
    }
    assert "T0KEN" not in json.dumps(faults)
    assert 'put a ; before "sat"' in faults["schedule.window"]["hint"]
    assert '"problem"' in faults["notify.events"]["hint"]
