"""
The report as people see it: in a real Chromium, on a desk and on a phone, bright, dark and printed.

The pictures that are taken lie in `build/artefacts`, to be looked at.
"""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from PIL import Image, ImageFilter

from browser import DESKTOP, PHONE, Browser, browser
from place import Place, photo
from report_pages import HOSTILE as ANY
from report_studio import Studio
from upscaled.core.report.tiles import SHARPEST, WORST
from upscaled.core.report.values import Gap, Report
from upscaled.edge.pictures.layout import Layout
from upscaled.edge.pictures.tiles import tiles
from upscaled.nouns import (
    Code,
    Family,
    Fidelity,
    Hold,
    Job,
    Probe,
    State,
    Trouble,
    Verdict,
)
from upscaled.outboxes import outboxes_of
from upscaled.reporting import Asked, gather, span_between, write

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

ENDS = datetime(2025, 3, 3, 5, tzinfo=UTC)
HOSTILE = [name for name in ANY if "\udcff" not in name]
"""A name that is not UTF-8 is never taken in: it stays in the inbox."""
SIZES = {"desktop": DESKTOP, "phone": PHONE}
LOOKS = [(name, scheme) for name in SIZES for scheme in ("light", "dark")]


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Night"]:
    made = Night(tmp_path_factory.mktemp("night"))
    yield made
    made.studio.ledger.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


class Night:
    """A night in which everything happened, and one in which nothing did, as pages."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.studio = Studio(root)
        self.studio.configure("Europe/Berlin")
        self._pictures()
        self._ends()
        self._waits()
        whole = self._gathered(ENDS - timedelta(hours=24), ENDS)
        gaps = (Gap(series="8k/shot.####.exr", missing="1017-1019, 1044", count=4, ready=96),)
        self.page, self.twin = write(
            self.studio.settings, replace(whole, gaps=gaps), root / "full.html"
        )
        self.empty, _ = write(self.studio.settings, _emptied(whole), root / "empty.html")

    def _gathered(self, since: datetime, until: datetime) -> Report:
        self.studio.ledger.put("engine", "fal")
        strays = '{"strays": [{"watch": 0, "path": "4k-fitt", "token": "fitt", "files": 12,'
        self.studio.ledger.put("daemon", strays + ' "hint": "did you mean \\"fit\\"?"}]}')
        outbox = outboxes_of(self.studio.settings)[0]
        asked = Asked(
            span=span_between(self.studio.settings, since, until),
            made_at=until + timedelta(minutes=1),
            watches=outbox.watches,
            base=outbox.folder,
            scope=outbox.scope,
        )
        return gather(self.studio.settings, self.studio.ledger, asked)

    def _pictures(self) -> None:
        """Cut tiles of a drawn photograph and its enlargement: each job gets one set of some."""
        layout = Layout(
            width=2400, height=1600, scaled_width=2400, scaled_height=1600, format="PNG"
        )
        for seed in range(4):
            folder = self.root / f"tiles{seed}"
            folder.mkdir()
            source = photo(folder / "s.png", (800, 533), seed)
            with Image.open(source) as picture:
                sharp = picture.resize((2400, 1600), Image.Resampling.LANCZOS)
                sharp.filter(ImageFilter.UnsharpMask(3, 90)).save(
                    folder / "r.png", compress_level=1
                )
            places = {WORST: (0.2, 0.3, 0.3, 0.4), SHARPEST: (0.45, 0.4, 0.55, 0.5)}
            tiles(source, folder / "r.png", layout, places, folder)

    def _ends(self) -> None:
        for number in range(34):
            folder = ("4k", "print-a3", "ACME/8k-fill")[number % 7 % 3]
            at = ENDS - timedelta(minutes=11 * number + number % 5 * 20)
            self._end(State.DONE, f"{folder}/{_NAMES[number % len(_NAMES)]}{number:02}.jpg", at)
        for number, name in enumerate(("portrait.jpg", *HOSTILE)):
            state = State.DONE if number % 3 else State.REVIEW
            self._end(state, f"4k/{name}", ENDS - timedelta(hours=3, minutes=number))
        for number, trouble in enumerate(_TROUBLES):
            at = ENDS - timedelta(hours=5, minutes=number)
            self._end(State.FAILED, f"4k/broken{number}.jpg", at, error=trouble)

    def _end(self, state: State, path: str, at: datetime, error: Trouble | None = None) -> Job:
        studio = self.studio
        made = studio.made(state, at, 0 if error or studio.number % 4 else 80_000, path=path)
        facts = made.facts
        doubt = ("an edge has moved: 2.31, should be at most 1.5",) if state is State.REVIEW else ()
        times = {
            "admitted": at - timedelta(minutes=4 + studio.number % 9),
            "fetched": at - timedelta(seconds=40 + studio.number % 50),
            "receipting": at,
        }
        judged = replace(
            facts,
            probe=None if error else Probe(format="JPEG", width=1280, height=853, mode="RGB"),
            verdict=None if error else _VERDICTS[studio.number % len(_VERDICTS)],
            fidelity=Fidelity(verdict="review" if doubt else "pass", reasons=doubt),
            result=None
            if error
            else replace(facts.result, width=3840, height=2560, bytes=14_200_000),  # type: ignore[type-var]
            set_aside=path if error else None,
            delivery=None
            if error
            else replace(facts.delivery, root="review" if doubt else "outbox", path=path),  # type: ignore[type-var]
            error=error,
            times=times,
        )
        job = replace(made, facts=judged)
        studio.ledger.add([job])
        if job.cost:
            studio.ledger.record(job, "ended", job.facts.passes)
        if not error:
            target = studio.root / "state" / "tiles" / job.id
            target.mkdir(parents=True)
            for one in (self.root / f"tiles{studio.number % 4}").glob("*.webp"):
                (target / one.name).write_bytes(one.read_bytes())
        return job

    def _waits(self) -> None:
        waits = [
            self.studio.made(
                State.PLANNED,
                ENDS - timedelta(hours=1),
                hold=Hold.BUDGET if number < 22 else Hold.WINDOW,
                reason=_CAP,
                due_at=ENDS + timedelta(hours=18),
                path=f"4k/later{number:02}.jpg",
            )
            for number in range(23)
        ]
        self.studio.ledger.add(waits)


_CAP = (
    "It would cost $0.08; $8.96 are spent this day and $0.00 are reserved, of a cap of $9.00"
    " (budget.daily_usd), so $0.04 are left; it waits until the cap is raised or a new day begins."
)
_NAMES = ("harbour", "Straße_bei_Nacht_", "IMG_", "scan-of-a-rather-long-name-that-has-to-wrap_")
_TROUBLES = (
    Trouble(
        code=Code.TRUNCATED,
        message="The file stayed incomplete: the picture does not decode to its end.",
        hint="copy it again, whole; then use `upscaled retry` or drop the new copy",
    ),
    Trouble(
        code=Code.TOO_SMALL,
        message="A0 asks 9933 x 14043 px of a picture of 320 x 240.",
        hint="print-a5 is the largest sheet that would do",
    ),
)
_VERDICTS = (
    Verdict(model=Family.CORE, confidence=0.68, rule="r", reasons=("Texture everywhere.",)),
    Verdict(
        model=Family.RECOVER, confidence=0.91, rule="r", reasons=("Soft under its compression.",)
    ),
    Verdict(model=Family.TEXT, confidence=0.93, rule="r", reasons=("Lines of letters.",)),
)


def _emptied(whole: Report) -> Report:
    return Report(
        span=whole.span, made_at=whole.made_at, engine="fal", money=replace(whole.money, spent=0)
    )


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_the_page_is_whole_on_every_screen_and_axe_finds_no_serious_fault(
    chromium: Browser, night: Night, size: str, scheme: str
) -> None:
    for name, page in (("report", night.page), ("report-empty", night.empty)):
        chromium.open(page, SIZES[size], dark=scheme == "dark")
        shot = chromium.screenshot(f"{name}-{size}-{scheme}")
        chromium.run("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert chromium.violations("moderate", "serious", "critical") == []
        assert not chromium.wider_than_the_screen
        with Image.open(shot) as picture:
            bright = float(np.asarray(picture.convert("L")).mean())
        assert (bright < 90) == (scheme == "dark")


def test_axe_would_find_a_fault(chromium: Browser, tmp_path: Path) -> None:
    page = tmp_path / "faulty.html"
    page.write_text('<html><body><img src="data:,"><p style="color:#bbb">pale</p></body></html>')
    chromium.open(page)
    found = " ".join(chromium.violations())
    assert "image-alt" in found
    assert "color-contrast" in found


def test_nothing_is_asked_of_anybody_and_no_file_name_runs(chromium: Browser, night: Night) -> None:
    chromium.open(night.page)
    chromium.wait_for("[...document.images].every(one => one.complete)", "all pictures")
    foreign = [one for one in chromium.requests if not one.startswith("data:image/webp;base64,")]
    assert foreign == [night.page.as_uri()]
    assert chromium.dialogs == []
    assert chromium.console == []
    assert chromium.run("document.images.length") > 100
    assert chromium.run("[...document.images].every(one => one.naturalWidth > 0)")
    assert chromium.run("document.querySelectorAll('script, [onerror], [onload]').length") == 0
    assert chromium.run(f"document.body.innerText.includes({HOSTILE[0]!r})")


def test_a_hostile_name_goes_the_whole_way_and_stays_text(chromium: Browser, place: Place) -> None:
    photo(place.path(f"inbox/hd/{HOSTILE[0]}"), (960, 720))
    place.until_idle()
    place.ask("report", "--output", str(place.path("report.html")))

    chromium.open(place.path("report.html"))

    assert chromium.run(f"document.body.innerText.includes({HOSTILE[0]!r})")
    assert (
        chromium.run("document.querySelectorAll('img:not([src^=\"data:image/webp\"])').length") == 0
    )
    assert chromium.run("document.images.length") >= 3
    assert chromium.dialogs == []
    link = chromium.run("document.querySelector('.shot a').href")
    assert Path(unquote(urlsplit(link).path)).exists(), "the link leads to the result"


def test_a_name_with_a_changed_direction_is_shown_as_it_is(chromium: Browser, night: Night) -> None:
    chromium.open(night.page)
    text = chromium.run("document.body.innerText")
    assert "gnp.\ufffdexe.png" in text
    assert "\u202e" not in text


def test_a_link_leads_to_its_file_whatever_it_is_called(chromium: Browser, night: Night) -> None:
    chromium.open(night.page)
    found = "[...document.querySelectorAll('main a')].map(one => one.protocol + one.pathname)"
    links = chromium.run(found)
    assert len(links) > 30
    assert all(link.startswith(f"file:{night.root}/4k/") or "/print" in link or "/ACME/" in link
               for link in links)  # fmt: skip


def test_every_part_can_be_reached_by_keyboard(chromium: Browser, night: Night) -> None:
    chromium.open(night.page, PHONE)
    seen = set()
    for _ in range(12):
        chromium.press("Tab")
        seen.add(chromium.run("document.activeElement.getAttribute('href') || ''"))
    assert {"#review", "#failed", "#waits", "#done"} <= seen
    chromium.run("document.querySelector('.wide').focus()")
    assert chromium.run("document.activeElement.className") == "wide"


def test_it_prints_on_white_paper_without_cutting_a_picture_in_two(
    chromium: Browser, night: Night
) -> None:
    chromium.open(night.page, dark=True)
    printed = chromium.pdf("report")
    pages = printed.with_name("report-printed")
    subprocess.run(["pdftoppm", "-r", "60", "-png", str(printed), str(pages)], check=True)
    found = sorted(printed.parent.glob("report-printed-*.png"))
    assert 2 <= len(found) <= 18
    with Image.open(found[0]) as sheet:
        assert np.asarray(sheet.convert("L"))[5:15].min() == 255, "the margin is white"
