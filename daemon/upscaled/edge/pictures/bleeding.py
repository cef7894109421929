"""
Sensible colours under transparent pixels.

What lies there is mostly black; enlarged with the rest it would leave a dark fringe. Each invisible
pixel gets the mean of what is visible around it, near or, failing that, far. The file is read from
the top twice, instead of once at random, which would hold all of it.
"""

import pyvips

from upscaled.edge.pictures.opening import Picture, open_picture

_NEAR, _FAR = 8, 8
"""Pixels a side that are averaged; the far means are made of the near ones."""
_HARDLY_VISIBLE = 8 / 255
_NOTHING = 1e-3


def bled(picture: Picture) -> pyvips.Image:
    """Return the picture's colours, those under transparent pixels taken from around them."""
    if picture.alpha is None:
        return picture.colour
    colour = picture.colour
    again = open_picture(picture.path, deep=picture.bits > 8)
    under = _scaled(_under(again), colour.width, colour.height)
    filled = (picture.alpha > _HARDLY_VISIBLE * picture.top).ifthenelse(colour, under)
    return filled.rint().cast(colour.format).copy(interpretation=colour.interpretation)


def _under(picture: Picture) -> pyvips.Image:
    """Return the colours to lie under transparent pixels, an eighth of the size; reads it all."""
    bands, alpha = picture.colour.bands, picture.alpha
    weight = alpha / picture.top if alpha is not None else 1.0
    near = _averaged((picture.colour * weight).bandjoin(weight), _NEAR)
    far = _averaged(near, _FAR)
    return _spread(near, _spread(far, _mean(far, bands, picture.top / 2), bands), bands)


def _averaged(image: pyvips.Image, block: int) -> pyvips.Image:
    """Return weighted colours and their weight, averaged in blocks, in memory."""
    return image.shrink(min(block, image.width), min(block, image.height), ceil=True).copy_memory()


def _mean(level: pyvips.Image, bands: int, grey: float) -> pyvips.Image:
    """Return one pixel: the mean of all that is visible, or grey where nothing is."""
    seen = level[bands].avg()
    mean = [level[band].avg() / seen if seen > 0 else grey for band in range(bands)]
    return pyvips.Image.black(1, 1, bands=bands) + mean


def _spread(level: pyvips.Image, under: pyvips.Image, bands: int) -> pyvips.Image:
    """Return a level's visible colours, blurred a little, and `under` where it sees none."""
    under = _scaled(under, level.width, level.height)
    soft = level.gaussblur(1.0, precision="float")
    weight = soft[bands]
    colour = soft.extract_band(0, n=bands) / (weight < _NOTHING).ifthenelse(1.0, weight)
    return (weight < _NOTHING).ifthenelse(under, colour).copy_memory()


def _scaled(image: pyvips.Image, width: int, height: int) -> pyvips.Image:
    return image.resize(width / image.width, vscale=height / image.height, kernel="linear")
