"""
From the enlarged picture to the file that is delivered: exact pixels, profile, alpha, density.

Streams from end to end, so that 256 megapixels need little more memory than one. The enlarged
picture may lack profile, alpha or greyness, and may be a pixel or two off; it may also be the
source itself, where nothing had to be enlarged.
"""

from pathlib import Path
from typing import Any

import pyvips

from upscaled import __version__
from upscaled.core.provenance import Story
from upscaled.edge.pictures import meaning, profiles, saving
from upscaled.edge.pictures.bleeding import bled
from upscaled.edge.pictures.faults import translated
from upscaled.edge.pictures.layout import Layout
from upscaled.edge.pictures.levels import TOP, named, with_profile
from upscaled.edge.pictures.metadata.carrying import carry
from upscaled.edge.pictures.metadata.frame import Frame
from upscaled.edge.pictures.opening import Picture, open_picture
from upscaled.edge.pictures.resampling import Size, enlarge, resized
from upscaled.nouns import Format

UNTOLD = Story(software=f"upscaled {__version__}")


def finish(  # noqa: PLR0913 - what comes in, where it goes, and how it is to be and to be told
    raw: Path, source: Path, layout: Layout, to: Path, scratch: Path, *, story: Story = UNTOLD
) -> dict[str, Any]:
    """
    Write the result at `to`; return the fields of its `Artifact`.

    16 bits stay where no model was between, and the format carries them. `scratch` is a folder for
    temporary files, of the uncompressed result's size at most; `story` is what the result says of
    its making.
    """
    own = raw == source
    deep = own and layout.format != Format.JPEG
    origin = open_picture(source, deep=deep)
    with translated(paid=not own):
        drawn = open_picture(raw, paid=not own, deep=deep)
        colour = _sized(bled(drawn), layout.scale, scratch / "colour.tif")
        wanted = _wanted_profile(origin, layout)
        meant = meaning.meant_profile(drawn, origin)
        colour = _in_profile(colour, meant, wanted, scratch / "wanted.icc")
        image = _placed(_with_alpha(colour, origin, layout, scratch), layout)
        bag = carry(source, _frame(layout, wanted), story)
        look = saving.Look(
            format=layout.format,
            icc=wanted,
            ppi=layout.ppi,
            blocks=bag.blocks,
            packed=layout.packed,
        )
        bits = 16 if image.format == "ushort" else 8
        return saving.save(image, to, look) | {"metadata": bag.said(), "bits": bits}


def _frame(layout: Layout, wanted: bytes) -> Frame:
    """Return what metadata must know of the result."""
    return Frame(
        format=layout.format,
        width=layout.width,
        height=layout.height,
        ppi=layout.ppi,
        srgb=profiles.is_srgb(wanted),
        whole=layout.scale == (layout.width, layout.height),
    )


def _sized(image: pyvips.Image, size: tuple[int, int], scratch: Path) -> pyvips.Image:
    if image.format != "ushort":
        return resized(image, *size, scratch)
    # By 2 % at most: without a model nothing is enlarged further (core/plan.NEAR). There libvips'
    # cubic kernel serves, which Lanczos in Pillow has no 16 bits for.
    kernel = "lanczos3" if size[0] <= image.width and size[1] <= image.height else "cubic"
    across, down = size[0] / image.width, size[1] / image.height
    scaled = image.cast("float").resize(across, vscale=down, kernel=kernel, gap=0)
    return named(scaled.rint().cast("ushort"))


def enlarged(source: Path, to: Path, size: Size, progress: Any) -> dict[str, Any]:
    """Write the source, plainly enlarged, as an uncompressed TIFF; return its `Artifact` fields."""
    with translated():
        picture = open_picture(source)
        enlarge(bled(picture), size, to, picture.icc, progress)
        look = saving.Look(format="TIFF", icc=picture.icc)
        return saving.artifact(to, (size.width, size.height), look)


def _wanted_profile(origin: Picture, layout: Layout) -> bytes:
    """Return the source's profile, or sRGB where it has none or sRGB is asked for."""
    if layout.srgb or origin.icc is None:
        return profiles.srgb()
    return origin.icc


def _in_profile(
    colour: pyvips.Image, meant: bytes | None, wanted: bytes, scratch: Path
) -> pyvips.Image:
    """Bring colours that are meant under one profile under the wanted one."""
    banded = _banded(colour, meant or wanted)
    if profiles.same(meant, wanted):
        return banded
    scratch.write_bytes(wanted)
    tagged = with_profile(banded, meant or profiles.srgb())
    return _converted(tagged, scratch)


def _converted(image: pyvips.Image, profile: Path) -> pyvips.Image:
    depth = 16 if image.format == "ushort" else 8
    converted = image.icc_transform(
        str(profile), embedded=True, intent="relative", black_point_compensation=True, depth=depth
    )
    return named(converted)


def _banded(colour: pyvips.Image, wanted: bytes) -> pyvips.Image:
    """Give the picture as many bands as its profile has channels."""
    if profiles.is_grey(wanted):
        mean = colour.bandmean() if colour.bands > 1 else colour
        return named(mean)
    return named(colour.bandjoin([colour, colour]) if colour.bands == 1 else colour)


def _with_alpha(
    colour: pyvips.Image, origin: Picture, layout: Layout, scratch: Path
) -> pyvips.Image:
    """Join the source's own alpha again, or lay the picture on white where none is wanted."""
    if origin.alpha is None:
        return colour
    alpha = _sized(origin.alpha, layout.scale, scratch / "alpha.tif")
    joined = named(colour.bandjoin(alpha))
    if not layout.flat:
        return joined
    top = TOP[colour.format]
    return named(joined.flatten(background=[top] * colour.bands, max_alpha=top))


def _placed(image: pyvips.Image, layout: Layout) -> pyvips.Image:
    """Crop or pad about the centre."""
    across, down = layout.across, layout.down
    if (across.length, down.length) != layout.scale:
        image = image.crop(across.at, down.at, across.length, down.length)
    if (across.length, down.length) == (layout.width, layout.height):
        return image
    top = TOP[image.format]
    level = top if layout.pad == "white" else 0.0
    ground = [level] * (image.bands - image.hasalpha()) + [top] * image.hasalpha()
    return image.embed(
        across.lands,
        down.lands,
        layout.width,
        layout.height,
        extend="background",
        background=ground,
    )
