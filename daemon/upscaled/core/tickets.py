"""
Tickets: what a small TOML file beside a picture (`<file name>.job.toml`) asks for it.

Values in, values out: which files there are and what their bytes say is handed in. A ticket is
never guessed at: one with a fault keeps its picture waiting, with a sentence that says how to mend
it. Ids end up as names of folders and files, so their grammar is closed.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from upscaled.core.folders import Grammar, Target
from upscaled.core.names import TICKET, base32
from upscaled.core.nearest import did_you_mean
from upscaled.nouns import Family, Order, Verdict, Wishes

MOST_BYTES = 16 * 1024
"""A ticket has six short lines; what is larger is something else."""
DIGEST_DIGITS = 16
ID_RULE = "6 to 40 lower-case letters, digits and hyphens, a letter first"
SERIES_RULE = "1 to 64 letters, digits, spaces and . _ -, a letter or a digit first"
PRIORITIES = ("normal", "urgent", "high", "low")
"""`high` is as `urgent`, `low` as `normal`: farms have words of their own."""

_ID = re.compile(r"[a-z][0-9a-z-]{5,39}")
"""Our own other ids begin with a digit: a ticket can never take the id of a job yet to come."""
_SERIES = re.compile(r"[^\W_](?:[^\W_]|[ ._-]){0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ID_DIGITS = 19
"""95 bits of a hash: no two of a trillion pictures meet."""


def picture_of(ticket: str) -> str | None:
    """Return the name of the picture that a ticket's file name belongs to, None for others."""
    return ticket[: -len(TICKET)] if ticket.casefold().endswith(TICKET) else None


def digest_of(content: bytes) -> str:
    """Return what tells one ticket from another."""
    return hashlib.sha256(content).hexdigest()[:DIGEST_DIGITS]


def is_id(text: str) -> bool:
    """Say whether a text may be the id of a ticket's job."""
    return _ID.fullmatch(text) is not None


def series_name(text: str) -> str | None:
    """Return a series' name in NFC, None where it can be none."""
    plain = unicodedata.normalize("NFC", text)
    return plain if _SERIES.fullmatch(plain) else None


def wishes_of(values: Mapping[str, Any], digest: str) -> Wishes:
    """Return what a parsed ticket asks for; what is wrong with it is its `fault`, all at once."""
    faults = [
        f"it knows no {_shown(key)}: {did_you_mean(key, _KEYS)}"
        for key in values
        if key not in _KEYS
    ]
    found: dict[str, Any] = {}
    for key, (read, expected) in _KEYS.items():
        if values.get(key, "") != "":  # a template's field that was left blank says nothing
            value = values[key]
            found[key] = read(value) if isinstance(value, str) else None
            if found[key] is None:
                faults.append(f"{key} = {_shown(value)}, expected {expected}")
    if not values:
        faults.append("it is empty")
    if faults:
        return Wishes(ticket=digest, fault="; ".join(faults))
    return Wishes(ticket=digest, urgent=found.pop("priority", "") in {"urgent", "high"}, **found)


def fault_in(wishes: Wishes, place: Target, grammar: Grammar) -> str:
    """Return what is wrong with a ticket in its folder; empty where all is well."""
    if wishes.fault or wishes.target is None:
        return wishes.fault
    asked = grammar.resolve(wishes.target)
    if not isinstance(asked, Target):
        why = getattr(asked, "hint", "")
        return f"target = {_shown(wishes.target)} names no target" + (f": {why}" if why else "")
    inside = "/" not in asked.path or f"{place.path}/".startswith(f"{asked.path}/")
    if inside and asked.order == place.order:
        return ""
    return f"target = {_shown(wishes.target)}, but it lies in {place.path}"


def waits(ticket: str, fault: str) -> str:
    """Return why a picture waits whose ticket has a fault."""
    return (
        f"Its ticket {ticket} is not understood: {fault}. Mend it, or remove it to have the "
        "picture done as its folder says."
    )


def submitted_id(sha256: str, wishes: Wishes, member: str = "", nonce: bytes = b"") -> str:
    """
    Return the id that the same picture, asked for in the same way, gets on every machine.

    `member` is the file's name where it is one of a series: two frames may be alike and both are
    wanted. `nonce` is chance, where it is to be done again.
    """
    parts = (
        sha256,
        unicodedata.normalize("NFC", wishes.target or ""),
        wishes.model or "",
        wishes.series or "",
        unicodedata.normalize("NFC", member),
        nonce.hex(),
    )
    told = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
    return "s" + base32(int.from_bytes(told[:12]), _ID_DIGITS)


def as_values(wishes: Wishes) -> dict[str, str]:
    """Return a ticket's lines, as they are written down."""
    values = {
        "id": wishes.id,
        "target": wishes.target,
        "model": wishes.model and wishes.model.value,
        "series": wishes.series,
        "priority": "urgent" if wishes.urgent else None,
        "sha256": wishes.sha256,
    }
    return {key: value for key, value in values.items() if value is not None}


def wished(order: Order, wishes: Wishes | None) -> Order:
    """Return what a folder asks for, with the family that a ticket names in the folder's place."""
    return replace(order, family=wishes.model) if wishes and wishes.model else order


def by_ticket(verdict: Verdict, wishes: Wishes | None) -> Verdict:
    """Return the verdict with the reason that is true where a ticket named the family."""
    if wishes is None or wishes.model is None:
        return verdict
    reason = f"Its ticket asks for {wishes.model.value}."
    return Verdict(model=wishes.model, confidence=1.0, rule="ticket", reasons=(reason,))


def series_of(wishes: Wishes | None) -> str | None:
    """Return the name of the series that a ticket puts its picture into."""
    return wishes.series if wishes else None


def _read_id(text: str) -> str | None:
    return text if is_id(text) else None


def _read_target(text: str) -> str | None:
    plain = text.strip("/")
    return plain or None


def _read_family(text: str) -> Family | None:
    return Family(text) if text in set(Family) else None


def _read_priority(text: str) -> str | None:
    return text if text in PRIORITIES else None


def _read_sha256(text: str) -> str | None:
    return text if _SHA256.fullmatch(text) else None


_KEYS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "id": (_read_id, ID_RULE),
    "target": (_read_target, "the name of the folder it lies in"),
    "model": (_read_family, "one of " + ", ".join(Family)),
    "series": (series_name, SERIES_RULE),
    "priority": (_read_priority, "one of " + ", ".join(PRIORITIES)),
    "sha256": (_read_sha256, "the picture's SHA-256 in 64 lower-case hexadecimal digits"),
}


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
