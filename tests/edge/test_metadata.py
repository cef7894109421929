"""A result says what its source said of itself, made true of the result, broken or not."""

import random
import struct
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import tifffile
from PIL import Image

from edge.drawn_pictures import layout_for, photo, pixels
from fuzz_marks import mutants
from judge_pictures import chunk, encoded, png_with, with_segment
from marked_pictures import XMP_HEAD, resources
from metadata_sources import (
    CARRIES,
    EXIF_XMP,
    HEIGHT,
    OWN_XMP,
    RESULTS,
    SOURCE_TYPE,
    SOURCES,
    STORY,
    TIFF_XMP,
    WHEN,
    WIDTH,
    exif_block,
    made_result,
    packet,
    properties,
    records,
    table,
    xmp,
)
from upscaled.edge.pictures.carriers.exif import read_exif
from upscaled.edge.pictures.carriers.tiff import Layout
from upscaled.edge.pictures.carriers.walk import walk
from upscaled.edge.pictures.finishing import finish
from upscaled.edge.pictures.marks import load_marks, read_marks
from upscaled.edge.pictures.metadata import iptc, tiff
from upscaled.edge.pictures.metadata.blocks import Blocks, Exif, Value
from upscaled.edge.pictures.metadata.carrying import carry
from upscaled.edge.pictures.metadata.exif import laid, parse, serialise
from upscaled.edge.pictures.metadata.frame import Frame
from upscaled.edge.pictures.metadata.jpeg import MOST_EXIF
from upscaled.edge.pictures.metadata.xmp_tree import parse as parse_xmp
from upscaled.nouns import Format

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
EVENT = "{http://ns.adobe.com/xap/1.0/sType/ResourceEvent#}"
FRAME = Frame(format="PNG", width=640, height=480, ppi=300.0)
EVERY = [(kind, result) for kind in SOURCES for result in RESULTS]


def carried(data: bytes, tmp_path: Path, **changes: object) -> tuple[Blocks, dict[str, object]]:
    """Return what a source of these bytes gives its result, and what is said of it."""
    source = tmp_path / "carried"
    source.write_bytes(data)
    bag = carry(source, FRAME, replace(STORY, **changes))  # type: ignore[arg-type]
    return bag.blocks, bag.said()


def jpeg(**said: bytes) -> bytes:
    """Return a JPEG with these blocks: `exif`, `xmp`, `iptc`."""
    data = encoded(photo(32, 24), "JPEG")
    heads = {"exif": (0xE1, b"Exif\0\0"), "xmp": (0xE1, XMP_HEAD), "iptc": (0xED, b"")}
    for name, body in said.items():
        marker, head = heads[name]
        data = with_segment(data, marker, head + body)
    return data


# ---- every source into every result


@pytest.mark.parametrize(("kind", "result"), EVERY)
def test_every_source_gives_its_metadata_to_every_result(
    tmp_path: Path, kind: str, result: str
) -> None:
    to, said = made_result(kind, result, tmp_path)

    assert set(said["kept"]) == CARRIES[kind]
    with Image.open(to) as opened:
        opened.load()
        block, size = opened.getexif(), opened.size
    assert block[0x131] == "upscaled 0.1.0"
    told = properties(to)
    if "EXIF" in CARRIES[kind]:
        inner, gps = block.get_ifd(0x8769), block.get_ifd(0x8825)
        assert (block[0x10F], block[0x112]) == ("SecretMake", 1)
        assert (inner[0x9003], inner[0xA434]) == ("2020:01:02 03:04:05", "Lens 50mm")
        assert (inner[0xA002], inner[0xA003]) == size
        assert gps[2] == (52.0, 30.0, 15.5)
        assert 0x927C not in inner, "the maker's note"
        assert block.get_ifd(0x5000) == {}, "no second directory, hence no thumbnail"
    if "XMP" in CARRIES[kind]:
        assert told[f"{OWN_XMP}shelf"] == 'Secret 7 & "8"'
        assert told[f"{TIFF_XMP}Orientation"] == "1"
        assert told[f"{TIFF_XMP}ImageWidth"] == told[f"{EXIF_XMP}PixelXDimension"] == str(size[0])
        assert told[f"{EXIF_XMP}GPSLatitude"] == "52,30.25N"
        assert [leaf.text for leaf in packet(to).iter(f"{OWN_XMP}leaf")] == ["grün"]  # type: ignore[union-attr]
    if "IPTC" in CARRIES[kind]:
        found = {one.place: one.body.decode() for one in iptc.records(walk(to.read_bytes()).iptc)}
        assert found[2, 80] == "Secret Schröder"
        assert found[1, 90] == "\x1b%G"
        assert (2, 202) not in found, "a preview of the source"


@pytest.mark.parametrize(("kind", "result"), EVERY)
def test_a_result_tells_how_it_was_made_and_is_known_as_ours(
    tmp_path: Path, kind: str, result: str
) -> None:
    to, said = made_result(kind, result, tmp_path)

    told = packet(to)
    assert told is not None
    (event,) = told.findall(f".//{RDF}li/{EVENT}softwareAgent/..")
    steps = {child.tag.removeprefix(EVENT): child.text for child in event}
    assert (steps["action"], steps["when"]) == ("resized", WHEN)
    assert (steps["softwareAgent"], steps["parameters"]) == (STORY.software, "; ".join(STORY.steps))
    word = "compositeWithTrainedAlgorithmicMedia"
    address = f"http://cv.iptc.org/newscodes/digitalsourcetype/{word}"
    assert properties(to)[SOURCE_TYPE] == address
    assert said["digital_source_type"] == word
    assert read_marks(to.read_bytes(), load_marks()).marks["own"]


def test_the_table_says_kept_stripped_and_reset_in_every_cell() -> None:
    rows = table()

    assert len(rows) == len(SOURCES) * len(RESULTS)
    for row in rows:
        cells = {block: row[block] for block in ("EXIF", "GPS", "XMP", "IPTC")}
        have = CARRIES[row["source"]]
        assert cells == {block: "kept" if block in have else "none in it" for block in cells}, row
        assert (row["strip_gps"], row["orientation"]) == ("stripped", "reset"), row


@pytest.mark.parametrize("result", RESULTS)
def test_metadata_costs_no_pixel_and_no_profile(tmp_path: Path, result: str) -> None:
    plain, _said = made_result("BMP", result, tmp_path)
    with Image.open(plain) as opened:
        before, icc = pixels(plain), opened.info["icc_profile"]
    bare = replace(STORY, when="")

    full, _said = made_result("JPEG", result, tmp_path, story=bare, orientation=1)

    with Image.open(full) as opened:
        assert opened.info["icc_profile"] == icc
        assert opened.size == (2 * WIDTH, 2 * HEIGHT)
        assert opened.info["dpi"] == pytest.approx((300, 300), abs=0.001)
    assert before.shape == pixels(full).shape


@pytest.mark.parametrize("result", ["TIFF", "BigTIFF"])
def test_tifffile_reads_a_tiffs_directories(tmp_path: Path, result: str) -> None:
    to, _said = made_result("JPEG", result, tmp_path)

    with tifffile.TiffFile(to) as opened:
        assert opened.is_bigtiff == (result == "BigTIFF")
        assert len(opened.pages) == 1
        tags = opened.pages.first.tags
        assert tags[34665].value["DateTimeOriginal"] == "2020:01:02 03:04:05"
        assert tags[34853].value["GPSLatitudeRef"] == "N"
        assert (tags[274].value, tags[305].value) == (1, "upscaled 0.1.0")
        assert tags[282].value == (300, 1)


@pytest.mark.parametrize("head", [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"])
def test_every_make_of_tiff_is_appended_to(tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "a.tif"
    drawn = photo(40, 30)
    order: Literal["<", ">"] = "<" if head[:1] == b"I" else ">"
    wide = b"+" in head
    tifffile.imwrite(path, np.asarray(drawn), byteorder=order, bigtiff=wide, metadata=None)
    size, before = path.stat().st_size, path.read_bytes()
    assert before[:4] == head

    tiff.append(path, Blocks(software="x", exif=parse(exif_block()), xmp=b"<x/>", iptc=records()))

    after = path.read_bytes()
    assert after[16:size] == before[16:], "nothing of the file is moved"
    with tifffile.TiffFile(path) as opened:
        tags = opened.pages.first.tags
        assert tags[34853].value["GPSLatitude"] == (52, 1, 30, 1, 31, 2)
        assert tags[34665].value["LensModel"] == "Lens 50mm"
        assert tags[271].value == "SecretMake"
        assert np.array_equal(opened.asarray(), np.asarray(drawn))


@pytest.mark.parametrize(("hole", "wide"), [(3_000_000_000, False), (9_000_000_000, True)])
def test_appending_reads_and_writes_no_pixel(
    tmp_path: Path,
    hole: int,
    wide: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    # A sparse file: were it read or copied, this test would take minutes.
    path = tmp_path / "large.tif"
    photo(40, 30).save(path, big_tiff=wide)
    with path.open("r+b") as file:
        file.truncate(hole)

    tiff.append(path, Blocks(software="x", exif=parse(exif_block())))

    assert hole < path.stat().st_size < hole + 4096
    assert path.stat().st_blocks * 512 < 1_000_000
    with tifffile.TiffFile(path) as opened:
        assert opened.pages.first.tags[34853].value["GPSLatitudeRef"] == "N"
        assert opened.pages.first.tags[256].value == 40


def test_a_classic_tiff_without_room_is_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "full.tif"
    photo(40, 30).save(path)
    before = path.read_bytes()
    with path.open("r+b") as file:
        file.truncate(2**32 - 64)

    with pytest.raises(ValueError, match="no room"):
        tiff.append(path, Blocks(software="x", exif=parse(exif_block())))

    assert path.stat().st_size == 2**32 - 64
    with path.open("rb") as file:
        assert file.read(len(before)) == before


# ---- what is edited


@pytest.mark.parametrize("order", ["<", ">"])
def test_values_keep_their_types_whichever_way_the_bytes_lie(order: str) -> None:
    values = {
        0x9000: Value(7, b"0232"),
        0x829A: Value(5, struct.pack("<II", 1, 125)),
        0x9204: Value(10, struct.pack("<ii", -2, 3)),
        0x9286: Value(7, b"UNICODE\0" + "Köln".encode("utf-16-be")),
        0xA432: Value(12, struct.pack("<2d", 0.5, 24.0)),
        0xA002: Value(3, struct.pack("<H", 640)),
        0x8827: Value(3, struct.pack("<3H", 100, 200, 300)),
    }
    made = Exif(main={0x10F: Value(2, b"Make\xe4\0")}, inner=values, gps={5: Value(1, b"\1")})
    head = b"II*\0\x08\0\0\0" if order == "<" else b"MM\0*\0\0\0\x08"

    block = head + laid(made, {}, 8, Layout(order, wide=False))

    assert parse(block) == made
    assert parse(serialise(parse(block))) == made
    assert read_exif(block).texts["ExposureTime"] == "0.008"


def test_positions_go_and_names_of_places_stay(tmp_path: Path) -> None:
    position = """<drone:RelativeAltitude xmlns:drone='urn:drone'>+80</drone:RelativeAltitude>
        <p:Shown xmlns:p='urn:p'><rdf:Bag><rdf:li rdf:parseType='Resource'>
        <exif:GPSLongitude>13,24E</exif:GPSLongitude><p:City>Berlin</p:City></rdf:li></rdf:Bag></p:Shown>
        <dc:subject xmlns:dc='http://purl.org/dc/elements/1.1/'><rdf:Bag><rdf:li>geo:lat=52.5</rdf:li>
        <rdf:li>lake</rdf:li></rdf:Bag></dc:subject>"""
    keywords = b"".join(
        b"\x1c\2\x19" + struct.pack(">H", len(word)) + word for word in (b"geo:lon=13.4", b"lake")
    )
    source = jpeg(exif=exif_block(), xmp=xmp(more=position), iptc=resources(records() + keywords))

    kept, told = carried(source, tmp_path)
    bare, said = carried(source, tmp_path, strip_gps=True)

    assert (told["kept"], said["kept"]) == (["EXIF", "GPS", "IPTC", "XMP"], ["EXIF", "IPTC", "XMP"])
    assert "GPS" in said["dropped"]  # type: ignore[operator]
    assert b"GPS" in kept.xmp
    for word in (b"GPS", b"Altitude", b"geo:lat"):
        assert word in kept.xmp, word
        assert word not in bare.xmp, word
    assert b"Berlin" in bare.xmp
    assert b"lake" in bare.xmp
    assert b"geo:lon" in kept.iptc
    assert b"geo:lon" not in bare.iptc
    assert "Köln".encode() in bare.iptc
    assert (bool(kept.exif.gps), bool(bare.exif.gps)) == (True, False)


def test_content_credentials_are_not_copied_and_are_noted(tmp_path: Path) -> None:
    to, said = made_result("JPEG", "JPEG", tmp_path)

    assert said["content_credentials"] is True
    assert "content credentials" in said["dropped"]
    assert any("C2PA" in note for note in said["notes"])
    assert walk(to.read_bytes()).stores == []
    link = "<t:provenance xmlns:t='http://purl.org/dc/terms/'>https://a.example/m</t:provenance>"
    blocks, told = carried(jpeg(xmp=xmp(more=link)), tmp_path)
    assert told["content_credentials"] is True
    assert b"a.example" not in blocks.xmp


def test_what_spoke_of_files_behind_the_picture_goes(tmp_path: Path) -> None:
    motion = """<c:Directory xmlns:c='http://ns.google.com/photos/1.0/container/'>x</c:Directory>
        <h:Version xmlns:h='http://ns.adobe.com/hdr-gain-map/1.0/'>1</h:Version>
        <xmp:Thumbnails>SecretPreview</xmp:Thumbnails>"""
    blocks, _said = carried(jpeg(xmp=xmp(more=motion)), tmp_path)

    for word in (b"container", b"hdr-gain-map", b"Thumbnails"):
        assert word not in blocks.xmp


@pytest.mark.parametrize("turn", [1, 6])
def test_regions_of_faces_stay_only_where_they_still_fit(tmp_path: Path, turn: int) -> None:
    regions = """<r:Regions xmlns:r='http://www.metadataworkinggroup.com/schemas/regions/'
        rdf:parseType='Resource'><r:AppliedToDimensions
        xmlns:d='http://ns.adobe.com/xap/1.0/sType/Dimensions#' d:w='64' d:h='48' d:unit='pixel'/>
        <r:RegionList><rdf:Bag><rdf:li>Anna</rdf:li></rdf:Bag></r:RegionList></r:Regions>"""
    source = jpeg(exif=exif_block(turn), xmp=xmp(turn, regions))

    blocks, _said = carried(source, tmp_path)

    assert (b"Anna" in blocks.xmp) == (turn == 1)
    assert (b':w="640"' in blocks.xmp) == (turn == 1)


def test_the_sources_own_tool_and_history_stay_before_ours(tmp_path: Path) -> None:
    history = """<m:History xmlns:m='http://ns.adobe.com/xap/1.0/mm/'
        xmlns:e='http://ns.adobe.com/xap/1.0/sType/ResourceEvent#'><rdf:Seq>
        <rdf:li e:action='saved' e:softwareAgent='SecretTool 9'/></rdf:Seq></m:History>"""
    blocks, _said = carried(jpeg(xmp=xmp(more=history)), tmp_path)

    events = parse_xmp(blocks.xmp).rdf.findall(f".//{RDF}Seq/{RDF}li")
    assert [one.get(f"{EVENT}action") or one.findtext(f"{EVENT}action") for one in events] == [
        "saved",
        "resized",
    ]
    assert b'CreatorTool="SecretTool 9"' in blocks.xmp


def test_a_tool_that_only_exif_names_is_not_lost_to_our_name(tmp_path: Path) -> None:
    blocks, _said = carried(jpeg(exif=exif_block()), tmp_path)

    assert blocks.exif.main[0x131].data == b"upscaled 0.1.0\0"
    assert b'CreatorTool="SecretTool 9"' in blocks.xmp


def test_whose_picture_a_png_says_it_is_goes_along_and_its_prompt_does_not(tmp_path: Path) -> None:
    said = {"Author": "Jos\xe9\x07 & Co", "Copyright": "mine", "parameters": "a fox"}
    source = png_with(said)

    blocks, told = carried(source, tmp_path)

    assert "<dc:creator><rdf:Seq><rdf:li>José &amp; Co</rdf:li>".encode() in blocks.xmp
    assert b'<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">mine</rdf:li>' in blocks.xmp
    assert b"a fox" not in blocks.xmp
    assert told["dropped"] == ["comments"]
    stated = "<dc:rights xmlns:dc='http://purl.org/dc/elements/1.1/'>theirs</dc:rights>"
    both = (
        source[:33]
        + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(more=stated))
        + source[33:]
    )
    assert b"mine<" not in carried(both, tmp_path)[0].xmp


def test_a_generated_source_stays_one(tmp_path: Path) -> None:
    address = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    stated = f"<i:DigitalSourceType xmlns:i='{SOURCE_TYPE[1:-18]}'>{address}</i:DigitalSourceType>"

    blocks, said = carried(jpeg(xmp=xmp(more=stated)), tmp_path)

    assert said["digital_source_type"] == "trainedAlgorithmicMedia"
    assert blocks.xmp.count(address.encode()) == 1
    assert blocks.xmp.count(b"DigitalSourceType") == blocks.xmp.count(b"<Iptc4xmpExt") * 2


def test_a_plainly_resampled_result_claims_no_source_type(tmp_path: Path) -> None:
    _blocks, said = carried(jpeg(xmp=xmp()), tmp_path, modelled=False, invents=False)

    assert said["digital_source_type"] is None


def test_xmp_longer_than_a_segment_is_divided_and_found_again(tmp_path: Path) -> None:
    far = "".join(f"<mine:n{n}>{'far ' * 2000}</mine:n{n}>" for n in range(20))
    source = tmp_path / "a.png"
    Image.new("RGB", (32, 24), "teal").save(source)
    png = source.read_bytes()
    body = b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(more=far)
    source.write_bytes(png[:33] + chunk(b"iTXt", body) + png[33:])
    to = tmp_path / "a.jpg"

    finish(source, source, layout_for(64, 48, format=Format.JPEG), to, tmp_path, story=STORY)

    assert len(body) > 150_000
    blocks, said = carried(to.read_bytes(), tmp_path)
    assert said["notes"] == []
    for number in range(20):
        assert f"n{number}>far ".encode() in blocks.xmp
    assert properties(to)[SOURCE_TYPE], "what must be seen stands in the first packet"


def test_exif_longer_than_a_segment_loses_its_longest_value(tmp_path: Path) -> None:
    source, to = tmp_path / "a.png", tmp_path / "a.jpg"
    long = Value(7, b"ASCII\0\0\0" + b"long " * 20_000)
    block = serialise(Exif(main={0x10F: Value(2, b"SecretMake\0")}, inner={0x9286: long}))
    png = encoded(photo(64, 48))
    source.write_bytes(png[:33] + chunk(b"eXIf", block) + png[33:])

    layout = layout_for(64, 48, format=Format.JPEG)
    said = finish(source, source, layout, to, tmp_path, story=STORY)["metadata"]

    assert "long EXIF values" in said["dropped"]
    with Image.open(to) as opened:
        assert opened.getexif()[0x10F] == "SecretMake"
        assert len(opened.info["exif"]) < MOST_EXIF + 6


# ---- what is broken


@pytest.mark.parametrize("source", ["missing", "folder", "empty"])
def test_a_source_that_cannot_be_read_still_gives_a_signed_result(
    tmp_path: Path, source: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()

    bag = carry(tmp_path / source, FRAME, STORY)

    assert bag.blocks.exif.main[0x131].data == b"upscaled 0.1.0\0"
    assert bag.kept == []
    assert bool(bag.notes) == (source != "empty")


@pytest.mark.parametrize(
    "broken",
    [
        b"<x:xmpmeta",
        b"no xml at all",
        b"\xff\xfe\xff",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + xmp(),
        b"<a>" * 5000 + b"</a>" * 5000,
        b"<a b='c'/>",
        f"<r:RDF xmlns:r='{RDF[1:-1]}'>{'<r:li/>' * 60_000}</r:RDF>".encode(),
    ],
    ids=["cut", "none", "encoding", "entities", "deep", "no RDF", "endless"],
)  # fmt: skip
def test_broken_xmp_is_left_out_and_said(tmp_path: Path, broken: bytes) -> None:
    source = tmp_path / "a.png"
    png = encoded(photo(32, 24))
    body = b"XML:com.adobe.xmp\0\0\0\0\0" + broken
    source.write_bytes(png[:33] + chunk(b"iTXt", body) + png[33:])

    bag = carry(source, FRAME, STORY)

    assert "XMP" not in bag.kept
    assert [note for note in bag.notes if note.startswith("The source's XMP is broken")]
    parse_xmp(bag.blocks.xmp)
    assert SOURCE_TYPE[1:-18].encode() in bag.blocks.xmp


def test_broken_exif_keeps_what_can_be_read_and_says_so(tmp_path: Path) -> None:
    block = exif_block()
    blocks, said = carried(jpeg(exif=block[: len(block) // 3]), tmp_path)

    assert any("EXIF is broken in part" in note for note in said["notes"])  # type: ignore[attr-defined]
    assert blocks.exif.main[0x131].data == b"upscaled 0.1.0\0"


def test_directories_that_point_at_the_same_bytes_do_not_multiply_them(tmp_path: Path) -> None:
    rows = b"".join(struct.pack(">HHII", 0x9C9B, 1, 60_000, 8) for _ in range(1000))
    block = b"MM\0*" + struct.pack(">IH", 8, 1000) + rows + bytes(60_000)
    png = encoded(photo(32, 24))
    source = png[:33] + chunk(b"eXIf", block) + png[33:]

    blocks, _said = carried(source, tmp_path)

    assert sum(len(value.data) for value in blocks.exif.main.values()) < 1024 * 1024


@pytest.mark.timeout(60)  # two seconds' work: against hangs
def test_no_spoilt_source_raises_or_takes_long(tmp_path: Path) -> None:
    source, notes = tmp_path / "spoilt", 0
    for data in [*mutants(150, seed=5), *spoilt(250)]:
        source.write_bytes(data)
        bag = carry(source, FRAME, STORY)
        notes += bool(bag.notes)
        assert parse(serialise(bag.blocks.exif)).main[0x131].data == b"upscaled 0.1.0\0"
        parse_xmp(bag.blocks.xmp)
    assert notes > 50, "the spoiling did spoil"


def spoilt(count: int) -> list[bytes]:
    """Return so many files whose EXIF, XMP and IPTC are spoilt inside sound containers."""
    chance = random.Random(11)
    made = []
    for number in range(count):
        said = {"exif": exif_block(), "xmp": xmp(), "iptc": resources(records())}
        name = ("exif", "xmp", "iptc")[number % 3]
        body = bytearray(said[name])
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(body))
            body[at : at + chance.randint(1, 4)] = chance.randbytes(chance.randint(0, 4))
        made.append(jpeg(**{name: bytes(body[:60_000])}))
    return made
