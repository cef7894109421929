"""What the window's process is handed by the one that read all files: plain values alone."""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from upscaled.core.fidelity import Band
from upscaled.edge.pictures.conversions import Conversions

if TYPE_CHECKING:
    from upscaled.core.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An installation, as far as a page shows it. No secret is in it."""

    config: Path
    settings: "Settings"
    """As plain values: see `core/settings_derived`."""
    names: frozenset[str]
    """Of proxies."""
    inboxes: Sequence[str]
    """Where they really lie."""
    outboxes: Sequence[Path]
    """Where reports may stand."""
    bands: Sequence[Band]
    conversions: Conversions

    @property
    def ledger(self) -> Path:
        """Return where the ledger's file lies."""
        found: Path = self.settings.state.directory / "ledger.sqlite"
        return found

    def write(self, file: BinaryIO) -> None:
        """Hand it over."""
        pickle.dump(self, file)


def taken(file: BinaryIO) -> Given:
    """Return what was handed over by this very program, and by nobody else."""
    found = pickle.load(file)  # noqa: S301 - see above
    assert isinstance(found, Given)  # noqa: S101
    return found
