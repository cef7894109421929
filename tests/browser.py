"""
A real Chromium, driven over its own wire: open a page, look at it, press keys, ask axe.

One object is one tab with a fresh profile, seen by nobody. What the page asks of the network, says
on its console or opens as a dialog is kept, so that a test can prove that there was nothing. Made
for tests marked `system`; `tests/system-parts` installs what it needs.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from place import REPOSITORY

ARTEFACTS = REPOSITORY / "build" / "artefacts"
"""Screenshots of the last `make test-system`, to be looked at."""
AXE = REPOSITORY / "build" / "browser-parts" / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP, PHONE = (1280, 900), (390, 844)
SERIOUS = ("serious", "critical")
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_SWITCHES = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-default-apps", "--disable-extensions", "--mute-audio", "--password-store=basic"),
    *("--force-color-profile=srgb", "--remote-debugging-port=0"),
)
_SECONDS = 20.0


class Browser:
    """One tab of a Chromium of its own. Every wait is bounded; use it as a context."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        """Addresses that the page asked for, its own first."""
        self.dialogs: list[str] = []
        self.console: list[str] = []
        self._profile = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        self._number = 0
        self._open = ExitStack()

    def __enter__(self) -> Self:
        program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
        assert program, "no Chromium: run sh tests/system-parts"
        folder = Path(self._profile.name)
        command = [program, *_SWITCHES, f"--user-data-dir={folder}", "about:blank"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        home = {**os.environ, "HOME": str(folder)}
        self._process = subprocess.Popen(command, env=home, **quiet)  # type: ignore[call-overload]
        try:
            self._wire = self._connected(folder / "DevToolsActivePort")
            for domain in ("Page", "Network", "Runtime", "Accessibility"):
                self.call(f"{domain}.enable")
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_raised: object) -> None:
        self._open.close()
        self._end()

    # ---- a page

    def open(
        self, address: str | Path, size: tuple[int, int] = DESKTOP, *, dark: bool = False
    ) -> None:
        """Show an address or a file at a size in CSS pixels, and wait until it is there."""
        self.look(size, dark=dark)
        self.requests.clear()
        url = address.as_uri() if isinstance(address, Path) else address
        self.call("Page.navigate", url=url)
        self.wait_for("document.readyState === 'complete'", "the page")

    def look(
        self, size: tuple[int, int] = DESKTOP, *, dark: bool = False, medium: str = ""
    ) -> None:
        """Change size, colour scheme or medium (`print`) of what is shown."""
        width, height = size
        small = width < 600
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if small else 1,
            mobile=small,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=medium, features=[scheme])

    def run(self, script: str) -> Any:
        """Evaluate JavaScript, a promise too, and return its value; raises where it threw."""
        told = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def wait_for(self, condition: str, what: str, seconds: float = _SECONDS) -> Any:
        """Wait until a JavaScript condition is true; fail with what was waited for."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if found := self.run(condition):
                return found
            time.sleep(0.03)
        raise AssertionError(f"{what} did not come; console: {self.console[-5:]}")

    # ---- a person's hands

    def click(self, selector: str) -> None:
        """Click in the middle of the first element that a CSS selector finds."""
        element = f"document.querySelector({json.dumps(selector)})"
        self.wait_for(f"{element} !== null", selector)
        box = self.run(
            f"(() => {{ const e = {element}; e.scrollIntoView({{block: 'center'}});"
            " const b = e.getBoundingClientRect();"
            " return [b.left + b.width / 2, b.top + b.height / 2] })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            at = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}
            self.call("Input.dispatchMouseEvent", type=kind, **at)

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press one key by its name: `Tab`, `Enter`, `Escape`, `ArrowDown`, `a`."""
        text = {"Enter": "\r", "Space": " "}.get(key, key if len(key) == 1 else "")
        name = " " if key == "Space" else key
        code = _KEY_CODES.get(key, ord(key.upper()) if len(key) == 1 else 0)
        whole: dict[str, Any] = {
            "key": name,
            "code": f"Key{key.upper()}" if len(key) == 1 else key,
            "windowsVirtualKeyCode": code,
            "modifiers": 8 if shift else 0,
        }
        self.call(
            "Input.dispatchKeyEvent", type="keyDown", **whole, **({"text": text} if text else {})
        )
        self.call("Input.dispatchKeyEvent", type="keyUp", **whole)

    def type(self, text: str) -> None:
        """Type text into what has the focus."""
        self.call("Input.insertText", text=text)

    # ---- looking

    def screenshot(self, name: str, *, whole: bool = True) -> Path:
        """Keep a picture of the page, to its end, in `build/artefacts`; return where."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {
            "x": 0,
            "y": 0,
            "scale": 1,
            "width": size["width"],
            "height": min(size["height"], 12_000),
        }
        more = {"captureBeyondViewport": True, "clip": clip} if whole else {}
        data = self.call("Page.captureScreenshot", format="png", **more)["data"]
        return _kept(f"{name}.png", base64.b64decode(data))

    def pdf(self, name: str) -> Path:
        """Print the page on A4 into `build/artefacts`; return where."""
        data = self.call(
            "Page.printToPDF", preferCSSPageSize=True, paperWidth=8.27, paperHeight=11.69
        )
        return _kept(f"{name}.pdf", base64.b64decode(data["data"]))

    def violations(self, *impacts: str) -> list[str]:
        """Return what axe-core finds, `serious` and worse unless said, one sentence each."""
        assert AXE.exists(), "no axe-core: run sh tests/system-parts"
        # Evaluated over the wire, where the page's own policy against scripts does not reach.
        self.run(AXE.read_text("utf-8") + "; true")
        found = self.run("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']} ({one['impact']}): {one['help']}: {node['html'][:160]}"
            for one in found["violations"]
            if one["impact"] in (impacts or SERIOUS)
            for node in one["nodes"][:3]
        ]

    @property
    def wider_than_the_screen(self) -> bool:
        """Say whether a person would have to scroll sideways."""
        return bool(self.run("document.documentElement.scrollWidth > window.innerWidth"))

    # ---- the wire

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the browser one thing of its DevTools protocol and return its answer."""
        self._number += 1
        number = self._number
        self._wire.send(json.dumps({"id": number, "method": method, "params": parameters}))
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until:
            told = json.loads(self._wire.recv(timeout=_SECONDS))
            if told.get("id") == number:
                assert "error" not in told, (method, told["error"])
                return dict(told["result"])
            self._note(told)
        raise AssertionError(f"{method} was not answered")

    def _note(self, told: dict[str, Any]) -> None:
        method, said = told.get("method", ""), told.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(said["request"]["url"])
        elif method == "Runtime.consoleAPICalled":
            self.console.append(" ".join(str(one.get("value", "")) for one in said["args"]))
        elif method == "Page.javascriptDialogOpening":
            self.dialogs.append(said["message"])
            self._number += 1
            close = {"id": self._number, "method": "Page.handleJavaScriptDialog"}
            self._wire.send(json.dumps({**close, "params": {"accept": False}}))

    def _connected(self, port_file: Path) -> ClientConnection:
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until:
            if port_file.exists() and (found := re.match(r"(\d+)\n(\S+)", port_file.read_text())):
                port, path = found.groups()
                return self._tab(port, path)
            assert self._process.poll() is None, "Chromium ended at once"
            time.sleep(0.03)
        raise AssertionError("Chromium did not open its wire")

    def _tab(self, port: str, path: str) -> ClientConnection:
        """Return the wire to the first tab, found through the browser's own."""
        # No pings: while a test looks elsewhere nobody reads, and the wire would count as dead.
        whole: dict[str, Any] = {
            "max_size": None, "compression": None, "proxy": None, "ping_interval": None,
        }  # fmt: skip
        with connect(f"ws://127.0.0.1:{port}{path}", **whole) as wire:
            wire.send(json.dumps({"id": 1, "method": "Target.getTargets"}))
            told = json.loads(wire.recv(timeout=_SECONDS))
        targets = told["result"]["targetInfos"]
        tab = next(one["targetId"] for one in targets if one["type"] == "page")
        address = f"ws://127.0.0.1:{port}/devtools/page/{tab}"
        opened: ClientConnection = self._open.enter_context(connect(address, **whole))
        return opened

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        self._profile.cleanup()


_KEY_CODES = {
    "Tab": 9, "Enter": 13, "Escape": 27, "Space": 32, "Backspace": 8, "Delete": 46,
    "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Home": 36, "End": 35,
}  # fmt: skip


def _kept(name: str, data: bytes) -> Path:
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    path = ARTEFACTS / name
    path.write_bytes(data)
    return path


@contextmanager
def browser() -> Iterator[Browser]:
    """Return a browser that ends with the block, whatever happens in it."""
    with Browser() as opened:
        try:
            yield opened
        except ConnectionClosed as error:
            raise AssertionError("Chromium went away") from error
