"""
The sides on which people answer: each review/ and each failed/ folder, once, whoever shares it.

Two inboxes may have one review/; what lies there is looked at once, for both.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from upscaled.core.settings import Settings
from upscaled.flow.lanes import Lane as Road


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One such folder."""

    root: str
    """`review` or `failed`."""
    path: Path
    watches: tuple[int, ...]
    lane: Road


def sides_of(settings: Settings, lanes: Sequence[Road]) -> Iterator[Side]:
    """Yield every review/ and failed/ of the config once; `lanes` are the watches' own."""
    for root in ("review", "failed"):
        by_path: dict[Path, list[int]] = {}
        for number, watch in enumerate(settings.watch):
            by_path.setdefault(getattr(watch, root), []).append(number)
        for path, watches in by_path.items():
            yield Side(root=root, path=path, watches=tuple(watches), lane=lanes[watches[0]])
