"""
Looks at one file: what it is by content, whether it is whole, what it says and what it measures.

Runs inside a worker process and is told nothing but a path. Every ending is one of ours: a `Probe`,
`NotReady` while a picture is incomplete, `Aside` for what waiting will not mend, `Stop` for clips.
"""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, UnidentifiedImageError

from upscaled.edge.pictures import inks, linear, unwritten
from upscaled.edge.pictures.decode import STREAMED, Stream, broken, look_at, look_whole
from upscaled.edge.pictures.foreign import PACKED, is_deep_tiff, told_of_depth, with_heic
from upscaled.edge.pictures.levels import shallow
from upscaled.edge.pictures.look import Look
from upscaled.edge.pictures.marks import Provenance, load_marks, read_marks
from upscaled.edge.pictures.measures import measure
from upscaled.edge.pictures.opening import upright
from upscaled.edge.pictures.sniff import (
    PILLOW_FORMATS,
    is_heic,
    is_scene,
    picture_head,
    refuse,
)
from upscaled.errors import Aside, NotReady
from upscaled.nouns import Code, Probe

MOST_PIXELS = 600_000_000
MOST_SIDE = 65_535
_LOSSY = frozenset({"JPEG", "MPO", "AVIF", "JPEG2000", "HEIF"})
_TURNED = frozenset({5, 6, 7, 8})
_UPRIGHT = frozenset({"AVIF", "HEIF"})
"""Formats that their decoder has turned already."""
_UNCHECKED = frozenset({"WEBP", "BMP", "TIFF", "AVIF", "PPM", "JPEG2000", "HEIF"})
"""Formats without a checksum, whose missing second half decodes as black or grey."""
_PLAIN = frozenset({"BMP", "PPM"})
"""Formats whose pixels lie in the file as they are; a TIFF's do where it is not compressed."""
_ENDED = frozenset({"JPEG", "PNG", "WEBP"})
"""Formats whose container says where it ends."""

Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # Pillow's own guard; ours reads the header before it


def examine(source: Path, marks: str = "", *, waited: bool = False) -> Probe:
    """
    Decode the whole picture once; return what it says and measures.

    `marks` is the text of a table of marks instead of the shipped one. `waited` says that a file
    that may be incomplete has had its time: the probe then carries the doubt. Raises `NotReady`
    where the file is cut short, `Aside` where waiting will not mend it, `Stop` for a clip (video is
    not supported yet).
    """
    head = _head(source)
    refuse(head)
    if is_scene(head):
        return _scene(source, marks)
    with _opened(source, head) as image:
        _refuse_header(image)
        kind = "JPEG" if image.format == "MPO" else str(image.format)
        doubt = _doubt(source, image)
        if doubt and not waited:
            raise NotReady(doubt, "Wait for the copy to end, or copy it again.")
        look, bits = _decoded(source, image)
        said = _provenance(source, marks, look.hidden)
        if kind in _ENDED and not said.complete:
            raise NotReady(
                f"The {kind} file stops before its end mark.",
                "Wait for the copy to end; if it is complete, export it again.",
            )
        probe = _probe(image, kind, said, look, bits)
        inked = image.mode == "CMYK"
        told = tuple(inks.remarks(upright(source), probe.icc)) if inked else told_of_depth(image)
        return replace(probe, told=told, doubt=doubt)


def _scene(source: Path, marks: str) -> Probe:
    """Return what an OpenEXR picture says and measures, as it is shown."""
    try:
        rendering = linear.read(source, MOST_PIXELS)
    except OSError as error:
        raise broken(error) from error
    look = look_at(shallow(rendering.image))
    told = _provenance(source, marks, look.hidden)
    return Probe(
        format="EXR",
        width=look.width,
        height=look.height,
        mode="RGBA" if rendering.image.bands > 3 else "RGB",
        bits=rendering.bits,
        alpha=look.alpha,
        features=measure(look, jpeg_table=None, lossy=False, turn=1) | told.features,
        marks=told.marks,
        told=rendering.told,
    )


def _head(source: Path) -> bytes:
    try:
        with source.open("rb") as file:
            return file.read(64)
    except OSError as error:
        raise Aside(
            Code.UNREADABLE,
            f"The file cannot be read ({error.strerror}).",
            "Check its permissions and the disk it lies on.",
        ) from error


def _opened(source: Path, head: bytes) -> Image.Image:
    formats = with_heic(PILLOW_FORMATS) if is_heic(head) else PILLOW_FORMATS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return Image.open(source, formats=formats)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large("far more") from error
    except UnidentifiedImageError as error:
        if picture_head(head):
            raise _unknown_layout(source) from error
        raise Aside(
            Code.NOT_A_PICTURE,
            "The file is not a picture by its content.",
            "Drop pictures only: TIFF, PNG, JPEG, WebP, AVIF, BMP or a still GIF.",
        ) from error
    except (OSError, ValueError, SyntaxError, RuntimeError) as error:
        raise broken(error) from error


def _unknown_layout(source: Path) -> Exception:
    """Return what to say of what Pillow does not open: incomplete, unless libvips reads it all."""
    try:
        Stream(source).look()
    except (NotReady, Aside) as answer:
        return answer
    return Aside(
        Code.UNSUPPORTED,
        "Its pixels are laid out in a way that is not supported.",
        "Export it with 8 or 16 bits a channel, as RGB or grey.",
    )


def _refuse_header(image: Image.Image) -> None:
    """Raise for what the header alone rules out, before a pixel is decoded."""
    width, height = image.size
    if width * height > MOST_PIXELS or max(width, height) > MOST_SIDE:
        raise _too_large(f"{width} x {height}")
    if image.format not in {"MPO", "TIFF"} and _frames(image) > 1:
        raise Aside(
            Code.ANIMATED,
            f"The {image.format} holds {_frames(image)} frames; only still pictures are enlarged.",
            "Export the frames as a numbered sequence and drop those.",
        )
    if image.mode == "CMYK" and not (image.info.get("icc_profile") or inks.default_profile()):
        raise Aside(
            Code.CMYK_WITHOUT_PROFILE,
            "It is CMYK without a colour profile, so nobody knows its colours.",
            "Export it with the profile embedded, or as RGB, or set finish.cmyk_default.",
        )
    if image.format == "TIFF" and _thumbnail(image):
        raise Aside(
            Code.UNSUPPORTED,
            "Its first picture is only a preview: most likely a camera's raw file.",
            "Develop it and export a TIFF.",
        )


def _too_large(what: str) -> Aside:
    return Aside(
        Code.TOO_LARGE,
        f"It claims {what} pixels; the limit is {MOST_PIXELS // 1_000_000} megapixels and "
        f"{MOST_SIDE:,} on a side.",
        "Shrink or cut it, then drop it again.",
    )


def _frames(image: Image.Image) -> int:
    try:
        return int(getattr(image, "n_frames", 1))
    except (OSError, ValueError, EOFError, SyntaxError, RuntimeError) as error:
        raise broken(error) from error


def _thumbnail(image: Image.Image) -> bool:
    tags: Any = getattr(image, "tag_v2", {})
    return bool(int(tags.get(254, 0)) & 1)


def _doubt(source: Path, image: Image.Image) -> str:
    """
    Return why a file that decodes may be incomplete, nothing where there is no doubt.

    Raises `NotReady` where there is none that it is: compressed data never end in pages of zeros.
    """
    if image.format not in _UNCHECKED:
        return ""
    with source.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        plain = image.format in _PLAIN or image.info.get("compression") == "raw"
        start = _begin(image) if plain else 0
        row_bytes = max(1, (len(data) - start) // image.height)
        if plain and unwritten.missing_block(data, start, row_bytes):
            return "Whole pages of the file are empty: it is still being copied, or it is damaged."
        empty = unwritten.has_empty_tail(data, start, plain=plain)
        if not empty or (plain and unwritten.is_letterbox(data, start)):
            return ""
    if plain or (image.format == "WEBP" and not _lossless_webp(image)):
        return "Its last pages are empty: it is still being copied, or it ends in black."
    raise broken(ValueError("its last pages are empty"))


def _begin(image: Image.Image) -> int:
    """Return the byte where an opened picture's pixels begin."""
    tiles: Any = getattr(image, "tile", ())
    return int(tiles[0].offset) if tiles else 0


def _provenance(source: Path, marks: str, hidden: str) -> Provenance:
    with source.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        return read_marks(data, load_marks(marks), hidden=hidden)


def _decoded(source: Path, image: Image.Image) -> tuple[Look, int]:
    if image.format in STREAMED and image.info.get("compression") not in PACKED:
        stream = Stream(source)
        return stream.look(), stream.bits
    deep = image.mode.startswith("I") or is_deep_tiff(image)
    return look_whole(image), 16 if deep else 8


def _probe(image: Image.Image, kind: str, told: Provenance, look: Look, bits: int) -> Probe:
    turned = kind in _UPRIGHT or image.info.get("compression") in PACKED  # by their decoder
    turn = 1 if turned else told.orientation
    width, height = look.width, look.height
    if turn in _TURNED:
        width, height = height, width
    lossy = kind in _LOSSY or (kind == "WEBP" and not _lossless_webp(image))
    features = measure(look, jpeg_table=_luma_table(image), lossy=lossy, turn=turn)
    return Probe(
        format=kind,
        width=width,
        height=height,
        mode=image.mode,
        bits=bits,
        alpha=look.alpha,
        frames=_frames(image) if image.format == "TIFF" else 1,
        orientation=turn,
        icc=_profile(image.info.get("icc_profile")),
        ppi=_density(image.info.get("dpi")),
        features=features | told.features,
        marks=told.marks,
    )


def _luma_table(image: Image.Image) -> Sequence[int] | None:
    tables: Any = getattr(image, "quantization", None)
    return list(tables[min(tables)]) if isinstance(tables, dict) and tables else None


def _lossless_webp(image: Image.Image) -> bool:
    filename = getattr(image, "filename", "")
    with Path(filename).open("rb") as file:
        return b"VP8L" in file.read(64)


def _profile(icc: object) -> str | None:
    """Return the description of an embedded profile; a broken one is named as such."""
    if not isinstance(icc, bytes) or not icc:
        return None
    try:
        return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(BytesIO(icc))).strip()[:120]
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return "unreadable profile"


def _density(dpi: object) -> float | None:
    """Return pixels per inch where both axes agree on something sensible."""
    if not isinstance(dpi, tuple) or len(dpi) != 2:
        return None
    try:
        across, along = float(dpi[0]), float(dpi[1])
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return round(across, 2) if 1 <= across <= 100_000 and 0.99 <= along / across <= 1.01 else None
