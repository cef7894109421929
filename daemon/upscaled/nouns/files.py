"""What a file is, and what a disk says of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A regular file seen in a watch, as one stat saw it."""

    watch: int
    """Index of the watch in the config."""
    path: str
    """Relative to the inbox, with `/`, exactly as the file system spells it."""
    size: int
    mtime_ns: int
    inode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What one stat says of a file: enough to notice that it is not the same any more."""

    size: int
    mtime_ns: int
    inode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A private copy's hash, and what it was made from."""

    sha256: str
    identity: Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Whose our results are. None: as the machine does it, by umask and setgid folders."""

    group: int | None = None
    """The group's number."""
    file_mode: int | None = None
    folder_mode: int | None = None


ANYHOW = Access()


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a file system has, in bytes."""

    device: int
    """Which one it is: equal numbers are one file system."""
    free: int
    """For us: without what is set aside for the superuser."""
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What a result has of its source's metadata, and what it has not."""

    kept: tuple[str, ...] = ()
    """`EXIF`, `GPS`, `XMP`, `IPTC`."""
    dropped: tuple[str, ...] = ()
    """In words: `thumbnail`, `maker note`, `GPS`, `content credentials`, ..."""
    digital_source_type: str | None = None
    """IPTC's word that the result carries, None where it carries none."""
    content_credentials: bool = False
    """The source has a C2PA manifest, which no result of ours may carry on."""
    notes: tuple[str, ...] = ()
    """Sentences: what was broken, what the owner might look for in vain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A file we made, as it was when we closed it."""

    path: str
    sha256: str
    bytes: int
    width: int
    height: int
    format: str
    ppi: float | None = None
    icc: str | None = None
    metadata: Carried | None = None
    """Of a result: what it carries beside its pixels."""
    bits: int = 8
    """A channel."""
