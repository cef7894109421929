"""The walk reads every container to its end, and a stranger's lies cost it nothing."""

import struct
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import SEEK_CUR
from mmap import ACCESS_READ, mmap
from pathlib import Path

import pytest

from fuzz_marks import CONSTRUCTED, MOST_BYTES, mutants
from judge_pictures import A1111, IPTC, chunk, encoded, exif_with, with_chunk, with_segment
from marked_pictures import PLAIN, SMALL, app11, box, extended_xmp, gif_chain, heic, store
from upscaled.edge.pictures.carriers.exif import read_exif
from upscaled.edge.pictures.carriers.found import (
    LONGEST_STORE,
    LONGEST_XMP,
    MOST_INFLATED,
    MOST_TEXT,
    MOST_TEXTS,
)
from upscaled.edge.pictures.carriers.walk import walk
from upscaled.edge.pictures.marks import load_marks, read_marks

TABLE = load_marks()
TRAINED = f"{IPTC}trainedAlgorithmicMedia".encode()
PNG, JPEG = PLAIN["PNG"], PLAIN["JPEG"]


@contextmanager
def bounded() -> Iterator[None]:
    """Fail where the block holds more memory than a file may cost."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()


# ---- what is read


def test_xmp_over_several_segments_is_put_in_order() -> None:
    text = b"<x:DigitalSourceType>" + TRAINED + b"</x:DigitalSourceType>"
    data = JPEG
    for part in extended_xmp(text, size=30):  # each before the one before: backwards
        data = with_segment(data, 0xE1, part)

    assert walk(data).xmp == [text]


def test_two_stores_of_interleaved_segments_are_told_apart() -> None:
    first, second = (store({"c2pa:generator": name}) for name in ("Recraft", "Canva"))
    parts = [*app11(first, 1, 70), *app11(second, 2, 60)]
    data = JPEG
    for part in parts[::2] + parts[1::2]:
        data = with_segment(data, 0xEB, part)

    assert sorted(walk(data).stores) == sorted([first, second])


def test_a_store_with_a_long_length_repeats_sixteen_bytes() -> None:
    body = b"jumd" + TRAINED
    head = b"\0\0\0\1jumb" + struct.pack(">Q", 16 + len(body))
    segments = [b"JP\0\1" + struct.pack(">I", n) + head + body[at : at + 20]
                for n, at in enumerate(range(0, len(body), 20))]  # fmt: skip
    data = JPEG
    for segment in segments:
        data = with_segment(data, 0xEB, segment)

    assert walk(data).stores == [head + body]


def test_texts_of_a_gif_stand_before_and_behind_its_frames() -> None:
    plain = PLAIN["GIF"]
    at = plain.index(b",", 13 + 3 * 256) if plain[10] & 7 == 7 else plain.index(b",", 13)
    first, last = (b"!\xfe" + gif_chain(text) for text in (b"first" * 99, b"last"))
    data = plain[:at] + first + plain[at:-1] + last + b";"

    assert [text for _, text in walk(data).texts] == ["first" * 99, "last"]
    assert walk(data).complete


def test_what_imagemagick_wrote_in_hex_is_read() -> None:
    block = exif_with({0x131: "AI generated;txt2img;flux"})
    raw = f"\nexif\n{len(block):8}\n{block.hex()}\n".encode()
    data = with_chunk(PNG, b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(raw))

    assert read_exif(walk(data).exif).texts["Software"].startswith("AI generated")


def test_a_whole_file_is_complete_and_every_cut_of_a_png_is_not() -> None:
    for form, data in PLAIN.items():
        assert walk(data).complete, form
    assert not any(walk(PNG[:end]).complete for end in range(len(PNG) - 12))


def test_a_large_png_in_many_chunks_is_read_to_its_end(tmp_path: Path) -> None:
    head = struct.pack(">I", 8192) + b"IDAT"
    with (tmp_path / "large.png").open("w+b") as file:
        file.write(PNG[:-12])
        for _ in range(25_000):  # 200 MB, of which a file system keeps the heads
            file.write(head)
            file.seek(8192 + 4, SEEK_CUR)
        file.write(chunk(b"tEXt", b"parameters\0" + A1111.encode()) + PNG[-12:])
        file.flush()
        with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            found = walk(data)

    assert found.complete
    assert found.texts == [("png:parameters", A1111)]


def test_the_exif_of_a_tiff_leaves_out_its_structure() -> None:
    assert read_exif(PLAIN["TIFF"], picture=True).count == 0
    named = encoded(SMALL, "TIFF", tiffinfo={305: "x", 271: "y"})
    assert read_exif(named, picture=True).count == 2


# ---- lies


@pytest.mark.parametrize("packed", [b"zTXt", b"iTXt"])
def test_bombs_are_inflated_only_so_far(packed: bytes) -> None:
    bomb = zlib.compress(bytes(8 * 1024 * 1024))
    head = b"parameters\0\0" if packed == b"zTXt" else b"XML:com.adobe.xmp\0\1\0\0\0"
    data = PNG[:-12] + chunk(packed, head + bomb) * 40 + PNG[-12:]

    with bounded():
        found = walk(data)

    assert 0 < sum(len(text) for _, text in found.texts) + sum(map(len, found.xmp)) <= MOST_INFLATED
    assert found.complete


@pytest.mark.parametrize(
    "data",
    [
        PNG[:8] + struct.pack(">I", 0xFFFF_FFF0) + b"tEXt" + b"parameters\0x",
        JPEG[:2] + b"\xff\xe1\xff\xff",
        b"RIFF\xff\xff\xff\xffWEBPEXIF\xff\xff\xff\xff",
        b"\0\0\0\x18ftypheic" + b"\0\0\0\1meta" + b"\xff" * 16,
        b"GIF89a\1\0\1\0\xf7\0\0!\xff",
        b"v/1\x01\2\0\0\0name\0string\0\xff\xff\xff\xffx",
    ],
    ids=["PNG", "JPEG", "WebP", "HEIC", "GIF", "OpenEXR"],
)
def test_lying_lengths_end_the_walk(data: bytes) -> None:
    found = walk(data)

    assert not found.complete or data[:4] == b"v/1\x01"
    assert (found.texts, found.xmp, found.stores) == ([], [], [])


def test_a_directory_that_leads_back_to_itself_is_read_once() -> None:
    entry = struct.pack("<HHII", 700, 7, 4, 8) + struct.pack("<HHII", 0x8769, 4, 1, 8)
    data = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 2) + entry + struct.pack("<I", 8)

    assert len(walk(data).xmp) == 1
    assert read_exif(data).count == 2


def test_a_directory_that_claims_everything_gives_what_lies_in_the_file() -> None:
    rows = b"".join(struct.pack("<HHII", 0x10F, 2, 0xFFFF_FFFF, 8) for _ in range(5))
    data = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 65535) + rows

    assert read_exif(data).texts == {}


def test_overlapping_extents_are_glued_only_so_far() -> None:
    whole = heic({b"mime": b"x" * 60_000})
    count, size = 4000, 60_000
    pieces = struct.pack(">II", 0, size) * count
    at = whole.index(b"iloc") + 4 + 8 + 10
    data = bytearray(whole)
    data[at : at + 2 + 16] = struct.pack(">H", count) + pieces
    grown = len(data) - len(whole)
    for kind in (b"iloc", b"meta"):
        start = whole.index(kind) - 4
        length = int.from_bytes(whole[start : start + 4], "big") + grown
        data[start : start + 4] = struct.pack(">I", length)

    with bounded():
        found = walk(bytes(data))

    assert [len(packet) for packet in found.xmp] == [LONGEST_XMP]


@pytest.mark.parametrize("kind", CONSTRUCTED)
def test_endless_and_repeated_parts_are_kept_only_so_far(kind: str) -> None:
    data = CONSTRUCTED[kind]()

    with bounded():
        found = walk(data)

    assert len(found.texts) <= MOST_TEXTS
    assert sum(len(text) for _, text in found.texts) <= MOST_TEXT
    assert sum(map(len, found.stores)) <= LONGEST_STORE
    assert sum(map(len, found.xmp)) <= LONGEST_XMP


def test_no_mutated_file_makes_the_reader_fall() -> None:
    for data in mutants(300, seed=1):
        found = read_marks(data, TABLE)
        assert 1 <= found.orientation <= 8


@pytest.mark.parametrize("reader", [walk, read_exif, lambda data: read_marks(data, TABLE)])
def test_nothing_is_read_from_nothing(reader: Callable[[bytes], object]) -> None:
    assert reader(b"")


def test_a_box_without_end_is_the_last_one() -> None:
    data = box(b"ftyp", b"avif\0\0\0\0") + b"\0\0\0\0mdat" + bytes(50)

    assert walk(data).complete
