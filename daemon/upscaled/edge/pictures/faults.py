"""
What libvips, Pillow and the disk complain of, in our own errors.

The one place that reads their words; knows nothing of what was being done.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import pyvips
from PIL import Image, UnidentifiedImageError

from upscaled.errors import Aside, Outage
from upscaled.nouns import Code, Hold

_CUT_SHORT = ("premature end", "truncated", "end of file", "end of stream", "not enough image data")
_CUT_SHORT_TOO = ("libspng read error", "eof", "read gave", "unexpected end")
_NO_ROOM = ("no space left", "disc full", "disk full", "quota exceeded")
_NO_MEMORY = ("out of memory", "cannot allocate", "insufficient memory")
_NO_PICTURE = ("not in a known format", "cannot identify image")


@contextmanager
def translated(*, paid: bool = False) -> Iterator[None]:
    """
    Turn foreign exceptions into ours.

    `paid`: the file came back from an engine, so whatever is wrong with it is a bad result and not
    the fault of the original.
    """
    try:
        yield
    except (pyvips.Error, Image.DecompressionBombError, UnidentifiedImageError) as error:
        raise _told(str(error), paid=paid) from error
    except (OSError, SyntaxError, EOFError) as error:
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            raise _no_room() from error
        raise _told(str(error), paid=paid) from error


def _told(words: str, *, paid: bool) -> Aside | Outage:
    low = words.lower()
    said = " ".join(words.split())[:300]
    if any(sign in low for sign in _NO_ROOM):
        return _no_room()
    if any(sign in low for sign in _NO_MEMORY):
        return too_large("The picture needs more memory than a worker may use")
    if paid:
        return Aside(
            Code.BAD_RESULT,
            f"The enlarged picture cannot be decoded: {said}",
            "it is downloaded again by itself; if it repeats, choose another family",
        )
    return Aside(_code(low), f"The picture cannot be decoded: {said}", "save it anew and drop it")


def _code(low: str) -> Code:
    if any(sign in low for sign in _NO_PICTURE):
        return Code.NOT_A_PICTURE
    if "decompression bomb" in low:
        return Code.TOO_LARGE
    if any(sign in low for sign in (*_CUT_SHORT, *_CUT_SHORT_TOO)):
        return Code.TRUNCATED
    return Code.UNREADABLE


def too_large(message: str) -> Aside:
    """Return the error of a picture beyond our limits."""
    return Aside(Code.TOO_LARGE, message, "make the picture smaller, or ask for a smaller target")


def _no_room() -> Outage:
    return Outage("the disk is full", "free some space; the work goes on by itself", hold=Hold.DISK)
