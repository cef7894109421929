"""
What a file is, by its first bytes. Names lie; heads rarely do.

Says only which door a file takes. What Pillow can open is asked of Pillow; here stand the kinds
that must be told apart before that: clips, half-copied files, pictures that nobody here decodes.
"""

from upscaled.edge.pictures import extras
from upscaled.errors import Aside, NotReady, Stop
from upscaled.nouns import Code

_RARER = ("JPEG2000", "PPM", "SGI", "QOI", "DDS", "PSD")
PILLOW_FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "AVIF", "BMP", "GIF", *_RARER)
"""Pictures with a reliable head (JPEG opens MPO too). EPS is left out: it starts a program."""

_BRANDS_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_BRANDS_PICTURE = {b"avif", b"avis"} | _BRANDS_HEIC
_CLIPS = ((b"\x1aE\xdf\xa3", "Matroska or WebM"), (b"\x06\x0e+4\x02\x05\x01\x01\r\x01\x02", "MXF"))
_ATOMS = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
_UNSUPPORTED = (
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"SDPX", "DPX"),
    (b"XPDS", "DPX"),
    (b"FUJIFILMCCD-RAW", "a camera's raw format"),
    (b"IIU\0", "a camera's raw format"),
    (b"IIRO", "a camera's raw format"),
    (b"%PDF", "PDF"),
    (b"8BPB", "a large Photoshop document"),
)
_PICTURE_HEADS = (
    b"\xff\xd8\xff", b"\x89PNG", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"BM", b"GIF8",
    b"8BPS", b"qoif", b"DDS ", b"\0\0\0\x0cjP  ",
)  # fmt: skip


def clip(head: bytes) -> str:
    """Return the name of a video container, or nothing."""
    for magic, name in _CLIPS:
        if head.startswith(magic):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "AVI"
    if head[4:8] == b"ftyp":
        return "" if head[8:12] in _BRANDS_PICTURE else "MP4 or QuickTime"
    return "QuickTime" if head[4:8] in _ATOMS and int.from_bytes(head[:4], "big") >= 8 else ""


def is_scene(head: bytes) -> bool:
    """Return whether it is OpenEXR."""
    return head.startswith(b"v/1\x01")


def is_heic(head: bytes) -> bool:
    """Return whether it is HEIC: its brands say so, and none of them AVIF."""
    return head[4:8] == b"ftyp" and head[8:12] in _BRANDS_HEIC and b"avif" not in head[12:64]


def picture_head(head: bytes) -> bool:
    """Return whether the first bytes are those of a picture that is opened here."""
    webp = head[:4] == b"RIFF" and head[8:12] in {b"WEBP", b""}
    avif = head[4:8] == b"ftyp" and head[8:12] in _BRANDS_PICTURE
    return webp or avif or head.startswith(_PICTURE_HEADS)


def refuse(head: bytes) -> None:
    """
    Raise for what is not even opened.

    `NotReady` for an empty or preallocated file, `Stop` for a clip, `Aside` for a picture of a kind
    that nothing here decodes.
    """
    if not head.strip(b"\0"):
        raise NotReady(
            "The file's first bytes are empty: it is still being copied, or the copy failed.",
            "Wait for the copy to end, or copy it again.",
        )
    video = clip(head)
    if video:
        raise Stop(
            "endpoint",
            f"The file is a clip ({video}); video is not supported yet.",
            "Take it out of the inbox, or leave it: it waits until video is supported.",
        )
    for kind, found in (("OpenEXR", is_scene(head)), ("HEIC", is_heic(head))):
        if found and extras.missing(kind):
            raise extras.refusal(kind)
    name = _unsupported(head)
    if name:
        raise Aside(
            Code.UNSUPPORTED,
            f"The file is {name}, which is not supported.",
            "Export it as TIFF (8 or 16 bit), PNG or JPEG and drop that.",
        )


def _unsupported(head: bytes) -> str:
    if head.startswith(b"II*\0") and head[8:10] == b"CR":
        return "a camera's raw format"
    return next((name for magic, name in _UNSUPPORTED if head.startswith(magic)), "")
