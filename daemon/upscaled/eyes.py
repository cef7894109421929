"""
One inbox, seen: which observer its file system allows, its scans, and the notes left in it.

A room of the house like `daemon`: it joins the watch door and the disk door, which do not see one
another.
"""

from collections.abc import Callable, Iterator, Sequence
from time import monotonic

from upscaled import probing
from upscaled.core.report.words import sentence
from upscaled.core.settings import Finish, Watch
from upscaled.core.strays import Stray
from upscaled.edge import disk, roots
from upscaled.edge.tickets import Tickets
from upscaled.edge.watch import hints, looking, polling
from upscaled.errors import Outage, UpscaledError
from upscaled.flow.beat import Paces
from upscaled.nouns import ANYHOW, Sighting

NOTE = "_READ-ME.txt"
_SIGNATURE = "so the files directly in this folder are not touched"
_LIGHT = "OpenEXR holds light, not colours of a screen"
_SIGNATURES = (_SIGNATURE, _LIGHT)
"""By these words we know a note as ours before we take it away."""
_UNHEARD = "polled: a new file raised no event here"
NATIVE = Paces(times_seconds=30.0, whole_seconds=300.0)
"""Events get lost: the folders' times are asked anyway, and now and then everything."""
POLLED_WHOLE_SECONDS = 60.0
"""What a folder's time does not tell: a file that was replaced in place."""


class Eyes:
    """One inbox, seen through the disk and, where it is local, through native events."""

    def __init__(
        self,
        number: int,
        config: Watch,
        hint: Callable[[str | None], None],
        light: str = "",
        real: str = "",
    ) -> None:
        self._number = number
        self._config = config
        self._light = light
        self._native = hints.Watcher(config.inbox, hint)
        self._deaf = ""
        self._due = True
        self.probe: probing.Told | None = None
        """What was tried in its folders; None before the first time."""
        self.access = ANYHOW
        self.require: Callable[[], None] = lambda: None
        """Raises `UpscaledError` unless its folders are ours: else nothing is made there."""
        self._tickets = Tickets(config.inbox)
        self._noted: set[str] = set()
        self._kind = roots.file_system_at(real) if real else roots.file_system(config.inbox)
        self._folders = polling.Folders(config.inbox, opening=self.network)

    @property
    def network(self) -> bool:
        """Say whether it lies on a network file system, as far as is known yet."""
        return roots.is_network(self._kind)

    @property
    def _wanted(self) -> str:
        if self._config.observer != "auto":
            return self._config.observer
        return "polling" if self.network else "native"

    @property
    def observer(self) -> str:
        """Return `native` or `polling`."""
        return "polling" if self._wanted == "polling" or self._deaf else "native"

    @property
    def reason(self) -> str:
        """Return why it is watched as it is."""
        kind = f"{self._kind or 'unknown'} file system"
        return f"{kind}; {self._deaf}" if self._deaf else kind

    @property
    def settle_seconds(self) -> float:
        """Return the quiet time: the config's, else 3 s, else 10 s on a network file system."""
        return self._config.settle_seconds or (10.0 if self.network else 3.0)

    @property
    def paces(self) -> Paces:
        """Return how often it is looked at where nothing says so."""
        if self.observer == "native":
            return NATIVE
        often = min(5.0, max(0.5, self.settle_seconds / 2))
        return Paces(times_seconds=often, whole_seconds=POLLED_WHOLE_SECONDS)

    def looks(self, folders: Sequence[str]) -> Iterator[looking.Look]:
        """Look into folders, part by part."""
        for folder in folders:
            self._folders.note(folder)  # before the look: what comes in meanwhile moves it again
            tickets = self._tickets.folder(folder)
            for part in looking.looks(self._config.inbox, self._number, folder):
                part.tickets = tickets.read(part.slips)
                yield part
            self._tickets.looked(folder, tickets)

    def look(self, paths: tuple[str, ...]) -> Sequence[Sighting]:
        """Look at single files."""
        return looking.look(self._config.inbox, self._number, paths, opening=self.network)

    def changed(self) -> Sequence[str]:
        """Return the folders whose own time moved."""
        return self._folders.changed(monotonic())

    def listen(self) -> str:
        """
        Rebuild native hints that died; return what was wrong, for a scan afterwards.

        A share may be mounted late, or over a folder that is listened to: what lies there is asked
        each time.
        """
        wrong = self._hear(self._look_where())
        return self._probe() or wrong

    def _hear(self, moved: str) -> str:
        self._due |= bool(moved)
        if self._wanted == "polling":
            self._native.stop()
            self._deaf = ""
            return moved
        if self._native.healthy() and not moved:
            return ""
        self._native.stop()
        self._due = True
        try:
            self._native.start()
        except Outage as error:
            self._deaf = f"polled for now: {error.message}"
            return error.message
        self._deaf = self._deaf if self._deaf == _UNHEARD else ""
        return "rebuilt"

    def _probe(self) -> str:
        """
        Try the folders at the start, after a rebuild and after an outage; say so if we are deaf.

        Whatever the mount table says: where a new file raises no event here, it is polled.
        """
        try:
            self.require()
        except UpscaledError:
            self._due = True
            return ""
        if not self._due:
            return ""
        heard, asked = self._test()
        self.probe = probing.tried(self._config, self.access, heard, asked=asked)
        self._due = False
        if asked:
            self._deaf = "" if heard is not None else _UNHEARD
        if self._deaf == _UNHEARD:
            self._native.stop()
        return self._deaf

    def _test(self) -> tuple[float | None, bool]:
        if not self._native.healthy() or not probing.may_write(self._config):
            return None, False
        try:
            return self._native.test(), True
        except Outage:
            return None, False  # the next look says what is wrong

    def _look_where(self) -> str:
        """Say whether something else is mounted there than the last time."""
        kind = roots.file_system(self._config.inbox)
        if kind == self._kind:
            return "" if self._native.is_there() else "another folder is there now"
        self._kind = kind
        self._folders = polling.Folders(self._config.inbox, opening=self.network)
        return f"it lies on a {kind or 'unknown'} file system now"

    def told(self, strays: Sequence[Stray], linear: Sequence[str], folders: Sequence[str]) -> None:
        """
        Put a note into every folder that is not understood or holds OpenEXR (`linear`).

        Those that are no longer true are taken away. Where originals are left in place nothing is
        written: `status` and `check` say it all the same.
        """
        if self._config.originals != "leave":
            self._put_notes(strays, linear, folders)

    def _put_notes(
        self, strays: Sequence[Stray], linear: Sequence[str], folders: Sequence[str]
    ) -> None:
        inbox = self._config.inbox
        failed: list[Outage] = []
        notes = {folder: _light_note(self._light) for folder in linear}
        notes |= {stray.path: _stray_note(stray) for stray in strays}
        for folder, words in notes.items():
            if folder not in folders:
                continue  # it may not even be read
            try:
                disk.note(words, inbox / folder / NOTE)
            except Outage as error:
                failed.append(error)  # the others get theirs all the same
        for folder in folders:
            if folder not in notes and folder not in self._noted:
                for signature in _SIGNATURES:
                    disk.drop_note(inbox / folder / NOTE, signature=signature)
        self._noted = set(folders) - set(notes)
        if failed:
            raise failed[0]

    def stop(self) -> None:
        """Stop listening."""
        self._native.stop()


def light_of(finish: Finish) -> str:
    """Return in words how the config has OpenEXR shown."""
    curve = {"srgb": "the sRGB curve, clipped at 1.0", "filmic": "a filmic curve that rolls off"}
    stops = f", after {finish.exr_exposure:+g} stops" if finish.exr_exposure else ""
    return f"{curve[finish.exr_view]}{stops}"


def _light_note(light: str) -> str:
    return (
        f"{_LIGHT}. The .exr files in this folder are shown by {light}.\n\n"
        "Another view is chosen in the configuration ([finish] exr_view, exr_exposure) before\n"
        "they are dropped in; `upscaled plan` says what would become of one and spends nothing.\n"
    )


def _stray_note(stray: Stray) -> str:
    why = "No target here"
    if stray.token:
        why = f'The word "{stray.token}" in this folder\'s name is not known'
    return (
        f"{why}, {_SIGNATURE}.\n\n{sentence(stray.hint)}\n\n"
        "A folder's name says what is wanted: 4k, 8k, hd, print-a3, print-50x70cm-fill, 4k-pad.\n"
        f"{'Rename the folder, or move' if stray.path else 'Move'} the files; they are then taken"
        " by themselves.\n"
    )
