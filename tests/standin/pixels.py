"""Results that are no longer the picture that was sent, as faults and filters leave them."""

from collections.abc import Callable

from PIL import Image, ImageFilter, ImageOps


def _patched(image: Image.Image) -> Image.Image:
    """Invent a chequered square of 6 % of the short side, off the middle."""
    side = max(8, round(0.06 * min(image.size)))
    squares = Image.new("L", (4, 4))
    squares.putdata([255 * ((n + n // 4) % 2) for n in range(16)])
    image.paste(
        squares.resize((side, side), Image.Resampling.NEAREST),
        (image.width // 3, image.height // 3),
    )
    return image


def _banded(image: Image.Image) -> Image.Image:
    image.paste(0, (0, image.height // 2, image.width, image.height // 2 + image.height // 25))
    return image


def _tinted(image: Image.Image) -> Image.Image:
    red, green, blue = image.convert("RGB").split()
    warm = (red.point(lambda v: v * 1.15), green, blue.point(lambda v: v * 0.85))
    return Image.merge("RGB", warm)


def _cropped(image: Image.Image) -> Image.Image:
    off = image.width // 40, image.height // 40
    inner = (off[0], off[1], image.width - off[0], image.height - off[1])
    return image.resize(image.size, box=inner)


SPOILT: dict[str, Callable[[Image.Image], Image.Image]] = {
    "patch": _patched,
    "cast": _tinted,
    "shift": lambda image: image.transform(image.size, Image.Transform.AFFINE, (1, 0, 8, 0, 1, 0)),
    "crop": _cropped,
    "mirror": ImageOps.mirror,
    "band": _banded,
    "black": lambda image: Image.new(image.mode, image.size),
    "placeholder": lambda image: image.filter(ImageFilter.GaussianBlur(min(image.size) / 15)),
    "turned": lambda image: image.rotate(180),
}
"""By name, for `{"on": "run", "do": "spoil", "how": name}`: the result's size stays."""
