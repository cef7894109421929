"""
The window as people use it: a real Chromium, a daemon that works on a stand-in of fal.

The pictures that are taken lie in `build/artefacts`, to be looked at.
"""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from browser import DESKTOP, PHONE, Browser, browser
from place import Place, photo
from standin import Options, Standin
from windows import free_address, is_alive

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

HOSTILE = "<img src=x onerror=alert(1)>.png"
FORM = "form:has(input[value={verb}]) button"


ON_TOP = """(() => {
    const slider = document.querySelector(".stage .slider");
    slider.scrollIntoView({ block: "nearest" });
    const box = slider.getBoundingClientRect();
    return document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2) === slider;
})()"""


class Window(Place):
    """A place with a window on a free port."""

    def open(self, fal: Standin) -> None:
        """Start the daemon; every print goes to review."""
        self.address = f"http://{free_address()}"
        urls = {
            "queue_url": fal.queue_url,
            "rest_url": fal.rest_url,
            "cdn_url": fal.cdn_url,
            "api_url": fal.api_url,
        }
        self.use_fal(
            urls,
            web={"listen": self.address.removeprefix("http://")},
            plan={"min_effective_ppi": 1200.0},
        )
        self.start()
        self.wait_for(lambda: is_alive(self.address), "the window")

    def asked(self, path: str) -> Any:
        """Return what the API says."""
        return httpx.get(self.address + path, timeout=5).json()

    def state(self, path: str) -> str:
        """Return the word for the latest job of a path."""
        return str(self.jobs().get(path, {}).get("state", ""))

    def until(self, path: str, state: str) -> None:
        """Wait for a state."""
        self.wait_for(lambda: self.state(path) == state, f"{path}: {state}")


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    folder = tmp_path_factory.mktemp("window")
    with Standin(folder / "fal", Options(concurrency=4)) as fal:
        place = Window(folder)
        place.open(fal)
        for name, seed in (("a", 1), ("b", 2), ("c", 3), ("d", 4), (HOSTILE, 5)):
            photo(
                place.path(f"inbox/print-a5/{name}" + ("" if "." in name else ".jpg")),
                (1300, 920),
                seed=seed,
            )
        for frame in (1001, 1002, 1004):
            photo(place.path(f"inbox/hd/shot.{frame}.png"), (960, 720), seed=frame)
        place.path("inbox/hd/no.jpg").write_bytes(b"no picture")
        place.path("inbox/hd/empty.png").touch()
        for path in ("a.jpg", "b.jpg", "c.jpg", "d.jpg", HOSTILE):
            place.until(f"print-a5/{path}", "review")
        place.until("hd/no.jpg", "failed")
        yield place
        place.end()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


def job_of(window: Window, path: str) -> str:
    return str(window.jobs()[path]["id"])


def pages(window: Window) -> dict[str, str]:
    series = window.asked("/api/v1/series")[0]
    return {
        "now": "/",
        "review": "/review",
        "compare": f"/review/{job_of(window, 'print-a5/a.jpg')}",
        "jobs": "/jobs",
        "job": f"/jobs/{job_of(window, 'hd/no.jpg')}",
        "series": "/series",
        "one-series": f"/series/{series['watch']}?key={series['key'].replace('#', '%23')}",
        "rules": "/rules",
        "reports": "/reports",
        "fault": "/jobs/nobody",
    }


def test_every_page_is_kept_as_a_picture_and_axe_finds_nothing_serious(
    window: Window, chromium: Browser
) -> None:
    for name, path in pages(window).items():
        for size_name, size in (("desktop", DESKTOP), ("phone", PHONE)):
            for scheme in ("light", "dark"):
                chromium.open(window.address + path, size, dark=scheme == "dark")
                if name == "compare":
                    chromium.wait_for("document.querySelector('[data-ready]') !== null", "tiles")
                assert chromium.violations() == [], (name, size_name, scheme)
                assert not chromium.wider_than_the_screen, (name, size_name)
                chromium.screenshot(f"window-{name}-{size_name}-{scheme}")
    assert all(one.startswith(window.address) for one in chromium.requests)
    assert chromium.dialogs == []


def test_a_link_in_a_report_leads_to_the_job_and_back_to_all_reports(
    window: Window, chromium: Browser
) -> None:
    for size_name, size in (("desktop", DESKTOP), ("phone", PHONE)):
        chromium.open(f"{window.address}/reports/now", size)
        assert not chromium.wider_than_the_screen, size_name
        chromium.screenshot(f"window-report-{size_name}-light")
    for link, there in (("/jobs/", "/jobs/"), ("/reports", "/reports")):
        chromium.open(f"{window.address}/reports/now")
        chromium.click(f"a[href^='{link}']")
        chromium.wait_for(f"location.pathname.startsWith('{there}')", f"the way to {there}")
        chromium.wait_for("document.querySelector('header.bar') !== null", "a page of ours")


def test_the_divider_moves_by_mouse_and_by_keyboard(window: Window, chromium: Browser) -> None:
    chromium.open(f"{window.address}/review/{job_of(window, 'print-a5/a.jpg')}")
    chromium.wait_for("document.querySelector('[data-ready]') !== null", "tiles")
    at = "document.querySelector('.slider').value"
    for size in (DESKTOP, (1280, 640), (1600, 1200), PHONE):
        chromium.look(size)
        assert chromium.run(ON_TOP), f"something lies over the handle at {size}"
    chromium.look(DESKTOP)
    clip = "document.querySelector('canvas.before').style.clipPath"
    assert chromium.run(at) == "50"
    chromium.click(".stage .slider")  # in its middle: it has the focus now
    chromium.press("ArrowRight")
    moved = float(chromium.run(at))
    assert moved > 50
    assert chromium.run(clip) == f"inset(0px {100 - moved:g}% 0px 0px)"
    chromium.run("document.activeElement.blur()")
    chromium.press("ArrowLeft")
    assert float(chromium.run(at)) == moved - 2
    box = chromium.run(
        "(() => { const b = document.querySelector('.stage .slider').getBoundingClientRect();"
        " return [b.left + b.width * 0.2, b.top + b.height / 2] })()"
    )
    for kind in ("mousePressed", "mouseReleased"):
        chromium.call(
            "Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1
        )
    assert float(chromium.run(at)) < 30
    chromium.press("d")
    assert chromium.run("document.querySelector('.stage').classList.contains('difference')")


def test_accept_reject_redo_retry_cancel_pause_and_resume_are_clicked(
    window: Window, chromium: Browser
) -> None:
    address = window.address
    chromium.open(f"{address}/review/{job_of(window, 'print-a5/a.jpg')}")
    chromium.click("[data-verb=accept]")
    window.until("print-a5/a.jpg", "done")
    assert "outbox/print-a5/a.tif" in window.files("outbox")

    chromium.open(f"{address}/review/{job_of(window, 'print-a5/b.jpg')}")
    decide(chromium, "r")
    window.until("print-a5/b.jpg", "failed")
    assert "failed/print-a5/b.jpg" in window.files("failed")

    old = job_of(window, "print-a5/c.jpg")
    chromium.open(f"{address}/review/{old}")
    decide(chromium, "5")
    window.wait_for(lambda: redone(window, old), "the redo's end in review")
    assert redone(window, old)["verdict"]["model"] == "cgi"

    chromium.open(f"{address}/jobs/{job_of(window, 'print-a5/b.jpg')}")
    chromium.click(FORM.format(verb="retry"))
    window.until("print-a5/b.jpg", "review")

    chromium.open(f"{address}/jobs/{job_of(window, 'hd/empty.png')}")
    chromium.click(FORM.format(verb="cancel"))
    window.until("hd/empty.png", "failed")

    chromium.open(address + "/")
    chromium.click("form[action='/pause'] button")
    window.wait_for(lambda: window.ask("status")["paused"], "the pause")
    chromium.wait_for("document.body.textContent.includes('Paused')", "the page says so")
    chromium.click("form[action='/pause'] button")
    window.wait_for(lambda: not window.ask("status")["paused"], "the end of the pause")


def decide(chromium: Browser, key: str) -> None:
    """Press a key as soon as the page listens: one still held from the last page is not heard."""
    chromium.wait_for("document.querySelector('main').dataset.keys === 'on'", "keys")
    chromium.press(key)


def redone(window: Window, old: str) -> Any:
    """Return the story of what did a job again, once it is in review."""
    for one in window.ask("jobs", "--state", "review"):
        told = window.ask("show", one["id"])
        if told["redo_of"] == old:
            return told
    return None


def test_two_windows_see_what_comes_without_being_touched(
    window: Window, chromium: Browser
) -> None:
    with browser() as other:
        for one in (chromium, other):
            one.open(window.address + "/jobs")
        photo(window.path("inbox/hd/live.jpg"), (1200, 800), seed=77)
        for one in (chromium, other):
            one.wait_for("document.body.textContent.includes('live.jpg')", "the new picture")
        window.until("hd/live.jpg", "done")
        for one in (chromium, other):
            one.wait_for(
                "[...document.querySelectorAll('.row')].some((row) =>"
                " row.textContent.includes('live.jpg') && row.querySelector('.word.done'))",
                "its end",
            )


def test_a_name_that_is_markup_stays_text(window: Window, chromium: Browser) -> None:
    path = f"print-a5/{HOSTILE}"
    for page in ("/", "/review", "/jobs", f"/review/{job_of(window, path)}"):
        chromium.open(window.address + page)
        assert "onerror=alert(1)" in chromium.run("document.body.textContent"), page
        assert chromium.run("document.querySelectorAll('img[src=x]').length") == 0
    assert chromium.dialogs == []


def test_a_picture_is_judged_and_one_is_handed_in(
    window: Window, chromium: Browser, tmp_path: Path
) -> None:
    picture = photo(tmp_path / "handed.jpg", (1200, 800), seed=88)
    chromium.open(window.address + "/rules")
    give(chromium, "[data-try] input[type=file]", picture)
    chromium.click("[data-try] button")
    chromium.wait_for("document.querySelector('#tried h3') !== null", "the verdict")
    assert "% sure" in chromium.run("document.querySelector('#tried h3').textContent")

    chromium.open(window.address + "/")
    give(chromium, "[data-upload] input[type=file]", picture)
    chromium.run("document.querySelector('[data-upload] [name=target]').value = 'hd'")
    chromium.click("[data-upload] button")
    chromium.wait_for("document.querySelector('.sent').textContent.includes('handed in')", "it")
    window.until("hd/handed.jpg", "done")


def give(chromium: Browser, selector: str, file: Path) -> None:
    """Choose a file, as a person does in the dialog."""
    root = chromium.call("DOM.getDocument")["root"]["nodeId"]
    node = chromium.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
    chromium.call("DOM.setFileInputFiles", nodeId=node, files=[str(file)])


def test_the_page_outlives_a_restart_of_the_daemon(window: Window, chromium: Browser) -> None:
    chromium.open(window.address + "/jobs")
    window.kill(group=False)
    window.wait_for(lambda: not reachable(window), "the window's end with its daemon")
    window.start()
    window.wait_for(lambda: is_alive(window.address), "the window")
    photo(window.path("inbox/hd/after.jpg"), (1200, 800), seed=99)
    window.until("hd/after.jpg", "done")
    chromium.wait_for("document.body.textContent.includes('after.jpg')", "what came after")


def reachable(window: Window) -> bool:
    host, port = window.address.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), 1).close()
    except OSError:
        return False
    return True
