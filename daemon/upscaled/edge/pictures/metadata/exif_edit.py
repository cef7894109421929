"""
What a result's EXIF must say otherwise than its source's; which of its tags go along at all.

Numbers of tags are EXIF 2.32's and TIFF 6.0's. The maker's note is dropped: its offsets count from
where the block began in the source, and would point at nothing; it may hold previews and positions.
"""

from fractions import Fraction

from upscaled.core.provenance import Story
from upscaled.edge.pictures.metadata.blocks import Directory, Exif, long, ratio, short, text
from upscaled.edge.pictures.metadata.frame import Frame

MAKER_NOTE = 0x927C
_SOFTWARE, _ORIENTATION = 0x131, 0x112
_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT, _INCH = 0x11A, 0x11B, 0x128, 2
_COLOUR_SPACE, _WIDTH, _HEIGHT = 0xA001, 0xA002, 0xA003
_SRGB, _UNCALIBRATED = 1, 0xFFFF
_ORIGIN = frozenset(
    {0x10D, 0x10E, 0x10F, 0x110, 0x11D, 0x132, 0x13B, 0x13C, 0x8298}  # name, text, camera, owner
    | {0x4746, 0x4749}  # rating
    | set(range(0x9C9B, 0x9CA0))  # Windows' title, comment, author, keywords, subject
)
"""What the main directory tells of a picture's origin; all else of it is a file's structure."""
_INNER = range(0x829A, 0xA500)
_NOT_INNER = frozenset({0x8298, 0x83BB, 0x8649, 0x8769, 0x8773, 0x8825, 0x935C})
"""In that range but of TIFF files: IPTC, image resources, pointers, profile, layers."""
_STALE = frozenset(
    {MAKER_NOTE, 0x9101, 0x9102}  # components and bits of the source's own compression
    | {0x9214, 0xA214}  # where the subject is, in the source's pixels
    | {0xA20E, 0xA20F, 0xA210}  # the source's pixels per unit of the sensor
    | {_COLOUR_SPACE, _WIDTH, _HEIGHT, 0xEA1C, 0xEA1D}
)
_LONG_OFFSET = 16
"""BigTIFF's: no other file may hold it."""


def fitted(exif: Exif, frame: Frame, story: Story) -> Exif:
    """Return the directories as they are true of the result, signed with our name."""
    main = {tag: value for tag, value in exif.main.items() if tag in _ORIGIN}
    misplaced = {tag: value for tag, value in exif.main.items() if _is_inner(tag)}
    inner = {tag: value for tag, value in (misplaced | exif.inner).items() if tag not in _STALE}
    if inner:
        inner |= {
            _COLOUR_SPACE: short(_SRGB if frame.srgb else _UNCALIBRATED),
            _WIDTH: long(frame.width),
            _HEIGHT: long(frame.height),
        }
    gps = {} if story.strip_gps else exif.gps
    main |= {_SOFTWARE: text(story.software), **_density(frame)}
    if exif.main or exif.inner or exif.gps:
        main[_ORIENTATION] = short(1)
    return Exif(main=_portable(main), inner=_portable(inner), gps=_portable(gps))


def _is_inner(tag: int) -> bool:
    return tag in _INNER and tag not in _NOT_INNER and tag not in _ORIGIN


def _density(frame: Frame) -> Directory:
    if not frame.ppi:
        return {}
    exact = Fraction(frame.ppi).limit_denominator(10_000)
    density = ratio(exact.numerator, exact.denominator)
    return {_X_RESOLUTION: density, _Y_RESOLUTION: density, _RESOLUTION_UNIT: short(_INCH)}


def _portable(directory: Directory) -> Directory:
    return {
        tag: value for tag, value in directory.items() if value.kind != _LONG_OFFSET and value.data
    }


def software(exif: Exif) -> str:
    """Return the program that the source names, in signs that XML can hold."""
    value = exif.main.get(_SOFTWARE)
    said = value.data.partition(b"\0")[0][:200].decode("utf-8", "replace") if value else ""
    return "".join(sign for sign in said if sign.isprintable()).strip()


def orientation(exif: Exif) -> int:
    """Return how the source was turned, 1..8; 1 where it says nothing sensible."""
    value = exif.main.get(_ORIENTATION)
    return value.number if value is not None and 1 <= value.number <= 8 else 1
