"""
What an error of a file system means: the one table of numbers, for every place that meets one.

A share, a disk or a server said it, never a picture: each is "later", with a hold, a sentence and
what to do. What the table does not know is "later" too, in the system's own words.
"""

import errno
from dataclasses import dataclass

from upscaled.errors import Outage
from upscaled.nouns import Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What one error number means."""

    says: str
    """The end of a sentence that begins with the place."""
    hint: str
    hold: Hold = Hold.SHARE


_BY_ITSELF = "work goes on by itself"
_AWAY = f"see that its server runs and can be reached; {_BY_ITSELF}"
_RIGHTS = f"mend the share or its permissions; {_BY_ITSELF}"
_ROOM = f"free some space; {_BY_ITSELF}"
_KEYS = f"renew the credentials that the share is mounted with; {_BY_ITSELF}"
_LIMIT = f"raise the limit of open files (LimitNOFILE); {_BY_ITSELF}"

CAUSES: dict[int, Cause] = {
    number: Cause(says=says, hint=hint, hold=hold)
    for says, hint, hold, *numbers in (
        ("no space left", _ROOM, Hold.DISK, errno.ENOSPC),
        ("the quota is used up", f"raise it, or {_ROOM}", Hold.DISK, errno.EDQUOT),
        (
            "its server gave it another identity (stale file handle)",
            f"mount the share again; {_BY_ITSELF}",
            Hold.SHARE,
            errno.ESTALE,
        ),
        ("its server is down", _AWAY, Hold.SHARE, errno.EHOSTDOWN, errno.EHOSTUNREACH),
        ("the network is down", _AWAY, Hold.SHARE, errno.ENETDOWN, errno.ENETUNREACH),
        ("its server did not answer in time", _AWAY, Hold.SHARE, errno.ETIMEDOUT, errno.ETIME),
        (
            "its server broke off",
            _AWAY,
            Hold.SHARE,
            *(errno.ENOTCONN, errno.ECONNRESET, errno.ECONNABORTED, errno.ECONNREFUSED),
            *(errno.EPIPE, errno.ESHUTDOWN, errno.ENOLINK, errno.ECOMM, errno.EPROTO),
        ),
        (
            "the device could not read or write (input/output error)",
            f"look at the disk or the share that it lies on; {_BY_ITSELF}",
            Hold.SHARE,
            *(errno.EIO, errno.EREMOTEIO, errno.ENXIO, errno.ENODEV),
            *(errno.EBADMSG, errno.EUCLEAN, errno.ENOMEDIUM),
        ),
        (
            "it is busy",
            f"close what keeps it open; {_BY_ITSELF}",
            Hold.SHARE,
            *(errno.EBUSY, errno.ETXTBSY, errno.EAGAIN, errno.EDEADLK, errno.ENOLCK),
        ),
        (
            "it is mounted read-only",
            f"mount it so that it can be written; {_BY_ITSELF}",
            Hold.SHARE,
            errno.EROFS,
        ),
        ("Permission denied", _RIGHTS, Hold.SHARE, errno.EACCES),
        ("Operation not permitted", _RIGHTS, Hold.SHARE, errno.EPERM),
        (
            "the share no longer takes our credentials",
            _KEYS,
            Hold.SHARE,
            *(errno.ENOKEY, errno.EKEYEXPIRED, errno.EKEYREVOKED, errno.EKEYREJECTED),
        ),
        ("too many files are open", _LIMIT, Hold.SHARE, errno.EMFILE, errno.ENFILE),
        (
            "the file is too large for this file system",
            f"use a file system without that limit; {_BY_ITSELF}",
            Hold.SHARE,
            errno.EFBIG,
        ),
        (
            "the name is not allowed on this file system",
            f"rename the file, or use a file system that takes the name; {_BY_ITSELF}",
            Hold.SHARE,
            *(errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL),
        ),
    )
    for number in numbers
}


def cause_of(error: OSError) -> Cause:
    """Return what an operating-system error means; nothing of a file system is a picture's."""
    if error.errno in CAUSES:
        return CAUSES[error.errno]
    return Cause(says=error.strerror or str(error) or type(error).__name__, hint=_RIGHTS)


def outage(place: object, error: OSError) -> Outage:
    """Return an operating-system error as ours, naming the place and what to do."""
    cause = cause_of(error)
    return Outage(f"{place}: {cause.says}", cause.hint, hold=cause.hold.value)
