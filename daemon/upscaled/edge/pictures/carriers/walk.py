"""
Walks a picture's container without decoding pixels, and hands out what its metadata carries.

PNG, JPEG, WebP, TIFF, AVIF and HEIC, boxed JPEG XL, GIF, OpenEXR. Which of them it is, the first
bytes say.
"""

from collections.abc import Callable

from upscaled.edge.pictures.carriers import bmff, exr, gif, jpeg, png, tiff, webp
from upscaled.edge.pictures.carriers.found import Carriers, Data

Walker = Callable[[Data, Carriers], None]


def walk(data: Data) -> Carriers:
    """Return what a picture's container carries; nothing of what is no picture."""
    found = Carriers()
    head = bytes(data[:16])
    for fits, walker in _WALKERS:
        if fits(head):
            walker(data, found)
            break
    return found


_WALKERS: tuple[tuple[Callable[[bytes], bool], Walker], ...] = (
    (lambda head: head.startswith(png.HEAD), png.walk),
    (lambda head: head.startswith(b"\xff\xd8\xff"), jpeg.walk),
    (lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP", webp.walk),
    (lambda head: head[:4] in tiff.HEADS, tiff.walk),
    (lambda head: head[4:8] == b"ftyp" or head[4:12] == b"JXL \r\n\x87\n", bmff.walk),
    (lambda head: head[:6] in {b"GIF87a", b"GIF89a"}, gif.walk),
    (lambda head: head.startswith(exr.HEAD), exr.walk),
)
