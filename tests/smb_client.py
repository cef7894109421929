"""
An SMB client as a process of the system's own Python, which has Samba's bindings.

`python3 smb_client.py CONFIG SHARE` reads a JSON list a line, `[verb, argument, ...]`; it answers
each with `[answer, ""]` or `[null, error]`. Bytes are base64, folders part by a backslash.
"""

import base64
import json
import sys
from typing import Any

from samba import NTSTATUSError, credentials  # type: ignore[import-not-found]
from samba.samba3 import libsmb_samba_internal, param  # type: ignore[import-not-found]

READ_WRITE = 0x12019F
CREATE_NEW, OPEN = 2, 1


class Client:
    """One connection as a guest."""

    def __init__(self, config: str, share: str) -> None:
        context = param.get_context()
        context.load(config)
        guest = credentials.Credentials()
        guest.guess(context)
        guest.set_anonymous()
        self._link = libsmb_samba_internal.Conn("127.0.0.1", share, context, guest)

    def create(self, name: str, shared: int) -> int:
        """Make a file and keep it open; nobody else may open it where `shared` is 0."""
        return int(
            self._link.create(
                name, DesiredAccess=READ_WRITE, ShareAccess=shared, CreateDisposition=CREATE_NEW
            )
        )

    def write(self, handle: int, data: str, offset: int) -> int:
        """Write bytes at an offset."""
        return int(self._link.write(handle, base64.b64decode(data), offset))

    def close(self, handle: int) -> None:
        """Close a file."""
        self._link.close(handle)

    def save(self, name: str, data: str) -> None:
        """Write a whole file at once, over one that is there."""
        self._link.savefile(name, base64.b64decode(data))

    def load(self, name: str) -> str:
        """Read a whole file."""
        return base64.b64encode(self._link.loadfile(name)).decode()

    def rename(self, old: str, new: str) -> None:
        """Rename a file."""
        self._link.rename(old, new)

    def unlink(self, name: str) -> None:
        """Delete a file."""
        self._link.unlink(name)

    def mkdir(self, name: str) -> None:
        """Make a folder."""
        self._link.mkdir(name)

    def list(self, folder: str) -> list[str]:
        """Return the names in a folder."""
        return [one["name"] for one in self._link.list(folder)]


def main() -> None:
    """Answer until there is nothing more to read."""
    client = Client(*sys.argv[1:])
    for line in sys.stdin:
        verb, *words = json.loads(line)
        answer: Any = None
        said = ""
        try:
            answer = getattr(client, verb)(*words)
        except NTSTATUSError as error:
            said = str(error.args[1])
        sys.stdout.write(json.dumps([answer, said]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
