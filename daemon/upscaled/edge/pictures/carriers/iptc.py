"""
IPTC-IIM records: who wrote it, whom to credit, with which program.

They stand in Photoshop's image resources (JPEG's APP13), or bare in a TIFF tag.
"""

from upscaled.edge.pictures.carriers.found import Carriers

_IIM = 0x0404
_NAMES = {65: "OriginatingProgram", 80: "Byline", 110: "Credit", 115: "Source", 120: "Caption"}


def add_resources(body: bytes, found: Carriers) -> None:
    """Keep the records among Photoshop's image resources."""
    at = body.find(b"8BIM")
    while found.record_room > 0:
        found.record_room -= 1
        if at < 0 or body[at : at + 4] != b"8BIM" or at + 12 > len(body):
            return
        kind = int.from_bytes(body[at + 4 : at + 6], "big")
        start = at + 6 + (body[at + 6] + 2) // 2 * 2  # the name's length, the name, padded to even
        size = int.from_bytes(body[start : start + 4], "big")
        if kind == _IIM:
            add_records(body[start + 4 : start + 4 + size], found)
        at = start + 4 + size + size % 2


def add_records(body: bytes, found: Carriers) -> None:
    """Keep the records as they are, and the texts of those (record 2) that name the origin."""
    found.add_iptc(body)
    at = 0
    while found.record_room > 0:
        found.record_room -= 1
        if body[at : at + 1] != b"\x1c" or at + 5 > len(body):
            return
        length = int.from_bytes(body[at + 3 : at + 5], "big")
        name = _NAMES.get(body[at + 2]) if body[at + 1] == 2 else None
        if name:
            found.add_text(f"iptc:{name}", body[at + 5 : at + 5 + length])
        at += 5 + length
