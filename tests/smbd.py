"""
A real Samba server in a test's hands, on the loopback of a network of its own, and its clients.

Only root may run it: smbd changes users, and SMB's port is one of the first 1024.
"""

import base64
import json
import subprocess
import time
from pathlib import Path
from typing import Any

from place import REPOSITORY

PYTHON = "/usr/bin/python3"
"""The system's own, for which its packages have built Samba's bindings."""
UP = (
    "import fcntl,socket,struct;"
    "fcntl.ioctl(socket.socket(),0x8914,struct.pack('16sh',b'lo',0x1|0x40))"
)
"""Sets the loopback up: SIOCSIFFLAGS with IFF_UP and IFF_RUNNING."""
CONFIG = """\
[global]
  server role = standalone server
  interfaces = 127.0.0.1
  bind interfaces only = yes
  smb ports = 445
  disable netbios = yes
  server min protocol = SMB2
  map to guest = Bad User
  guest account = root
  load printers = no
  printcap name = /dev/null
  private dir = {own}
  lock directory = {own}
  state directory = {own}
  cache directory = {own}
  pid directory = {own}
  ncalrpc dir = {own}/ncalrpc
  log level = 1
[shared]
  path = {shared}
  read only = no
  guest ok = yes
  force user = root
"""


class SmbError(Exception):
    """The server's refusal, in its words."""


class Client:
    """One connection."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __getattr__(self, verb: str) -> Any:
        """Return what does a verb of `smb_client`."""
        return lambda *words: self._ask(verb, *words)

    def end(self) -> None:
        """Hang up."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def _ask(self, verb: str, *words: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        said = [base64.b64encode(one).decode() if isinstance(one, bytes) else one for one in words]
        self._process.stdin.write(json.dumps([verb, *said]) + "\n")
        self._process.stdin.flush()
        answer, error = json.loads(self._process.stdout.readline())
        if error:
            raise SmbError(error)
        return base64.b64decode(answer) if verb == "load" else answer


class Smbd:
    """A server of one folder."""

    def __init__(self, own: Path, shared: Path) -> None:
        own.mkdir()
        self._config = own / "smb.conf"
        self._config.write_text(CONFIG.format(own=own, shared=shared))
        serve = f'{PYTHON} -c "{UP}" && exec smbd -F --no-process-group -s "{self._config}"'
        with (own / "smbd.log").open("wb") as log:
            command = ["unshare", "--net", "sh", "-c", f"{serve} --debug-stdout"]
            self._server = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True
            )  # at its end it takes its whole process group along
        self._clients: list[Client] = []
        self._wait(own / "smbd.log")

    def client(self) -> Client:
        """Connect."""
        script = str(REPOSITORY / "tests" / "smb_client.py")
        made = Client(self._inside(PYTHON, script, str(self._config), "shared"))
        self._clients.append(made)
        return made

    def stop(self) -> None:
        """End the server and its clients."""
        for client in self._clients:
            client.end()
        self._server.terminate()
        self._server.wait(10)

    def _inside(self, *command: str) -> list[str]:
        return ["nsenter", "--net", "-t", str(self._server.pid), *command]

    def _wait(self, log: Path) -> None:
        knock = "import socket; socket.create_connection(('127.0.0.1', 445), 1)"
        until = time.monotonic() + 20
        while time.monotonic() < until:
            assert self._server.poll() is None, log.read_text()[-2000:]
            done = subprocess.run(
                self._inside(PYTHON, "-c", knock), capture_output=True, check=False, timeout=10
            )
            if done.returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError(log.read_text()[-2000:])
