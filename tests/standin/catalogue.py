"""
Endpoints, their models, fields, ranges and prices, as fal's own pages list them (autumn 2026).

Written independently of `rules/`, so that each checks the other. MP is 10^6 pixels of output; one
unit is 0.01 USD.
"""

import math
from dataclasses import dataclass
from typing import Any

Complaint = dict[str, Any]

SIX = ("Standard V2", "Low Resolution V2", "CGI", "High Fidelity V2", "Text Refine", "Redefine")
PRECISION = (
    "Standard V2",
    "High Fidelity V3",
    "High Fidelity V2",
    "Low Resolution V2",
    "CGI",
    "Text Refine",
    "Faces",
)
GENERATIVE = (
    "Wonder 3",
    "Wonder 3.5",
    "Wonder 2",
    "Wonder",
    "Recover 3",
    "Standard MAX",
    "Redefine",
    "Recovery V2",
    "Recovery",
)
UNIFIED = (*SIX, "Wonder 3", "Wonder", "Standard MAX", "Recovery V2", "Recovery")
BLOOM = ("Bloom 2", "Bloom", "Bloom Realism")
RESTORE = ("Recover 3", "Dust-Scratch V2", "Faces")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What a field takes, and with which models (empty: all of the endpoint)."""

    low: float | None = None
    high: float | None = None
    words: tuple[str, ...] = ()
    kind: type = float
    models: tuple[str, ...] = ()


def _share(*models: str) -> Field:
    """Return a field from 0 to 1."""
    return Field(low=0, high=1, models=models)


ENHANCERS = (*PRECISION, "Recovery V2")
REPAIR = ("Standard V2", "Low Resolution V2", "High Fidelity V2", "High Fidelity V3", "Text Refine")

COMMON: dict[str, Field] = {
    "image_url": Field(kind=str),
    "output_format": Field(words=("jpeg", "png"), kind=str),
}
ENLARGE: dict[str, Field] = {
    "upscale_factor": Field(low=1, high=4),
    "crop_to_fill": Field(kind=bool),
    "face_enhancement": Field(kind=bool),
    "face_enhancement_creativity": _share(),
    "face_enhancement_strength": _share(),
    "subject_detection": Field(words=("All", "Foreground", "Background"), kind=str),
}
TUNING: dict[str, Field] = {
    "sharpen": _share(*SIX, "High Fidelity V3", "Faces"),
    "denoise": _share(*SIX, "High Fidelity V3", "Faces"),
    "fix_compression": _share(*REPAIR, "Faces"),
    "strength": Field(low=0.01, high=1, models=("Text Refine",)),
    "creativity": Field(low=1, high=6, kind=int, models=("Redefine",)),
    "texture": Field(low=1, high=5, kind=int, models=("Redefine",)),
    "prompt": Field(kind=str, models=("Redefine",)),
    "autoprompt": Field(kind=bool, models=("Redefine",)),
    "detail": _share("Recovery V2"),
    "enhancement_strength": Field(
        words=("low", "medium", "high"), kind=str, models=("Wonder 3", "Wonder 3.5")
    ),
}
BLOOMING: dict[str, Field] = {
    "upscale_factor": Field(low=1, high=4),
    "creativity": Field(low=1, high=9, kind=int, models=("Bloom 2",)),
    "color_preservation": Field(kind=bool, models=("Bloom 2",)),
    "autoprompt": Field(kind=bool, models=("Bloom 2",)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint: the models it offers (the first is the default) and the fields it takes."""

    models: tuple[str, ...]
    fields: dict[str, Field]
    factor: float | None = None
    """The factor where none can be asked for; None: the `upscale_factor`, by default 2."""


ENDPOINTS = {
    "fal-ai/topaz/upscale/image": Endpoint(models=UNIFIED, fields=COMMON | ENLARGE | TUNING),
    "topaz/upscale/image/precision": Endpoint(models=PRECISION, fields=COMMON | ENLARGE | TUNING),
    "topaz/upscale/image/generative": Endpoint(models=GENERATIVE, fields=COMMON | ENLARGE | TUNING),
    "topaz/upscale/image/creative": Endpoint(models=BLOOM, fields=COMMON | BLOOMING),
    "topaz/upscale/image/transparent": Endpoint(models=(), fields=COMMON, factor=4),
    "topaz/restore/image": Endpoint(models=RESTORE, fields=COMMON, factor=1),
}


def model_of(endpoint: str, asked: dict[str, Any]) -> str:
    """Return the model that works on it."""
    models = ENDPOINTS[endpoint].models
    return str(asked.get("model", models[0] if models else ""))


def factor_of(endpoint: str, asked: dict[str, Any]) -> float:
    """Return by how much the picture grows."""
    fixed = ENDPOINTS[endpoint].factor
    return fixed if fixed is not None else float(asked.get("upscale_factor", 2))


def complaints(endpoint: str, asked: dict[str, Any]) -> list[Complaint]:
    """Return what the runner would complain of, as the entries of `detail`."""
    known = ENDPOINTS[endpoint]
    model, found = model_of(endpoint, asked), []
    if not isinstance(asked.get("image_url"), str):
        found.append(_complaint("image_url", "missing", "Field required"))
    if "model" in asked and model not in known.models:
        found.append(_complaint("model", "literal_error", f"no model {model}"))
    for name, value in asked.items():
        if name == "model" and known.models:
            continue
        field = known.fields.get(name)
        if field is None or (field.models and model not in field.models):
            found.append(_complaint(name, "extra_forbidden", f"{model} takes no such field"))
        elif not _fits(field, value):
            found.append(_complaint(name, "value_error", "out of range"))
    return found


def _complaint(name: str, kind: str, message: str) -> Complaint:
    return {"loc": ["body", name], "msg": message, "type": kind}


def _fits(field: Field, value: object) -> bool:
    if field.kind in {bool, str}:
        return isinstance(value, field.kind) and (not field.words or value in field.words)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if field.kind is int and value != int(value):
        return False
    return (field.low is None or value >= field.low) and (field.high is None or value <= field.high)


def units(endpoint: str, model: str, width: int, height: int) -> int:
    """Return the price in units, by the pixels that come out."""
    megapixels = width * height / 1e6
    if endpoint == "fal-ai/topaz/upscale/image":
        return 8 * _tiers(megapixels)
    block = 24.0
    if endpoint.endswith("/creative"):
        block = 2.0
    elif endpoint.endswith("/generative"):
        block = 8.0 if model in {"Wonder 3", "Wonder 3.5"} else 4.0
    elif endpoint.endswith("/restore/image"):
        block = 4.0 if model == "Recover 3" else 24.0
    return 8 * max(1, math.ceil(megapixels / block))


def _tiers(megapixels: float) -> int:
    """
    Return the unified endpoint's price in steps of 0.08 USD.

    Its page names 24, 48, 96 and "up to 1.36 at 512 MP"; steps of 32 MP between join the last two.
    """
    for tier, steps in ((24, 1), (48, 2), (96, 4)):
        if megapixels <= tier:
            return steps
    return 4 + math.ceil((megapixels - 96) / 32)
