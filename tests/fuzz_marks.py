"""
Ten thousand spoilt files through the reader of marks: `make fuzz-marks`.

Real files of every container, with marks in every place, are spoilt at random, by a seed: bits
turned, bytes and lengths replaced, ends cut off, pieces doubled or swapped with another file's.
Beside them stand files built to be slow or large. Prints the slowest (of the processor's time, so
that a busy machine proves nothing) and the hungriest; exits 1 where one is over the limit.
"""

import random
import struct
import sys
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from itertools import chain

from judge_pictures import A1111, chunk, with_segment
from marked_pictures import (
    CONTAINERS,
    PLAIN,
    app11,
    box,
    built,
    exif_block,
    exr,
    gif_chain,
    heic,
    resources,
)
from upscaled.edge.pictures.marks import load_marks, read_marks

MOST_SECONDS = 0.050
MOST_BYTES = 64 * 1024 * 1024
COUNT = 10_000
_TRIES = 5
_EDGES = (0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF)


def seeds() -> list[bytes]:
    """Return a file of every container for what marks are made of."""
    rich = (
        {"png:parameters": A1111, "png:prompt": '{"1": {"class_type": "x"}}', "xmp:Credit": "x"},
        {"exif:Make": "Nikon", "exif:Model": "Z 8", "exif:ExposureTime": "0.01"},
        {"exif:UserComment": A1111, "xmp:CreatorTool": "Draw Things"},
        {"c2pa:generator": "ChatGPT", "c2pa:agent": "x", "source": "trainedAlgorithmicMedia"},
        {"xmp:AIGC": '{"Label":"1","ContentProducer":"0"}', "exif:Software": "Blender"},
        {"iptc:Credit": "Made with Google AI", "xmp:description": "x"},
        {"com": A1111},
        {"samsung": 'PhotoEditor_Re_Edit_Data{"genAIType":1}'},
        {"exr:File": "a.blend", "exr:Scene": "x", "exr:arnold/version": "7"},
    )
    return [data for said in rich for data in built(said).values()]


def mutants(count: int, seed: int) -> Iterator[bytes]:
    """Yield so many spoilt files, the same for the same seed."""
    chance, files = random.Random(seed), seeds()
    for _ in range(count):
        data = bytearray(chance.choice(files))
        for _ in range(chance.randint(1, 4)):
            chance.choice(_SPOIL)(data, chance, files)
        yield bytes(data)


def _turn_bits(data: bytearray, chance: random.Random, _files: list[bytes]) -> None:
    for _ in range(chance.randint(1, 16)):
        if data:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _lie(data: bytearray, chance: random.Random, _files: list[bytes]) -> None:
    """Put an unlikely number where a length, a count or an offset may stand."""
    size = chance.choice((1, 2, 4, 8))
    number = chance.choice((*_EDGES, len(data), chance.randrange(1 << 16)))
    body = (number & (1 << 8 * size) - 1).to_bytes(size, chance.choice(("big", "little")))
    at = chance.randrange(max(1, len(data)))
    data[at : at + size] = body


def _cut(data: bytearray, chance: random.Random, _files: list[bytes]) -> None:
    del data[chance.randrange(max(1, len(data))) :]


def _drop(data: bytearray, chance: random.Random, _files: list[bytes]) -> None:
    at = chance.randrange(max(1, len(data)))
    del data[at : at + chance.randint(1, 64)]


def _splice(data: bytearray, chance: random.Random, files: list[bytes]) -> None:
    other = chance.choice(files)
    start = chance.randrange(len(other))
    at = chance.randrange(max(1, len(data)))
    data[at:at] = other[start : start + chance.randint(1, 2000)]


def _repeat(data: bytearray, chance: random.Random, _files: list[bytes]) -> None:
    at = chance.randrange(max(1, len(data)))
    piece = bytes(data[at : at + chance.randint(1, 200)])
    data[at:at] = piece * chance.randint(1, 300)


_SPOIL = (_turn_bits, _turn_bits, _lie, _lie, _lie, _cut, _drop, _splice, _repeat)

LONG = 300_000
_TEXTS = (
    "Steps: 1, ",
    '"class_type" ',
    "a ",
    "{",
    '"AIGC": {',
    "Job ID: 0",
    "Blender ",
    ":Credit=",
)


def _long_text(word: str) -> Callable[[], bytes]:
    body = (word * (LONG // len(word))).encode()

    def build() -> bytes:
        texts = chunk(b"tEXt", b"parameters\0" + body) + chunk(b"tEXt", b"Software\0" + body)
        xmp = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + body * 4)
        return PLAIN["PNG"][:-12] + texts + xmp + chunk(b"caBX", body * 14) + PLAIN["PNG"][-12:]

    return build


def _png_of(part: bytes, count: int) -> Callable[[], bytes]:
    return lambda: PLAIN["PNG"][:33] + part * count + PLAIN["PNG"][33:]


def _segments(marker: int, body: bytes, count: int) -> Callable[[], bytes]:
    part = with_segment(b"\xff\xd8", marker, body)[2:]
    return lambda: PLAIN["JPEG"][:2] + part * count + PLAIN["JPEG"][2:]


def _rows(count: int) -> bytes:
    """Return a TIFF directory of many long comments that all lie over one another."""
    rows = b"".join(struct.pack("<HHII", 0x9286 + n % 2, 7, 900_000, 8) for n in range(count))
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", count) + rows + bytes(1_000_000)


def _located() -> bytes:
    """Return a HEIC whose table of places names items and pieces that take no room."""
    plain = heic({b"Exif": bytes(4) + exif_block({"exif:Make": "x"})})
    at = plain.index(b"iloc") + 8
    return plain[:at] + b"\0\0" + b"\xff\xff" * 30_000 + plain[at:]


def _located_again(count: int) -> bytes:
    """Return a HEIC whose table of places names one large item again and again."""
    plain = heic({b"mime": b"x" * 900_000}, 0)
    at = plain.index(b"iloc") + 10
    row = plain[at + 2 : at + 2 + 28]
    grown = len(row) * (count - 1)
    data = bytearray(plain)
    data[at : at + 2 + 28] = struct.pack(">H", count) + row * count
    for kind in (b"iloc", b"meta"):
        start = plain.index(kind) - 4
        length = int.from_bytes(plain[start : start + 4], "big") + grown
        data[start : start + 4] = struct.pack(">I", length)
    return bytes(data)


def _page(tag: int, count: int) -> bytes:
    """Return a TIFF whose first pages name one large value over and over."""
    body = {700: b":Credit='x' ", 33723: b"\x1c\2\0\0\0", 34377: b"8BIM\4\4\0\0\0\0\0\0"}[tag]
    at = 8 + 2 + 12 * count + 4
    rows = struct.pack("<HHII", tag, 7, 3_000_000, at) * count
    head = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", count)
    return head + rows + bytes(4) + (body * (3_000_000 // len(body) + 1))[:3_000_000]


def _stores(body: bytes, count: int) -> bytes:
    parts = b"".join(
        with_segment(b"\xff\xd8", 0xEB, app11(box(b"jumb", body), number, 65_000)[0])[2:]
        for number in range(count)
    )
    return PLAIN["JPEG"][:2] + parts + PLAIN["JPEG"][2:]


def _packets(body: bytes, count: int) -> bytes:
    return _png_of(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + body[:20_000]), count)()


CONSTRUCTED: dict[str, Callable[[], bytes]] = {
    **{f"long text of {word!r}": _long_text(word) for word in _TEXTS},
    "empty chunks": _png_of(chunk(b"tEXt", b"k\0v"), 60_000),
    "packed chunks": _png_of(chunk(b"zTXt", b"k\0\0" + zlib.compress(b"v" * 99)), 30_000),
    "bombs": _png_of(chunk(b"zTXt", b"parameters\0\0" + zlib.compress(bytes(16 << 20), 9)), 40),
    "packets": _png_of(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0x:Credit='x'"), 20_000),
    "comments": _segments(0xFE, b"x" * 65_000, 300),
    "short comments": _segments(0xFE, b"x", 20_000),
    "stores": _segments(0xEB, app11(box(b"jumb", b"x" * 60_000), 1, 65_000)[0], 300),
    "source types": _segments(0xEB, b"JP\0\1\0\0\0\1digitalsourcetype/" * 2_000, 100),
    "keys": _segments(0xEB, b"JP\0\1\0\0\0\1" + b"\x6fclaim_generator" * 4_000, 80),
    "XMP parts": _segments(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"x" * 60_000, 300),
    "overlapping fields": lambda: _rows(4_000),
    "places": _located,
    "a place named again": lambda: _located_again(4_000),
    "XMP over one another": lambda: _page(700, 4_000),
    "IPTC over one another": lambda: _page(33723, 4_000),
    "resources over one another": lambda: _page(34377, 4_000),
    "IPTC in segments": _segments(0xED, resources(b"\x1c\2\0\0\0" * 12_000), 200),
    "resources in segments": _segments(0xED, b"8BIM\4\4\0\0\0\0\0\0" * 5_000, 200),
    "stores of keys": lambda: _stores(b"\x6fclaim_generator\x71claim_generator_info" * 120, 900),
    "stores of sources": lambda: _stores(b"digitalsourcetype/digsrctype:" * 140, 900),
    "elements": lambda: _packets((b":Credit " * 40 + b"<a>" * 5_000 + b":Credit>") * 40, 40),
    "attributes without end": lambda: _packets(b":Credit='&amp;" * 5_000, 40),
    "boxes": lambda: box(b"ftyp", b"avif") + box(b"free", b"") * 200_000,
    "metas": lambda: box(b"ftyp", b"avif") + heic({b"mime": b"x" * 900})[24:] * 2_000,
    "sub-blocks": lambda: PLAIN["GIF"][:-1] + b"!\xfe" + b"\1x" * 400_000 + b"\0;",
    "extensions": lambda: PLAIN["GIF"][:-1] + (b"!\xfe" + gif_chain(b"x")) * 90_000 + b";",
    "attributes": lambda: exr({f"a{number}": "x" * 90 for number in range(30_000)}),
    "parts": lambda: b"v/1\x01\2\x10\0\0" + b"a\0b\0\0\0\0\0\0" * 90_000,
    "chunks": lambda: b"RIFF\xff\xff\xff\x7fWEBP" + (b"EXIF" + bytes(4)) * 200_000,
}
"""Files built to be slow or large, by what they have too much of."""


def stalling() -> Iterator[tuple[str, bytes]]:
    """Yield files whose texts nearly match, over and over: one for each example of each mark."""
    for mark in load_marks().marks:
        for said in (*mark.examples, *mark.near):
            nearly = {
                place: text[:-1] * (LONG // len(text)) if len(text) > 1 else text * LONG
                for place, text in said.items()
                if place.partition(":")[0] in {"png", "xmp", "com", "exif"} - _fixed(place)
            }
            for container in ("PNG", "GIF"):
                places, build = CONTAINERS[container]
                if nearly and {place.partition(":")[0] for place in nearly} <= places:
                    yield f"{container} that nearly says {mark.name}", build(nearly)


def _fixed(place: str) -> set[str]:
    """Return the kind of a place that holds a number, not a text."""
    return (
        {"exif"}
        if place in {"exif:ExposureTime", "exif:FNumber", "exif:ISOSpeedRatings"}
        else set()
    )


def _seconds(data: bytes) -> float:
    """Return the processor's time for one file; the least of several where it seems too long."""
    taken = []
    for _ in range(_TRIES):
        before = time.process_time()
        read_marks(data, load_marks())
        taken.append(time.process_time() - before)
        if taken[-1] <= MOST_SECONDS:
            break
    return min(taken)


def _bytes(data: bytes) -> int:
    tracemalloc.start()
    try:
        read_marks(data, load_marks())
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def main() -> int:
    """Print the worst of all; return 1 where one is over the limit."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    load_marks()
    slowest, hungriest = (0.0, ""), (0, "")
    named = ((f"file {number}", data) for number, data in enumerate(mutants(count, seed=20261123)))
    made = ((name, build()) for name, build in CONSTRUCTED.items())
    for name, data in chain(made, stalling(), named):
        slowest = max(slowest, (_seconds(data), name))
        hungriest = max(hungriest, (_bytes(data), name))
    sys.stdout.write(
        f"{count} spoilt files, {len(CONSTRUCTED)} built to be large, one for each example that "
        "nearly matches: none made the reader fall\n"
        f"slowest    {slowest[0] * 1000:.1f} ms of {MOST_SECONDS * 1000:.0f} ({slowest[1]})\n"
        f"hungriest  {hungriest[0] / 1e6:.1f} MB of {MOST_BYTES / 1e6:.0f} ({hungriest[1]})\n"
    )
    return int(slowest[0] > MOST_SECONDS or hungriest[0] > MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
