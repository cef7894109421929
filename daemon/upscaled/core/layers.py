"""Tokens laid over one another, nearest wins, and what they ask for. Knows no folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from upscaled.core.tokens import A_SERIES_MM, KEPT, Base, Said, default_ppi
from upscaled.nouns import Fit, Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A name that cannot be read: the token at fault and what to do about it."""

    token: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A target with all its tokens so far, and what they ask for together."""

    word: str
    base: Base
    said: Mapping[str, Said]
    order: Order


def below(above: Layer, layer: Layer, own: Mapping[str, Said]) -> Layer | Unknown:
    """Set a whole name under a target: the same word refines, another keeps family and options."""
    if layer.word == above.word:
        return refine(above, own)
    kept = {slot: one for slot, one in above.said.items() if slot in KEPT}
    return _build(layer.word, layer.base, kept | dict(layer.said))


def refine(above: Layer, own: Mapping[str, Said]) -> Layer | Unknown:
    """Lay tokens over a layer; nearest wins, and what it makes meaningless goes."""
    merged = dict(above.said) | dict(own)
    if "fit" in own and own["fit"].value is not Fit.PAD and "pad" not in own:
        merged.pop("pad", None)
    if "bleed_mm" in own and "fit" not in own:
        merged.pop("fit", None)
        if "pad" not in own:
            merged.pop("pad", None)
    return _build(above.word, above.base, merged)


def _build(word: str, base: Base, said: Mapping[str, Said]) -> Layer | Unknown:
    return _refused(word, base, said) or make(word, base, said)


def _refused(word: str, base: Base, said: Mapping[str, Said]) -> Unknown | None:
    """Return the first token that makes no sense here, None where all do."""
    for one in said.values():
        if not base.takes(one.slot):
            return Unknown(token=one.token, hint=f'"{one.token}" means nothing with "{word}"')
    fit = said["fit"].value if "fit" in said else base.fit
    if "pad" in said and fit is not Fit.PAD:
        token = said["pad"].token
        return Unknown(token=token, hint=f'"{token}" is a colour of pad: write "pad-{token}"')
    if "bleed_mm" in said and "fit" in said and fit is not Fit.FILL:
        bleed, token = said["bleed_mm"].token, said["fit"].token
        return Unknown(token=token, hint=f'"{bleed}" implies fill, "{token}" contradicts it')
    return None


def make(word: str, base: Base, said: Mapping[str, Said]) -> Layer:
    """Return a target's layer, defaults filled in; the tokens must make sense with it."""
    asked: dict[str, Any] = {slot: one.value for slot, one in said.items()}
    if "bleed_mm" in asked:
        asked["fit"] = Fit.FILL
    if asked.get("fit") is Fit.PAD:
        asked.setdefault("pad", "white" if base.kind == "print" else "black")
    if base.kind == "print":
        asked.setdefault("sheet_mm", A_SERIES_MM["a3"])
        asked.setdefault("ppi", default_ppi(asked["sheet_mm"]))
    long_px = base.dci_px if asked.pop("dci", False) else base.long_px
    given: dict[str, Any] = {"fit": base.fit, "format": base.format, "srgb": base.srgb} | asked
    order = Order(name=word, kind=base.kind, long_px=long_px, short_px=base.short_px, **given)
    return Layer(word=word, base=base, said=said, order=order)
