"""A night's report reaches every outbox; one that is away gets it later and holds up nobody."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from paying import Hand, hushed
from place import Place, photo
from report_studio import Studio
from upscaled.core.litter import is_ours
from upscaled.core.nights import Night
from upscaled.core.notices import LONGEST
from upscaled.edge import roots
from upscaled.edge.roots import MARKER
from upscaled.edge.toml import load_settings
from upscaled.errors import Outage
from upscaled.flow.lanes import Lane
from upscaled.flow.nights import MARK
from upscaled.nightly import OWED, Nightly, joined
from upscaled.nouns import State
from upscaled.outboxes import report_outboxes
from upscaled.reporting import span_until
from upscaled.rooms import open_ledger

ENDS = datetime(2025, 3, 3, 6, tzinfo=UTC)
NIGHT = Night(date=ENDS.date(), begins=ENDS - timedelta(days=1), ends=ENDS)


class Morning:
    """A studio after a night, and who writes its reports."""

    def __init__(self, root: Path) -> None:
        self.studio = Studio(root)
        self.studio.mark()
        self.outboxes = [watch.outbox for watch in self.studio.settings.watch]
        for watch in (0, 1):
            self.studio.job(State.DONE, ENDS - timedelta(hours=2), 80_000, watch)
        self.start()

    def start(self) -> Nightly:
        """Start the daemon's part anew; what it remembers stands in the ledger."""
        self.lanes = {number: Lane(f"root-{number}", 1) for number in (0, 1)}
        studio = self.studio
        clock = Hand(ENDS + timedelta(minutes=1))
        self.nightly = Nightly(lambda: studio.settings, studio.ledger, clock, self.lanes, str)
        return self.nightly

    def names(self, watch: int) -> list[str]:
        """Return what lies in an outbox, hidden names too."""
        return sorted(path.name for path in self.outboxes[watch].iterdir())

    def settle(self) -> None:
        """Wait until every lane has done what was asked so far."""
        for lane in self.lanes.values():
            done = Event()
            lane.put(-1, done.set)
            assert done.wait(10)


DATED = "_REPORT-2025-03-03"
REPORTS = [MARKER, f"{DATED}.html", f"{DATED}.txt"]


@pytest.fixture
def morning(tmp_path: Path) -> Iterator[Morning]:
    with hushed():
        made = Morning(tmp_path)
        yield made
        made.studio.ledger.close()


def test_each_outbox_gets_a_page_and_its_twin_and_the_message_says_where(morning: Morning) -> None:
    said = morning.nightly.write(NIGHT)
    for watch, name in enumerate(("acme", "zeta")):
        assert morning.names(watch) == REPORTS
        page = (morning.outboxes[watch] / REPORTS[1]).read_text()
        assert f"{name}/inbox" in page
        assert str(morning.outboxes[watch] / REPORTS[1]) in said
    assert said.count("1 picture was finished for $0.08.") == 2
    assert "Morning report, Monday 3 March 2025" in (morning.outboxes[0] / REPORTS[2]).read_text()


def test_the_same_night_again_comes_to_the_same(morning: Morning) -> None:
    morning.nightly.write(NIGHT)
    first = (morning.outboxes[0] / REPORTS[1]).read_text()
    morning.nightly.write(NIGHT)
    assert (morning.outboxes[0] / REPORTS[1]).read_text() == first
    assert morning.names(0) == REPORTS


def test_a_share_that_is_away_gets_its_report_later_even_after_a_restart(morning: Morning) -> None:
    (morning.outboxes[1] / MARKER).rename(morning.studio.root / "marker")
    said = morning.nightly.write(NIGHT)
    assert morning.names(0) == REPORTS
    assert morning.names(1) == [], "nothing is written into an empty mount point"
    assert f"The report for {morning.outboxes[1]} follows" in said

    morning.start().again()
    morning.settle()
    assert morning.names(1) == []
    (morning.studio.root / "marker").rename(morning.outboxes[1] / MARKER)
    morning.nightly.again()
    morning.settle()
    assert morning.names(1) == REPORTS
    assert morning.studio.ledger.get(OWED) == "[]"


def test_where_no_outbox_can_be_reached_the_night_is_told_later(morning: Morning) -> None:
    for outbox in morning.outboxes:
        (outbox / MARKER).unlink()
    with pytest.raises(Outage, match="without its marker"):
        morning.nightly.write(NIGHT)
    assert morning.studio.ledger.get(OWED) is None


def test_a_share_that_hangs_keeps_nobody_elses_report_back(
    morning: Morning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upscaled.nightly.PATIENCE_SECONDS", 0.2)
    hangs, answers = Event(), Event()

    def hang() -> None:
        hangs.set()
        answers.wait(20)

    def realpath(path: "str | os.PathLike[str]") -> str:
        """Whoever asks where it lies hangs with it, and so does what waits for him."""
        if "zeta" in str(path):
            answers.wait(20)
        return str(path)

    morning.lanes[1].put(9999, hang)
    assert hangs.wait(5)
    monkeypatch.setattr("os.path.realpath", realpath)
    began = monotonic()

    said = morning.nightly.write(NIGHT)
    morning.nightly.again()  # still hanging: not asked twice

    assert morning.names(0) == REPORTS
    assert monotonic() - began < 10
    assert f"The report for {morning.outboxes[1]} follows" in said
    answers.set()
    morning.settle()
    assert morning.names(1) == REPORTS
    assert morning.studio.ledger.get(OWED) == "[]"


def test_by_hand_a_share_that_hangs_is_named_and_the_others_get_their_report(
    morning: Morning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upscaled.outboxes.ANSWER_SECONDS", 0.2)
    answers, ask = Event(), roots.read_marker

    def read_marker(root: Path, own: str) -> roots.Marker:
        if root == morning.outboxes[1]:
            answers.wait(20)
        return ask(root, own)

    monkeypatch.setattr(roots, "read_marker", read_marker)
    studio = morning.studio
    span = span_until(studio.settings, ENDS, timedelta(hours=9))

    written, missed = report_outboxes(studio.settings, studio.ledger, span, ENDS)

    assert not answers.is_set()
    answers.set()
    assert [one.page.parent for one in written] == morning.outboxes[:1]
    assert missed == [f"{morning.outboxes[1]} does not answer"]


def test_a_message_about_many_outboxes_ends_with_how_many_more_there_are() -> None:
    """A message is cut at its end, and half a path leads nowhere."""
    parts = [f"{number} pictures were finished. The report: /{'x' * 90}" for number in range(20)]

    told = joined(parts)

    assert len(f"2026-12-01: {told}") <= LONGEST
    assert told.startswith(" ".join(parts[:4]))
    assert told.endswith(f"/{'x' * 90} And 16 more outboxes.")
    assert joined(parts[:4]) == " ".join(parts[:4])
    assert joined(parts[:5]).endswith(" And 1 more outbox.")


def test_an_outbox_that_left_the_config_is_owed_nothing(morning: Morning) -> None:
    (morning.outboxes[1] / MARKER).unlink()
    morning.nightly.write(NIGHT)
    config = morning.studio.root / "config.toml"
    config.write_text(config.read_text().replace("zeta/outbox", "zeta/elsewhere"))
    morning.studio.read()
    morning.nightly.again()
    assert morning.studio.ledger.get(OWED) == "[]"


def test_a_folder_named_for_reports_gets_one_about_all_and_the_outboxes_none(
    morning: Morning,
) -> None:
    config = morning.studio.root / "config.toml"
    config.write_text(config.read_text() + '\n[report]\nfolder = "reports"\n')
    morning.studio.read()
    with pytest.raises(Outage, match="reports is not there"):
        morning.nightly.write(NIGHT)
    (morning.studio.root / "reports").mkdir()
    said = morning.nightly.write(NIGHT)
    assert said.startswith("2 pictures were finished for $0.16.")
    assert sorted(path.name for path in (morning.studio.root / "reports").iterdir()) == REPORTS[1:]
    assert morning.names(0) == morning.names(1) == [MARKER]


def test_a_report_by_hand_never_takes_the_place_of_the_night_s(morning: Morning) -> None:
    studio, noon = morning.studio, ENDS + timedelta(hours=6)
    span = span_until(studio.settings, noon, timedelta(hours=1))
    morning.nightly.write(NIGHT)
    before = [(morning.outboxes[0] / name).read_bytes() for name in REPORTS]

    for later in (noon, noon + timedelta(minutes=1)):  # the later one takes the earlier one's place
        (one, _), missed = report_outboxes(studio.settings, studio.ledger, span, later)

    assert missed == []
    assert (one.page.name, one.text.name) == (f"{DATED}-2.html", f"{DATED}-2.txt")
    assert [(morning.outboxes[0] / name).read_bytes() for name in REPORTS] == before
    assert morning.names(0) == sorted([*REPORTS, one.page.name, one.text.name])
    assert all(map(is_ours, morning.names(0)))
    assert "asked for by hand" in one.page.read_text()
    assert "asked for by hand" in one.text.read_text()
    assert "asked for by hand" not in (morning.outboxes[0] / REPORTS[1]).read_text()


def test_a_report_by_hand_before_the_night_ends_gives_way_to_the_night_s(morning: Morning) -> None:
    studio, early = morning.studio, ENDS - timedelta(hours=1)
    span = span_until(studio.settings, early, timedelta(hours=1))
    for _ in range(2):
        (one, _), _ = report_outboxes(studio.settings, studio.ledger, span, early)

    assert morning.names(0) == REPORTS
    assert "asked for by hand" in one.page.read_text()
    morning.nightly.write(NIGHT)
    assert morning.names(0) == REPORTS
    assert "asked for by hand" not in one.page.read_text()


@pytest.mark.long
def test_the_daemon_writes_the_report_of_a_night_that_ended_while_it_was_off(place: Place) -> None:
    photo(place.path("inbox/hd/a.png"), (960, 720))
    place.until_idle()
    assert not list(place.path("outbox").glob("_REPORT-*"))
    ledger = open_ledger(load_settings(place.config))
    ledger.put(MARK, (datetime.now(UTC) - timedelta(days=3)).date().isoformat())
    ledger.close()

    log = place.until_idle()

    (page,) = place.path("outbox").glob("_REPORT-*.html")
    assert page.with_suffix(".txt").exists()
    assert str(page) in log
