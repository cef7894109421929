"""
What a walk has found so far, within the bounds of one file.

Knows no container. All that is kept of a file together stays under a dozen megabytes.
"""

import zlib
from dataclasses import dataclass, field
from mmap import mmap

Data = bytes | mmap
"""A file's bytes; a memory map reads only what the walk touches."""

LONGEST_TEXT = 128 * 1024
"""Bytes kept of one text: generators write their mark near its beginning."""
LONGEST_XMP = 1024 * 1024
"""Bytes kept of all XMP of a file: a long editing history stands before what is looked for."""
LONGEST_STORE = 4 * 1024 * 1024
"""Bytes kept of all C2PA stores of a file: thumbnails of the ingredients fill them."""
LONGEST_EXIF = 1024 * 1024
LONGEST_IPTC = 256 * 1024
MOST_TEXT = 384 * 1024
"""Characters of all texts of a file together: what the patterns are tried on."""
MOST_TEXTS = 512
MOST_INFLATED = 2 * 1024 * 1024
"""Bytes of all compressed texts of a file together."""
MOST_PIECES = 8
"""XMP packets, and C2PA stores, of a file: each is searched for many things."""
MOST_RECORDS = 2000
"""IPTC records and image resources of a file that are passed."""
_OVERHEAD = 8192
"""What each inflation counts beside its bytes, so that there are never many."""


@dataclass(slots=True, kw_only=True)
class Carriers:
    """
    Texts by place (`png:parameters`, `com`, `iptc:Credit`, `exr:Software`), XMP packets, C2PA
    stores and the EXIF block. `complete` says whether the container's own end was reached.
    """

    texts: list[tuple[str, str]] = field(default_factory=list)
    xmp: list[bytes] = field(default_factory=list)
    stores: list[bytes] = field(default_factory=list)
    exif: Data = b""
    """A TIFF structure; of a TIFF picture the file itself."""
    iptc: bytes = b""
    """IIM records, the first that were met."""
    complete: bool = False
    text_room: int = MOST_TEXT
    xmp_room: int = LONGEST_XMP
    store_room: int = LONGEST_STORE
    inflation_room: int = MOST_INFLATED
    record_room: int = MOST_RECORDS

    def add_text(self, place: str, data: bytes, encoding: str = "utf-8") -> None:
        """Keep one text, as much of it as there is room for."""
        if self.text_room > 0 and len(self.texts) < MOST_TEXTS:
            text = data[:LONGEST_TEXT].decode(encoding, "replace")[: self.text_room]
            self.texts.append((place, text))
            self.text_room -= len(text)

    def add_xmp(self, data: bytes) -> None:
        """Keep one XMP packet, or a part of it."""
        if self.xmp_room > 0 and data and len(self.xmp) < MOST_PIECES:
            self.xmp.append(data[: self.xmp_room])
            self.xmp_room -= len(data)

    def add_store(self, data: bytes) -> None:
        """Keep one C2PA store: JUMBF boxes with CBOR in them, uncompressed."""
        if self.store_room > 0 and data and len(self.stores) < MOST_PIECES:
            self.stores.append(data[: self.store_room])
            self.store_room -= len(data)

    def add_exif(self, block: bytes) -> None:
        """Keep the first EXIF block, with or without the words before its TIFF head."""
        if not self.exif:
            self.exif = block.removeprefix(b"Exif\0\0")[:LONGEST_EXIF]

    def add_iptc(self, records: bytes) -> None:
        """Keep the first IIM records."""
        if not self.iptc:
            self.iptc = records[:LONGEST_IPTC]

    def inflate(self, data: bytes, most: int = LONGEST_TEXT) -> bytes:
        """Return inflated bytes within the file's bounds; nothing where they are no zlib stream."""
        room = min(most, self.inflation_room)
        if room <= 0:
            return b""
        self.inflation_room -= _OVERHEAD
        try:
            out = zlib.decompressobj().decompress(data, room)
        except zlib.error:
            return b""
        self.inflation_room -= len(out)
        return out
