"""Every carrier and generator has a file that carries the mark, and a near-miss that does not."""

import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from upscaled.edge.pictures.marks_walk import MOST_INFLATED, walk

from judge_pictures import (
    A1111,
    IPTC,
    encoded,
    exif_with,
    png_with,
    with_chunk,
    with_segment,
    with_webp_chunk,
)
from upscaled.edge.pictures.marks import Provenance, load_marks, parse_marks, read_marks
from upscaled.errors import ConfigError

SMALL = Image.new("RGB", (32, 24), "teal")
PNG, JPEG, WEBP = (encoded(SMALL, form) for form in ("PNG", "JPEG", "WEBP"))
TRAINED = f"{IPTC}trainedAlgorithmicMedia"
UUID = "01234567-89ab-cdef-0123-456789abcdef"
XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"


def read(data: bytes) -> Provenance:
    return read_marks(data, load_marks())


def utf16(text: str, order: str) -> bytes:
    return b"UNICODE\0" + text.encode(f"utf-16-{order}")


def jpeg_exif(fields: dict[int, object], inner: dict[int, object] | None = None) -> bytes:
    return encoded(SMALL, "JPEG", exif=exif_with(fields, inner))


def jpeg_xmp(text: str) -> bytes:
    return with_segment(JPEG, 0xE1, XMP_HEAD + text.encode())


GENERATED = {
    "A1111 in PNG text": (
        png_with({"parameters": A1111}),
        png_with({"parameters": "Steps: about 20, then turn left. Seed: carrots"}),
    ),
    "A1111 in a JPEG comment, big-endian": (
        jpeg_exif({}, {0x9286: utf16(A1111, "be")}),
        jpeg_exif({}, {0x9286: utf16("Steps: a walk in the park", "be")}),
    ),
    "SwarmUI in a JPEG comment, little-endian": (
        jpeg_exif({}, {0x9286: utf16('{"sui_image_params": {"seed": 1}}', "le")}),
        jpeg_exif({}, {0x9286: utf16('{"image_params": {}}', "le")}),
    ),
    "A1111 in WebP": (
        encoded(SMALL, "WEBP", exif=exif_with({}, {0x9286: utf16(A1111, "be")})),
        encoded(SMALL, "WEBP", exif=exif_with({0x131: "Steps"})),
    ),
    "ComfyUI": (
        png_with({"prompt": '{"3": {"class_type": "KSampler"}}'}),
        png_with({"prompt": "a description of the picture for the blind"}),
    ),
    "ComfyUI workflow": (
        png_with({"workflow": '{"last_node_id": 9, "nodes": [{"id": 1}]}'}),
        png_with({"workflow": "scan, crop, print"}),
    ),
    "ComfyUI in WebP": (
        encoded(SMALL, "WEBP", exif=exif_with({0x110: 'prompt:{"1": {"class_type": "x"}}'})),
        encoded(SMALL, "WEBP", exif=exif_with({0x110: "Prompt 3000"})),
    ),
    "InvokeAI": (
        png_with({"invokeai_metadata": '{"model": "sdxl"}'}),
        png_with({"metadata": '{"invokeai": 1}'}),
    ),
    "NovelAI": (
        png_with({"Software": "NovelAI", "Source": "NovelAI Diffusion V4"}),
        png_with({"Title": "A novel aide"}),
    ),
    "Fooocus": (
        png_with({"parameters": "{}", "fooocus_scheme": "fooocus"}),
        png_with({"scheme": "fooocus"}),
    ),
    "Fooocus in a comment": (
        with_segment(JPEG, 0xFE, b'{"base_model": "x", "performance": "Speed"}'),
        with_segment(JPEG, 0xFE, b'{"performance": "live"}'),
    ),
    "Draw Things": (
        jpeg_xmp('<x xmp:CreatorTool="Draw Things"/>'),
        jpeg_xmp('<x xmp:CreatorTool="Draw Thingsy"/>'),
    ),
    "Midjourney": (
        png_with({"Description": f"a fox --ar 3:2 --v 6 Job ID: {UUID}"}),
        png_with({"Description": "Job ID: 4711, the midjourney of our lives"}),
    ),
    "FLUX": (
        jpeg_exif({0x131: "AI generated;txt2img;flux"}),
        jpeg_exif({0x131: "flux capacitor 1.0"}),
    ),
    "Black Forest Labs": (
        jpeg_exif({0x10F: "Black Forest Labs"}),
        jpeg_exif({0x10F: "The Black Forest Labs Cuckoo Clock Co"}),
    ),
    "Google credit": (
        jpeg_xmp('<x photoshop:Credit="Made with Google AI"/>'),
        jpeg_xmp('<x photoshop:Credit="Made with Google Aiguille"/>'),
    ),
    "Google credit in IPTC": (
        with_segment(JPEG, 0xED, b"Photoshop 3.0\0\x1c\2\x6e\0\x13Made with Google AI"),
        with_segment(JPEG, 0xED, b"Photoshop 3.0\0\x1c\2\x6e\0\x13Made with Google"),
    ),
    "TC260 attribute": (
        jpeg_xmp('<x TC260:AIGC=\'{"Label":"1","ContentProducer":"001"}\'/>'),
        jpeg_xmp("<x dc:title='AIGC conference 2025'/>"),
    ),
    "TC260 in PNG text": (
        png_with({"AIGC": '{"Label":"1","ContentProducer":"001"}'}),
        png_with({"AIGC": "yes"}),
    ),
    "Civitai pair": (
        jpeg_exif({0x13B: "ai", 0x131: UUID}),
        jpeg_exif({0x13B: "ai weiwei", 0x131: UUID}),
    ),
    "Grok pair": (
        jpeg_exif({0x13B: UUID, 0x10E: "Signature: " + "Ab3/" * 20}),
        jpeg_exif({0x13B: "Ann", 0x10E: "Signature: " + "Ab3/" * 20}),
    ),
    "Ideogram": (jpeg_exif({0x10F: "Ideogram AI"}), jpeg_exif({0x10F: "ImagenScan"})),
    "IPTC type in XMP": (
        jpeg_xmp(f"<d>{TRAINED}</d>"),
        jpeg_xmp(f"<d>{IPTC}compositeWithTrainedAlgorithmicMedia</d>"),
    ),
    "IPTC type in WebP": (
        with_webp_chunk(WEBP, b"XMP ", TRAINED.encode()),
        with_webp_chunk(WEBP, b"JUNK", TRAINED.encode()),
    ),
    "IPTC type in TIFF": (
        encoded(SMALL, "TIFF", tiffinfo={700: TRAINED.encode()}),
        encoded(SMALL, "TIFF", tiffinfo={700: f"{IPTC}algorithmicMedia".encode()}),
    ),
    "C2PA in PNG, run into the next key": (
        with_chunk(PNG, b"caBX", f"jumb{TRAINED}qdigital".encode()),
        with_chunk(PNG, b"zzZx", f"jumb{TRAINED}".encode()),  # another chunk proves nothing
    ),
    "C2PA in JPEG over two segments": (
        with_segment(
            with_segment(JPEG, 0xEB, b"JP\0\1\0\0\0\2" + b"8bytehdr" + TRAINED[20:].encode()),
            0xEB,
            b"JP\0\1\0\0\0\1" + b"8bytehdr" + TRAINED[:20].encode(),
        ),
        with_segment(JPEG, 0xEB, b"JP\0\1\0\0\0\1" + f"{IPTC}trainedAlgorithmicData".encode()),
    ),
    "C2PA in WebP": (
        with_webp_chunk(WEBP, b"C2PA", TRAINED.encode()),
        with_webp_chunk(WEBP, b"C2PA", f"{IPTC}computationalCapture".encode()),
    ),
}


@pytest.mark.parametrize("kind", GENERATED)
def test_a_generators_mark_is_found_and_its_near_miss_is_not(kind: str) -> None:
    carries, near_miss = GENERATED[kind]

    assert read(carries).features["ai_meta"] == 1
    assert "generator" not in read(near_miss).marks


RENDERED = {
    "Blender's stamp": (
        png_with({"File": "/p/shot.blend", "RenderTime": "00:12.31", "Camera": "Camera"}),
        png_with({"File": "/p/shot.psd", "Camera": "Camera"}),
    ),
    "Blender's short stamp": (
        png_with({"RenderTime": "01:02.33", "Scene": "Scene"}),
        png_with({"Scene": "a beach"}),
    ),
    "Blender 2.7 as software": (
        png_with({"Software": "Blender 2.79"}),
        png_with({"Software": "Blenderman"}),
    ),
    "Unreal in EXIF": (jpeg_exif({0x131: "Unreal Engine 5.4"}), jpeg_exif({0x131: "Unrealistic"})),
    "V-Ray in TIFF": (
        encoded(SMALL, "TIFF", tiffinfo={305: "V-Ray 6.1"}),
        encoded(SMALL, "TIFF", tiffinfo={305: "X-Ray 6.1"}),
    ),
}


@pytest.mark.parametrize("kind", RENDERED)
def test_a_renderers_mark_is_found_and_its_near_miss_is_not(kind: str) -> None:
    carries, near_miss = RENDERED[kind]

    assert read(carries).features["renderer"] == 1
    assert read(near_miss).features["renderer"] == 0


def test_a_camera_needs_a_maker_and_an_exposure() -> None:
    shot = read(jpeg_exif({0x10F: "Nikon", 0x110: "Z 8"}, {0x829A: 0.01, 0x829D: 2.8}))
    scanner = read(jpeg_exif({0x10F: "Epson", 0x110: "V850"}))

    assert shot.marks == {"camera": "Nikon Z 8"}
    assert shot.features["exif_n"] >= 4
    assert scanner.features["camera"] == 0


def test_screens_and_our_own_results_are_known() -> None:
    assert read(png_with({"Software": "gnome-screenshot"})).features["screen"] == 1
    assert read(jpeg_xmp(f"{IPTC}screenCapture")).features["screen"] == 1
    assert read(png_with({"Software": "upscaled 0.1.0"})).marks == {"own": "upscaled"}
    assert read(png_with({"Software": "upscaledream"})).marks == {}
    assert read(encoded(SMALL, "TIFF", tiffinfo={305: "upscaled"})).marks == {"own": "upscaled"}


def test_a_text_after_the_pixels_and_a_compressed_one_are_read() -> None:
    late = with_chunk(PNG, b"tEXt", b"parameters\0" + A1111.encode())
    packed = with_chunk(PNG, b"zTXt", b"parameters\0\0" + zlib.compress(A1111.encode()))

    assert read(late).features["ai_meta"] == read(packed).features["ai_meta"] == 1


def test_bare_files_carry_nothing() -> None:
    for form in ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "AVIF"):
        found = read(encoded(SMALL, form))
        assert (found.marks, found.orientation) == ({}, 1)


def test_the_exif_of_a_tiff_leaves_out_its_structure() -> None:
    assert read(encoded(SMALL, "TIFF")).features["exif_n"] == 0


def test_a_text_bomb_is_inflated_only_so_far() -> None:
    bomb = zlib.compress(bytes(64 * 1024 * 1024), 9)
    data = PNG
    for _ in range(3):
        data = with_chunk(data, b"zTXt", b"parameters\0\0" + bomb)

    texts = walk(data).texts

    assert sum(len(text) for _, text in texts) <= MOST_INFLATED + 3
    assert any(text for _, text in texts)


def test_lying_lengths_end_the_walk() -> None:
    lie = PNG[:8] + struct.pack(">I", 0xFFFF_FFF0) + b"tEXt" + b"parameters\0x"

    assert not walk(lie).complete
    assert not walk(JPEG[:2] + b"\xff\xe1\xff\xff").complete
    assert walk(b"RIFF\xff\xff\xff\xffWEBPEXIF\xff\xff\xff\xff").texts == []


def test_a_table_of_marks_tells_every_fault() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_marks(
            {"mark": [{"kind": "oracle", "name": "x", "needs": [{"where": "xmp", "pattern": "("}]}]}
        )

    keys = {fault.key for fault in caught.value.faults}
    assert {"mark 1.kind", "mark 1.date", "mark 1.needs"} <= keys


def _mutated(base: bytes) -> st.SearchStrategy[bytes]:
    def apply(changes: list[tuple[int, int]]) -> bytes:
        data = bytearray(base)
        for at, value in changes:
            data[at % len(data)] = value
        return bytes(data)

    spots = st.tuples(st.integers(0, len(base) - 1), st.integers(0, 255))
    return st.lists(spots, max_size=8).map(apply)


RICH: list[bytes] = [
    png_with({"parameters": A1111, "prompt": "{}"}),
    jpeg_exif({0x10F: "Nikon"}, {0x829A: 0.01, 0x9286: utf16(A1111, "be")}),
    with_webp_chunk(WEBP, b"XMP ", TRAINED.encode()),
    encoded(SMALL, "TIFF", tiffinfo={700: TRAINED.encode(), 305: "x"}),
    encoded(SMALL, "AVIF"),
    encoded(SMALL, "GIF", comment=b"hello"),
]


@settings(max_examples=400, deadline=500)
@given(data=st.one_of(*map(_mutated, RICH), st.binary(max_size=200)))
def test_no_file_makes_the_reader_crash_or_hang(data: bytes) -> None:
    found = read(data)

    assert 1 <= found.orientation <= 8
    assert set(found.features) == {"ai_meta", "renderer", "camera", "screen", "exif_n"}


@settings(max_examples=100, deadline=500)
@given(cut=st.floats(0, 1), which=st.sampled_from(RICH))
def test_no_cut_makes_the_reader_crash(cut: float, which: bytes) -> None:
    read(which[: int(len(which) * cut)])


READERS: list[Callable[[bytes], object]] = [read, walk]


@pytest.mark.parametrize("reader", READERS)
def test_nothing_is_read_from_nothing(reader: Callable[[bytes], object]) -> None:
    assert reader(b"")
