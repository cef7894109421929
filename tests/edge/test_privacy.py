"""What leaves the house is a picture and its colours: no word of its owner, wherever it stood."""

import re
import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from edge.drawn_pictures import photo, pixels, profile
from judge_pictures import encoded, with_segment
from marked_pictures import gif_chain
from metadata_sources import SECRET, SOURCES, UNREADABLE, picture
from upscaled.edge.pictures import profiles
from upscaled.edge.pictures.metadata.profile import known, unnamed
from upscaled.edge.pictures.preparing import prepare

ALLOWED_CHUNKS = {b"IHDR", b"iCCP", b"pHYs", b"sRGB", b"gAMA", b"cHRM", b"IDAT", b"IEND"}
HEX = re.compile(r"(?:[0-9a-f]{2}){40,}")
ALLOWED_SEGMENTS = {0xC0, 0xC1, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD, 0xE0, 0xE2, 0xEE}


def uploaded(data: bytes, tmp_path: Path, size: tuple[int, int] | None = None) -> bytes:
    """Return what a source of these bytes uploads."""
    source = tmp_path / "Anna Secret 7.jpg"
    source.write_bytes(data)
    return Path(prepare(source, tmp_path / "upload", size)["path"]).read_bytes()


def words(data: bytes) -> bytes:
    """Return all that a file says: its bytes, inflated where packed, and as narrow text."""
    said = data
    if data.startswith(b"\x89PNG"):
        for kind, body in chunks(data):
            if kind in {b"iCCP", b"zTXt"}:
                said += zlib.decompress(body[body.index(b"\0") + 2 :])
    said += b"".join(map(bytes.fromhex, HEX.findall(said.decode("latin-1"))))
    return said + said.replace(b"\0", b"")


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at + 12 <= len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        found.append((kind, png[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def segments(jpeg: bytes) -> set[int]:
    """Return the markers up to the first scan."""
    found, at = set[int](), 2
    while jpeg[at + 1] != 0xDA:
        found.add(jpeg[at + 1])
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    assert jpeg.endswith(b"\xff\xd9")
    assert jpeg.count(b"\xff\xd8\xff") == 1, "one picture"
    return found


def secretive_profile() -> bytes:
    """Return a monitor's profile of the same colours as `wide`, with names in every text."""
    icc = profile("wide")
    name = "Anna Secret, kitchen screen".encode("utf-16-be")
    text = b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(name), 28) + name
    said = {b"desc": text, b"cprt": text, b"dmnd": text, b"meta": b"dict" + b"SecretSerial"}
    count = int.from_bytes(icc[128:132], "big")
    tags = {}
    for number in range(count):
        tag, at, size = struct.unpack_from(">4sII", icc, 132 + 12 * number)
        tags[tag] = icc[at : at + size]
    tags |= said
    at, table, body = 132 + 12 * len(tags), b"", b""
    for tag, data in tags.items():
        table += tag + struct.pack(">II", at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = bytearray(icc[:128])
    head[:4], head[80:84] = struct.pack(">I", at + len(body)), b"Secr"
    return bytes(head) + struct.pack(">I", len(tags)) + table + body


@pytest.mark.parametrize("size", [None, (32, 24)])
@pytest.mark.parametrize("turn", [1, 6])
@pytest.mark.parametrize("kind", sorted(set(SOURCES) - UNREADABLE))
def test_no_word_of_any_carrier_is_uploaded(
    tmp_path: Path, kind: str, turn: int, size: tuple[int, int] | None
) -> None:
    data = SOURCES[kind](turn)
    if kind != "BMP":
        assert SECRET.encode() in words(data.removesuffix(b"SecretTrailer")), "they are planted"

    sent = uploaded(data, tmp_path, size)

    assert SECRET.encode() not in words(sent)
    for secret in (b"GPS", b"Anna", b"Lens 50mm", "grün".encode(), b"2020:01:02", b"http"):
        assert secret not in words(sent), secret
    if sent.startswith(b"\x89PNG"):
        assert {name for name, _body in chunks(sent)} <= ALLOWED_CHUNKS
        assert sent.endswith(b"IEND\xaeB`\x82")
    else:
        assert segments(sent) <= ALLOWED_SEGMENTS
        assert kind == "JPEG"


def test_a_jpeg_is_stripped_of_everything_without_a_second_compression(tmp_path: Path) -> None:
    data = SOURCES["JPEG"](1)

    sent = uploaded(data, tmp_path)

    assert sent.startswith(b"\xff\xd8\xff")
    whole = tmp_path / "whole.jpg"
    whole.write_bytes(data)
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(sent)
    assert (pixels(cut) == pixels(whole)).all()


def test_a_gifs_comment_stays_at_home(tmp_path: Path) -> None:
    plain = encoded(photo(32, 24).quantize(16), "GIF")
    data = plain[:-1] + b"!\xfe" + gif_chain(b"SecretComment") + plain[-1:]

    assert SECRET.encode() not in words(uploaded(data, tmp_path))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_profile_is_uploaded_without_the_names_in_it(tmp_path: Path, form: str) -> None:
    icc = secretive_profile()
    data = encoded(picture(), form, icc_profile=icc, quality=95)

    sent = uploaded(data, tmp_path)

    assert "Secret".encode("utf-16-be") in icc
    assert SECRET.encode() not in words(sent)
    assert b"Anna" not in words(sent)
    upload = tmp_path / ("upload.jpg" if form == "JPEG" else "upload.png")
    with Image.open(upload) as opened:
        kept = opened.info["icc_profile"]
    assert profiles.same(kept, icc), "what comes back under it needs no conversion"
    assert colours(kept) == colours(icc)


def colours(icc: bytes) -> list[tuple[int, ...]]:
    """Return what some colours are in sRGB by a profile."""
    colour = ImageCms.profileToProfile(
        photo(16, 12), ImageCms.ImageCmsProfile(BytesIO(icc)), ImageCms.createProfile("sRGB")
    )
    assert colour is not None
    return [tuple(colour.tobytes())]


@pytest.mark.parametrize("kind", ["sRGB", "wide", "grey"])
def test_an_unnamed_profile_stays_as_it_is_and_is_still_a_profile(kind: str) -> None:
    plain = unnamed(profile(kind))

    assert unnamed(plain) == plain
    assert profiles.fitting(plain, 1 if kind == "grey" else 3) == plain
    assert profiles.description(plain) == "Colour profile"


def test_profiles_of_known_spaces_travel_as_they_are() -> None:
    named = (
        "sRGB IEC61966-2.1", "sRGB built-in", "Adobe RGB (1998)", "Display P3", "ProPhoto RGB",
        "ROMM RGB: ISO 22028-2:2013", "eciRGB v2", "Dot Gain 20%", "Rec. 709", "opRGB",
    )  # fmt: skip
    assert [name for name in named if not known(name)] == []
    others = ("Anna's MacBook", "DELL U2720Q 7KX1 2026-01-05", "Display P3 Anna", "sRGB of Anna")
    assert [name for name in others if known(name)] == []
    assert profiles.travelling(profile("sRGB")) == profile("sRGB")
    assert profiles.travelling(None) is None


def test_a_broken_profile_does_not_travel(tmp_path: Path) -> None:
    for at in range(0, 400, 7):
        icc = bytearray(secretive_profile())
        icc[at : at + 4] = b"\xff\xff\xff\xff"
        if profiles.fitting(bytes(icc), 3):
            kept = profiles.travelling(bytes(icc))
            assert kept is None or b"S\0e\0c" not in kept.replace(b"\0S", b"S"), at
    jpeg = with_segment(encoded(picture(), "JPEG"), 0xE2, b"ICC_PROFILE\0\1\1SecretNoProfile")
    assert SECRET.encode() not in words(uploaded(jpeg, tmp_path))


def test_the_second_picture_of_a_stereo_pair_stays_at_home(tmp_path: Path) -> None:
    first, second = tmp_path / "a.mpo", photo(48, 36, seed=2)
    picture().save(first, "MPO", save_all=True, append_images=[second], comment=b"SecretPair")
    data = first.read_bytes()
    assert data.count(b"\xff\xd8\xff") == 2

    sent = uploaded(data, tmp_path)

    assert segments(sent) <= ALLOWED_SEGMENTS
    assert SECRET.encode() not in words(sent)
