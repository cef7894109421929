"""Operating-system errors, as they leave the disk door: each is one of ours and names a place."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from upscaled.core.causes import outage
from upscaled.errors import Gone

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def translated(place: Path) -> Iterator[None]:
    """Turn an operating-system error into one of ours, naming the place."""
    try:
        yield
    except FileNotFoundError as error:
        raise Gone(f"{place} is not there any more") from error
    except OSError as error:
        raise outage(place, error) from error


@contextmanager
def making(folder: Path) -> Iterator[None]:
    """As `translated`, where a folder is to be there afterwards: that it is missing is no news."""
    try:
        yield
    except OSError as error:
        raise outage(folder, error) from error


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """
    As `translated`, where our own file is made: what is missing then is the folder around it.

    Nothing half stays behind: on a full disk it would keep the very room that is waited for.
    """
    try:
        yield
    except OSError as error:
        with suppress(OSError):
            place.unlink(missing_ok=True)
        raise outage(place, error) from error


@contextmanager
def blaming(place: Path) -> Iterator[None]:
    """Name the place that is full: it is the one written to, not the one read from."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_SPACE:
            raise
        with translated(place):
            raise
