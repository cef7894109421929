"""The window over a real ledger and real pictures, asked as a browser and as a script would."""

import json
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import copy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from place import Place, photo
from upscaled import __version__
from upscaled.cli.window.answers import House
from upscaled.cli.window.gathering import given_of
from upscaled.cli.window.pictures import Pictures
from upscaled.edge.ledger import posting, shelf
from upscaled.edge.ledger.glance import glanced
from upscaled.edge.toml import load_settings
from upscaled.edge.web.app import application
from upscaled.edge.web.guarding import COOKIE, HEADERS, Keys
from windows import served

HOSTILE = "<img src=x onerror=alert(1)>.png"
TOKEN = "open sesame"
FRAMES = (1001, 1002, 1003)
Opened = Callable[..., httpx.Client]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("studio"))
    photo(place.path("inbox/hd/one.jpg"))
    photo(place.path(f"inbox/print-a5/{HOSTILE}"), (500, 400), seed=2)
    for frame in FRAMES:
        photo(place.path(f"inbox/hd/shot.{frame}.png"), (480, 360), seed=frame)
    place.path("inbox/hd/no.jpg").write_bytes(b"no picture at all")
    place.until_idle(3)
    yield place
    place.end()


@pytest.fixture(scope="module")
def opened(studio: Place) -> Iterator[Opened]:
    given = given_of(load_settings(studio.config), studio.config)
    with ExitStack() as stack:
        house = House(given, Pictures(given))
        stack.callback(house.close)

        def client(token: str = "", host: str = "") -> httpx.Client:
            address = stack.enter_context(
                served(application(house, Keys(token=token), __version__))
            )
            headers = {"Host": host} if host else {}
            return stack.enter_context(httpx.Client(base_url=address, headers=headers))

        yield client


def jobs(client: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/v1/jobs", params=query).json()["jobs"]
    return found


def test_every_page_is_there_and_carries_strict_headers(opened: Opened) -> None:
    client = opened()
    known = jobs(client)
    pages = ["/", "/review", "/jobs", "/series", "/rules", "/reports", "/reports/now"]
    pages += [f"/jobs/{one['id']}" for one in known] + [f"/review/{one['id']}" for one in known]
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200, page
        for name in set(HEADERS) - {"content-security-policy"}:
            assert answer.headers[name] == HEADERS[name], (page, name)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'"), page
        assert "script-src 'unsafe-inline'" not in policy, page


def test_a_name_that_is_markup_stays_text(opened: Opened) -> None:
    client = opened()
    for page in ("/", "/jobs", f"/jobs/{jobs(client, q='onerror')[0]['id']}"):
        html = client.get(page).text
        assert "&lt;img src=x onerror=alert(1)&gt;" in html, page
        assert "<img src=x" not in html, page


def test_the_api_says_what_the_command_line_says(studio: Place, opened: Opened) -> None:
    client = opened()
    told = client.get("/api/v1/status").json()
    asked = studio.ask("status")
    assert {key: told[key] for key in ("jobs", "engine", "paused")} == {
        key: asked[key] for key in ("jobs", "engine", "paused")
    }
    assert {one["id"] for one in jobs(client)} == {one["id"] for one in studio.ask("jobs")}
    assert [one["path"] for one in jobs(client, state="failed", q="NO.JPG")] == ["hd/no.jpg"]
    job = jobs(client, state="failed", q="no.jpg")[0]["id"]
    story = client.get(f"/api/v1/jobs/{job}").json()
    assert {key: story[key] for key in ("id", "history", "error")} == {
        key: studio.ask("show", job)[key] for key in ("id", "history", "error")
    }
    receipt = client.get(f"/api/v1/jobs/{job}/receipt").json()
    assert (receipt["job"], receipt["status"]) == (job, "failed")


def test_an_order_is_posted_as_the_command_line_posts_it(studio: Place, opened: Opened) -> None:
    client = opened()
    job = jobs(client, q="no.jpg")[0]["id"]
    said = client.post("/api/v1/retry", json={"ids": [job]}).json()
    assert said == [{"id": job, "asked": "retry", "answer": None}]  # nobody works: asked
    studio.until_idle(3)
    assert any("retry" in one["said"] or one["state"] == "seen" for one in history(client, job))


def history(client: httpx.Client, job: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = client.get(f"/api/v1/jobs/{job}").json()["history"]
    return found


def test_a_form_from_elsewhere_does_nothing(studio: Place, opened: Opened) -> None:
    client = opened()
    form = {"paused": "1", "back": "/"}
    forgery = re.search(r'name="forgery" content="([^"]+)"', client.get("/").text)
    assert forgery
    asked = [
        client.post("/pause", data=form),  # no forgery token
        client.post("/pause", data=form | {"forgery": "guessed"}),
        client.post(
            "/pause",
            data=form | {"forgery": forgery[1]},
            headers={"Origin": "https://evil.example"},
        ),
        client.post(
            "/pause", data=form | {"forgery": forgery[1]}, headers={"Sec-Fetch-Site": "cross-site"}
        ),
        client.post("/api/v1/pause", content=b"{}", headers={"Content-Type": "text/plain"}),
    ]
    assert [one.status_code for one in asked] == [403, 403, 403, 403, 400]
    assert not studio.ask("status")["paused"]
    sure = client.post("/pause", data=form | {"forgery": forgery[1]})
    assert (sure.status_code, sure.headers["location"]) == (303, "/")
    assert studio.ask("status")["paused"]
    assert client.post("/api/v1/resume", json={}).json() == {"paused": False}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "printer.local:8642"])
def test_a_foreign_name_for_this_machine_is_not_answered(opened: Opened, host: str) -> None:
    assert opened(host=host).get("/").status_code == 421


def test_with_a_token_nothing_is_shown_without_it(opened: Opened) -> None:
    client = opened(TOKEN, host="studio.example")
    assert client.get("/jobs").headers["location"] == "/login"
    assert '<nav aria-label="Pages">' not in client.get("/login").text
    for path in ("/api/v1/jobs", "/api/v1/status", "/api/v1/openapi.json"):
        assert client.get(path).status_code == 401
        wrong = client.get(path, headers={"Authorization": "Bearer open sesam"})
        assert wrong.status_code == 401
        right = client.get(path, headers={"Authorization": f"Bearer {TOKEN}"})
        assert right.status_code == 200
    assert client.post("/login", data={"token": "guess"}).status_code == 401
    given = client.post("/login", data={"token": TOKEN}).headers["set-cookie"]
    assert TOKEN not in given
    for word in ("HttpOnly", "SameSite=strict"):
        assert word in given
    assert client.get("/jobs", headers={"Cookie": f"{COOKIE}=wrong"}).status_code == 303
    assert client.get("/jobs").status_code == 200  # the client kept its cookie


@pytest.mark.parametrize(
    "path",
    [
        "/jobs/../../etc/passwd",
        "/small/..%2f..%2fledger.sqlite/thumb.webp",
        "/small/x/..%2f..%2fledger.sqlite",
        "/tile/..%2f..%2fx/before/0/0/0",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/reports/..%2f..%2fconfig.toml",
        "/reports/0-2026-01-01%2f..%2f..%2fx",
    ],
)
def test_no_path_from_a_request_is_opened(opened: Opened, path: str) -> None:
    assert opened().get(path).status_code == 404


def test_source_and_result_are_cut_into_tiles_of_one_grid(opened: Opened) -> None:
    client = opened()
    job = next(one for one in jobs(client) if one["state"] in {"done", "review"})["id"]
    grid = client.get(f"/view/{job}").json()
    assert grid["levels"] == len(bin((max(grid["width"], grid["height"]) - 1) // 512)) - 1
    last = grid["levels"] - 1
    for side in ("before", "after"):
        tile = client.get(f"/tile/{job}/{side}/{last}/0/0")
        assert (tile.status_code, tile.headers["content-type"]) == (200, "image/jpeg")
        assert tile.headers["cache-control"] == "no-store"
    assert client.get(f"/tile/{job}/before/{last}/999/0").status_code == 404
    assert client.get(f"/tile/{job}/elsewhere/0/0/0").status_code == 404


def test_a_picture_is_handed_in_as_submit_does(
    studio: Place, opened: Opened, tmp_path: Path
) -> None:
    client = opened()
    data = photo(tmp_path / "new.jpg", seed=5).read_bytes()
    kind = {"Content-Type": "application/octet-stream"}

    def sent(**query: str) -> Any:
        return client.post("/api/v1/submit", params=query, content=data, headers=kind)

    told = sent(name="new.jpg", target="hd").json()
    assert told["new"]
    assert studio.path("inbox/hd/new.jpg").read_bytes() == data
    assert sent(name="new.jpg", target="hd").json() == told | {"new": False}
    for wrong in ({"name": "../x.jpg"}, {"name": "a/b.jpg"}, {"name": ""}, {"target": "4q"}):
        answer = sent(**{"name": "y.jpg", "target": "hd"} | wrong)
        assert answer.status_code == 400, wrong
    assert "4k" in sent(name="y.jpg", target="4q").json()["error"]["hint"]


def test_the_document_names_every_call_and_only_those(opened: Opened) -> None:
    client = opened()
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path, calls in document["paths"].items():
        for method in calls:
            answer = client.request(method, path.replace("{job}", "nobody"), json={})
            assert answer.status_code not in {405, 500}, (method, path)


def test_what_a_person_must_know_before_resuming_stands_on_the_first_page(
    studio: Place, opened: Opened
) -> None:
    client, ledger = opened(), studio.path("state/ledger.sqlite")
    fault = {"key": "watch[0].inbox", "expected": "another folder", "place": "", "hint": ""}
    refused = {"ok": False, "at": "2026-01-02T03:04:05Z", "faults": [fault], "changes": []}
    told = {
        "paused": "1",
        "restored": json.dumps({"copied_at": "2026-01-02T03:04:05Z", "at": ""}),
        "reload": json.dumps(refused),
    }
    assert "Restored from its copy" not in client.get("/").text
    posting.remember(ledger, told)
    html = client.get("/?anew").text
    for words in ("Restored from its copy", "was refused", "expected another folder."):
        assert words in html
    client.post("/api/v1/resume", json={})
    posting.remember(ledger, {"reload": "null"})
    assert "Restored from its copy" not in client.get("/?again").text


def test_another_site_gets_nothing_to_look_at_either(opened: Opened) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert opened().get("/reports/now", headers=headers).status_code == 403


@pytest.mark.parametrize("ids", [["\ud800"], [1], [""], [], "x", ["a" * 65], ["nobody"]])
def test_ids_that_are_none_are_refused(opened: Opened, ids: Any) -> None:
    body = json.dumps({"ids": ids})
    headers = {"Content-Type": "application/json"}
    assert opened().post("/api/v1/accept", content=body, headers=headers).status_code == 400


def test_a_link_in_the_place_of_a_sidecar_is_not_followed(studio: Place, opened: Opened) -> None:
    client = opened()
    job = jobs(client, state="failed", q="no.jpg")[0]["id"]
    sidecar = studio.path("failed/hd/no.jpg.json")
    kept = sidecar.read_bytes()
    sidecar.unlink()
    sidecar.symlink_to(studio.config)
    assert client.get(f"/api/v1/jobs/{job}/receipt").status_code == 404
    sidecar.unlink()
    sidecar.write_bytes(kept)
    assert client.get(f"/api/v1/jobs/{job}/receipt").status_code == 200


def test_a_folder_on_the_way_that_became_a_link_is_not_followed(
    studio: Place, opened: Opened, tmp_path: Path
) -> None:
    client = opened()
    failed = jobs(client, state="failed", q="no.jpg")[0]["id"]
    done = next(one for one in jobs(client, q="one.jpg") if one["state"] != "failed")["id"]
    assert client.get(f"/view/{done}").status_code == 200
    for root, address in (
        ("failed/hd", f"/api/v1/jobs/{failed}/receipt"),
        ("archive/hd", f"/view/{done}"),
    ):
        folder, moved = studio.path(root), tmp_path / root
        moved.parent.mkdir(parents=True)
        folder.rename(moved)
        folder.symlink_to(moved)
        assert (folder / next(moved.iterdir()).name).exists()
        assert client.get(address).status_code == 404
        folder.unlink()
        moved.rename(folder)
        assert client.get(address).status_code == 200


def test_a_picture_is_judged_and_planned_as_the_command_line_does(
    studio: Place, opened: Opened, tmp_path: Path
) -> None:
    file = photo(tmp_path / "new.jpg", seed=6)
    kind = {"Content-Type": "application/octet-stream"}

    def sent(verb: str, data: bytes, **query: str) -> httpx.Response:
        address = f"/api/v1/{verb}"
        return opened().post(address, params=query, content=data, headers=kind, timeout=60)

    said = sent("classify", file.read_bytes(), name="new.jpg").json()
    assert said == studio.ask("classify", str(file)) | {"path": "new.jpg"}
    told = sent("plan", file.read_bytes(), name="new.jpg", target="hd").json()
    assert told == studio.ask("plan", str(file), "--target", "hd") | {"path": "new.jpg"}
    unreadable = sent("plan", b"no picture", name="x.jpg", target="hd").json()
    assert (unreadable["path"], unreadable["cost_usd"]) == ("x.jpg", 0)
    assert unreadable["error"]["code"] == "not_a_picture"
    assert sent("plan", b"", name="x.jpg", target="4q").status_code == 400
    assert sent("plan", b"", name="x.jpg").status_code == 400
    assert list(studio.path("state/views/incoming").iterdir()) == []


def test_pictures_are_tried_and_what_is_none_is_told(opened: Opened, tmp_path: Path) -> None:
    client = opened()
    found = re.search(r'name="forgery" content="([^"]+)"', client.get("/rules").text)
    assert found

    def tried(name: str, data: bytes) -> str:
        headers = {"X-Upscaled-Token": found[1], "X-Fragment": "1"}
        query = {"name": name}
        answer = client.post("/rules/try", params=query, content=data, headers=headers, timeout=60)
        assert answer.status_code == 200
        assert name in answer.text
        return answer.text

    assert "not a picture" in tried("notes.txt", b"no picture")
    html = tried("good.jpg", photo(tmp_path / "good.jpg").read_bytes())
    for words in ("% sure", "What tipped it"):
        assert words in html


def test_members_of_a_series_come_in_parts(opened: Opened) -> None:
    client = opened()

    def part(**query: Any) -> Any:
        return client.get("/api/v1/series/members", params=query)

    (series,) = client.get("/api/v1/series").json()
    of = {"watch": series["watch"], "key": series["key"]}
    whole = part(**of).json()
    assert [one["path"] for one in whole["jobs"]] == [f"hd/shot.{n}.png" for n in FRAMES]
    assert whole["total"] == len(FRAMES)
    some = part(**of, after=1, limit=1).json()
    assert (some["total"], some["jobs"]) == (len(FRAMES), whole["jobs"][1:2])
    assert part(watch=9, key=series["key"]).json() == {"jobs": [], "total": 0}
    assert part(watch=0).status_code == 400
    html = client.get(f"/series/{of['watch']}", params={"key": of["key"]}).text
    assert "shot.1003.png" in html
    counts = [(series[word], says) for word, says in (("done", "of 3 done"), ("failed", "failed"))]
    assert all(f"{number} {says}" in html for number, says in counts if number)


def test_tiles_are_let_go_of_where_they_take_too_much_room(studio: Place, tmp_path: Path) -> None:
    given = given_of(load_settings(studio.config), studio.config)
    apart = copy(given.settings)
    object.__setattr__(apart, "state", SimpleNamespace(directory=tmp_path))
    with glanced(given.ledger) as ledger:
        assert ledger is not None
        lines, _ = shelf.page(ledger, None, "", shelf.Part(limit=50))
        found = [shelf.job(ledger, given.inboxes, line.id) for line in lines]
    pairs = [job for job in found if job and job.facts.delivery][:3]
    assert len(pairs) == 3
    for most, left in ((1, 1), (10**9, 3)):
        pictures = Pictures(replace(given, settings=apart), most_bytes=most)
        try:
            assert stat.S_IMODE((tmp_path / "views").stat().st_mode) == 0o700
            for job in pairs:
                assert pictures.view(job)
                assert pictures.tile(job.id, "after", (0, 0, 0))
            assert len(list(tmp_path.glob("views/*/grid.json"))) == left
            assert pictures.tile(pairs[-1].id, "after", (0, 0, 0))
        finally:
            pictures.close()
        assert not (tmp_path / "views").exists()


def test_every_link_of_a_report_can_be_followed(studio: Place, opened: Opened) -> None:
    client = opened()
    studio.ask("report")  # one stands in the outbox now
    (old,) = re.findall(r"/reports/[0-9-]+", client.get("/reports").text)
    for page in (old, "/reports/now"):
        html = client.get(page, timeout=60).text
        links = re.findall(r'href="([^"]*)"', html)
        assert any(one.startswith("/jobs/") for one in links), page
        for link in links:
            if link.startswith("#"):
                assert f'id="{link[1:]}"' in html, (page, link)
            else:
                assert client.get(link).status_code == 200, (page, link)
        assert HOSTILE not in html


def test_a_report_that_somebody_changed_leads_nowhere_else(studio: Place, opened: Opened) -> None:
    page = studio.path("outbox/_REPORT-2020-01-01.html")
    page.write_text(
        "<html><body><a HREF = 'https://evil.example'>a</a><a href=//evil.example>b</a>"
        '<a href="../../x">c</a><a href="#here">d</a></body></html>'
    )
    html = opened().get("/reports/0-2020-01-01").text
    page.unlink()
    assert re.findall(r"href *= *[^ >]+", html, re.IGNORECASE) == [
        'href="/reports"',
        'href="#here"',
    ]
