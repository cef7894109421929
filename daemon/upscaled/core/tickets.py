"""
Tickets: what a small TOML file beside a picture (`<file name>.job.toml`) asks for it.

Values in, values out: which files there are and what their bytes say is handed in. A ticket is
never guessed at: one with a fault keeps its picture waiting, with a sentence that says how to mend
it. Ids end up as names of folders and files, so their grammar is closed; from those that farms have
(UUIDs, numbers, paths of frames) one of ours is made.
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
ID_RULE = "1 to 200 characters that can be printed, without .., or a whole number"
SERIES_RULE = "1 to 64 letters, digits, spaces and . _ -, a letter or a digit first"
PRIORITIES = ("normal", "urgent", "high", "low")
"""`high` is as `urgent`, `low` as `normal`: farms have words of their own."""
URGENT_ABOVE = 50
"""Farms count, too: Deadline's jobs have 0 to 100, and 50 unless said."""

_ID = re.compile(r"[a-z][0-9a-z-]{5,39}")
"""Our own other ids begin with a digit: a ticket can never take the id of a job yet to come."""
_ID_CHARACTERS = 200
_SLUG_CHARACTERS = 24
_SLUG_DIGITS = 13
"""65 bits of a hash, so that ids that are spelled alike stay two; 40 characters with all else."""
_NO_SLUG = re.compile(r"[^0-9a-z]+")
_SERIES = re.compile(r"[^\W_](?:[^\W_]|[ ._-]){0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LARGEST = 2**63 - 1
"""TOML promises no more; Python refuses to write down one of thousands of digits."""
_NUMBER = re.compile(r"-?[0-9]{1,9}")
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


def own_id(text: str) -> str | None:
    """
    Return the id of the job that a ticket names; None where the text can name none.

    One in our grammar is kept as it is. Any other gets one that people still know it by, with a
    hash of the whole: `550E8400-E29B-41D4` becomes `t-550e8400-e29b-41d4-` and 13 characters.
    """
    plain = unicodedata.normalize("NFC", text.strip())
    if is_id(plain):
        return plain
    if not plain or len(plain) > _ID_CHARACTERS or not plain.isprintable() or ".." in plain:
        return None
    slug = _NO_SLUG.sub("-", plain.casefold())[:_SLUG_CHARACTERS].strip("-")
    told = hashlib.sha256(plain.encode("utf-8", "surrogatepass")).digest()
    tail = base32(int.from_bytes(told[:9]), _SLUG_DIGITS)
    return "-".join(part for part in ("t", slug, tail) if part)


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
            found[key] = read(values[key])
            if found[key] is None:
                faults.append(f"{key} = {_shown(values[key])}, expected {expected}")
    if not values:
        faults.append("it is empty")
    if faults:
        return Wishes(ticket=digest, fault="; ".join(faults))
    found["urgent"] = found.pop("priority", False)
    given = found.get("id")
    found["id"] = given and own_id(given)
    return Wishes(ticket=digest, given=given if given != found["id"] else None, **found)


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

    The target counts as it is spelled here: see `Grammar.spelled` for the one spelling of each.
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
        "id": wishes.given or wishes.id,
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


def _read_id(value: object) -> str | None:
    text = str(value) if _is_number(value) else value
    return text.strip() if isinstance(text, str) and own_id(text) else None


def _read_target(value: object) -> str | None:
    return (value.strip("/") or None) if isinstance(value, str) else None


def _read_family(value: object) -> Family | None:
    plain = value.casefold() if isinstance(value, str) else ""
    return Family(plain) if plain in set(Family) else None


def _read_series(value: object) -> str | None:
    return series_name(value) if isinstance(value, str) else None


def _read_urgent(value: object) -> bool | None:
    """Read a priority in words or as a number, which templates like to put into quotes."""
    plain = str(value).strip().casefold() if isinstance(value, str) or _is_number(value) else ""
    if _NUMBER.fullmatch(plain):
        return int(plain) > URGENT_ABOVE
    return plain in {"urgent", "high"} if plain in PRIORITIES else None


def _read_sha256(value: object) -> str | None:
    plain = value.lower() if isinstance(value, str) else ""
    return plain if _SHA256.fullmatch(plain) else None


def _is_number(value: object) -> bool:
    small = isinstance(value, int) and abs(value) <= _LARGEST
    return small and not isinstance(value, bool)


_KEYS: Mapping[str, tuple[Callable[[object], Any], str]] = {
    "id": (_read_id, ID_RULE),
    "target": (_read_target, "the name of the folder it lies in"),
    "model": (_read_family, "one of " + ", ".join(Family)),
    "series": (_read_series, SERIES_RULE),
    "priority": (
        _read_urgent,
        "one of " + ", ".join(PRIORITIES) + f", or a number (above {URGENT_ABOVE} is urgent)",
    ),
    "sha256": (_read_sha256, "the picture's SHA-256 in 64 hexadecimal digits"),
}


def _shown(value: object) -> str:
    if isinstance(value, int) and abs(value) > _LARGEST:
        return "a very large number"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
