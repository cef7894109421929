"""
Room for metadata near a file's beginning, made before its pixels are written: nothing is copied.

The saver writes behind a gap; afterwards the few bytes that must come first (signature and header)
are moved before it and the metadata fills what is left.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyvips


@contextmanager
def room(to: Path, lead: int, inserted: bytes) -> Iterator[pyvips.Target]:
    """Yield where to save a picture; `inserted` then stands behind the file's first bytes."""
    with to.open("w+b") as file:
        file.seek(len(inserted))
        # vips shares the file's position, and never goes back while it writes PNG or JPEG.
        target = pyvips.Target.new_to_descriptor(file.fileno())
        yield target
        del target
        first = os.pread(file.fileno(), lead, len(inserted))
        file.seek(0)
        file.write(first + inserted)
