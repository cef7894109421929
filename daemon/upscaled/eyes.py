"""
One inbox, seen: which observer its file system allows, its scans, and the notes left in it.

A room of the house like `daemon`: it joins the watch door and the disk door, which do not see one
another.
"""

from collections.abc import Callable, Sequence

from upscaled.core.settings import Watch
from upscaled.core.strays import Stray
from upscaled.edge import disk, roots, watch
from upscaled.errors import Outage
from upscaled.flow.intake import Intake
from upscaled.flow.patrol import Scan
from upscaled.nouns import Sighting

NOTE = "_READ-ME.txt"
_SIGNATURE = "so the files directly in this folder are not touched"
"""By these words we know a note as ours before we take it away."""


class Eyes:
    """One inbox, seen through the disk and, where it is local, through native events."""

    def __init__(self, number: int, config: Watch, hint: Callable[[], None]) -> None:
        self._number = number
        self._config = config
        kind = roots.file_system(config.inbox)
        self.network = roots.is_network(kind)
        self.observer = config.observer
        if config.observer == "auto":
            self.observer = "polling" if self.network else "native"
        self.reason = f"{kind or 'unknown'} file system"
        self._watcher = watch.Watcher(config.inbox, hint) if self.observer == "native" else None

    @property
    def settle_seconds(self) -> float:
        """Return the quiet time: the config's, else 3 s, else 10 s on a network file system."""
        return self._config.settle_seconds or (10.0 if self.network else 3.0)

    @property
    def rescan_seconds(self) -> float:
        """Return how long without a hint until the inbox is looked at anyway."""
        if self._watcher is not None:
            return 30.0
        return min(5.0, max(0.5, self.settle_seconds / 2))

    def scan(self) -> Scan:
        """Look at the whole inbox."""
        return watch.scan(self._config.inbox, self._number)

    def look(self, paths: tuple[str, ...]) -> Sequence[Sighting]:
        """Look at single files."""
        return watch.look(self._config.inbox, self._number, paths)

    def listen(self) -> str:
        """Rebuild native hints that died; return what was wrong, for a scan afterwards."""
        if self._watcher is None or self._watcher.healthy():
            return ""
        self._watcher.stop()
        try:
            self._watcher.start()
        except Outage as error:
            self.reason = error.message
            return error.message
        return "rebuilt"

    def told(self, intake: Intake, folders: Sequence[str]) -> None:
        """Put a note into every folder that is not understood; take away those no longer true."""
        inbox = self._config.inbox
        failed: list[Outage] = []
        for stray in intake.strays:
            if stray.path not in folders:
                continue  # it may not even be read
            try:
                disk.note(_stray_note(stray), inbox / stray.path / NOTE)
            except Outage as error:
                failed.append(error)  # the others get theirs all the same
        true = {stray.path for stray in intake.strays}
        for folder in folders:
            if folder not in true:
                disk.drop_note(inbox / folder / NOTE, signature=_SIGNATURE)
        if failed:
            raise failed[0]

    def stop(self) -> None:
        """Stop listening."""
        if self._watcher is not None:
            self._watcher.stop()


def _stray_note(stray: Stray) -> str:
    why = "No target here"
    if stray.token:
        why = f'The word "{stray.token}" in this folder\'s name is not known'
    return (
        f"{why}, {_SIGNATURE}.\n\n{stray.hint}\n\n"
        "A folder's name says what is wanted: 4k, 8k, hd, print-a3, print-50x70cm-fill, 4k-pad.\n"
        "Rename the folder, or move the files; they are then taken by themselves.\n"
    )
