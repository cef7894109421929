"""Every kind of source that is read, drawn here, with what it carries; nobody else's picture."""

import base64
import struct
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
import tifffile
from numpy.typing import NDArray
from PIL import Image

from edge.drawn_pictures import cut_out, photo, profile

SIZE = (72, 48)
PPI = 240
# D50 colorants (columns X, Y, Z of red, green, blue) and gamma, as each space is published.
SPACES = {
    "Adobe RGB (1998)": (
        ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)),
        2.19921875,
    ),
    "Display P3": (
        ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)),
        2.2,
    ),
    "ProPhoto RGB": (
        ((0.79767, 0.28804, 0.0), (0.13519, 0.71188, 0.0), (0.03134, 0.00009, 0.82491)),
        1.8,
    ),
}
_HEIC = (
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAA"
    "AAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABoQABAAAAAAAAAUEAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABo"
    "dmMxAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEA"
    "GEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAA"
    "AwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAADAAAAAB"
    "AAAAIAAAAAH////wAAAAAv///+AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAAUlt"
    "ZGF0AAABPSgBrxOAj4Iwfg1ukEy0FrNJD9S9fej96dJzGdl5DsNwEV9Y4OYl7XrKCbXL/+QyV901w/nFXRCCeOLHF5qo"
    "rJ/XexPRFQw9nvk1FgFmEfEviYo1aFa1OT9YjZUTw8GDol9uF1DcZdkYICaRnPnhodnvUThYdu5QSzKIowepTVnN5KGN"
    "4YAhthXFk2fuyhe4Sd/NGqEWjoRDmqWNpZKrXOPY0ppGJ9zUhzAiiX+8rYzsRm7HmK7TEd5H0h0zLMAKqS+vyPqs0F/g"
    "xxQZJKDvL0B9dxwcTPj8s1jAyWszJttKD8FenZInvFEGJEW14D4HS7gxTectxTGgYqcbBKvMW0v+fJTaT9WF+ocEMn7y"
    "37+qJ1wa/CLFuTecPQ0pWBsuyke1AJR+VstBCyXrth/qDsETVgsXwmqFmACHB3hY"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of source: how it is made, and what must come through."""

    name: str
    make: Callable[[Path], None]
    icc: str = ""
    """What the profile's name holds; empty where the file carries none."""
    kept: bool = True
    """Whether that profile is the result's; ink becomes sRGB."""
    bits: int = 8
    deep: int = 8
    """Bits a channel of a result that no model was asked for."""
    alpha: bool = False
    ppi: bool = True
    """Whether the file says its density."""
    turns: bool = False
    """Whether its container can ask to be turned."""
    extra: str = ""
    """The package it needs."""
    pages: int = 1


def rgb_profile(name: str) -> bytes:
    """Put together a profile of three primaries and one gamma (ICC.1:2001)."""
    colorants, gamma = SPACES[name]
    text = name.encode() + b"\0"
    described = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78 + 1)
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    tags = {
        b"desc": described + bytes(-len(described) % 4),
        b"cprt": b"text\0\0\0\0none\0\0\0\0",
        b"wtpt": _xyz((0.9642, 1.0, 0.8249)),
        **{tag: _xyz(xyz) for tag, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colorants, strict=True)},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    at, table, body = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for tag, data in tags.items():
        table += tag + struct.pack(">II", at + len(body), len(data))
        body += data
    header = struct.pack(
        ">I4sI4s4s4s", at + len(body), b"none", 0x02100000, b"mntr", b"RGB ", b"XYZ "
    )
    light = _xyz((0.9642, 1.0, 0.8249))[8:]
    return (header + bytes(12) + b"acsp").ljust(68, b"\0") + light.ljust(60, b"\0") + table + body


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(one * 65536) for one in values))


def drawn() -> Image.Image:
    """Draw the picture that every kind holds."""
    return photo(*SIZE)


def clear() -> Image.Image:
    """Draw something with a soft edge on nothing."""
    return cut_out().resize(SIZE, Image.Resampling.LANCZOS)


def inked(image: Image.Image | None = None) -> pyvips.Image:
    """Return a picture in ink, in printable colours, with the profile that libvips carries."""
    calm = Image.blend(image or drawn(), Image.new("RGB", SIZE, "grey"), 0.6)
    rgb = pyvips.Image.new_from_array(np.asarray(calm)).copy(interpretation="srgb")
    return rgb.icc_transform("cmyk", input_profile="srgb")


def sixteen(image: Image.Image | None = None) -> NDArray[np.uint16]:
    """Return 16-bit numbers that need all of them."""
    levels = np.asarray(image or drawn()).astype(np.uint16) * 257
    noise = np.random.default_rng(3).integers(-100, 100, levels.shape)
    return np.clip(levels.astype(int) + noise, 0, 65535).astype(np.uint16)


def _pillow(form: str, mode: str = "RGB", icc: str = "", **how: Any) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        image = clear() if mode in ("RGBA", "LA") else drawn()
        if icc:
            how["icc_profile"] = rgb_profile(icc) if icc in SPACES else profile(icc)
        image.convert(mode).save(path, form, dpi=(PPI, PPI), **how)

    return make


def _palette(path: Path) -> None:
    drawn().quantize(64).save(path, "PNG", dpi=(PPI, PPI))


def _palette_with_a_hole(path: Path) -> None:
    paint = drawn().quantize(32)
    paint.putpalette((paint.getpalette() or []) + [0] * (3 * 256 - len(paint.getpalette() or [])))
    paint.paste(200, (0, 0, 30, 20))
    paint.save(path, "PNG", transparency=200, dpi=(PPI, PPI))


def _pages(path: Path) -> None:
    drawn().save(path, "TIFF", save_all=True, append_images=[drawn()], dpi=(PPI, PPI))


def _sixteen(suffix: str, *, alpha: bool = False, icc: str = "") -> Callable[[Path], None]:
    def make(path: Path) -> None:
        numbers = sixteen()
        if alpha:
            cover = np.zeros((*numbers.shape[:2], 1), np.uint16)
            cover[10:-10, 10:-10] = 65535
            numbers = np.concatenate([numbers, cover], axis=2)
        image = pyvips.Image.new_from_array(numbers).copy(
            interpretation="rgb16", xres=PPI / 25.4, yres=PPI / 25.4
        )
        if icc:
            image.set_type(pyvips.GValue.blob_type, "icc-profile-data", rgb_profile(icc))
        if suffix == ".tif":
            image.tiffsave(str(path), compression="deflate", resunit="inch")
        else:
            image.pngsave(str(path))

    return make


def _premultiplied(path: Path) -> None:
    numbers = np.asarray(clear())
    cover = numbers[..., 3:].astype(int)
    colours = (numbers[..., :3] * cover // 255).astype(np.uint8)
    tifffile.imwrite(
        path,
        np.concatenate([colours, numbers[..., 3:]], axis=2),
        photometric="rgb",
        extrasamples=["assocalpha"],
        resolution=(PPI, PPI),
        resolutionunit="inch",
    )


def _ink(form: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        inks = inked().copy(xres=PPI / 25.4, yres=PPI / 25.4)
        if form == "JPEG":
            # Pillow writes the density that libvips leaves out beside a profile.
            plain = Image.fromarray(inks.numpy(), "CMYK")
            icc = inks.get("icc-profile-data")
            plain.save(path, form, quality=95, icc_profile=icc, dpi=(PPI, PPI))
        else:
            inks.tiffsave(str(path), compression="lzw", resunit="inch")

    return make


def _heic(path: Path) -> None:
    path.write_bytes(base64.b64decode("".join(_HEIC)))


def light(path: Path, names: tuple[str, ...] = ("R", "G", "B", "A"), **spec: Any) -> None:
    """Write OpenEXR: a ramp of light, premultiplied, the left quarter half covered."""
    library = import_module("OpenImageIO")
    width, height = SIZE
    cover = np.where(np.arange(width) < width // 4, 0.5, 1.0)[None, :, None]
    ramp = np.linspace(0, 1.2, width)[None, :, None] * np.array([1.0, 0.6, 0.3])
    four = np.concatenate([ramp * cover, cover], axis=2) * np.ones((height, 1, 1))
    planes = np.concatenate([four] * (len(names) // 4 + 1), axis=2)[..., : len(names)]
    made = library.ImageSpec(width, height, len(names), "half")
    made.channelnames = names
    for key, value in spec.items():
        if hasattr(made, key):
            setattr(made, key, value)
        else:
            made.attribute(key, *value)
    out = library.ImageOutput.create(str(path) + ".exr")
    out.open(str(path) + ".exr", made)
    out.write_image(planes.astype(np.float32))
    out.close()
    Path(str(path) + ".exr").rename(path)


KINDS = (
    Kind(name="JPEG", make=_pillow("JPEG", quality=95), turns=True),
    Kind(name="JPEG, grey", make=_pillow("JPEG", "L", quality=95), turns=True),
    Kind(
        name="JPEG, Adobe RGB",
        make=_pillow("JPEG", icc="Adobe RGB (1998)", quality=95),
        icc="Adobe RGB",
        turns=True,
    ),
    Kind(name="JPEG, CMYK", make=_ink("JPEG"), icc="Chemical", kept=False, turns=True),
    Kind(name="PNG", make=_pillow("PNG"), turns=True),
    Kind(name="PNG, Display P3", make=_pillow("PNG", icc="Display P3"), icc="P3", turns=True),
    Kind(name="PNG, grey", make=_pillow("PNG", "L"), turns=True),
    Kind(name="PNG, grey with alpha", make=_pillow("PNG", "LA"), alpha=True, turns=True),
    Kind(name="PNG, alpha", make=_pillow("PNG", "RGBA"), alpha=True, turns=True),
    Kind(name="PNG, palette", make=_palette, turns=True),
    Kind(
        name="PNG, palette with a clear colour", make=_palette_with_a_hole, alpha=True, turns=True
    ),
    Kind(name="PNG, 16 bit", make=_sixteen(".png"), bits=16, deep=16, turns=True),
    Kind(
        name="PNG, 16 bit with alpha",
        make=_sixteen(".png", alpha=True),
        bits=16,
        deep=16,
        alpha=True,
        turns=True,
    ),
    Kind(name="TIFF, uncompressed", make=_pillow("TIFF"), turns=True),
    Kind(name="TIFF, LZW", make=_pillow("TIFF", compression="tiff_lzw"), turns=True),
    Kind(name="TIFF, Deflate", make=_pillow("TIFF", compression="tiff_adobe_deflate"), turns=True),
    Kind(name="TIFF, ZSTD", make=_pillow("TIFF", compression="zstd"), turns=True),
    Kind(
        name="TIFF, 16 bit ProPhoto",
        make=_sixteen(".tif", icc="ProPhoto RGB"),
        icc="ProPhoto",
        bits=16,
        deep=16,
        turns=True,
    ),
    Kind(name="TIFF, premultiplied alpha", make=_premultiplied, alpha=True, turns=True),
    Kind(name="TIFF, several pages", make=_pages, turns=True, pages=2),
    Kind(name="TIFF, CMYK", make=_ink("TIFF"), icc="Chemical", kept=False, turns=True),
    Kind(name="WebP", make=_pillow("WEBP", quality=95), ppi=False, turns=True),
    Kind(
        name="WebP, lossless with alpha",
        make=_pillow("WEBP", "RGBA", lossless=True),
        ppi=False,
        alpha=True,
        turns=True,
    ),
    Kind(name="AVIF", make=_pillow("AVIF", quality=95), ppi=False, turns=True),
    Kind(name="BMP", make=_pillow("BMP")),
    Kind(name="GIF", make=_pillow("GIF", "P"), ppi=False),
    Kind(name="HEIC (extra `heic`)", make=_heic, ppi=False, extra="pi_heif"),
    Kind(
        name="OpenEXR (extra `exr`)",
        make=light,
        bits=16,
        deep=16,
        alpha=True,
        ppi=False,
        extra="OpenImageIO",
    ),
)
