"""
The table of docs/sources.md: each kind of source walked through prepare, a local enlargement and
finish, every cell asserted where it is written. Run this file to write the table anew.

A column is one function of a walk: what it returns is the cell, what it does not find it asserts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

import metadata_sources
from edge.drawn_pictures import layout_for
from edge.source_kinds import KINDS, PPI, Kind
from upscaled.core.provenance import Story
from upscaled.edge.pictures import profiles
from upscaled.edge.pictures.examine import examine
from upscaled.edge.pictures.finishing import enlarged, finish
from upscaled.edge.pictures.opening import open_picture
from upscaled.edge.pictures.preparing import prepare
from upscaled.edge.pictures.resampling import Size
from upscaled.nouns import Format, Probe

DOCUMENT = Path(__file__).parents[2] / "docs" / "sources.md"
_TURNS = dict(zip(range(2, 9), (Image.Transpose(n) for n in (0, 3, 1, 5, 4, 6, 2)), strict=True))
"""What makes each orientation upright (EXIF 2.3, tag 0x0112); Pillow itself turns some files."""
_HEAD = """\
# Kinds of sources

Written by `tests/edge/source_table.py`, which makes a file of each kind and walks it through:
every cell is asserted before it is written. "Model" means that a model enlarged it: these work with
8 bits. A result is PNG or TIFF here; a JPEG carries 8 bits and no alpha.

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A source on its way: the files it became. All lie in one folder."""

    kind: Kind
    source: Path
    probe: Probe
    upload: Path
    model: Path
    """PNG, twice the size, with an enlargement between."""
    still: Path
    """PNG, its own size, nothing between."""
    printed: Path
    """TIFF at 300 ppi."""


@cache
def has(kind: Kind) -> bool:
    """Say whether the reader of a kind is installed here."""
    return not kind.extra or find_spec(kind.extra) is not None


def walked(kind: Kind, folder: Path) -> Walk:
    """Make a file of this kind and walk it through."""
    source, scratch = folder / "source", folder / "scratch"
    scratch.mkdir()
    kind.make(source)
    probe = examine(source)
    across, down = probe.width, probe.height
    upload = Path(prepare(source, folder / "upload")["path"])
    twice = Size(width=across * 2, height=down * 2)
    enlarged(upload, folder / "raw", twice, lambda _share: None)
    model, still, printed = folder / "model.png", folder / "still.png", folder / "printed.tif"
    large = layout_for(across * 2, down * 2)
    finish(folder / "raw", source, large, model, scratch)
    finish(source, source, layout_for(across, down), still, scratch)
    sheet = layout_for(across * 2, down * 2, format=Format.TIFF, ppi=300.0, flat=True)
    finish(folder / "raw", source, sheet, printed, scratch)
    return Walk(
        kind=kind,
        source=source,
        probe=probe,
        upload=upload,
        model=model,
        still=still,
        printed=printed,
    )


def _size(walk: Walk) -> str:
    wanted = (walk.probe.width * 2, walk.probe.height * 2)
    for made in (walk.model, walk.printed):
        with Image.open(made) as opened:
            assert opened.size == wanted
    assert walk.probe.frames == walk.kind.pages
    return "exact" if walk.kind.pages == 1 else "exact, of the first page"


def _profile(walk: Walk) -> str:
    kind, names = walk.kind, {examine(made).icc or "" for made in (walk.model, walk.still)}
    assert kind.icc in (walk.probe.icc or ""), walk.probe.icc
    assert bool(kind.icc) == bool(walk.probe.icc)
    if kind.icc and kind.kept:
        assert names == {walk.probe.icc}
        with Image.open(walk.upload) as sent, Image.open(walk.printed) as made:
            # What travels is the same profile, without the names in it.
            assert profiles.same(sent.info["icc_profile"], made.info["icc_profile"])
        return "kept"
    assert all("sRGB" in name for name in names), names
    return "CMYK by its own profile, sRGB out" if kind.icc else "none in, sRGB out"


def _depth(walk: Walk) -> str:
    kind = walk.kind
    made = [examine(one).bits for one in (walk.still, walk.model)]
    assert [walk.probe.bits, *made] == [kind.bits, kind.deep, 8]
    return f"{kind.bits} in, {kind.deep} out" + (", 8 by a model" if kind.deep > 8 else "")


def _alpha(walk: Walk) -> str:
    assert walk.probe.alpha == walk.kind.alpha
    wanted = _cover(walk.source)
    for made, factor in ((walk.model, 2), (walk.still, 1)):
        cover = _cover(made)
        assert (cover is None) == (wanted is None)
        if cover is not None and wanted is not None:
            assert np.abs(cover[::factor, ::factor] - wanted).mean() < 8
    assert open_picture(walk.printed).alpha is None
    return "kept; print lies on white" if walk.kind.alpha else "none"


def _cover(path: Path) -> NDArray[np.int16] | None:
    alpha = open_picture(path).alpha
    return None if alpha is None else alpha.numpy().astype(np.int16)


def _density(walk: Walk) -> str:
    assert (walk.probe.ppi is not None) == walk.kind.ppi, walk.probe.ppi
    if walk.kind.ppi:
        assert abs((walk.probe.ppi or 0) - PPI) < 1
    with Image.open(walk.printed) as opened:
        assert opened.info["dpi"] == (300, 300)
    return "read; the target's out, in inches" if walk.kind.ppi else "none in; the target's out"


def _orientation(walk: Walk) -> str:
    if not walk.kind.turns:
        # Nobody here writes HEIC; its reader turns it, as AVIF's does.
        return "by its reader, not tested" if "HEIC" in walk.kind.name else "none in the file"
    with Image.open(walk.source) as opened:
        plain, form, icc = opened.copy(), opened.format or "", opened.info.get("icc_profile")
    if plain.mode in ("P", "I;16") or walk.probe.bits > 8:
        plain = plain.convert("RGBA" if walk.kind.alpha else "RGB")
    plain = Image.frombytes(plain.mode, plain.size, plain.tobytes())  # nothing else of the file
    for turn in range(1, 9):
        turned = walk.source.with_name(f"turned-{turn}")
        exif = Image.Exif()
        exif[0x0112] = turn
        how: dict[str, Any] = {"lossless": True} if form == "WEBP" else {"quality": 98}
        plain.save(turned, form, exif=exif, icc_profile=icc, **how)
        _is_upright(turned, plain, turn)
    return "1 to 8"


def _is_upright(turned: Path, plain: Image.Image, turn: int) -> None:
    wanted = (plain.transpose(_TURNS[turn]) if turn > 1 else plain).convert("RGBA")
    probe, picture = examine(turned), open_picture(turned)
    assert (
        (probe.width, probe.height) == wanted.size == (picture.colour.width, picture.colour.height)
    )
    grey = picture.colour.bandmean().numpy()
    if picture.colour.interpretation != "b-w" and "CMYK" in str(probe.mode):
        return  # its colours come from a profile, its shape was compared
    seen = np.asarray(wanted.getchannel("A")) > 0
    assert np.abs(_grey(wanted) - grey)[seen].mean() < 3


def _metadata(walk: Walk) -> str:
    """Hold EXIF and XMP of a camera against what a PNG and a TIFF of it say."""
    if (tagged := _tagged(walk)) is None:
        return _elsewhere(walk)
    for form in (Format.PNG, Format.TIFF):
        made = _finished(tagged, walk, form)
        with Image.open(made) as opened:
            said = opened.getexif()
            assert said[0x8298] == "Secret owner"
            assert said.get_ifd(0x8769)[0xA434] == "Lens 50mm"
            assert said.get(0x112, 1) == 1
        assert metadata_sources.properties(made)["{urn:studio}shelf"] == 'Secret 7 & "8"'
    return "kept"


def _gps(walk: Walk) -> str:
    if (tagged := _tagged(walk)) is None:
        return _elsewhere(walk)
    kept, bare = (_finished(tagged, walk, Format.TIFF, strip_gps=gps) for gps in (False, True))
    with Image.open(kept) as opened:
        assert opened.getexif().get_ifd(0x8825)[2] == (52.0, 30.0, 15.5)
    with Image.open(bare) as opened:
        assert not opened.getexif().get_ifd(0x8825)
    assert not any("GPS" in name for name in metadata_sources.properties(bare))
    return "kept, or stripped"


def _tagged(walk: Walk) -> Path | None:
    """Return the source once more, with a camera's metadata; None where it can hold none here."""
    if not walk.kind.turns:
        return None
    tagged = walk.source.with_name("tagged")
    with Image.open(walk.source) as opened:
        form, icc = opened.format or "", opened.info.get("icc_profile")
        plain = opened.convert("RGBA") if opened.mode in ("P", "I;16") else opened
        plain = Image.frombytes(plain.mode, plain.size, plain.tobytes())  # nothing of the file
        said: dict[str, Any] = {"exif": metadata_sources.exif(), "icc_profile": icc}
        if form == "PNG":
            text = PngImagePlugin.PngInfo()
            text.add_itxt("XML:com.adobe.xmp", metadata_sources.xmp().decode())
            said["pnginfo"] = text
        elif form == "TIFF":
            said["tiffinfo"] = metadata_sources.tiff_tags()
            del said["exif"]
        else:
            said["xmp"] = metadata_sources.xmp()
        plain.save(tagged, form, **said)
    return tagged


def _finished(tagged: Path, walk: Walk, form: Format, *, strip_gps: bool = False) -> Path:
    """Finish it at its own size, upright: it is marked as lying on its side."""
    made = tagged.with_name(f"tagged-{strip_gps}{form.extension}")
    probe = examine(tagged)
    story = Story(software="upscaled test", strip_gps=strip_gps)
    layout = layout_for(probe.width, probe.height, format=form, flat=True)
    finish(tagged, tagged, layout, made, walk.source.with_name("scratch"), story=story)
    return made


def _elsewhere(walk: Walk) -> str:
    if "HEIC" in walk.kind.name:
        return "tested from its container"  # tests/edge/test_metadata.py; nobody here writes HEIC
    return "none in the file"


def _grey(image: Image.Image) -> NDArray[np.float64]:
    return np.asarray(np.asarray(image.convert("RGB"), np.float64).mean(axis=2))


COLUMNS: tuple[tuple[str, Callable[[Walk], str]], ...] = (
    ("size", _size),
    ("profile", _profile),
    ("bits a channel", _depth),
    ("alpha", _alpha),
    ("density", _density),
    ("orientation", _orientation),
    ("EXIF and XMP", _metadata),
    ("GPS", _gps),
)


def row(kind: Kind, folder: Path) -> str:
    """Return a kind's line of the table, every cell asserted."""
    walk = walked(kind, folder)
    return "| " + " | ".join((kind.name, *(cell(walk) for _, cell in COLUMNS))) + " |"


def head() -> str:
    """Return what stands above the rows."""
    titles = ("source", *(title for title, _ in COLUMNS))
    return f"{_HEAD}| {' | '.join(titles)} |\n|{'---|' * len(titles)}\n"


def written(kind: Kind) -> str:
    """Return a kind's line as it stands in the document, empty where it has none."""
    lines = DOCUMENT.read_text().splitlines() if DOCUMENT.exists() else []
    return next((line for line in lines if line.startswith(f"| {kind.name} |")), "")


def main() -> None:
    """Write the document; the line of a kind whose reader is missing stays as it was."""
    rows = list[str]()
    for kind in KINDS:
        with TemporaryDirectory() as folder:
            rows.append(row(kind, Path(folder)) if has(kind) else written(kind))
    DOCUMENT.write_text(head() + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
