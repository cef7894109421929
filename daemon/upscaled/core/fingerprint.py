"""
When a paid enlargement serves again: same picture, same models, same fields, and large enough.

The name of a kept file says all of it, so that the folder is its own index.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence

from upscaled.nouns import Pass

_SIZE = re.compile(r"-(\d{1,7})x(\d{1,7})")


def fingerprint(sha256: str, passes: Sequence[Pass]) -> str:
    """Return 64 hex digits over a source's hash and how its passes enlarge, not by how much."""
    asked = [[one.endpoint, one.model, one.params, *(one.prepared or ())] for one in passes]
    canonical = json.dumps([sha256, asked], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def kept_name(sha256: str, passes: Sequence[Pass], last: Pass | None = None) -> str:
    """
    Return the name under which a picture is kept: for what was planned, at the size of what is.

    `last` is the last pass that was made; a planned second pass may not have been.
    """
    last = last or passes[-1]
    return f"{fingerprint(sha256, passes)}-{last.width}x{last.height}"


def size_of(name: str) -> tuple[int, int]:
    """Return width and height in pixels, as the name of a kept picture tells them; else 0, 0."""
    found = _SIZE.fullmatch(name[64:])
    return (int(found[1]), int(found[2])) if found else (0, 0)


def serves(
    names: Iterable[str], sha256: str, passes: Sequence[Pass], last: Pass | None = None
) -> str | None:
    """Return the smallest kept picture of these passes that is no smaller than `last`'s."""
    mark, last = fingerprint(sha256, passes), last or passes[-1]
    fit = []
    for name in names:
        width, height = size_of(name)
        if name.startswith(mark) and width >= last.width and height >= last.height:
            fit.append((width * height, name))
    return min(fit)[1] if fit else None
