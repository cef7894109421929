"""How a job's small pictures are called, and which of them fit into one page. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

FOLDER = "tiles"
"""In the state directory: one folder a job."""
THUMB = "thumb.webp"
BEFORE, AFTER = "before", "after"
WORST, SHARPEST = "worst", "sharpest"
PAGE_BYTES = 8_500_000
"""Of pictures in one page, as base64: a page of 500 jobs stays under 10 MB, words included."""


def tile_name(place: str, when: str) -> str:
    """Return the file name of one tile."""
    return f"{place}-{when}.webp"


NAMES = (
    THUMB,
    *(tile_name(place, when) for place in (WORST, SHARPEST) for when in (BEFORE, AFTER)),
)
"""All that may lie in a job's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Which small pictures of a job there are, and what each weighs in bytes."""

    job: str
    sizes: Mapping[str, int]

    @property
    def places(self) -> tuple[str, ...]:
        """Return the places of which both tiles are there, the most telling first."""
        return tuple(place for place in (WORST, SHARPEST) if self._has_both(place))

    def _has_both(self, place: str) -> bool:
        return all(tile_name(place, when) in self.sizes for when in (BEFORE, AFTER))

    def cost(self, names: Sequence[str]) -> int:
        """Return what these pictures weigh in a page."""
        return sum(in_page(self.sizes[name]) for name in names)

    @property
    def thumb(self) -> tuple[str, ...]:
        """Return the thumbnail's name, nothing where there is none."""
        return (THUMB,) if THUMB in self.sizes else ()


def in_page(size: int) -> int:
    """Return the bytes of a picture as base64."""
    return -(-size // 3) * 4


def shared_out(kept: Sequence[Kept], budget: int = PAGE_BYTES) -> dict[str, tuple[str, ...]]:
    """
    Return the pictures that each job may show in a page, by job.

    `kept` comes in the page's order. A thumbnail for everybody is worth more than tiles for the
    first few, so thumbnails are set aside first; then the first come first, place by place.
    """
    left = budget
    chosen: dict[str, tuple[str, ...]] = {}
    for one, names in [(one, one.thumb) for one in kept] + list(_pairs(kept)):
        cost = one.cost(names)
        if cost <= left:
            chosen[one.job] = (*chosen.get(one.job, ()), *names)
            left -= cost
    return chosen


def _pairs(kept: Sequence[Kept]) -> Iterator[tuple[Kept, tuple[str, ...]]]:
    for one in kept:
        for place in one.places:
            yield one, (tile_name(place, BEFORE), tile_name(place, AFTER))
