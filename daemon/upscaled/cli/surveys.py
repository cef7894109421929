"""
What the command line asks of shared folders by itself: in threads that nobody waits for too long.

A mount that hangs must not hang the question about it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from upscaled.core.folders import Grammar
from upscaled.core.strays import Stray, closed_strays, find_strays
from upscaled.edge.bounded import ask
from upscaled.edge.watch.looking import Survey, survey
from upscaled.errors import Outage

if TYPE_CHECKING:
    from upscaled.core.settings import Settings

SURVEY_SECONDS = 60.0
"""A hundred thousand files on a slow share are looked through in less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """What lies in the inboxes."""

    strays: list[Stray] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    folders: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """By watch, of those that answered."""


def surveyed(settings: "Settings", watches: Iterable[int]) -> Surveyed:
    """Look into the inboxes of some watches; one that cannot be looked into is said in `odd`."""
    asked = {number: settings.watch[number].inbox for number in watches}
    seen = ask({one: partial(_survey, inbox) for one, inbox in asked.items()}, SURVEY_SECONDS)
    grammar, strays, odd = Grammar(settings.target), list[Stray](), list[str]()
    folders = {}
    for number, inbox in asked.items():
        found = seen.get(number, f"{inbox} was not looked through in {SURVEY_SECONDS:.0f} s")
        if isinstance(found, str):
            odd.append(found)
            continue
        folders[number] = tuple(found.folders)
        strays += find_strays(grammar, found.folders, found.folders) + closed_strays(found.closed)
        odd += found.odd
    return Surveyed(strays=strays, odd=odd, folders=folders)


def _survey(inbox: Path) -> Survey | str:
    try:
        return survey(inbox)  # one that is not there is empty
    except Outage as error:
        return error.message
