"""The settings of a unit's [Service], and which of them only systemd itself can put into effect."""

from collections.abc import Mapping, Sequence
from pathlib import Path

OF_SYSTEMD: Mapping[str, str] = {
    "Type": "the test listens on a notify socket of its own",
    "NotifyAccess": "a socket of one's own has no access list",
    "ExecStart": "the command that is run",
    "ExecReload": "the test sends the signal itself",
    "TimeoutStartSec": "systemd's patience",
    "TimeoutStopSec": "systemd's patience",
    "KillMode": "who is signalled at the end",
    "Restart": "what follows an end",
    "RestartSec": "what follows an end",
    "RestartPreventExitStatus": "what follows an end",
    "OOMPolicy": "what follows the kernel's killing",
    "RemoveIPC": "what is tidied away after the end",
}
"""By setting, why no process can be given it."""


def service_of(path: Path) -> dict[str, list[str]]:
    """Return every setting of [Service] with its values in order."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in path.read_text().replace("\\\n", " ").splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith(("#", ";")):
            key, _, value = line.partition("=")
            found.setdefault(key.strip(), []).append(value.strip())
    return found


class Settings:
    """The settings, each to be asked for once; `unasked` are those that nobody put into effect."""

    def __init__(self, values: Mapping[str, Sequence[str]]) -> None:
        self._values = values
        self._asked: set[str] = set()

    def all(self, key: str) -> Sequence[str]:
        """Return every value of a setting, none where it does not stand there."""
        self._asked.add(key)
        return self._values.get(key, ())

    def one(self, key: str, *known: str) -> str:
        """Return a setting's only value, empty where it does not stand there; `known` are ours."""
        values = self.all(key)
        if len(values) > 1 or (known and values and values[0] not in known):
            raise NotImplementedError(f"{key}={values} is not known to the sandbox of the tests")
        return values[0] if values else ""

    def yes(self, key: str) -> bool:
        """Say whether a switch is on."""
        return self.one(key, "yes", "no") == "yes"

    def unasked(self) -> set[str]:
        """Return what was neither put into effect nor is systemd's own."""
        return set(self._values) - self._asked - set(OF_SYSTEMD)
