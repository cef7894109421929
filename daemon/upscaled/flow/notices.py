"""
The clerk for messages: gathers, and hands what is due to the senders in a lane of its own.

Owned by the conductor's thread, which never waits for a message. What is not told or not sent yet
is kept in the ledger: a daemon that crashes in a loop sends no flood, and one that was stopped in
the quiet time tells the rest later.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from upscaled.core.notice_kinds import Kind
from upscaled.core.notices import Board, Message, message_of
from upscaled.errors import LedgerUnwritable, UpscaledError
from upscaled.flow.lanes import Lane
from upscaled.flow.nights import Memory
from upscaled.flow.ports import Clock

log = structlog.get_logger()

KEPT = "notices"
"""The ledger's key."""
LOOK_SECONDS = 5.0
SETTLED_SECONDS = 30.0
"""After the start nothing has been looked at yet: what stood before would seem to be over."""
MOST_PARCELS = 50
AGAIN_FIRST, AGAIN_MOST = timedelta(minutes=1), timedelta(hours=1)
GIVEN_UP = timedelta(days=1)
"""A message of yesterday helps nobody."""

Send = Callable[[Message], None]
"""Sends one message; raises an `UpscaledError` that holds no secret."""
Standing = Mapping[tuple[Kind, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parcel:
    """One message for one sender."""

    sender: str
    message: Message
    tries: int
    due_at: datetime

    def as_json(self) -> dict[str, object]:
        due_at = self.due_at.isoformat()
        message = self.message.as_json()
        return {"sender": self.sender, "message": message, "tries": self.tries, "due_at": due_at}


class Notices:
    """
    Takes in what happens and what stands; sends what is due.

    `senders` returns the senders by name and `wanted` the kinds that are told; both are asked late,
    since a reload may change them. Without senders nothing is gathered.
    """

    def __init__(
        self,
        memory: Memory,
        clock: Clock,
        post: Callable[[Callable[[], None]], None],
        board: Board,
    ) -> None:
        self.senders: Callable[[], Mapping[str, Send]] = dict
        self.wanted: Callable[[], frozenset[Kind]] = lambda: frozenset(Kind)
        self.standing: Callable[[], Standing] = dict
        """What stands now; asked every few seconds."""
        self._memory = memory
        self._clock = clock
        self._post = post
        self._board = board
        self._lane = Lane("notices", 1)
        self._parcels: list[_Parcel] = []
        self._failing: set[str] = set()
        self._under_way = False
        self._kept = ""
        self._begun = clock.monotonic()
        self._next_look = 0.0
        self._hurried = False

    def load(self) -> None:
        """Take up what was not told before the restart."""
        self._kept = self._memory.get(KEPT) or ""
        saved = json.loads(self._kept or "{}")
        self._board.restore(saved.get("board", {}))
        self._parcels = [
            _Parcel(
                sender=one["sender"],
                message=message_of(one["message"]),
                tries=one["tries"],
                due_at=datetime.fromisoformat(one["due_at"]),
            )
            for one in saved.get("parcels", [])
        ]

    def happened(self, kind: Kind, text: str) -> None:
        """Note that something happened that people may want to hear of."""
        if kind in self.wanted() and self.senders():
            self._board.happened(kind, text, self._clock.now())

    def turn(self) -> None:
        """Look at what stands and what is due, now and then."""
        monotonic = self._clock.monotonic()
        if monotonic < self._next_look:
            return
        self._next_look = monotonic + LOOK_SECONDS
        now, senders = self._clock.now(), self.senders()
        if senders and monotonic - self._begun >= SETTLED_SECONDS:
            wanted = self.wanted()
            found = {which: text for which, text in self.standing().items() if which[0] in wanted}
            self._board.stands(found, now)
        for message in self._board.due(now, hurried=self._hurried):
            self._parcels += [
                _Parcel(sender=name, message=message, tries=0, due_at=now) for name in senders
            ]
        self._send(senders, now)
        self._keep()

    def hurry(self) -> None:
        """Gather no longer: the run ends, and nobody knows when the next one begins."""
        self._hurried, self._next_look = True, 0.0

    def pending(self) -> bool:
        """Say whether something could leave, or is just leaving."""
        now = self._clock.now()
        return (
            self._under_way
            or self._next_look == 0.0
            or any(one.due_at <= now for one in self._parcels)
        )

    def stop(self) -> None:
        """Begin nothing more; what is not sent waits in the ledger."""
        self._keep()
        self._lane.stop()

    # ---- inside

    def _send(self, senders: Mapping[str, Send], now: datetime) -> None:
        """Let one parcel leave at a time, so that they arrive in order."""
        for given_up in self._parcels[:-MOST_PARCELS]:
            self._give_up(given_up, "too many wait")
        self._parcels = [one for one in self._parcels[-MOST_PARCELS:] if one.sender in senders]
        ripe = next((one for one in self._parcels if one.due_at <= now), None)
        if ripe is not None and not self._under_way:
            self._under_way = True
            self._lane.put(0, partial(self._try, ripe, senders[ripe.sender]))

    def _try(self, parcel: _Parcel, send: Send) -> None:
        """Run in the lane; whatever happens, one post comes back."""
        why: str | None = None
        try:
            send(parcel.message)
        except UpscaledError as error:
            why = error.message
        except Exception as error:  # noqa: BLE001 - a foreign library's words may hold an address
            why = f"{type(error).__name__} in the sender"
        self._post(partial(self._sent, parcel, why))

    def _sent(self, parcel: _Parcel, why: str | None) -> None:
        self._under_way = False
        self._next_look = 0.0
        if parcel not in self._parcels:
            return
        self._parcels.remove(parcel)
        if why is None:
            if parcel.sender in self._failing:
                self._failing.discard(parcel.sender)
                log.info("messages_arrive_again", by=parcel.sender)
            return
        if parcel.sender not in self._failing:
            self._failing.add(parcel.sender)
            log.warning("message_not_sent", by=parcel.sender, reason=why)
        self._again(parcel, why)

    def _again(self, parcel: _Parcel, why: str) -> None:
        now = self._clock.now()
        if now - parcel.message.at > GIVEN_UP:
            self._give_up(parcel, why)
            return
        wait = min(AGAIN_FIRST * 2 ** min(parcel.tries, 10), AGAIN_MOST)
        self._parcels.append(
            _Parcel(
                sender=parcel.sender,
                message=parcel.message,
                tries=parcel.tries + 1,
                due_at=now + wait,
            )
        )

    def _give_up(self, parcel: _Parcel, why: str) -> None:
        log.warning(
            "message_given_up", by=parcel.sender, kind=parcel.message.kind.value, reason=why
        )

    def _keep(self) -> None:
        """Write down what is not told yet, where it changed."""
        saved = {
            "board": self._board.as_json(),
            "parcels": [one.as_json() for one in self._parcels],
        }
        text = json.dumps(saved, sort_keys=True)
        if text == self._kept or (not self._kept and not self.senders()):
            return
        try:
            self._memory.put(KEPT, text)
        except LedgerUnwritable:
            return  # the book says so; it is written with the next change
        self._kept = text
