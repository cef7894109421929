"""
The reception: how the folders speak to people and listen to them, in one room.

`_STATUS.txt` in the inboxes, `_READ-ME.txt` in review/ and failed/, the folders that answer, and
what is moved into the outbox by hand. Owned by the conductor's thread.
"""

from pathlib import Path
from typing import Protocol

from upscaled.flow import answers, readmes
from upscaled.flow.boards import Boards
from upscaled.flow.census import Office
from upscaled.flow.conductor import Conductor
from upscaled.flow.knowing import Archive, Finder
from upscaled.flow.outings import Outings
from upscaled.flow.patrol import Patrol
from upscaled.flow.sides import sides_of
from upscaled.nouns import Job


class Desk(answers.Desk, readmes.Desk, Protocol):
    """What is needed of the ledger."""

    @property
    def people(self) -> Archive:
        """Return what it knows of files that wait for people."""


class Reception:
    """All of it."""

    def __init__(
        self, conductor: Conductor, patrol: Patrol, desk: Desk, finder: Finder, office: Office
    ) -> None:
        lanes = [beat.lane for beat in patrol.beats]
        sides = list(sides_of(conductor.tools.settings, lanes))
        pairs = [(side, office.settle_seconds[side.watches[0]]) for side in sides]
        self._boards = Boards(conductor, patrol, lanes, office)
        self._answers = answers.Answers(conductor, desk, desk.people, finder, pairs)
        self._outings = Outings(conductor, desk, desk.people, finder, lanes)
        self._readmes = readmes.Readmes(conductor, desk, desk.people, sides)

    def turn(self) -> None:
        """Look at what is due."""
        self._answers.turn()
        self._outings.turn()
        self._readmes.turn()
        self._boards.turn()

    def settled(self) -> bool:
        """Say whether nobody's answer lies unread."""
        return self._answers.settled()

    def ended(self, job: Job) -> None:
        """Learn from an end."""
        self._boards.census.ended(job)

    def stop(self) -> None:
        """Tell of what ended last, and that nobody works here any more."""
        self._readmes.stop()
        self._boards.stop()

    def give_way(self, heir: "Reception") -> None:
        """Leave the folders to another one; in those that it does not have nobody works."""
        self._boards.stop(heir.folders())

    def folders(self) -> frozenset[Path]:
        """Return the folders in which a status stands."""
        return self._boards.folders()
