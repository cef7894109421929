"""How the report says things: names of strangers, money, sizes, times, numbers. Pure."""

from datetime import datetime
from urllib.parse import quote

from upscaled.core.price import usd
from upscaled.nouns import Micros

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def plain(text: str) -> str:
    """
    Return text without what changes how the rest is read: control, direction, half characters.

    File names are strangers' words; any white space becomes a space.
    """
    if text.isprintable():  # nearly all are, and lists may have ten thousand lines
        return text
    return "".join(one if one.isprintable() else _stand_in(one) for one in text)


def _stand_in(one: str) -> str:
    return " " if one.isspace() else "\N{REPLACEMENT CHARACTER}"


def money(amount: Micros) -> str:
    """Return an amount as people read it: two decimals, more only where they are not zero."""
    sign = "-" if amount < 0 else ""
    return f"{sign}$" + f"{usd(abs(amount)):.4f}".removesuffix("00")


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 picture`, `12 pictures`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def size(number: float) -> str:
    """Return a number of bytes with its unit, decimal as shops and file managers count."""
    for unit in _UNITS[:-1]:
        if number < 999.5:
            return (
                f"{number:.0f} {unit}"
                if unit == "bytes" or number >= 10
                else f"{number:.1f} {unit}"
            )
        number /= 1000
    return f"{number:.1f} {_UNITS[-1]}"


def lasting(seconds: float) -> str:
    """Return how long something took: `40 s`, `12 min`, `3 h 05 min`."""
    if seconds < 90:
        return f"{max(0.0, seconds):.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"


def day(at: datetime) -> str:
    """Return a date as people say it."""
    return f"{at:%A} {at.day} {at:%B %Y}"


def minute(at: datetime, beside: datetime | None = None) -> str:
    """Return a time of the day, with its date unless that is the one of `beside`."""
    if beside is not None and at.date() == beside.date():
        return f"{at:%H:%M}"
    return f"{at:%a} {at.day} {at:%b} {at:%H:%M}"


def zone_of(at: datetime, zone: str) -> str:
    """Return the zone's name and how it is called at that time: `Europe/Berlin, CET`."""
    short = f"{at:%Z}"
    if zone.rpartition("/")[2] == short:
        return short
    return ", ".join(dict.fromkeys(one for one in (zone, short) if one))


def sentence(text: str) -> str:
    """Return words as a sentence: a capital first, a mark last."""
    ended = ending(text)
    return ended[:1].upper() + ended[1:]


def ending(text: str) -> str:
    """Return words with a mark at their end."""
    text = text.strip()
    return text if not text or text[-1] in ".!?" else f"{text}."


def address(path: str) -> str:
    """Return a path relative to the page as a link: percent-encoded, and never with a scheme."""
    return "./" + quote(path.encode("utf-8", "surrogateescape"))
