"""Where a later result takes an earlier one's place, each of them keeps its own sidecar."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from handling import Shares, Studio, assert_law, told_beside
from paying import hushed
from place import sha256
from upscaled.errors import Outage

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - many fsyncs


class Blinking(Shares):
    """Roots that are lost for one look."""

    def __init__(self, at: int) -> None:
        self.left = at
        self.blinked = False

    def require(self, watch: int) -> None:
        """Raise at the one look."""
        self.left -= 1
        if self.left == 0:
            self.blinked = True
            raise Outage("the share is not there", hold="share")
        super().require(watch)


@contextmanager
def opened(at: int) -> Iterator[tuple[Studio, Blinking]]:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, hushed():
        studio, shares = Studio(Path(folder), collision="replace"), Blinking(at)
        studio.shares = shares
        studio.restart()
        try:
            yield studio, shares
        finally:
            studio.close()


def settled(studio: Studio) -> None:
    """Let two pictures of one name come to their ends, and hold every folder against the ledger."""
    studio.drop("pass", "4k/a.png")
    studio.drop("pass", "4k/a.jpg")
    studio.settle()
    studio.clock.at += timedelta(hours=1)  # whatever still waits for its next attempt has it now
    studio.settle()
    assert_law(studio)
    assert list(studio.files("outbox")) == ["outbox/4k/a.png", "outbox/4k/a.png.json"]
    old, new = "archive/_superseded/4k/a.png", "outbox/4k/a.png"
    told = [told_beside(studio, place)["result"]["sha256"] for place in (old, new)]
    assert told == [sha256(studio.folder / place) for place in (old, new)]


def test_two_results_of_one_name_keep_their_own_sidecars_whenever_the_share_is_lost() -> None:
    for at in range(1, 100):
        with opened(at) as (studio, shares):
            settled(studio)
            if not shares.blinked:
                break
    assert 20 < at < 99


def test_a_second_one_in_the_archive_has_its_sidecar_beside_it_too() -> None:
    with opened(0) as (studio, _):
        settled(studio)
        studio.drop("pass", "4k/a.png")
        studio.settle()

        kept = sorted(studio.files("archive/_superseded"))

    assert [Path(one).name for one in kept] == [
        "a-2.png", "a-2.png.json", "a.png", "a.png.json",
    ]  # fmt: skip
