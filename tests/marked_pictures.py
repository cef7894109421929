"""
Files that carry marks, built by hand: every container, every place in it where a mark may stand.

`built(said)` takes texts by place as `rules/marks.toml` writes them (`exif:Software`, `source`) and
returns a file of every container that has such places.
"""

import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from judge_pictures import IPTC, chunk, encoded, exif_with, with_segment, with_webp_chunk
from upscaled.edge.pictures.carriers.exif import NAMES

Said = Mapping[str, str]
SMALL = Image.new("RGB", (32, 24), "teal")
PLAIN = {form: encoded(SMALL, form) for form in ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "AVIF")}
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
_TAGS = {name: tag for tag, name in NAMES.items()}
_INNER = {"ExposureTime", "FNumber", "ISOSpeedRatings", "UserComment", "LensModel"}


def built(said: Said) -> dict[str, bytes]:
    """Return files that say this, by container; `source` stands in XMP and in C2PA."""
    files = {}
    for name, (places, build) in CONTAINERS.items():
        if {place.partition(":")[0] for place in said} <= places:
            files[name] = build(said)
    return files


def values(said: Said, kind: str) -> dict[str, str]:
    """Return the texts of one kind of place, without its name."""
    return {place[len(kind) + 1 :]: text for place, text in said.items() if place.startswith(kind)}


# ---- what stands in the containers


def utf16(text: str, order: str) -> bytes:
    """Return an EXIF user comment in UTF-16 of an order, `be` or `le`."""
    return b"UNICODE\0" + text.encode(f"utf-16-{order}")


def exif_fields(said: Said) -> tuple[dict[int, Any], dict[int, Any]]:
    """Return the fields of the two directories of an EXIF block."""
    outer: dict[int, Any] = {}
    inner: dict[int, Any] = {}
    for name, text in values(said, "exif").items():
        value: Any = text
        if name in {"ExposureTime", "FNumber"}:
            value = float(text)
        elif name == "ISOSpeedRatings":
            value = int(text)
        elif name == "UserComment":
            value = utf16(text, "be")
        (inner if name in _INNER else outer)[_TAGS[name]] = value
    return outer, inner


def exif_block(said: Said) -> bytes:
    """Return an EXIF block from its TIFF head on; nothing where nothing is said."""
    outer, inner = exif_fields(said)
    return exif_with(outer, inner).removeprefix(b"Exif\0\0") if outer or inner else b""


def packet(said: Said, *, elements: bool = False) -> bytes:
    """Return an XMP packet with its properties as attributes or as elements."""
    found = values(said, "xmp")
    if "source" in said and not _manifest(said):
        found["DigitalSourceType"] = " ".join(IPTC + word for word in said["source"].split())
    if not found:
        return b""
    if elements:
        inside = "".join(
            f"<x:{name}><rdf:Alt><rdf:li xml:lang='x-default'>{_escaped(text)}</rdf:li></rdf:Alt>"
            f"</x:{name}>"
            for name, text in found.items()
        )
        return f"<rdf:Description>{inside}</rdf:Description>".encode()
    inside = " ".join(f"x:{name}={quoteattr(text)}" for name, text in found.items())
    return f"<rdf:Description {inside}/>".encode()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def _manifest(said: Said) -> bool:
    return any(place.startswith("c2pa:") for place in said)


def cbor(value: object) -> bytes:
    """Return text, a list or a map in CBOR."""
    if isinstance(value, str):
        return _cbor_head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _cbor_head(4, len(value)) + b"".join(map(cbor, value))
    if isinstance(value, dict):
        pairs = (cbor(key) + cbor(one) for key, one in value.items())
        return _cbor_head(5, len(value)) + b"".join(pairs)
    raise TypeError(type(value))


def _cbor_head(kind: int, count: int) -> bytes:
    if count < 24:
        return bytes([kind << 5 | count])
    if count < 256:
        return bytes([kind << 5 | 24, count])
    return bytes([kind << 5 | 25]) + struct.pack(">H", count)


def box(kind: bytes, body: bytes) -> bytes:
    """Return one box of the ISO base media file format, or of JUMBF."""
    return struct.pack(">I", len(body) + 8) + kind + body


def store(said: Said) -> bytes:
    """Return a C2PA store of two manifests; the ingredient's comes first."""
    found = values(said, "c2pa")
    first, *others = said.get("source", "").split() or [""]
    action: dict[str, object] = {"action": "c2pa.created"}
    if "agent" in found:
        action["softwareAgent"] = {"name": found["agent"], "version": "1"}
    if "description" in found:
        action["description"] = found["description"]
    if first:
        action["digitalSourceType"] = IPTC + first
    parent = cbor({"actions": [action], "allActionsIncluded": "yes"})
    steps = [{"digitalSourceType": IPTC + word, "action": "c2pa.edited"} for word in others]
    claim = {"alg": "sha256", "claim_generator_info": [{"name": found.get("generator", "x")}]}
    active = cbor(claim | ({"actions": steps} if steps else {}))
    boxes = b"".join(
        box(b"jumb", box(b"jumd", b"c2ma") + box(b"cbor", one)) for one in (parent, active)
    )
    return box(b"jumb", box(b"jumd", b"c2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\3c2pa\0") + boxes)


def records(said: Said) -> bytes:
    """Return IPTC records."""
    numbers = {"OriginatingProgram": 65, "Byline": 80, "Credit": 110, "Source": 115, "Caption": 120}
    return b"".join(
        b"\x1c\2" + bytes([numbers[name]]) + struct.pack(">H", len(text)) + text.encode()
        for name, text in values(said, "iptc").items()
    )


def resources(body: bytes) -> bytes:
    """Return Photoshop's image resources with IPTC records behind another resource."""
    other = b"8BIM\x03\xed\0\0" + struct.pack(">I", 3) + b"abc\0"
    return b"Photoshop 3.0\0" + other + b"8BIM\4\4\0\0" + struct.pack(">I", len(body)) + body


# ---- the containers


def _png(said: Said, kind: str = "tEXt") -> bytes:
    inside = b""
    for key, text in values(said, "png").items():
        inside += chunk(*_PNG_TEXTS[kind](key.encode(), text))
    if block := exif_block(said):
        inside += chunk(b"eXIf", block)
    if xmp := packet(said, elements=kind != "tEXt"):
        packed = kind == "zTXt"
        head = b"XML:com.adobe.xmp\0" + (b"\1\0\0\0" if packed else b"\0\0\0\0")
        inside += chunk(b"iTXt", head + (zlib.compress(xmp) if packed else xmp))
    if _manifest(said):
        inside += chunk(b"caBX", store(said))
    plain = PLAIN["PNG"]
    at = 33 if kind == "tEXt" else len(plain) - 12  # behind IHDR, or behind the pixels
    return plain[:at] + inside + plain[at:]


_PNG_TEXTS: dict[str, Callable[[bytes, str], tuple[bytes, bytes]]] = {
    "tEXt": lambda key, text: (b"tEXt", key + b"\0" + text.encode("latin-1")),
    "zTXt": lambda key, text: (b"zTXt", key + b"\0\0" + zlib.compress(text.encode("latin-1"))),
    "iTXt": lambda key, text: (b"iTXt", key + b"\0\0\0en\0key\0" + text.encode()),
}


def _jpeg(said: Said) -> bytes:
    data = PLAIN["JPEG"]
    if "com" in said:
        data = with_segment(data, 0xFE, said["com"].encode())
    if body := records(said):
        data = with_segment(data, 0xED, resources(body))
    if xmp := packet(said):
        data = with_segment(data, 0xE1, XMP_HEAD + xmp)
    if block := exif_block(said):
        data = with_segment(data, 0xE1, b"Exif\0\0" + block)
    if _manifest(said):
        for part in app11(store(said)):
            data = with_segment(data, 0xEB, part)  # each before the one before: backwards
    if "samsung" in said:
        data += said["samsung"].encode() + b"SEFH" + bytes(20) + b"SEFT"
    return data


def app11(boxes: bytes, instance: int = 1, size: int = 50) -> list[bytes]:
    """Return a store as the bodies of JPEG segments: each repeats the header of the first box."""
    head, body = boxes[:8], boxes[8:]
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return [
        b"JP" + struct.pack(">HI", instance, number) + head + part
        for number, part in enumerate(parts, 1)
    ]


def extended_xmp(text: bytes, guid: bytes = b"0" * 32, size: int = 40) -> list[bytes]:
    """Return XMP too long for a segment as the bodies of several."""
    head = b"http://ns.adobe.com/xmp/extension/\0" + guid + struct.pack(">I", len(text))
    return [head + struct.pack(">I", at) + text[at : at + size] for at in range(0, len(text), size)]


def _webp(said: Said) -> bytes:
    data = PLAIN["WEBP"]
    if block := exif_block(said):
        data = with_webp_chunk(data, b"EXIF", block)
    if xmp := packet(said, elements=True):
        data = with_webp_chunk(data, b"XMP ", xmp)
    return with_webp_chunk(data, b"C2PA", store(said)) if _manifest(said) else data


def _tiff(said: Said, **options: Any) -> bytes:
    tags = ImageFileDirectory_v2()
    outer, inner = exif_fields(said)
    for tag, value in outer.items():
        tags[tag] = value
    if inner:
        tags[0x8769] = inner
    raw = {700: packet(said), 33723: records(said), 0xCD41: store(said) if _manifest(said) else b""}
    for tag, value in raw.items():
        if value:
            tags.tagtype[tag] = 7
            tags[tag] = value
    return encoded(SMALL, "TIFF", tiffinfo=tags, **options)


def _avif(said: Said) -> bytes:
    options = {"exif": exif_block(said), "xmp": packet(said, elements=True)}
    data = encoded(SMALL, "AVIF", **{name: value for name, value in options.items() if value})
    return data + box(b"uuid", C2PA_UUID + bytes(4) + b"manifest\0" + bytes(8) + store(said)) * (
        _manifest(said)
    )


def heic(items: Mapping[bytes, bytes], method: int = 1) -> bytes:
    """Return the head of a HEIC whose items lie in `idat` (method 1) or in the file (method 0)."""
    entries, places, inside = [], [], b""
    kinds = {b"Exif": b"Exif\0", b"mime": b"mime\0application/rdf+xml\0"}
    for number, (kind, body) in enumerate(items.items(), 1):
        entry = b"\2\0\0\0" + struct.pack(">HH", number, 0) + kinds[kind]
        entries.append(box(b"infe", entry))
        half = len(body) // 2  # each item in two pieces
        pieces = struct.pack(">IIII", len(inside), half, len(inside) + half, len(body) - half)
        places.append((number, pieces))
        inside += body
    ftyp = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    iinf = box(b"iinf", bytes(4) + struct.pack(">H", len(entries)) + b"".join(entries))

    def meta(base: int) -> bytes:
        rows = b"".join(
            struct.pack(">HHHIH", number, method, 0, base, 2) + pieces for number, pieces in places
        )
        iloc = box(b"iloc", b"\1\0\0\0" + b"\x44\x40" + struct.pack(">H", len(places)) + rows)
        return box(b"meta", bytes(4) + iinf + iloc + (box(b"idat", inside) if method else b""))

    base = 0 if method else len(ftyp) + len(meta(0)) + 8
    return ftyp + meta(base) + box(b"mdat", b"pixels" if method else inside)


def _heic(said: Said, method: int) -> bytes:
    items = {}
    if block := exif_block(said):
        items[b"Exif"] = struct.pack(">I", 6) + b"Exif\0\0" + block
    if xmp := packet(said):
        items[b"mime"] = xmp
    data = heic(items, method)
    return data + box(b"uuid", C2PA_UUID + bytes(4) + store(said)) * _manifest(said)


def _jxl(said: Said) -> bytes:
    data = box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl \0\0\0\0jxl ")
    if block := exif_block(said):
        data += box(b"Exif", bytes(4) + block)
    if xmp := packet(said):
        data += box(b"xml ", xmp)
    if _manifest(said):
        data += store(said)
    return data + box(b"jxlc", b"pixels")


def gif_chain(body: bytes) -> bytes:
    """Return bytes in sub-blocks."""
    parts = (body[at : at + 255] for at in range(0, len(body), 255))
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def _gif(said: Said) -> bytes:
    inside = b""
    if "com" in said:
        inside += b"!\xfe" + gif_chain(said["com"].encode())
    if xmp := packet(said, elements=True):
        tail = b"\1" + bytes(range(255, -1, -1)) + b"\0"
        inside += b"!\xff\x0bXMP DataXMP" + xmp + tail
    if _manifest(said):
        inside += b"!\xff\x0bC2PA_GIF\1\0\0" + gif_chain(store(said))
    plain = PLAIN["GIF"]
    return plain[:-1] + inside + plain[-1:]  # behind the frame


def exr(attributes: Mapping[str, str], *, parts: int = 1) -> bytes:
    """Return an OpenEXR's headers; the attributes stand in the last one."""
    window = b"displayWindow\0box2i\0" + struct.pack("<I", 16) + bytes(16)
    said = b"".join(
        name.encode() + b"\0string\0" + struct.pack("<I", len(text)) + text.encode()
        for name, text in attributes.items()
    )
    flags = 2 | (0x1000 if parts > 1 else 0)
    headers = (window + b"\0") * (parts - 1) + window + said + b"\0"
    return b"v/1\x01" + struct.pack("<I", flags) + headers + b"\0pixels"


CONTAINERS: dict[str, tuple[set[str], Callable[[Said], bytes]]] = {
    "PNG": ({"png", "exif", "xmp", "source", "c2pa"}, _png),
    "PNG, packed, behind the pixels": ({"png", "xmp", "source"}, lambda said: _png(said, "zTXt")),
    "PNG, international text": ({"png", "xmp", "source"}, lambda said: _png(said, "iTXt")),
    "JPEG": ({"com", "exif", "xmp", "iptc", "source", "c2pa", "samsung"}, _jpeg),
    "WebP": ({"exif", "xmp", "source", "c2pa"}, _webp),
    "TIFF": ({"exif", "xmp", "iptc", "source", "c2pa"}, _tiff),
    "BigTIFF": ({"exif", "xmp", "iptc", "source", "c2pa"}, lambda said: _tiff(said, big_tiff=True)),
    "AVIF": ({"exif", "xmp", "source", "c2pa"}, _avif),
    "HEIC, idat": ({"exif", "xmp", "source", "c2pa"}, lambda said: _heic(said, 1)),
    "HEIC": ({"exif", "xmp", "source", "c2pa"}, lambda said: _heic(said, 0)),
    "JPEG XL": ({"exif", "xmp", "source", "c2pa"}, _jxl),
    "GIF": ({"com", "xmp", "source", "c2pa"}, _gif),
    "OpenEXR": ({"exr"}, lambda said: exr(values(said, "exr"))),
    "OpenEXR of two parts": ({"exr"}, lambda said: exr(values(said, "exr"), parts=2)),
}
