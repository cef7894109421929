"""What a source's container carries, of any format: gathered by the walkers, handed on as it is."""

from dataclasses import dataclass, field
from mmap import ACCESS_READ, mmap
from pathlib import Path

from upscaled.edge.pictures.carriers.walk import walk
from upscaled.edge.pictures.metadata import exif
from upscaled.edge.pictures.metadata.blocks import Exif


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The blocks of one source, unread but for EXIF's directories."""

    exif: Exif = field(default_factory=Exif)
    packets: tuple[bytes, ...] = ()
    """XMP; the second and further are the rest of the first."""
    iptc: bytes = b""
    credentials: bool = False
    """It carries a C2PA store."""
    texts: dict[str, str] = field(default_factory=dict)
    """Comments (`com`), and PNG's texts by key (`png:Author`); of a key that comes twice, one."""


def read(source: Path) -> Found:
    """Return what a file carries; nothing of what is no picture, or of an empty file."""
    with source.open("rb") as file:
        if not file.read(1):
            return Found()
        with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            carriers = walk(data)
            texts = {
                place: text
                for place, text in carriers.texts
                if place == "com" or place.startswith("png:")
            }
            found = Found(
                exif=exif.parse(carriers.exif),
                packets=tuple(carriers.xmp),
                iptc=carriers.iptc,
                credentials=bool(carriers.stores),
                texts=texts,
            )
            carriers.exif = b""  # it may be the map itself, which cannot close while it is held
            return found
