"""The file system that a unit's process sees: built beside the real one, then entered."""

import os
import subprocess
import sys
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

from sandbox.unit import Settings

NEW = Path("/mnt")
"""Where the new root is built: a tmpfs of the mount name space's own."""
_SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32")
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_OWN = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - a private one each
_HOMES = ("/home", "/root", "/run/user")


def mount(*words: str) -> None:
    """Have something mounted, or fail."""
    subprocess.run(["mount", *words], check=True)


def enter(settings: Settings, folders: Mapping[str, str], program: Path) -> None:
    """
    Build the root and enter it.

    `folders` are the test's own, by where the unit wants them: below /etc, /srv, /var/lib and so
    on. `program` is the checkout; it and the interpreter are shown where they lie, read-only, even
    where a sandbox hides what is around them: on a server they lie below /opt and /usr.
    """
    settings.one("PrivateMounts", "yes")
    hidden = frozenset(_mounts())
    mount("-t", "tmpfs", "-o", "mode=755", "none", str(NEW))
    for name in _SYSTEM:
        _show(Path("/") / name)
    _overlay("etc", folders)
    _overlay("var", folders)
    _overlay("opt", folders)
    for folder in ("srv", "run", "tmp", "var/tmp", "home", "root", "proc", "sys", "dev"):
        (NEW / folder).mkdir(parents=True, exist_ok=True)
    _kernel(settings)
    _devices(settings)
    private = settings.yes("PrivateTmp")
    for folder in ("tmp", "var/tmp") if private else ():
        mount("-t", "tmpfs", "-o", "mode=1777", "none", str(NEW / folder))
    for shown in (program, Path(sys.base_prefix)):
        if not shown.is_relative_to("/usr"):
            _bind(shown, NEW / shown.relative_to("/"))
    for wanted, real in folders.items():
        _bind(Path(real), NEW / wanted.lstrip("/"))
    _seal(settings, folders, hidden)
    os.chroot(NEW)
    os.chdir("/")


def _show(path: Path) -> None:
    """Show a folder of the real root, with all that is mounted in it, or the same link."""
    if path.is_symlink():
        (NEW / path.name).symlink_to(path.readlink())
    elif path.is_dir():
        _bind(path, NEW / path.name)


def _bind(real: Path, there: Path) -> None:
    there.mkdir(parents=True, exist_ok=True)
    mount("--rbind", str(real), str(there))


def _overlay(name: str, folders: Mapping[str, str]) -> None:
    """Show a folder of the real root with the mount points that the test needs in it."""
    points = NEW / ".points" / name
    for wanted in folders:
        if wanted.startswith(f"/{name}/"):
            (points / wanted.removeprefix(f"/{name}/")).mkdir(parents=True, exist_ok=True)
    (points / "tmp").mkdir(parents=True, exist_ok=True)
    (NEW / name).mkdir()
    lower = f"lowerdir={points}:/{name}"
    mount("-t", "overlay", "-o", lower, "none", str(NEW / name))


def _kernel(settings: Settings) -> None:
    """Show processes and the kernel's own folders as the unit wants them."""
    options = ["nosuid", "nodev", "noexec"]
    if settings.one("ProtectProc", "invisible"):
        options.append("hidepid=invisible")
    if settings.one("ProcSubset", "pid"):
        options.append("subset=pid")
    mount("-t", "proc", "-o", ",".join(options), "proc", str(NEW / "proc"))
    mount("--rbind", "/sys", str(NEW / "sys"))
    # Read-only with all the rest below; `sys/fs/cgroup` with it.
    settings.yes("ProtectKernelTunables")
    settings.yes("ProtectControlGroups")


def _devices(settings: Settings) -> None:
    if not settings.yes("PrivateDevices"):
        mount("--rbind", "/dev", str(NEW / "dev"))
        return
    mount("-t", "tmpfs", "-o", "mode=755,noexec", "none", str(NEW / "dev"))
    for name in _DEVICES:
        (NEW / "dev" / name).touch()
        mount("--bind", f"/dev/{name}", str(NEW / "dev" / name))
    (NEW / "dev" / "shm").mkdir()
    mount("-t", "tmpfs", "-o", "mode=1777", "none", str(NEW / "dev" / "shm"))


def _seal(settings: Settings, folders: Mapping[str, str], hidden: AbstractSet[str]) -> None:
    """Make everything read-only that the unit does not name as writable."""
    settings.one("ProtectSystem", "strict")
    settings.one("ProtectHome", "yes")
    for home in _HOMES:
        folder = NEW / home.lstrip("/")
        if folder.is_dir():  # the interpreter may lie in one
            folder.chmod(0o711 if any(folder.iterdir()) else 0)
    writable = [*settings.one("ReadWritePaths").split()]
    writable += [f"/var/lib/{name}" for name in settings.one("StateDirectory").split()]
    missing = set(writable) - set(folders)
    if missing:
        raise ValueError(f"the unit may write to {missing}; the test has no folder for it")
    spared = {str(NEW / one.lstrip("/")) for one in (*writable, *_OWN)}
    made = [point for point in _mounts() if point not in hidden]
    for point in made:
        if not any(point == one or point.startswith(f"{one}/") for one in spared):
            mount("-o", "remount,bind,ro", point)
    # What lies in the private /tmp is the checkout, where it lies there: shown read-only.
    for point in made:
        inside = any(point.startswith(f"{NEW}/{one}/") for one in ("tmp", "var/tmp"))
        if inside:
            mount("-o", "remount,bind,ro", point)


def _mounts() -> list[str]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = [line.split(" ")[4] for line in lines]
    return [one for one in points if one == str(NEW) or one.startswith(f"{NEW}/")]
