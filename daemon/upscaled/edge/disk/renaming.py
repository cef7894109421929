"""
Renaming without clobbering, and making it durable: the step in which a file becomes visible.

The kernel's RENAME_NOREPLACE where it is there, else link and unlink, else check and rename.
"""

import ctypes
import errno
import os
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from upscaled.core.causes import outage
from upscaled.edge.disk.translating import translated
from upscaled.errors import NameTaken

_NO_LINK = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS, errno.EXDEV}
_RENAME_NOREPLACE = 1
_AT_FDCWD = -100


def rename_new(source: Path, final: Path) -> None:
    """Rename without clobbering: RENAME_NOREPLACE, else link and unlink, else check and rename."""
    with translated(source):
        try:
            _rename_new(source, final)
        except FileNotFoundError as error:
            if not is_there(source):
                raise
            # Somebody tidied the empty folder away: a missing source would mean "was revealed".
            raise outage(final.parent, error) from error


def _rename_new(source: Path, final: Path) -> None:
    try:
        _rename_noreplace(source, final)
    except FileExistsError as error:
        raise NameTaken(f"{final} exists already") from error
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTTY}:
            raise
        _link_or_check(source, final)


def _link_or_check(source: Path, final: Path) -> None:
    try:
        os.link(source, final, follow_symlinks=False)
    except FileExistsError as error:
        raise NameTaken(f"{final} exists already") from error
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        # Neither way exists here (exFAT, some SMB servers): the name is reserved in the ledger,
        # so only a stranger's file arriving within this instant could be met.
        if is_there(final):
            raise NameTaken(f"{final} exists already") from error
        source.rename(final)
    else:
        source.unlink()


def _rename_noreplace(source: Path, final: Path) -> None:
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        raise OSError(errno.ENOSYS, "renameat2 is missing here")
    failed = call(_AT_FDCWD, os.fsencode(source), _AT_FDCWD, os.fsencode(final), _RENAME_NOREPLACE)
    if failed:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(final))


def sync_folder(folder: Path) -> None:
    """Make a rename durable; file systems that cannot sync a folder are excused."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # SMB and some FUSE servers answer EINVAL
            os.fsync(handle)
    finally:
        os.close(handle)


def rename_kind(folder: Path) -> str:
    """Try by doing which rename without clobber this folder offers: noreplace, link or check."""
    own = uuid4().hex[:12]  # the daemon and a `check` may try at the same time
    probe, other = folder / f".upscaled-probe-{own}-a", folder / f".upscaled-probe-{own}-b"
    with translated(folder):
        probe.write_bytes(b"")
        try:
            _rename_noreplace(probe, other)
        except OSError:
            return _link_kind(probe, other)
        else:
            return "noreplace"
        finally:
            probe.unlink(missing_ok=True)
            other.unlink(missing_ok=True)


def _link_kind(probe: Path, other: Path) -> str:
    try:
        os.link(probe, other)
    except OSError:
        return "check"
    return "link"


def is_there(path: Path) -> bool:
    """
    Say whether anything has this name, a dangling link included.

    Raises `Outage` where the share does not say: what cannot be asked is not missing.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise outage(path, error) from error
    return True
