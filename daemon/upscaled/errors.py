"""
The exception tree, sorted by what to do next.

    UpscaledError                 carries a message and a hint for the person
    ├── ConfigError               wrong config: every fault at once; exit 2
    ├── UsageError                wrong use of a command; exit 2
    ├── Fatal                     the daemon cannot go on at all; exit 1
    ├── LedgerUnwritable          nothing may be submitted; finished work waits
    ├── Aside                     waiting will not mend this picture: failed/, with a code
    ├── NotReady                  the file is not complete yet: it waits, with patience
    ├── Gone                      the owner took the file away, or changed it
    ├── NameTaken                 another file has this name already; nothing was changed
    ├── Again                     a passing fault of this picture: retried, counted
    │   └── Void                  the request ended without result and bill: submit anew
    ├── Outage                    a passing fault of fal, network or share: retried, never counted
    │   └── Missing               the media host says that it does not have the result
    ├── Stop                      an engine or endpoint must pause: locked, no_key, endpoint
    └── Doubt                     a submit whose acceptance is unknown: never repeated on its own
"""

from dataclasses import dataclass


class UpscaledError(Exception):
    """Something went wrong that a person can be told about."""

    def __init__(self, message: str = "", hint: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())
        self.message = message or (type(self).__doc__ or "").strip()
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with the configuration, the rules or a folder."""

    place: str
    """File or folder in which it stands."""
    key: str
    """Dotted key or folder token."""
    value: str
    expected: str
    hint: str = ""

    def sentence(self) -> str:
        """Return the fault as one readable line."""
        tail = f" ({self.hint})" if self.hint else ""
        return f"{self.place}: {self.key} = {self.value}: expected {self.expected}{tail}"


class ConfigError(UpscaledError):
    """The configuration is wrong."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(fault.sentence() for fault in faults))
        self.faults = faults


class UsageError(UpscaledError):
    """The command was used wrongly."""


class Fatal(UpscaledError):
    """The daemon cannot go on."""


class LedgerUnwritable(UpscaledError):
    """The ledger cannot be read or written: nothing is submitted, finished work waits."""


class Aside(UpscaledError):
    """Waiting will not mend this picture; it is set aside with a code."""

    def __init__(
        self, code: str, message: str, hint: str = "", *, billed_units: float | None = None
    ) -> None:
        super().__init__(message, hint)
        self.code = code
        self.billed_units = billed_units


class NotReady(UpscaledError):
    """The file is not complete yet."""


class Gone(UpscaledError):
    """The file was taken away or changed by its owner."""


class NameTaken(UpscaledError):
    """Another file already has this name; nothing was changed."""


class Again(UpscaledError):
    """A passing fault of this one picture."""

    def __init__(
        self, message: str = "", hint: str = "", after_seconds: float | None = None
    ) -> None:
        super().__init__(message, hint)
        self.after_seconds = after_seconds


class Outage(UpscaledError):
    """A passing fault outside the picture: fal, the network, a share, a disk."""

    def __init__(
        self,
        message: str = "",
        hint: str = "",
        hold: str | None = None,
        after_seconds: float | None = None,
    ) -> None:
        super().__init__(message, hint)
        self.hold = hold
        self.after_seconds = after_seconds


class Stop(UpscaledError):
    """An engine (locked, no_key) or one endpoint must pause; no picture fails for it."""

    def __init__(self, hold: str, message: str, hint: str = "", endpoint: str = "") -> None:
        super().__init__(message, hint)
        self.hold = hold
        self.endpoint = endpoint


class Doubt(UpscaledError):
    """Nobody knows whether fal accepted this submit."""


class Missing(Outage):
    """The media host says that it does not have the result: not yet, or not any more."""


class Void(Again):
    """
    The request ended without a result and without a bill: it may be submitted anew.

    `begun` is false where no model ever started on it: that is no attempt of the picture.
    """

    def __init__(self, message: str = "", hint: str = "", *, begun: bool = True) -> None:
        super().__init__(message, hint)
        self.begun = begun
