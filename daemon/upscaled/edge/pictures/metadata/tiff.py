"""
TIFF, classic and big: metadata is appended, and the first directory written anew behind it.

The pixels stay where they are, however many there are: a file grows by the metadata's own bytes.
libvips loses EXIF when it saves TIFF, and has no means to say more than XMP and IPTC.
"""

from pathlib import Path
from struct import Struct
from typing import BinaryIO

from upscaled.edge.pictures.carriers.tiff import Layout
from upscaled.edge.pictures.metadata.blocks import UNDEFINED, Blocks, Exif, Value
from upscaled.edge.pictures.metadata.exif import Line, laid
from upscaled.edge.pictures.metadata.xmp_tree import wrapped

_XMP, _IPTC = 700, 33723
_BYTE = 1
_OURS = frozenset({0x112, 0x11A, 0x11B, 0x128})
"""Orientation and resolution: the saver has written them."""
_CLASSIC_END = 2**32 - 1


def append(path: Path, blocks: Blocks) -> None:
    """
    Give a TIFF its metadata; nothing is written before all of it is known to fit.

    Raises `ValueError` where it is no TIFF, or a classic one with no room below 4 GB.
    """
    with path.open("r+b") as file:
        layout = _layout(file.read(4))
        where = 8 if layout.wide else 4
        first = _number(file, where, layout.word)
        kept, after = _entries(file, first, layout)
        end = file.seek(0, 2)
        at = end + end % 2
        main = _main(blocks)
        if not layout.wide and at + len(laid(main, kept, 0, layout)) > _CLASSIC_END:
            raise ValueError("no room below 4 GB")
        file.write(bytes(at - end) + laid(main, kept, at, layout, after))
        file.flush()
        file.seek(where)
        file.write(layout.word.pack(at))


def _main(blocks: Blocks) -> Exif:
    """Return the directories with XMP and IPTC as tags of the main one."""
    main = {tag: value for tag, value in blocks.exif.main.items() if tag not in _OURS}
    if blocks.xmp:
        main[_XMP] = Value(_BYTE, wrapped(blocks.xmp))
    if blocks.iptc:
        main[_IPTC] = Value(UNDEFINED, blocks.iptc)
    return Exif(main=main, inner=blocks.exif.inner, gps=blocks.exif.gps)


def _layout(head: bytes) -> Layout:
    known = {b"II*\0": ("<", False), b"MM\0*": (">", False)}
    known |= {b"II+\0": ("<", True), b"MM\0+": (">", True)}
    if head not in known:
        raise ValueError("does not begin as a TIFF")
    order, wide = known[head]
    return Layout(order, wide=wide)


def _number(file: BinaryIO, at: int, form: Struct) -> int:
    file.seek(at)
    return int(form.unpack(file.read(form.size))[0])


def _entries(file: BinaryIO, at: int, layout: Layout) -> tuple[dict[int, Line], int]:
    """Return the entries of a directory as they stand, and the offset of the next directory."""
    head = Struct(layout.order + ("Q" if layout.wide else "H"))
    size = 20 if layout.wide else 12
    count = _number(file, at, head)
    rows = file.read(count * size)
    tag = Struct(layout.order + "H")
    starts = range(0, len(rows), size)
    kept = {tag.unpack_from(rows, start)[0]: Line(rows[start : start + size]) for start in starts}
    return kept, int(layout.word.unpack(file.read(layout.word.size))[0])
