"""
Which layer of an OpenEXR file is the picture: the beauty, never data.

A layer is what stands before the last dot of its channels' names (OpenEXR's own convention).
Depths, normals, identities and Cryptomatte are numbers, not colours: enlarged they would mean
something else. Knows names, no pixels.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from upscaled.errors import Aside
from upscaled.nouns import Code

_BEAUTY = {"beauty", "rgba", "rgb", "combined", "composite", "color", "colour", "final", "image"}
_DATA = {
    "id", "objectid", "materialid", "assetid", "instanceid", "crypto", "n", "nn", "normal",
    "normals", "p", "pref", "pworld", "position", "uv", "st", "depth", "z", "mist", "motion",
    "motionvector", "velocity", "vector", "mv",
}  # fmt: skip
_COLOURS = {"r": "r", "red": "r", "g": "g", "green": "g", "b": "b", "blue": "b"}
_ALPHA = {"a", "alpha"}
_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a file (OpenEXR 2), as its header tells."""

    name: str
    channels: tuple[str, ...]
    identities: tuple[str, ...] = ()
    """Names of channels that hold whole numbers, and of Cryptomatte layers."""
    deep: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Where the picture lies: channels by their index in the part; grey has the same one thrice."""

    part: int
    label: str
    """Empty where it has no name."""
    colours: tuple[int, int, int]
    alpha: int | None


def choose(parts: Sequence[Part]) -> tuple[Layer, int]:
    """
    Return the picture's layer, and how many layers there are.

    Raises `Aside` (unsupported) where there is none, or several and none is called the beauty.
    """
    named = [(index, name) for index, part in enumerate(parts) for name in _layers(part)]
    found = [layer for index, name in named if (layer := _layer(parts[index], index, name))]
    ranked = sorted(found, key=_rank)
    if not ranked:
        raise _only_data(parts)
    if _rank(ranked[0]) == 2 and len(ranked) > 1:
        shown = ", ".join(layer.label for layer in ranked[:_SHOWN])
        raise Aside(
            Code.UNSUPPORTED,
            f"It holds {len(ranked)} layers of colour, and none is called the beauty: {shown}",
            "export the picture alone, or name its layer `beauty`",
        )
    return ranked[0], len(named)


def _layers(part: Part) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.rpartition(".")[0] for name in part.channels))


def _layer(part: Part, index: int, name: str) -> Layer | None:
    """Return a layer that holds colours, None for data."""
    label = ".".join(filter(None, (part.name, name)))
    if part.deep or _is_data(label) or any(label.startswith(one) for one in part.identities):
        return None
    own = [
        (place, channel.rpartition(".")[2].lower())
        for place, channel in enumerate(part.channels)
        if channel.rpartition(".")[0] == name and channel not in part.identities
    ]
    colours = {_COLOURS[word]: place for place, word in own if word in _COLOURS}
    alpha = next((place for place, word in own if word in _ALPHA), None)
    if len(colours) == 3:
        three = (colours["r"], colours["g"], colours["b"])
        return Layer(part=index, label=label, colours=three, alpha=alpha)
    grey = [place for place, word in own if word == "y"]
    if grey and not any(word in {"ry", "by"} for _, word in own):
        return Layer(part=index, label=label, colours=(grey[0],) * 3, alpha=alpha)
    return None


def _words(label: str) -> list[str]:
    return [word.rstrip("0123456789") for word in re.split(r"[^a-z0-9]+", label.lower()) if word]


def _is_data(label: str) -> bool:
    return any(word in _DATA or "crypto" in word for word in _words(label))


def _rank(layer: Layer) -> int:
    """Return 0 for the unnamed layer, 1 for one that is called the beauty, 2 for any other."""
    words = _words(layer.label)
    if not words:
        return 0
    return 1 if _BEAUTY & set(words) else 2


def _only_data(parts: Sequence[Part]) -> Aside:
    if any(part.deep for part in parts):
        what = "deep samples"
    else:
        names = [name for part in parts for name in part.channels]
        what = f"data, no colours: {', '.join(names[:_SHOWN])}"
    return Aside(
        Code.UNSUPPORTED,
        f"The OpenEXR file holds only {what}",
        "depths, identities and Cryptomatte cannot be enlarged: render them at the size you need;"
        " drop the beauty (R, G, B)",
    )
