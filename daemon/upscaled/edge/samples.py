"""
The demo's pictures, drawn by code so that nothing foreign is in the repository.

The same bytes every time: chance comes from a fixed seed. Knows folders' names only as places to
put a file; what happens to the pictures is somebody else's business.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageDraw, ImageFont, PngImagePlugin

Plane = NDArray[np.float32]
Chance = np.random.Generator

SEED = 20_250_301
SIZE = (1200, 800)
_CREATED = slice(24, 36)
_EPOCH = b"\x07\xd0\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00"

PROMPT = (
    "three glass spheres on a still lake at dusk, volumetric light, highly detailed\n"
    "Negative prompt: blurry, text, watermark\n"
    "Steps: 28, Sampler: DPM++ 2M Karras, CFG scale: 6.5, Seed: 1189998819, Size: 1024x1024, "
    "Model hash: 31e35c80fc, Model: sd_xl_base_1.0, Version: v1.9.4"
)
"""As the web interface of Stable Diffusion writes it into a PNG."""

LINES = (
    "A page of text keeps its letters only if nothing is invented between them.",
    "The strokes of a serif are a pixel and a half wide here; at print size they",
    "must be even, closed where they were closed and open where they were open.",
    "",
    "Item            Quantity      Unit price        Total",
    "Copper plate        12           18.40         220.80",
    "Etching ground       3            7.95          23.85",
    "Rag paper, 300 g   250            0.62         155.00",
    "",
    "A digit that changes is worse than a digit that is blurred: who reads 3",
    "for 8 will never know that the file was wrong. So a page like this one is",
    "told apart from a photograph and gets a model that is made for letters.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One demo picture, and what is meant to become of it."""

    path: str
    """Relative to the inbox."""
    ends: str
    """`done`, `failed`, or `inbox` where it stays with a note."""


SAMPLES = (
    Sample(path="4k/landscape.jpg", ends="done"),
    Sample(path="4k/landscape-compressed.jpg", ends="done"),
    Sample(path="4k/spheres.png", ends="done"),
    Sample(path="4k/half-a-file.jpg", ends="failed"),
    Sample(path="4k/no-picture.jpg", ends="failed"),
    Sample(path="4k-fitt/landscape.jpg", ends="inbox"),
    Sample(path="hd/panorama.jpg", ends="done"),
    Sample(path="print-a4/page.png", ends="done"),
)


def draw_samples(inbox: Path) -> None:
    """Write every picture of `SAMPLES` below `inbox`, which takes about two seconds."""
    for sample in SAMPLES:
        (inbox / sample.path).parent.mkdir(parents=True, exist_ok=True)
    scene = landscape(SIZE)
    whole = _jpeg(scene, quality=95)
    content = {
        "4k/landscape.jpg": whole,
        "4k/landscape-compressed.jpg": _jpeg(worn(scene), quality=20, subsampling=2),
        "4k/spheres.png": _png(spheres(1024), PROMPT),
        "4k/half-a-file.jpg": whole[: len(whole) // 2],
        "4k/no-picture.jpg": b"Dear lab, the pictures follow by post. Kind regards\n",
        "4k-fitt/landscape.jpg": _jpeg(scene, quality=90),
        "hd/panorama.jpg": _jpeg(panorama(scene, (4200, 1800)), quality=92),
        "print-a4/page.png": _png(page((827, 1169))),
    }
    for sample in SAMPLES:
        (inbox / sample.path).write_bytes(content[sample.path])


def landscape(size: tuple[int, int]) -> Image.Image:
    """Return a photo-like picture: sky, clouds, three ranges of hills, a meadow, sensor noise."""
    chance = np.random.default_rng(SEED)
    width, height = size
    down = np.linspace(0.0, 1.0, height, dtype=np.float32)[:, None]
    scene = _sky(down, _texture(chance, size, 1.7))
    for number, (base, rise, colour) in enumerate(
        (
            (0.46, 0.10, (126, 146, 166)),
            (0.56, 0.09, (84, 112, 104)),
            (0.66, 0.06, (58, 84, 52)),
        )
    ):
        ridge = base - rise * _profile(chance, width)
        under = np.clip((down - ridge[None, :]) * height, 0.0, 1.0)
        rough = _texture(chance, size, 1.15 - 0.1 * number)
        scene = _over(scene, _lit(colour, rough, 0.10 + 0.09 * number), under)
    return _exposed(_meadow(scene, down, chance, size), chance)


def _sky(down: Plane, clouds: Plane) -> Plane:
    high = np.array((62, 112, 178), np.float32)
    low = np.array((214, 218, 214), np.float32)
    share = np.clip(down * 1.9, 0.0, 1.0)[..., None]
    blue = high * (1 - share) + low * share
    cover = np.clip(clouds * 0.9 + 0.15, 0.0, 1.0)[..., None] * 0.75
    return np.asarray(blue * (1 - cover) + 236.0 * cover, np.float32)


def _meadow(scene: Plane, down: Plane, chance: Chance, size: tuple[int, int]) -> Plane:
    """Lay grass over the lower part: fine texture that grows coarser towards the viewer."""
    near = np.clip((down - 0.70) / 0.30, 0.0, 1.0)
    fine, coarse = _texture(chance, size, 0.55), _texture(chance, size, 1.0)
    grass = _lit((96, 116, 54), fine * (1 - near) + coarse * near, 0.34)
    edge = 0.72 - 0.02 * _profile(chance, size[0])
    return _over(scene, grass, np.clip((down - edge[None, :]) * size[1] / 3, 0.0, 1.0))


def _lit(colour: tuple[int, int, int], rough: Plane, depth: float) -> Plane:
    light = np.clip(1.0 + depth * rough, 0.2, 2.0)[..., None]
    return np.asarray(np.array(colour, np.float32) * light, np.float32)


def _over(under: Plane, over: Plane, cover: Plane) -> Plane:
    share = cover[..., None]
    return np.asarray(under * (1 - share) + over * share, np.float32)


def _exposed(scene: Plane, chance: Chance) -> Image.Image:
    """Add what a sensor adds: noise that grows with the square root of light, little in colour."""
    spread = 0.6 + 0.14 * np.sqrt(np.clip(scene, 0.0, 255.0))
    shared = chance.standard_normal((*scene.shape[:2], 1), np.float32)
    own = chance.standard_normal(scene.shape, np.float32)
    noise = spread * (0.8 * shared + 0.4 * own)
    return _picture(np.asarray(scene + noise, np.float32))


def _texture(chance: Chance, size: tuple[int, int], fall: float) -> Plane:
    """
    Return noise whose amplitude falls as 1/f^fall, mean 0, deviation 1.

    Natural scenes fall with about 1/f (Field, 1987).
    """
    width, height = size
    spectrum = np.fft.rfft2(chance.standard_normal((height, width), np.float32))
    pace = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    pace[0, 0] = 1.0
    spectrum[0, 0] = 0.0
    noise = np.fft.irfft2(spectrum / pace**fall, (height, width))
    return np.asarray(noise / noise.std(), np.float32)


def _profile(chance: Chance, width: int) -> Plane:
    """Return a ridge line of `width` heights, about -1 to 1."""
    spectrum = np.fft.rfft(chance.standard_normal(width))
    pace = np.fft.rfftfreq(width)
    pace[0] = 1.0
    spectrum[0] = 0.0
    line = np.fft.irfft(spectrum / pace**1.4, width)
    return np.asarray(line / np.abs(line).max(), np.float32)


def spheres(side: int) -> Image.Image:
    """Return what a generator might paint: shiny spheres over a smooth, too clean dusk."""
    down, across = np.mgrid[0:side, 0:side].astype(np.float32) / side
    dusk = np.stack((214 - 150 * down, 120 - 60 * down, 150 + 40 * down), axis=-1)
    scene = dusk.astype(np.float32) + 12.0 * np.sin(across * 9 + down * 5)[..., None]
    scene = _over(scene, scene[::-1] * 0.45 + 14.0, np.clip((down - 0.62) * side / 4, 0.0, 1.0))
    for x, y, radius, colour in (
        (0.30, 0.52, 0.17, (236, 96, 70)),
        (0.62, 0.44, 0.22, (86, 170, 214)),
        (0.80, 0.66, 0.10, (240, 206, 96)),
    ):
        scene = _ball(scene, (across - x) / radius, (down - y) / radius, (side * radius, colour))
    return _picture(scene)


def _ball(
    scene: Plane, across: Plane, down: Plane, made_of: tuple[float, tuple[int, int, int]]
) -> Plane:
    """Put a lit ball on the scene; `across` and `down` are in radii from its middle."""
    radius_px, colour = made_of
    far = np.hypot(across, down)
    depth = np.sqrt(np.clip(1.0 - far**2, 0.0, 1.0))
    facing = np.clip(-0.5 * across - 0.6 * down + 0.62 * depth, 0.0, 1.0)
    glow = facing[..., None] ** 40 * 180.0
    ball = np.array(colour, np.float32) * (0.25 + 0.85 * facing[..., None]) + glow
    return _over(scene, ball.astype(np.float32), np.clip((1.0 - far) * radius_px, 0.0, 1.0))


def page(size: tuple[int, int]) -> Image.Image:
    """Return a page of black text on white, as a program exports it."""
    sheet = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(sheet)
    heading, body = ImageFont.load_default(size=30), ImageFont.load_default(size=17)
    left, line = 80, 26
    pen.text((left, 70), "Notes on enlarging letters", fill="black", font=heading)
    pen.line((left, 116, size[0] - left, 116), fill=(170, 30, 30), width=3)
    for number, text in enumerate(LINES * 3):
        pen.text((left, 140 + number * line), text, fill=(16, 16, 16), font=body)
    return sheet


def worn(scene: Image.Image) -> Image.Image:
    """Return a picture as it comes back from the web: made small once, and enlarged again."""
    small = (scene.width * 2 // 5, scene.height * 2 // 5)
    shrunk = scene.resize(small, Image.Resampling.LANCZOS)
    return shrunk.resize(scene.size, Image.Resampling.BICUBIC)


def panorama(scene: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return a larger picture of the scene's middle, noisy again as if taken at that size."""
    height = round(scene.width * size[1] / size[0])
    top = (scene.height - height) // 2
    wide = scene.resize(size, Image.Resampling.BICUBIC, box=(0, top, scene.width, top + height))
    chance = np.random.default_rng(SEED + 1)
    noise = chance.standard_normal((size[1], size[0], 1), np.float32) * 2.5
    return _picture(np.asarray(wide, np.float32) + noise)


def _picture(pixels: Plane) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def _jpeg(picture: Image.Image, *, quality: int, subsampling: int = 0) -> bytes:
    to = io.BytesIO()
    picture.save(to, "JPEG", quality=quality, subsampling=subsampling, icc_profile=_srgb())
    return to.getvalue()


def _png(picture: Image.Image, prompt: str = "") -> bytes:
    told = PngImagePlugin.PngInfo()
    if prompt:
        told.add_text("parameters", prompt)
    to = io.BytesIO()
    picture.save(to, "PNG", pnginfo=told)
    return to.getvalue()


def _srgb() -> bytes:
    """Return an sRGB profile; LittleCMS would write the present moment into its header."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[_CREATED] = _EPOCH
    return bytes(made)
