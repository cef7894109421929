"""
Our name in a finished file, in each format's own place: so that any ledger knows a result of ours.

Beside the pixels, which stay as they are. Knows nothing of how pictures are saved.
"""

import struct
import zlib
from pathlib import Path

_END = b"\0\0\0\0IEND\xaeB`\x82"


def sign_png(path: Path, software: str) -> None:
    """Put a text chunk `Software` before a PNG's end mark (PNG 1.2, 4.2.3)."""
    chunk = b"tEXtSoftware\0" + software.encode("latin-1")
    head, tail = struct.pack(">I", len(chunk) - 4), struct.pack(">I", zlib.crc32(chunk))
    with path.open("r+b") as file:
        file.seek(-len(_END), 2)
        if file.read() != _END:
            raise ValueError(f"{path.name} does not end as a PNG")
        file.seek(-len(_END), 2)
        file.write(head + chunk + tail + _END)


def exif_segment(software: str) -> bytes:
    """Return a JPEG segment whose EXIF block holds `Software` (0x131) alone (EXIF 2.3, 4.6.4)."""
    text = software.encode("ascii") + b"\0"
    field = struct.pack(">HHHII", 1, 0x131, 2, len(text), 26) + bytes(4)
    block = b"Exif\0\0" + struct.pack(">2sHI", b"MM", 42, 8) + field + text
    return b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block


def xmp_packet(software: str) -> bytes:
    """Return an XMP packet that names the program as `CreatorTool` alone: for TIFF."""
    return (
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'>"
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        "<rdf:Description rdf:about='' xmlns:xmp='http://ns.adobe.com/xap/1.0/' "
        f"xmp:CreatorTool='{software}'/></rdf:RDF></x:xmpmeta>"
    ).encode("ascii")
