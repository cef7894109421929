"""
Frames by their numbers: which name is a frame, which numbers are missing, and how both are said.

`<stem>.<digits>.<ext>` is a frame, as renderers write it; `IMG_0001.jpg` is a camera's counter and
none. Values in, values out; no disk is touched.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from upscaled.errors import UsageError

_FRAME = re.compile(r"(?P<stem>.+)\.(?P<digits>[0-9]+)\.(?P<end>[^.]+)", re.DOTALL)
_SPAN = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?")
MOST_DIGITS = 18
"""More do not fit a ledger's integer; such a name is a frame whose number nobody counts."""
_YEARS = range(1900, 2100)

Range = tuple[int, int]
"""First and last number, both included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a file's path says of a frame."""

    folder: str
    """Relative to the inbox; empty for the inbox itself."""
    stem: str
    end: str
    """The extension without its dot, case folded."""
    digits: str

    @property
    def number(self) -> int | None:
        """Return its number, None where it has more digits than anybody counts."""
        return int(self.digits) if len(self.digits) <= MOST_DIGITS else None

    @property
    def run(self) -> str:
        """Return what all frames of its sequence share: the path with `#` for the digits."""
        return f"{self.folder}/{self.stem}.#.{self.end}"

    @property
    def may_be_a_year(self) -> bool:
        """Say whether a lone one could be dated instead: `holiday.2024.jpg`."""
        return len(self.digits) == 4 and int(self.digits) in _YEARS


def frame_of(path: str) -> Frame | None:
    """Return what a path, relative to the inbox, says of a frame; None where it is none."""
    folder, _, name = path.rpartition("/")
    found = _FRAME.fullmatch(name)
    if found is None:
        return None
    end = found["end"].casefold()
    return Frame(folder=folder, stem=found["stem"], end=end, digits=found["digits"])


def missing(present: Iterable[int], span: Range | None = None) -> tuple[Range, ...]:
    """
    Return the ranges of numbers that are not there, rising.

    Between the first and the last that are; with `span`, within that instead.
    """
    known = sorted(set(present))
    if span is not None:
        first, last = span
        known = [first - 1, *(one for one in known if first <= one <= last), last + 1]
    return tuple((left + 1, right - 1) for left, right in pairwise(known) if right - left > 1)


def count(ranges: Iterable[Range]) -> int:
    """Return how many numbers some ranges hold."""
    return sum(last - first + 1 for first, last in ranges)


def said(ranges: Sequence[Range], width: int = 4) -> tuple[str, ...]:
    """Return ranges as people write them, with as many digits as the names have: `0240-0243`."""
    return tuple(
        f"{first:0{width}}" if first == last else f"{first:0{width}}-{last:0{width}}"
        for first, last in ranges
    )


def parse_span(text: str) -> Range:
    """Return `1001-1100` as a range; raises `UsageError` where it is none."""
    found = _SPAN.fullmatch(text.strip())
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if first > last:
        raise UsageError(f'"{text}" is no range of frames', 'write it as "1001-1100"')
    return first, last


def missing_of(names: Iterable[str], span: Range) -> tuple[str, ...]:
    """
    Return the frames of a range that no file name among these has, as people write them.

    Each sequence by itself: `a.1001.exr` says nothing of `b.1001.exr`. Of several, whole names.
    """
    runs: dict[str, list[Frame]] = {}
    for frame in filter(None, map(frame_of, names)):
        runs.setdefault(frame.run, []).append(frame)
    if len(runs) <= 1:
        return _missing_of([one for frames in runs.values() for one in frames], span)
    return tuple(
        named(run, one) for run, frames in runs.items() for one in _missing_of(frames, span)
    )


def named(run: str, numbers: str) -> str:
    """Return the file name of frames: `shot.#.exr` and `0240-0243` make `shot.0240-0243.exr`."""
    stem, _, end = run.rpartition("/")[2].rpartition(".#.")
    return f"{stem}.{numbers}.{end}"


def _missing_of(frames: Sequence[Frame], span: Range) -> tuple[str, ...]:
    numbers = [frame.number for frame in frames if frame.number is not None]
    width = max((len(frame.digits) for frame in frames), default=4)
    return said(missing(numbers, span), width)
