"""
The words of folder names: what each token asks for. Knows nothing of folders, order or nesting.

A token fills one slot; the slots are the fields of `nouns.Order`, plus `dci`. Two tokens for one
slot contradict each other, which is how `4k-fit-fill` is found out.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from upscaled.core.nearest import did_you_mean
from upscaled.nouns import Assume, Family, Fit, Format

INCH_MM = 25.4

A_SERIES_MM: Mapping[str, tuple[float, float]] = {
    "a5": (148.0, 210.0),
    "a4": (210.0, 297.0),
    "a3": (297.0, 420.0),
    "a2": (420.0, 594.0),
    "a1": (594.0, 841.0),
    "a0": (841.0, 1189.0),
}
"""ISO 216, short and long side in millimetres."""

PPI_BY_LONG_EDGE_MM = ((420.0, 300), (594.0, 240), (841.0, 200))
"""Up to this long edge, this density: what an eye resolves (one arc minute) at the distance from
which a sheet of that size is looked at; labs ask for the same."""
PPI_BEYOND = 150

PPI_RANGE = (30, 1200)
BLEED_RANGE_MM = (1, 25)
SIDE_RANGE_MM = (10.0, 5000.0)

PRINT_ONLY = frozenset({"sheet_mm", "ppi", "bleed_mm"})
BOX_ONLY = frozenset({"fit", "pad"})
KEPT = frozenset(
    {"family", "legacy", "assume", "clean", "faces", "series", "urgent", "local", "even"}
)
"""Slots that say something of the picture or the work, not of the target: they outlive a change of
target in a sub-folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A built-in target before any token. Sizes in pixels; `dci_px` 0 where DCI means nothing."""

    means: str
    kind: str = "digital"
    fit: Fit = Fit.LONG_EDGE
    long_px: int = 0
    short_px: int = 0
    dci_px: int = 0
    format: Format = Format.PNG
    srgb: bool = False

    def takes(self, slot: str) -> bool:
        """Tell whether a token for this slot makes sense with this target."""
        if slot in PRINT_ONLY:
            return self.kind == "print"
        if slot == "dci":
            return self.dci_px > 0
        return slot not in BOX_ONLY or self.fit is not Fit.SAFE


BASES: Mapping[str, Base] = {
    "4k": Base(means="long edge 3840 pixels", long_px=3840, short_px=2160, dci_px=4096),
    "8k": Base(means="long edge 7680 pixels", long_px=7680, short_px=4320, dci_px=8192),
    "hd": Base(means="long edge 1920 pixels", long_px=1920, short_px=1080),
    "print": Base(
        means="a sheet of paper, A3 unless said", kind="print", fit=Fit.FIT, format=Format.TIFF
    ),
    "digital": Base(means="as far as the source safely goes, sRGB", fit=Fit.SAFE, srgb=True),
}
BUILT_IN_LIKE: Mapping[str, str] = {"broadcast": "4k-pad"}
"""Built-in targets that are short for another folder name; the config may say it differently."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One token, read: the slot it fills and with what."""

    token: str
    slot: str
    value: Any
    means: str = ""


def _said(token: str, slot: str, value: object, means: str) -> tuple[str, Said]:
    return token, Said(token=token, slot=slot, value=value, means=means)


WORDS: Mapping[str, Said] = dict(
    [
        _said("fit", "fit", Fit.FIT, "inside the box, which turns to the picture"),
        _said("fill", "fit", Fit.FILL, "covers the box, centre cropped"),
        _said(
            "pad", "fit", Fit.PAD, "inside the box, the rest filled: white for print, else black"
        ),
        _said("white", "pad", "white", "the colour of pad"),
        _said("black", "pad", "black", "the colour of pad"),
        _said("dci", "dci", value=True, means="DCI width: 4096 or 8192 pixels"),
        *[_said(name, "sheet_mm", mm, "the sheet") for name, mm in A_SERIES_MM.items()],
        _said("tif", "format", Format.TIFF, "TIFF; the default for print"),
        _said("png", "format", Format.PNG, "PNG; the default for all else"),
        _said("jpg", "format", Format.JPEG, "JPEG"),
        *[
            _said(one.value, "family", one, "this family, whatever the judge says")
            for one in Family
        ],
        _said("legacy", "legacy", value=True, means="the oldest model of the family"),
        _said(
            "ai", "assume", Assume.AI, "pictures here come from a generator: evidence, no verdict"
        ),
        _said("clean", "clean", value=True, means="repair at 1x (paid) where large enough already"),
        _said("faces", "faces", value=True, means="recover faces"),
        _said("nofaces", "faces", value=False, means="leave faces alone"),
        _said("series", "series", value=True, means="one recipe for all pictures of the folder"),
        _said("urgent", "urgent", value=True, means="before the others"),
        _said("local", "local", value=True, means="never uploaded: plain resampling here"),
        _said("even", "even", value=True, means="even width and height, for video"),
    ]
)

PATTERNS: Mapping[str, str] = {
    "16x20in": "a sheet in inches",
    "50x70cm": "a sheet in centimetres",
    "240ppi": f"pixels per inch, {PPI_RANGE[0]} to {PPI_RANGE[1]}",
    "bleed3": f"millimetres added on every side, {BLEED_RANGE_MM[0]} to {BLEED_RANGE_MM[1]}; "
    "implies fill",
}
"""Tokens that carry a number, by example."""

_SHEET = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,2})?)x([0-9]{1,4}(?:\.[0-9]{1,2})?)(in|cm)")
_PPI = re.compile(r"([0-9]{1,5})ppi")
_BLEED = re.compile(r"bleed([0-9]{1,3})")


def fold(word: str) -> str:
    """Return a word as it is compared: one spelling of accents, no case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", word).casefold())


def read(token: str) -> Said | None:
    """Return what a token asks for, None where it asks for nothing known."""
    word = fold(token)
    return WORDS.get(word) or _sheet(word) or _ppi(word) or _bleed(word)


def _sheet(word: str) -> Said | None:
    if not (found := _SHEET.fullmatch(word)):
        return None
    unit = INCH_MM if found[3] == "in" else 10.0
    short, long = sorted(round(float(side) * unit, 3) for side in found.group(1, 2))
    if short < SIDE_RANGE_MM[0] or long > SIDE_RANGE_MM[1]:
        return None
    return Said(token=word, slot="sheet_mm", value=(short, long))


def _ppi(word: str) -> Said | None:
    found = _PPI.fullmatch(word)
    if not found or not PPI_RANGE[0] <= int(found[1]) <= PPI_RANGE[1]:
        return None
    return Said(token=word, slot="ppi", value=int(found[1]))


def _bleed(word: str) -> Said | None:
    found = _BLEED.fullmatch(word)
    if not found or not BLEED_RANGE_MM[0] <= int(found[1]) <= BLEED_RANGE_MM[1]:
        return None
    return Said(token=word, slot="bleed_mm", value=float(found[1]))


def default_ppi(sheet_mm: tuple[float, float]) -> int:
    """Return the density for a sheet of which none is said."""
    return next((ppi for edge, ppi in PPI_BY_LONG_EDGE_MM if sheet_mm[1] <= edge), PPI_BEYOND)


_SLIPS = (
    (re.compile(r"[0-9]+"), 'a bare number says nothing: density is written "300ppi"'),
    (
        re.compile(r"-?[0-9]+(ppi|dpi)"),
        f'density is written "300ppi", {PPI_RANGE[0]} to {PPI_RANGE[1]}',
    ),
    (re.compile(r"a[0-9]+"), 'sheets are "a5" to "a0", or a size such as "50x70cm"'),
    (
        re.compile(r"bleed[0-9.]*(mm)?"),
        f'bleed is written "bleed3", {BLEED_RANGE_MM[0]} to {BLEED_RANGE_MM[1]} millimetres',
    ),
    (
        re.compile(r"[0-9.]+x[0-9.]+[a-z]*"),
        'a sheet is written "16x20in" or "50x70cm", 1 cm to 5 m a side',
    ),
)


def hint_for(token: str, base: Base | None) -> str:
    """Return a sentence that names the nearest token that this target takes."""
    word = fold(token)
    for pattern, sentence in _SLIPS:
        if pattern.fullmatch(word):
            return sentence
    valid = [one.token for one in WORDS.values() if base is None or base.takes(one.slot)]
    return did_you_mean(word, valid)
