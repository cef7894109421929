"""
Sources of every kind that carry all metadata they can, secrets planted in each place; results read.

`table` tells, by really doing it, what comes from which source into which result; the docs' table
is drawn from it.
"""

import functools
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree as ET

from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from edge.drawn_pictures import layout_for, photo
from judge_pictures import chunk, encoded, with_chunk, with_segment
from marked_pictures import XMP_HEAD, app11, box, extended_xmp, heic, resources, store
from upscaled.core.provenance import Story
from upscaled.edge.pictures import profiles, saving
from upscaled.edge.pictures.finishing import finish
from upscaled.edge.pictures.levels import with_profile
from upscaled.edge.pictures.metadata import tiff
from upscaled.edge.pictures.metadata.carrying import carry
from upscaled.edge.pictures.metadata.frame import Frame
from upscaled.edge.pictures.opening import open_picture
from upscaled.nouns import Format

SECRET = "Secret"
"""In every text that a source carries: what is uploaded never holds it."""
WIDTH, HEIGHT = 64, 48
TURNED = 6
WHEN = "2026-11-23T10:00:00.000Z"
STORY = Story(
    software="upscaled 0.1.0",
    when=WHEN,
    job="j1",
    steps=("Recovery V2 (fal-ai/topaz) 2x", "96 x 128 pixels"),
    modelled=True,
    invents=True,
)
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
TIFF_XMP = "{http://ns.adobe.com/tiff/1.0/}"
EXIF_XMP = "{http://ns.adobe.com/exif/1.0/}"
OWN_XMP = "{urn:studio}"
SOURCE_TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"


def picture() -> Image.Image:
    """Return the picture that every source shows."""
    return photo(WIDTH, HEIGHT)


def exif(orientation: int = TURNED) -> Image.Exif:
    """Return EXIF of a camera with a position, without a thumbnail."""
    made = Image.Exif()
    made.update({0x10F: "SecretMake", 0x110: "Model", 0x112: orientation, 0x13B: "Secret Ärtist"})
    made.update({0x131: "SecretTool 9", 0x132: "2020:01:02 03:04:05", 0x8298: "Secret owner"})
    made.get_ifd(0x8769).update(
        {
            0x829A: 0.01,
            0x9003: "2020:01:02 03:04:05",
            0x927C: b"SecretMaker" + bytes(40),
            0x9286: b"ASCII\0\0\0Secret comment",
            0xA002: WIDTH,
            0xA003: HEIGHT,
            0xA434: "Lens 50mm",
        }
    )
    made.get_ifd(0x8825).update(
        {1: "N", 2: (52.0, 30.0, 15.5), 3: "E", 4: (13.0, 24.0, 1.0), 28: b"ASCII\0\0\0SecretPlace"}
    )
    return made


def exif_block(orientation: int = TURNED) -> bytes:
    """Return the block from its TIFF head on, with a thumbnail in a second directory."""
    block = bytearray(exif(orientation).tobytes().removeprefix(b"Exif\0\0"))
    preview = encoded(Image.new("RGB", (16, 12), "teal"), "JPEG", comment=b"SecretPreview")
    order = ">" if block[:2] == b"MM" else "<"
    first = struct.unpack_from(order + "I", block, 4)[0]
    link = first + 2 + 12 * struct.unpack_from(order + "H", block, first)[0]
    struct.pack_into(order + "I", block, link, len(block))
    start = len(block) + 2 + 3 * 12 + 4
    compression = 6 << 16 if order == ">" else 6
    rows = [(0x103, 3, 1, compression), (0x201, 4, 1, start), (0x202, 4, 1, len(preview))]
    block += struct.pack(order + "H", 3)
    block += b"".join(struct.pack(order + "HHII", *row) for row in rows)
    return bytes(block + bytes(4) + preview)


def xmp(orientation: int = TURNED, more: str = "") -> bytes:
    """Return a packet with what we know, what nobody knows, and a position."""
    return f"""<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?>
<x:xmpmeta xmlns:x='adobe:ns:meta/' x:xmptk='XMP Core 6'><rdf:RDF xmlns:rdf='{_RDF}'>
<rdf:Description rdf:about='' xmlns:tiff='http://ns.adobe.com/tiff/1.0/'
 xmlns:exif='http://ns.adobe.com/exif/1.0/' xmlns:mine='urn:studio'
 xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:CreatorTool='SecretTool 9'
 tiff:Orientation='{orientation}' exif:PixelXDimension='{WIDTH}' exif:GPSLatitude='52,30.25N'
 mine:shelf='Secret 7 &amp; "8"'>
<tiff:ImageWidth>{WIDTH}</tiff:ImageWidth>
<mine:tree><rdf:Bag><rdf:li rdf:parseType='Resource'><mine:leaf>grün</mine:leaf></rdf:li></rdf:Bag>
</mine:tree>{more}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>""".encode()


def records(*, latin: bool = True) -> bytes:
    """Return IPTC records without a charset, in a Western code page, with a preview."""
    said = {80: "Secret Schröder", 90: "Köln", 120: "Secret caption"}
    code = "cp1252" if latin else "utf-8"
    texts = [(number, text.encode(code)) for number, text in said.items()]
    return b"".join(
        b"\x1c\2" + bytes([number]) + struct.pack(">H", len(body)) + body
        for number, body in [*texts, (202, b"SecretPreview")]
    )


# ---- a source of each kind


def jpeg(orientation: int, shown: Image.Image | None = None) -> bytes:
    """Return a JPEG with everything, a second picture behind it and a trailer."""
    data = encoded(shown or picture(), "JPEG", quality=92, comment=b"SecretComment")
    data = with_segment(data, 0xED, resources(records()))
    for part in extended_xmp(_more_xmp()):
        data = with_segment(data, 0xE1, part)
    data = with_segment(data, 0xE1, XMP_HEAD + xmp(orientation))
    data = with_segment(data, 0xE1, b"Exif\0\0" + exif_block(orientation))
    data = with_segment(data, 0xE2, b"FPXR\0SecretPreview")
    for part in app11(store({"c2pa:generator": "SecretSigner", "source": "digitalCapture"})):
        data = with_segment(data, 0xEB, part)
    second = encoded(Image.new("RGB", (16, 12), "red"), "JPEG", comment=b"SecretSecond")
    return data + second + b"SecretTrailer"


def _more_xmp() -> bytes:
    return (
        f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='{_RDF}'><rdf:Description "
        "rdf:about='' xmlns:mine='urn:studio'><mine:extended>Secret far</mine:extended>"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def _png(orientation: int) -> bytes:
    data = encoded(picture())
    inside = chunk(b"eXIf", exif_block(orientation))
    inside += chunk(b"tEXt", b"Author\0SecretAuthor")
    inside += chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"SecretComment"))
    inside += chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(orientation))
    inside += chunk(b"caBX", store({"c2pa:generator": "SecretSigner"}))
    return data[:33] + inside + data[33:] + b"SecretTrailer"


def _png_in_hex(orientation: int) -> bytes:
    """Return a PNG as ImageMagick wrote it, behind the pixels."""
    data = encoded(picture())
    blocks = {b"exif": b"Exif\0\0" + exif_block(orientation), b"xmp": xmp(orientation)}
    blocks[b"iptc"] = resources(records()).removeprefix(b"Photoshop 3.0\0")
    for name, body in blocks.items():
        text = f"\n{name.decode()}\n{len(body):8}\n{body.hex()}\n".encode()
        packed = b"Raw profile type " + name + b"\0\0" + zlib.compress(text)
        data = with_chunk(data, b"zTXt", packed)
    return data


def tiff_tags(orientation: int = TURNED) -> ImageFileDirectory_v2:
    """Return the same as a TIFF's own tags: Pillow's `exif` leaves the sub-directories out."""
    tags = ImageFileDirectory_v2()
    block = exif(orientation)
    for tag, value in block.items():
        if tag not in {0x8769, 0x8825}:
            tags[tag] = value
    for pointer in (0x8769, 0x8825):
        tags[pointer] = dict(block.get_ifd(pointer))
    for tag, body in ((700, xmp(orientation)), (33723, records()), (270, b"Secret text")):
        tags.tagtype[tag] = 2 if tag == 270 else 7
        tags[tag] = body.decode() if tag == 270 else body
    return tags


def _tiff(orientation: int, **options: Any) -> bytes:
    return encoded(picture(), "TIFF", tiffinfo=tiff_tags(orientation), **options)


def _through_pillow(form: str) -> Callable[[int], bytes]:
    def made(orientation: int) -> bytes:
        said = {"exif": b"Exif\0\0" + exif_block(orientation), "xmp": xmp(orientation)}
        return encoded(picture(), form, quality=95, **said)

    return made


def _heic(orientation: int) -> bytes:
    """Return the head of a HEIC: libvips' wheel has no decoder for its pixels."""
    items = {b"Exif": struct.pack(">I", 6) + b"Exif\0\0" + exif_block(orientation)}
    return heic(items | {b"mime": xmp(orientation)}) + box(b"free", b"")


SOURCES: dict[str, Callable[[int], bytes]] = {
    "JPEG": jpeg,
    "PNG": _png,
    "PNG, raw profiles": _png_in_hex,
    "TIFF": _tiff,
    "BigTIFF": lambda turn: _tiff(turn, big_tiff=True),
    "WebP": _through_pillow("WEBP"),
    "AVIF": _through_pillow("AVIF"),
    "HEIC": _heic,
    "BMP": lambda _turn: encoded(picture(), "BMP"),
}
UNREADABLE = frozenset({"HEIC"})
"""Kinds whose pixels are not decoded here; their metadata is read all the same."""
CARRIES: dict[str, frozenset[str]] = {
    "JPEG": frozenset({"EXIF", "GPS", "XMP", "IPTC"}),
    "PNG": frozenset({"EXIF", "GPS", "XMP"}),
    "PNG, raw profiles": frozenset({"EXIF", "GPS", "XMP", "IPTC"}),
    "TIFF": frozenset({"EXIF", "GPS", "XMP", "IPTC"}),
    "BigTIFF": frozenset({"EXIF", "GPS", "XMP", "IPTC"}),
    "WebP": frozenset({"EXIF", "GPS", "XMP"}),
    "AVIF": frozenset({"EXIF", "GPS", "XMP"}),
    "HEIC": frozenset({"EXIF", "GPS", "XMP"}),
    "BMP": frozenset(),
}
RESULTS = ("TIFF", "BigTIFF", "PNG", "JPEG")


# ---- what came of it


def made_result(
    kind: str, result: str, folder: Path, *, story: Story = STORY, orientation: int = TURNED
) -> tuple[Path, dict[str, Any]]:
    """Finish a source into a result at twice its size; return the file and what is said of it."""
    source, form = folder / "source", Format("TIFF" if result == "BigTIFF" else result)
    source.write_bytes(SOURCES[kind](orientation))
    to = folder / f"result{form.extension}"
    size = (2 * HEIGHT, 2 * WIDTH) if orientation > 4 and CARRIES[kind] else (2 * WIDTH, 2 * HEIGHT)
    if kind in UNREADABLE or result == "BigTIFF":
        return to, _saved(source, to, result, story, size)
    layout = layout_for(*size, format=form, ppi=300.0)
    return to, finish(source, source, layout, to, folder, story=story)["metadata"]


def _saved(
    source: Path, to: Path, result: str, story: Story, size: tuple[int, int]
) -> dict[str, Any]:
    """Save another picture with this source's metadata: for what only large or rare files do."""
    drawn = to.with_name("drawn.png")
    photo(*size).save(drawn)
    form = Format("TIFF" if result == "BigTIFF" else result)
    bag = carry(source, Frame(format=form, width=size[0], height=size[1], ppi=300.0), story)
    image = with_profile(open_picture(drawn).colour, profiles.srgb())
    if result == "BigTIFF":
        dots = 300 / 25.4
        image.tiffsave(str(to), bigtiff=True, keep="icc", resunit="inch", xres=dots, yres=dots)
        tiff.append(to, bag.blocks)
    else:
        look = saving.Look(format=form, icc=profiles.srgb(), ppi=300.0, blocks=bag.blocks)
        saving.save(image, to, look)
    return bag.said()


def packet(path: Path) -> ET.Element | None:
    """Return the RDF of a result's XMP, as Pillow finds the packet."""
    with Image.open(path) as opened:
        opened.load()
        found = opened.info.get("xmp") or opened.getexif().get(700)
    if not found:
        return None
    text = found if isinstance(found, bytes) else str(found).encode()
    root = ET.fromstring(text[: text.rindex(b">") + 1])  # noqa: S314 - written by ourselves
    return root.find(f"{{{_RDF}}}RDF")


def properties(path: Path) -> dict[str, str]:
    """Return the simple properties of a result's XMP by their ElementTree names."""
    rdf = packet(path)
    found: dict[str, str] = {}
    for owner in rdf if rdf is not None else ():
        found |= dict(owner.attrib)
        found |= {child.tag: (child.text or "") for child in owner}
    return found


def row(kind: str, result: str, folder: Path) -> dict[str, str]:
    """Return one row of the table: what of this source is in this result, in words."""
    to, said = made_result(kind, result, folder)
    turn = _orientation(to)
    made_result(kind, result, folder, story=replace(STORY, strip_gps=True))
    with Image.open(to) as opened:
        bare = not opened.getexif().get_ifd(0x8825)
    carried = CARRIES[kind]
    return {
        "source": kind,
        "result": result,
        **{block: _word(block, carried, said["kept"]) for block in ("EXIF", "GPS", "XMP", "IPTC")},
        "strip_gps": "stripped" if bare else "left",
        "orientation": turn,
    }


def _word(block: str, carried: frozenset[str], kept: list[str]) -> str:
    if block not in carried:
        return "none in it"
    return "kept" if block in kept else "lost"


def _orientation(path: Path) -> str:
    with Image.open(path) as opened:
        turn = opened.getexif().get(0x112, 1)
    return "reset" if turn == 1 else f"left at {turn}"


@functools.cache
def table() -> tuple[dict[str, str], ...]:
    """Return the whole table: every source kind against every result format."""
    with TemporaryDirectory() as folder:
        return tuple(row(kind, result, Path(folder)) for kind in SOURCES for result in RESULTS)
