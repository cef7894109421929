"""
What people are told unasked: events in, few messages out. Time is an argument.

Things happen (a picture fails) or stand (a share is not there). Both are gathered by kind: the
first message leaves after a moment, so that a burst is one message with a count; the next of that
kind not before the quiet time is over. What stands is told once, when it has stood long enough, and
once more when it has been over for a moment, unless nobody was told of it. Nothing here sends.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from upscaled.core.notice_kinds import Kind
from upscaled.core.report import plain

TITLES: Mapping[Kind, tuple[str, str, str]] = {
    Kind.PROBLEM: ("a picture failed", "{} pictures failed", ""),
    Kind.REVIEW: ("a result waits for a look", "{} results wait for a look", ""),
    Kind.TOO_LONG: ("a picture takes long", "{} pictures take long", ""),
    Kind.UNREACHABLE: (
        "a folder cannot be reached",
        "{} folders cannot be reached",
        "reached again",
    ),
    Kind.CAP_NEAR: ("a spending cap is near", "{} spending caps are near", ""),
    Kind.CAP_REACHED: (
        "a spending cap holds work",
        "spending caps hold work",
        "money is free again",
    ),
    Kind.LOCKED: ("fal takes no work", "fal takes no work", "fal takes work again"),
    Kind.UNCLEAN: ("the last run did not end in order", "{} runs did not end in order", ""),
    Kind.DISK_LOW: ("a disk is nearly full", "{} disks are nearly full", "there is room again"),
    Kind.NIGHT: ("the night has ended", "{} nights have ended", ""),
}
"""One, many (with the count), over."""
GATHER = timedelta(seconds=20)
"""How long a burst is waited for: a dropped folder of broken files fails within seconds."""
_AT_ONCE = frozenset({Kind.NIGHT, Kind.UNCLEAN, Kind.LOCKED})
SHOWN = 3
"""Texts in one message; the rest is a count."""
LONGEST = 600
"""Of one text, in characters: chats cut at some thousand, and a path may be long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, ready to be sent."""

    kind: Kind
    title: str
    text: str
    count: int
    over: bool
    """What it told of earlier is over."""
    at: datetime

    def as_json(self) -> dict[str, Any]:
        """Return it as a command gets it on its standard input."""
        at = self.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return {
            "event": self.kind.value,
            "title": self.title,
            "text": self.text,
            "count": self.count,
            "over": self.over,
            "at": at,
        }


def message_of(saved: Mapping[str, Any]) -> Message:
    """Return a message as `as_json` wrote it."""
    rest = {key: saved[key] for key in ("title", "text", "count", "over")}
    return Message(kind=Kind(saved["event"]), at=datetime.fromisoformat(saved["at"]), **rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    """What happened of one kind and is not told yet."""

    count: int = 0
    texts: tuple[str, ...] = ()
    since: str = ""
    sent: str = ""
    """When the last message of the kind left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """Something that stands, under its key."""

    since: str
    text: str
    told: bool = False
    gone: str = ""
    """Since when it is over; a cap lifts for an instant whenever a reservation is released."""


@dataclass(slots=True, kw_only=True)
class Board:
    """Everything that is not told yet, and when what was told last. Not thread-safe."""

    quiet: timedelta
    """Between two messages of one kind."""
    after: Mapping[Kind, timedelta] = field(default_factory=dict)
    """How long something must stand before it is told; without an entry it is told at once."""
    _gathered: dict[Kind, _Gathered] = field(default_factory=dict)
    _standing: dict[tuple[Kind, str], _Standing] = field(default_factory=dict)
    _over: dict[Kind, tuple[str, ...]] = field(default_factory=dict)

    def happened(self, kind: Kind, text: str, now: datetime) -> None:
        """Note that something happened."""
        one = self._gathered.get(kind, _Gathered())
        texts = one.texts if len(one.texts) == SHOWN else (*one.texts, _line(text))
        since = one.since or now.isoformat()
        self._gathered[kind] = replace(one, count=one.count + 1, texts=texts, since=since)

    def stands(self, found: Mapping[tuple[Kind, str], str], now: datetime) -> None:
        """Note all that stands now, by kind and key; what is missing is over."""
        for which, text in found.items():
            before = self._standing.get(which)
            if before is None:
                self._standing[which] = _Standing(since=now.isoformat(), text=_line(text))
            else:
                said = before.text if before.told else _line(text)
                self._standing[which] = replace(before, text=said, gone="")
        for which in [one for one in self._standing if one not in found]:
            self._lift(which, now)

    def _lift(self, which: tuple[Kind, str], now: datetime) -> None:
        """Let go of what stands no more; what was told only once that lasts."""
        one = self._standing[which]
        if not one.told:
            del self._standing[which]
        elif not one.gone:
            self._standing[which] = replace(one, gone=now.isoformat())
        elif not timedelta() <= now - _at(one.gone) < GATHER:
            del self._standing[which]
            said = f"After {_length(_at(one.gone) - _at(one.since))}: {one.text}"
            self._over[which[0]] = (*self._over.get(which[0], ()), said)

    def due(self, now: datetime, *, hurried: bool = False) -> list[Message]:
        """Return the messages that are to leave now; they count as told. `hurried`: bursts too."""
        over = [
            _message(kind, texts, len(texts), now, over=True) for kind, texts in self._over.items()
        ]
        self._over.clear()
        return [*over, *filter(None, (self._due(kind, now, hurried=hurried) for kind in Kind))]

    def _due(self, kind: Kind, now: datetime, *, hurried: bool) -> Message | None:
        one = self._gathered.get(kind, _Gathered())
        ripe = {
            which: stood
            for which, stood in self._standing.items()
            if which[0] is kind and not stood.told and self._has_stood(kind, stood, now)
        }
        if not self._may_leave(one, now) or not (one.count or ripe):
            return None
        waits = one.count and kind not in _AT_ONCE and now - _at(one.since) < GATHER
        if waits and not ripe and not hurried:
            return None
        for which, stood in ripe.items():
            self._standing[which] = replace(stood, told=True)
        self._gathered[kind] = _Gathered(sent=now.isoformat())
        texts = (*one.texts, *(stood.text for stood in ripe.values()))
        return _message(kind, texts, one.count + len(ripe), now, over=False)

    def _has_stood(self, kind: Kind, stood: _Standing, now: datetime) -> bool:
        return now - _at(stood.since) >= self.after.get(kind, timedelta())

    def _may_leave(self, one: _Gathered, now: datetime) -> bool:
        """Say whether the quiet time is over; a clock that was set back ends it too."""
        return not one.sent or not timedelta() <= now - _at(one.sent) < self.quiet

    # ---- kept through a restart

    def as_json(self) -> dict[str, Any]:
        """Return all of it as values: a loop of crashes must not become a flood of messages."""
        return {
            "gathered": {kind.value: asdict(one) for kind, one in self._gathered.items()},
            "standing": [[k.value, key, asdict(one)] for (k, key), one in self._standing.items()],
            "over": {kind.value: list(texts) for kind, texts in self._over.items()},
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take up what `as_json` returned before a restart."""
        for kind, one in saved.get("gathered", {}).items():
            self._gathered[Kind(kind)] = _Gathered(**one | {"texts": tuple(one["texts"])})
        for kind, key, one in saved.get("standing", []):
            self._standing[Kind(kind), key] = _Standing(**one)
        for kind, texts in saved.get("over", {}).items():
            self._over[Kind(kind)] = tuple(texts)


def _message(
    kind: Kind, texts: tuple[str, ...], count: int, now: datetime, *, over: bool
) -> Message:
    one, many, ended = TITLES[kind]
    title = ended if over else one if count == 1 else many.format(count)
    lines = list(texts[:SHOWN])
    if count > len(lines):
        lines.append(f"and {count - len(lines)} more")
    return Message(kind=kind, title=title, text="\n".join(lines), count=count, over=over, at=now)


def _line(text: str) -> str:
    """Return a text on one line, without what a terminal or a chat would act on."""
    return plain(text)[:LONGEST]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _length(span: timedelta) -> str:
    minutes = max(0, round(span.total_seconds() / 60))
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
