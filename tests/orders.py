"""Orders, probes and the shipped catalogues, as the tests of the planning rooms use them."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from upscaled.core.catalogue import Catalogue, load_catalogue
from upscaled.edge.pictures.named import MEASURED
from upscaled.nouns import Family, Fit, Format, Order, Probe, Verdict

RULES = Path(__file__).parent.parent / "rules"

FOUR_K = Order(name="4k", kind="digital", fit=Fit.LONG_EDGE, long_px=3840, short_px=2160)
EIGHT_K = Order(name="8k", kind="digital", fit=Fit.LONG_EDGE, long_px=7680, short_px=4320)
DIGITAL = Order(name="digital", kind="digital", fit=Fit.SAFE, srgb=True)

PRISTINE = {
    "r_eff": 0.9,
    "q_eq": 100.0,
    "noise": 0.5,
    "cnoise": 0.1,
    "edgew_best": 0.7,
    "lossless": 1.0,
}
GOOD = {**PRISTINE, "q_eq": 90.0, "lossless": 0.0, "noise": 2.0}
POOR = {**PRISTINE, "q_eq": 60.0, "lossless": 0.0}


def sheet(short: float, long: float, ppi: int, **more: Any) -> Order:
    """Return an order for a print of so many millimetres."""
    basis: dict[str, Any] = {"name": "print", "kind": "print", "fit": Fit.FIT}
    basis |= {"sheet_mm": (short, long), "ppi": ppi, "format": Format.TIFF}
    return Order(**(basis | more))


def raw(name: str) -> dict[str, Any]:
    """Return what one of the shipped catalogues' files says."""
    return tomllib.loads((RULES / f"models-{name}.toml").read_text())


@cache
def shipped(name: str) -> Catalogue:
    """Return one of the catalogues that ship with the program."""
    return load_catalogue(raw(name), f"models-{name}.toml", MEASURED)


def probe(width: int, height: int, features: dict[str, float] | None = None, **more: Any) -> Probe:
    """Return a pristine RGB picture's probe, unless told otherwise."""
    measures = PRISTINE if features is None else features
    basis: dict[str, Any] = {"format": "PNG", "mode": "RGB", "features": measures}
    return Probe(width=width, height=height, **(basis | more))


def verdict(model: Family = Family.CORE, rule: str = "evidence") -> Verdict:
    """Return a verdict without reasons."""
    return Verdict(model=model, confidence=0.9, rule=rule, reasons=())
