"""
The config's choices for sources that need one before they have colours: ink without a profile,
light of a scene.

A worker sets them for the task it does. Knows no pictures.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversions:
    """See the keys of the same names in `core/settings.Finish`."""

    cmyk_default: str = ""
    """Path of an ICC file, empty for none."""
    exr_view: str = "srgb"
    exr_exposure: float = 0.0
    """Stops."""


_NONE = Conversions()
_CHOSEN: ContextVar[Conversions] = ContextVar("conversions", default=_NONE)


def chosen() -> Conversions:
    """Return what holds for the present task."""
    return _CHOSEN.get()


@contextmanager
def using(conversions: Conversions) -> Iterator[None]:
    """Let these hold until the block ends."""
    token = _CHOSEN.set(conversions)
    try:
        yield
    finally:
        _CHOSEN.reset(token)
