"""
Names of results, sidecars and jobs.

Knows bytes and Unicode, not folders: whether a name is taken is somebody else's question.
Names are kept but in NFC, because a Mac asks for NFC over SMB whatever the server stores; file
systems bound a name at 255 bytes, and a result's name must leave room for its sidecar's.
"""

import hashlib
import itertools
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime

from upscaled.nouns import Format

NAME_BYTES = 255
SIDECAR = ".json"
COMPARE = ".compare.png"
ROOT_MARKER = ".upscaled-root"
"""Stands in every root that people share with us, with the ledger's id in it."""
TICKET = ".job.toml"
SIDECARS = "_sidecars"
"""Folder in the outbox for the sidecars of those who want none beside their results."""
REJECTED = "_rejected"
"""Folder in the archive: results that a person did not want. They were paid for."""

_VERSION_BYTES = 5
"""Room kept for `-9999`, so that a long stem's versions look alike."""
_EXTENSION_BYTES = 16
"""What is longer after the last dot is part of the name, not an extension."""
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32, lower case: sorts as its numbers do, and has no l, o, i, u to misread."""
_TIME_DIGITS = 9
"""45 bits of milliseconds reach beyond the year 3000."""

_LOOKS_LIKE_OURS = re.compile(r"\.(tif|png|jpg)\.compare$", re.IGNORECASE)
_FORBIDDEN = re.compile(r"[/\0]")


def result_name(stem: str, kind: Format) -> str:
    """Return the result's file name, short enough for every sidecar and version of it."""
    plain = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", stem))
    if kind is Format.PNG and _LOOKS_LIKE_OURS.search(plain):
        plain = _marked(plain, plain)
    room = NAME_BYTES - _VERSION_BYTES - len(COMPARE) - len(kind.extension)
    return _shortened(plain, room) + kind.extension


def versions(name: str) -> Iterator[str]:
    """
    Yield `a.tif`, `a-2.tif`, `a-3.tif`, ... without end, each short enough for its sidecars.

    Works on any file name, results and originals alike; the first is the name itself in NFC.
    """
    stem, extension = _split(_FORBIDDEN.sub("_", unicodedata.normalize("NFC", name)))
    for number in itertools.count(1):
        tail = extension if number == 1 else f"-{number}{extension}"
        yield _shortened(stem, NAME_BYTES - len(COMPARE) - _bytes(tail)) + tail


def sidecar_name(name: str) -> str:
    """Return the name of the receipt beside a result, or beside a failed original."""
    return name + SIDECAR


def compare_name(name: str) -> str:
    """Return the name of the before/after crop beside a result in review."""
    return name + COMPARE


def sidecar_places(path: str) -> tuple[str, str]:
    """Return where the sidecar of a result may stand: beside it, and in a folder of its own."""
    beside = path + SIDECAR
    return beside, f"{SIDECARS}/{beside}"


def ticket_name(name: str) -> str:
    """Return the name of the ticket that goes with a picture."""
    return name + TICKET


def claims(name: str) -> tuple[str, ...]:
    """Return every name that a file called `name` needs free: its own, and those beside it."""
    return (name, sidecar_name(name), compare_name(name), ticket_name(name))


def job_id(chance: bytes, at: datetime | None = None) -> str:
    """
    Return a short id of digits and letters; with a time, ids sort by it to the millisecond.

    `chance` is at least five bytes; the first five are used.
    """
    if len(chance) < 5:
        msg = "a job id needs at least five bytes of chance"
        raise ValueError(msg)
    tail = base32(int.from_bytes(chance[:5]), 8)
    if at is None:
        return tail
    return base32(int(at.timestamp() * 1000), _TIME_DIGITS) + tail


def job_id_of_order(order: int, at: datetime) -> str:
    """Return the id of the job that an order makes: always the same one, so it is made once."""
    return job_id(hashlib.sha256(f"{order} {at.timestamp()!r}".encode()).digest(), at)


def base32(number: int, digits: int) -> str:
    """Return the last so many digits of a number in the alphabet of ids."""
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(digits)))


def _split(name: str) -> tuple[str, str]:
    dot = name.rfind(".")
    if dot <= 0 or _bytes(name[dot:]) > _EXTENSION_BYTES:
        return name, ""
    return name[:dot], name[dot:]


def _shortened(stem: str, room: int) -> str:
    if _bytes(stem) <= room:
        return stem
    kept = stem[:room]
    while _bytes(kept) > room - 9:
        kept = kept[:-1]
    return _marked(kept, stem)


def _marked(kept: str, whole: str) -> str:
    return f"{kept}~{hashlib.sha256(_encoded(whole)).hexdigest()[:8]}"


def _bytes(text: str) -> int:
    return len(_encoded(text))


def _encoded(text: str) -> bytes:
    # A name that is no UTF-8 reaches Python as surrogates; it is counted as the bytes it is, and
    # half a surrogate pair, which no file system hands out, must not stop us either.
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
