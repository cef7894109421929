"""
What becomes of a source on its way that its owner might not expect: depth, profile, pages.

Only words and one bound; nothing is decided here. Knows no files.
"""

from collections.abc import Iterator

from upscaled.core.bounds import flattens
from upscaled.nouns import Format, Order, Pass, Probe

MOST_PNG_BYTES = 450_000_000
"""
Of pixels, uncompressed, that are uploaded as PNG. The service behind fal refuses requests over 500
MB, and a PNG of grainy pixels is hardly smaller than they are.
"""


def journey_format(width: int, height: int, bands: int) -> Format:
    """Return what a picture that cannot go as it is is uploaded as: 8 bits, lossless if it may."""
    return Format.PNG if width * height * bands <= MOST_PNG_BYTES else Format.JPEG


def source_notes(probe: Probe, order: Order, passes: tuple[Pass, ...]) -> Iterator[str]:
    """Yield a sentence for everything that changes between the source and its result."""
    yield from probe.told
    if probe.alpha and flattens(order):
        yield "Transparency is laid on white: the result's format carries none."
    deep = probe.bits > 8
    if deep and passes:
        yield f"The source has {probe.bits} bits a channel; what enlarges it works with 8."
    elif deep and order.format is Format.JPEG:
        yield f"The source has {probe.bits} bits a channel; a JPEG carries 8."
    shallow = passes or not deep or order.format is Format.JPEG
    if shallow and not order.srgb and _is_wide(probe.icc):
        yield f"{probe.icc} at 8 bits a channel: smooth skies and shadows may show steps."
    size = passes[0].prepared or (probe.width, probe.height) if passes else (0, 0)
    as_it_is = probe.format == "JPEG" and passes and passes[0].prepared is None
    if not as_it_is and journey_format(*size, 3) is Format.JPEG:
        yield "It is sent as a JPEG of high quality: as PNG it could be too large for the service."
    if probe.frames > 1:
        yield f"The file holds {probe.frames} pages; only the first one was done."


def _is_wide(icc: str | None) -> bool:
    """Return whether a profile's numbers lie so far apart that 8 bits are few (ProPhoto, ROMM)."""
    return icc is not None and any(word in icc.lower() for word in ("prophoto", "romm"))
