"""
Which pictures belong together, and the one recipe that all of them get.

A numbered sequence or a `series` folder is judged once, on a sample of its members, and the answer
holds for every member, late ones too. Values in, values out: who has arrived, and where the answer
is kept, is not known here.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median_low

from upscaled.core.frames import frame_of
from upscaled.core.safe import safe_factor
from upscaled.nouns import INVENTING, Family, Order, Probe, Recipe, Verdict

SAMPLE = 16
"""Enough for a vote that a few odd frames cannot turn, and examined within seconds."""

_LEAST_INVENTIVE = (Family.CORE, Family.TEXT, Family.CGI, Family.RECOVER, Family.REDEFINE)
"""Of families with equal votes, the one that changes the picture least wins."""

_DARK_P95 = 32.0
"""Grey levels: twice the black of video range (16), above fades from black and their grain."""
_FLAT_SHARE = 0.999
"""Share of pixels without any slope; from here on a frame shows nothing, a slate for example."""

_TOLD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What a path alone says of its series: a folder, or a folder's frames of one stem and type."""

    folder: str
    """Relative to the inbox."""
    stem: str = ""
    """Empty for a whole folder."""
    end: str = ""
    """The extension without its dot, case folded."""
    named: str = ""
    """What the tickets of its members call it; empty where names or the folder make it."""

    @property
    def name(self) -> str:
        """Return what a person calls it."""
        return self.named or self.stem or self.folder

    @property
    def one(self) -> str:
        """Return the word for a member."""
        return "frame" if self.stem else "picture"

    @property
    def waits(self) -> str:
        """Return why a member that was judged for itself is not planned yet."""
        return (
            f"Waits until its series {self.name} is judged: on {SAMPLE} {self.one}s, or on all "
            "that have arrived where they are fewer."
        )

    def key(self, probe: Probe) -> str:
        """Return the series of a member: frames of another pixel size are another series."""
        if not self.stem:
            return f"{self.folder}/*{self.named}"
        return f"{self.folder}/{self.stem}.#.{self.end} {probe.width}x{probe.height}"


_SEQUENCE = re.compile(r".+/.+\.#\.[^./]+ [0-9]+x[0-9]+", re.DOTALL)


def is_sequence(key: str) -> bool:
    """Say whether a key is that of a numbered sequence, not of a whole folder or a named series."""
    return _SEQUENCE.fullmatch(key) is not None


def name_of(key: str) -> str:
    """Return what people call the series of a key."""
    folder, _, last = key.rpartition("/")
    return last.rpartition(".#.")[0] if is_sequence(key) else last.removeprefix("*") or folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One examined picture of a series, and what it was judged as for itself."""

    path: str
    probe: Probe
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ballot:
    """A member's vote as it counts."""

    family: Family
    weight: float
    """Its confidence, 0..1."""
    barred: Family | None = None
    """What it would have voted for."""


def group_of(path: str, order: Order, named: str | None = None) -> Group | None:
    """
    Return the group a path (relative to the inbox) belongs to, None where it stands alone.

    A `series` folder takes all its files, whatever their names. Else `<stem>.<digits>.<ext>` is a
    frame, a lone one too: those that follow must match it. `IMG_0001.jpg` is a camera's counter.
    `named` is what the file's ticket calls its series: all of that name in one folder are one.
    """
    folder = path.rpartition("/")[0]
    if named:
        return Group(folder=folder, named=named)
    if order.series:
        return Group(folder=folder)
    frame = frame_of(path)
    return Group(folder=frame.folder, stem=frame.stem, end=frame.end) if frame else None


def finish_of(order: Order, path: str) -> Order:
    """Return the finish of a frame, as a sequence that it may belong to has it."""
    frame = frame_of(path)
    return _finish(order, moving=frame is not None and not frame.may_be_a_year)


def _finish(order: Order, *, moving: bool) -> Order:
    """Return what is asked of a sequence: even sides on a screen, the sheet's own in print."""
    return replace(order, even=order.even or (moving and order.kind == "digital"))


def is_empty(probe: Probe) -> bool:
    """Say whether a picture shows nothing that could be judged: black, or one flat colour."""
    found = probe.features
    dark = found.get("p95", 255.0) <= _DARK_P95 and found.get("txt_n", 0.0) < 1
    return dark or found.get("g_flat", 0.0) >= _FLAT_SHARE


def is_quiet(voters: int, arriving: int) -> bool:
    """Say whether a series can be judged: enough that may vote, or nobody else on the way."""
    return voters >= SAMPLE or arriving == 0


def decide(group: Group, order: Order, members: Sequence[Member], known: int) -> Recipe:
    """
    Return the recipe of a series.

    The vote is weighted by confidence. Empty members have none, unless all are empty. `members`
    must not be empty and be of one series; `known` is how many were seen of it so far. A sequence
    gets even sides, which video needs; a print keeps those of its sheet.
    """
    voters = _sample(members)
    moving = _is_moving(group, voters, known)
    barred = moving and order.family is None
    ballots = [_ballot(one.verdict, barred=barred) for one in voters]
    winner = _winner(ballots)
    safe, why = min(
        (safe_factor(winner, one.probe, one.verdict.rule) for one in voters),
        key=lambda pair: pair[0],
    )
    head = _head(group, winner, ballots, known)
    reasons = (head, *_remarks(group, members, ballots), *_common(winner, voters))
    support = sum(one.weight for one in ballots if one.family is winner) / len(ballots)
    rule = "folder" if order.family else "series"
    return Recipe(
        series=group.key(voters[0].probe),
        verdict=Verdict(model=winner, confidence=round(support, 3), rule=rule, reasons=reasons),
        safe=safe,
        why=why if len(voters) == 1 else f"{why} No {group.one} of the series' sample bears less.",
        features=_medians([one.probe.features for one in voters]),
        order=_finish(order, moving=moving),
        sample=len(voters),
        known=known,
    )


def as_member(probe: Probe, recipe: Recipe) -> Probe:
    """Return a member's probe with the series' measures: what depends on them is then the same."""
    return replace(probe, features=dict(recipe.features))


def _sample(members: Sequence[Member]) -> list[Member]:
    """Return who votes: the first ones in the order of their numbers."""
    judgeable = [one for one in members if not is_empty(one.probe)] or members
    return sorted(judgeable, key=lambda one: (len(one.path), one.path))[:SAMPLE]


def _is_moving(group: Group, voters: Sequence[Member], known: int) -> bool:
    """
    Say whether it is a sequence, or holds one: its pictures are seen one after the other.

    A lone `holiday.2024.jpg` may well be dated: it gets what a picture would.
    """
    frames = [frame for one in voters if (frame := frame_of(one.path))]
    dated = all(frame.may_be_a_year for frame in frames)
    if group.stem:
        return known > 1 or not dated
    several = any(number > 1 for number in Counter(frame.stem for frame in frames).values())
    return several or (len(frames) == len(voters) and not dated)


def _ballot(verdict: Verdict, *, barred: bool) -> _Ballot:
    """Return a vote; one for a family that is left out counts as core, with its own weight."""
    family, sure = verdict.model, verdict.confidence
    if barred and family in INVENTING:
        return _Ballot(family=Family.CORE, weight=sure, barred=family)
    return _Ballot(family=family, weight=sure)


def _winner(ballots: Sequence[_Ballot]) -> Family:
    sums = dict.fromkeys(_LEAST_INVENTIVE, 0.0)
    for one in ballots:
        sums[one.family] += one.weight
    cast = {one.family for one in ballots}
    # Rounded, so that equal votes are equal in whatever order they are added.
    return max(
        (family for family in _LEAST_INVENTIVE if family in cast),
        key=lambda family: round(sums[family], 6),
    )


def _head(group: Group, winner: Family, ballots: Sequence[_Ballot], known: int) -> str:
    votes = sum(one.family is winner for one in ballots)
    return (
        f"Judged once for the series {group.name} on {len(ballots)} of {known} {group.one}s: "
        f"{winner.value} ({votes} of {len(ballots)} votes)."
    )


def _remarks(group: Group, members: Sequence[Member], ballots: Sequence[_Ballot]) -> list[str]:
    """Return a sentence on votes that counted as core, and on members that had none."""
    said = []
    barred = Counter(one.barred for one in ballots if one.barred)
    for family, number in barred.items():
        said.append(
            f"{number} of them would be {family.value}, which invents detail and would flicker "
            f'from frame to frame; a folder named with "{family.value}" asks for it.'
        )
    empty = sum(is_empty(one.probe) for one in members)
    if 0 < empty < len(members):
        said.append(f"Empty {group.one}s have no vote: {empty}.")
    return said


def _common(winner: Family, voters: Sequence[Member]) -> tuple[str, ...]:
    """Return what most of the winner's own voters were judged by."""
    reasons = Counter(
        reason for one in voters if one.verdict.model is winner for reason in one.verdict.reasons
    )
    return tuple(reason for reason, _ in reasons.most_common(_TOLD))


def _medians(measures: Sequence[dict[str, float]]) -> dict[str, float]:
    """
    Return each measure's median, of those that at least half of the sample have.

    The lower one of an even number, so that a flag stays 0 or 1.
    """
    found: dict[str, list[float]] = {}
    for features in measures:
        for name, value in features.items():
            if math.isfinite(value):
                found.setdefault(name, []).append(value)
    return {
        name: median_low(values)
        for name, values in found.items()
        if 2 * len(values) >= len(measures)
    }
