"""Every mark is found in every carrier, and what only looks like it in none."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from judge_pictures import A1111, encoded, exif_with, landscape, noisy, png_with, with_segment
from marked_pictures import PLAIN, SMALL, Said, built, utf16
from upscaled.edge.pictures.examine import examine
from upscaled.edge.pictures.look import gatherer_for
from upscaled.edge.pictures.marks import Provenance, load_marks, mark_faults, read_marks
from upscaled.edge.pictures.marks_table import KINDS, SHORT, Mark, Table, parse_marks
from upscaled.errors import ConfigError

TABLE = load_marks()
MARKS = {f"{number} {mark.kind}: {mark.name}": mark for number, mark in enumerate(TABLE.marks, 1)}
TRAINED = {"source": "trainedAlgorithmicMedia"}
UUID = "01234567-89ab-cdef-0123-456789abcdef"
GRAPH = '{"3": {"inputs": {"seed": 1}, "class_type": "KSampler"}}'


def read(data: bytes) -> Provenance:
    return read_marks(data, TABLE)


def carriers_of(mark: Mark, said: Said) -> dict[str, bool]:
    """Return whether this mark alone is found, by container."""
    table = Table(marks=(mark,), properties=TABLE.properties)
    if "pixels" in said:
        found = read_marks(PLAIN["PNG"], table, hidden=said["pixels"])
        return {"pixels": bool(found.marks)}
    return {name: bool(read_marks(data, table).marks) for name, data in built(said).items()}


@pytest.mark.parametrize("key", MARKS)
def test_a_mark_is_found_in_every_carrier_and_its_near_miss_in_none(key: str) -> None:
    mark = MARKS[key]
    for said in mark.examples:
        found = carriers_of(mark, said)
        assert found
        assert all(found.values()), (said, found)
    for said in mark.near:
        found = carriers_of(mark, said)
        assert found
        assert not any(found.values()), (said, found)


# The tools of notes that vendors and users publish, written without looking at the patterns.
TOOLS: dict[str, tuple[Said, float]] = {
    "AUTOMATIC1111": ({"png:parameters": A1111}, 1),
    "Forge": ({"exif:UserComment": A1111.replace("v1.10.1", "f2.0.1v1.10.1")}, 1),
    "SD.Next": ({"png:parameters": "a fox\nSteps: 20, Seed: 1, App: SD.Next"}, 1),
    "the Extras tab": ({"png:postprocessing": "Postprocess upscale by: 4"}, 0.6),
    "ComfyUI": ({"png:prompt": GRAPH, "png:workflow": '{"nodes": [], "links": []}'}, 1),
    "ComfyUI's animated WebP": (
        {"exif:Model": "prompt:" + GRAPH, "exif:Make": 'workflow:{"nodes": []}'},
        1,
    ),
    "ComfyUI's save-extended node": (
        {"exif:ImageDescription": 'Workflow: {"nodes": [1]}', "exif:Make": "Prompt: " + GRAPH},
        1,
    ),
    "InvokeAI of old": ({"png:Dream": '"a fox" -s 50 -S 42 -W 512 -H 512 -C 7.5 -A k_lms'}, 1),
    "InvokeAI": ({"png:invokeai_metadata": '{"positive_prompt": "a fox"}'}, 1),
    "NovelAI": ({"png:Title": "NovelAI generated image", "png:Software": "NovelAI"}, 1),
    "NovelAI in WebP": ({"exif:Software": "NovelAI Diffusion V4", "exif:DocumentName": "x"}, 1),
    "Fooocus": ({"png:fooocus_scheme": "a1111", "png:parameters": A1111}, 1),
    "Fooocus in a comment": ({"com": '{"base_model": "x", "performance": "Speed"}'}, 1),
    "RuinedFooocus": ({"png:parameters": '{"software": "RuinedFooocus"}'}, 1),
    "SwarmUI": ({"png:parameters": '{"sui_image_params": {"prompt": "a fox"}}'}, 1),
    "SwarmUI of old": ({"exif:Model": '{"sui_image_params": {"prompt": "a fox"}}'}, 1),
    "Stability Matrix": ({"png:smproj": "{}", "png:parameters-json": "{}"}, 1),
    "TensorArt": ({"png:generation_data": '{"prompt": "a fox"}'}, 1),
    "Civitai": ({"exif:Artist": "ai", "exif:Software": UUID}, 1),
    "Easy Diffusion": ({"png:use_stable_diffusion_model": "sd-v1-4"}, 1),
    "a Hugging Face space": ({"png:parameters": '{"Model": "x", "resolution": "1 x 1"}'}, 0.6),
    "Higgsfield": ({"png:hf-job-id": UUID}, 0.6),
    "Draw Things": ({"xmp:CreatorTool": "Draw Things", "xmp:UserComment": '{"c": "a fox"}'}, 1),
    "FLUX": ({"exif:Software": "AI generated;img2img;flux", "exif:Make": "Black Forest Labs"}, 1),
    "BFL's API": ({"c2pa:generator": "Black Forest Labs API", **TRAINED}, 1),
    "gpt-image": ({"c2pa:generator": "OpenAI Media Service API", **TRAINED}, 1),
    "Gemini": ({"c2pa:generator": "Google C2PA Core Generator Library", **TRAINED}, 1),
    "Imagen": ({"xmp:Credit": "Made with Google AI"}, 1),
    "Gemini's description": ({"c2pa:description": "Created by Google Generative AI."}, 1),
    "Firefly": ({"c2pa:generator": "Adobe_Firefly", **TRAINED}, 1),
    "Bing": ({"c2pa:generator": "Microsoft_Responsible_AI/1.0", **TRAINED}, 1),
    "Midjourney": ({"png:Description": f"a fox --ar 3:2 --v 6 Job ID: {UUID}"}, 1),
    "Grok": ({"exif:Artist": UUID, "exif:ImageDescription": "Signature: " + "QUJD" * 20}, 1),
    "Ideogram": ({"exif:Make": "Ideogram AI"}, 1),
    "Reve": ({"exif:Software": "reve.com"}, 1),
    "Recraft": ({"c2pa:generator": "Recraft", **TRAINED}, 1),
    "Canva": ({"c2pa:generator": "Canva", **TRAINED}, 1),
    "Stability": ({"c2pa:generator": "Stability AI", **TRAINED}, 1),
    "Seedream": ({"c2pa:generator": "BytePlus", **TRAINED}, 1),
    "Dreamina": ({"c2pa:generator": "Dreamina"}, 0.6),
    "Krea": ({"c2pa:generator": "Krea", **TRAINED}, 1),
    "an unknown signer": ({"c2pa:generator": "Nobody/1.0", **TRAINED}, 1),
    "Kling": ({"xmp:AIGC": '{"Label":"1","ContentProducer":"001","ProduceID":"2"}'}, 1),
    "Doubao": ({"png:AIGC": '{"Label":"1","ContentProducer":"doubao"}'}, 1),
    "TC260, doubtful": ({"exif:UserComment": '{"AIGC":{"Label":"3","ProduceID":"1"}}'}, 0.6),
    "IPTC 2025.1": ({"xmp:AISystemUsed": "a model"}, 1),
    "Photoshop's generative fill": (
        {"c2pa:generator": "Adobe Photoshop", "source": "compositeWithTrainedAlgorithmicMedia"},
        0,
    ),
    "a Galaxy AI edit": ({"samsung": 'PhotoEditor_Re_Edit_Data{"genAIType":2}'}, 0),
    "a Pixel's photograph": ({"c2pa:generator": "Google", "source": "computationalCapture"}, 0),
    "Topaz's API": ({"c2pa:generator": "Topaz Labs Image API", **TRAINED}, 0),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_is_trusted_as_far_as_its_mark_is_reliable(tool: str) -> None:
    said, trust = TOOLS[tool]
    found = {name: read(data).features["ai_meta"] for name, data in built(said).items()}

    assert found
    assert set(found.values()) == {trust}, found


@pytest.mark.parametrize(
    ("comment", "where"),
    [
        (utf16(A1111, "be"), "inner"),
        (utf16(A1111, "le"), "inner"),
        (b"ASCII\0\0\0" + A1111.encode(), "inner"),
        (bytes(8) + A1111.encode(), "inner"),
        (utf16(f'{{"prompt": {GRAPH}}}', "be"), "outer"),  # SaveImagePlus
    ],
    ids=["big-endian", "little-endian", "ASCII", "undefined", "in the first directory"],
)
@pytest.mark.parametrize("form", ["JPEG", "WEBP", "AVIF"])
def test_a_user_comment_is_read_in_every_encoding(comment: bytes, where: str, form: str) -> None:
    field = {0x9286: comment}
    exif = exif_with(field) if where == "outer" else exif_with({}, field)

    assert read(encoded(SMALL, form, exif=exif)).features["ai_meta"] == 1


def test_what_an_ingredient_says_counts_and_an_edit_of_a_photograph_is_none() -> None:
    assert read(built({"c2pa:generator": "x", **TRAINED})["PNG"]).marks.keys() == {"generator"}
    fill = {"c2pa:generator": "x", "source": "compositeWithTrainedAlgorithmicMedia"}
    assert read(built(fill)["PNG"]).marks.keys() == {"edited"}


@pytest.mark.parametrize("camera", ["digitalCapture", "computationalCapture"])
@pytest.mark.parametrize(
    "by", ["Nobody/1.0", "Google C2PA Core Generator Library", "Adobe_Firefly"]
)
def test_a_photograph_among_the_ingredients_makes_it_an_edit(by: str, camera: str) -> None:
    trained = "trainedAlgorithmicMedia"
    for words in (f"{camera} {trained}", f"{trained} {camera}"):
        for name, data in built({"c2pa:generator": by, "source": words}).items():
            found = read(data)
            assert (set(found.marks), found.features["ai_meta"]) == ({"edited"}, 0), name


def test_a_generated_parent_under_a_composite_stays_a_generators_picture() -> None:
    gemini = {
        "c2pa:generator": "Google C2PA Core Generator Library",
        "source": "trainedAlgorithmicMedia composite",
    }
    for name, data in built(gemini).items():
        assert read(data).marks == {"generator": "Google AI (Gemini, Imagen)"}, name


@pytest.mark.parametrize(
    ("said", "kind", "name"),
    [
        ({"exif:Software": "Chaos V-Ray 6.1"}, "renderer", "V-Ray"),
        ({"com": "Rendered with POV-Ray 3.7"}, "renderer", "POV-Ray"),
        ({"exr:rman/version": "26"}, "renderer", "RenderMan"),
        ({"png:Software": "Microsoft Windows Snipping Tool"}, "screen", "Snipping Tool"),
        ({"png:Software": "Shutter"}, "screen", "Shutter"),
        ({"xmp:CreatorTool": "SilverFast 9"}, "scan", "SilverFast"),
        ({"xmp:AISystemUsed": "ChatGPT\n5"}, "generator", "ChatGPT (IPTC's AI system)"),
    ],
)
def test_a_mark_names_the_program_that_was_found(said: Said, kind: str, name: str) -> None:
    for data in built(said).values():
        assert read(data).marks[kind] == name


def test_a_name_that_nothing_fills_is_a_fault() -> None:
    text = """
    [[mark]]
    kind = "own"
    name = "by {found}"
    reliability = "A"
    date = 2026-01-01
    needs = [{ where = "com", pattern = ["^(?P<found>x)$", "y"] }]
    example = [{ com = "x" }]
    """
    assert [fault.key for fault in mark_faults(text)] == ["mark 1 (by {found}).name"]
    assert not mark_faults(text.replace(', "y"', ""))


def test_the_word_of_a_source_ends_in_xmp_and_runs_on_in_a_manifest() -> None:
    longer = {"source": "trainedAlgorithmicMediaish"}

    assert read(built(longer)["JPEG"]).marks == {}
    assert read(built({"c2pa:generator": "x", **longer})["JPEG"]).features["ai_meta"] == 1


def test_the_most_reliable_mark_of_a_kind_is_the_one_that_is_told() -> None:
    both = read(png_with({"hf-job-id": "7", "parameters": A1111}))

    assert both.features["ai_meta"] == 1
    assert both.marks["generator"].startswith("Stable Diffusion")


def test_a_camera_is_named_and_its_fields_counted() -> None:
    exif = exif_with({0x10F: "Nikon", 0x110: "Z 8", 0x112: 6}, {0x829A: 0.01, 0x829D: 2.8})
    shot = read(encoded(SMALL, "JPEG", exif=exif))

    assert shot.marks == {"camera": "Nikon Z 8"}
    assert shot.features["exif_n"] == 6  # the pointer to the second directory is one of them
    assert shot.orientation == 6


def test_the_exposure_is_read_and_a_broken_one_is_none() -> None:
    shot = exif_with({0x10F: "Nikon"}, {0x829A: 0.125, 0x8827: 1600})
    odd = exif_with({0x10F: "Nikon"}, {0x8827: 0})
    told = read(encoded(SMALL, "JPEG", exif=shot)).features
    broken = read(encoded(SMALL, "JPEG", exif=odd)).features

    assert (told["exposure_s"], told["iso"]) == (0.125, 1600)
    assert (broken["exposure_s"], broken["iso"]) == (0, 0)


def test_a_name_counts_where_it_stands_in_front_and_a_graph_anywhere() -> None:
    filler = "x " * SHORT

    assert read(png_with({"Software": filler + "Blender 4.2"})).marks == {}
    assert read(png_with({"prompt": filler + GRAPH})).features["ai_meta"] == 1


@pytest.mark.parametrize("form", [*PLAIN, "BMP"])
def test_bare_files_carry_nothing(form: str) -> None:
    found = read(PLAIN.get(form) or encoded(SMALL, form))

    assert (found.marks, found.orientation, found.features["exif_n"]) == ({}, 1, 0)
    assert set(found.features) == (
        {"ai_meta", "exif_n", "exposure_s", "iso", *KINDS} - {"generator"}
    )


def test_a_comment_in_a_scan_proves_nothing() -> None:
    scan = with_segment(PLAIN["JPEG"], 0xE5, b"parameters\0" + A1111.encode())

    assert read(scan).marks == {}


# ---- the record in the pixels


def stealthy(image: Image.Image, magic: bytes, bits: int = 800, *, colours: bool = False) -> bytes:
    """Write a record's beginning into the lowest bits, column by column."""
    pixels = np.array(image.convert("RGBA"))
    pixels[:, :, 3] = 255
    plane = np.ascontiguousarray(pixels[:, :, :3] if colours else pixels[:, :, 3:]).swapaxes(0, 1)
    flat = plane.reshape(-1).copy()
    record = np.unpackbits(np.frombuffer(magic + bits.to_bytes(4, "big") + b"{}", np.uint8))
    flat[: record.size] = flat[: record.size] & 0xFE | record
    back = flat.reshape(plane.shape).swapaxes(0, 1)
    pixels[:, :, slice(3) if colours else slice(3, 4)] = back
    return pixels.tobytes()


def hidden_in(raw: bytes, size: tuple[int, int], rows: int) -> str:
    """Return what is found while the picture streams by in strips of some rows."""
    pixels = np.frombuffer(raw, np.uint8).reshape(size[1], size[0], 4)
    gatherer = gatherer_for(*size)
    for y in range(0, size[1], rows):
        gatherer.stealth.take(pixels[y : y + rows])
    return gatherer.stealth.name()


@pytest.mark.parametrize("magic", [b"stealth_pnginfo", b"stealth_rgbcomp"])
@pytest.mark.parametrize("size", [(300, 200), (600, 40), (40, 3000)])
def test_a_record_in_the_lowest_bits_is_found_in_strips(
    size: tuple[int, int], magic: bytes
) -> None:
    picture = noisy(landscape(*size), 2)
    carries = stealthy(picture, magic, colours=b"rgb" in magic)

    assert hidden_in(carries, size, 16) == magic.decode()
    assert hidden_in(carries, size, size[1]) == magic.decode()


def test_a_record_of_another_name_or_of_a_lying_length_is_none() -> None:
    size, picture = (300, 200), landscape(300, 200)

    assert not hidden_in(stealthy(picture, b"stealth_pngpics"), size, 200)
    assert not hidden_in(stealthy(picture, b"stealth_pnginfo", 1 << 31), size, 200)
    assert not hidden_in(stealthy(picture, b"stealth_pnginfo", 0), size, 200)
    assert not hidden_in(picture.convert("RGBA").tobytes(), size, 200)


def test_a_hidden_record_is_a_mark_and_no_transparency(tmp_path: Path) -> None:
    size = (300, 200)
    pixels = stealthy(landscape(*size), b"stealth_pngcomp")
    (tmp_path / "a.png").write_bytes(encoded(Image.frombytes("RGBA", size, pixels)))

    probe = examine(tmp_path / "a.png")

    assert probe.features["ai_meta"] == 1
    assert "hidden in the pixels" in probe.marks["generator"]
    assert not probe.alpha


# ---- the table


def test_the_shipped_table_holds_its_examples_and_each_entry_its_day() -> None:
    assert mark_faults() == ()
    assert all(mark.date.year >= 2026 and mark.near for mark in TABLE.marks)


def test_a_table_of_marks_tells_every_fault() -> None:
    text = """
    [[mark]]
    kind = "oracle"
    nam = "x"
    needs = [{ where = "xmp", pattern = "(" }]
    [[mark]]
    kind = "own"
    name = "x"
    reliability = "D"
    date = 2026-01-01
    needs = []
    example = [{ com = 1 }]
    """
    with pytest.raises(ConfigError) as caught:
        parse_marks(text, "own/marks.toml")

    keys = {fault.key for fault in caught.value.faults}
    assert {fault.place for fault in caught.value.faults} == {"own/marks.toml"}
    assert keys == {
        "mark 1.kind", "mark 1.nam", "mark 1.name", "mark 1.reliability", "mark 1.date",
        "mark 1.needs.where", "mark 1.needs.pattern", "mark 1.needs",
        "mark 2 (x).reliability", "mark 2 (x).example", "mark 2 (x).needs",
    }  # fmt: skip


def test_a_table_that_is_no_toml_or_empty_is_a_fault() -> None:
    for text in ("[[mark", "x = 1", "mark = 3"):
        assert mark_faults(text)


def test_an_example_that_does_not_match_and_a_near_miss_that_does_are_faults() -> None:
    text = """
    [[mark]]
    kind = "own"
    name = "x"
    reliability = "A"
    date = 2026-01-01
    needs = [{ where = "com", pattern = "^x$" }]
    example = [{ com = "y" }]
    near = [{ com = "x" }]
    """
    assert len(mark_faults(text)) == 2
    assert len(mark_faults(text.replace('example = [{ com = "y" }]', ""))) == 2
