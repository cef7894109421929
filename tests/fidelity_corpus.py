"""The labelled corpus, spoilt and unspoilt: every kind of `retouching` on every picture."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from retouching import HONEST, TAMPERED, Pixels, Scene, lanczos
from upscaled.nouns import Family

LABELS = tuple(family.value for family in Family)
ORDER = 11
"""Seed of the order in which pictures are taken."""
_LOOKED_AT = {ORDER: 75, 1: 100}
"""By the seed of an order: how many of it were measured while the bands were set."""
_POOL = 60
_POOL_SIDE = 640


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One result of one picture."""

    kind: str
    factor: int
    honest: bool
    result: Pixels


def root() -> Path | None:
    """Return the folder of the corpus, None where there is none."""
    named = os.environ.get("UPSCALED_CORPUS")
    return Path(named) if named and Path(named).is_dir() else None


def pictures(folder: Path) -> list[Path]:
    """Return all pictures, label by label."""
    return [path for label in LABELS for path in sorted((folder / label).glob("*.*"))]


def looked_at(paths: Sequence[Path]) -> set[Path]:
    """Return the pictures whose figures were looked at while the bands were set."""
    return {path for seed, count in _LOOKED_AT.items() for path in ordered(paths, seed)[:count]}


def ordered(paths: Sequence[Path], seed: int = ORDER) -> list[Path]:
    """Return the pictures in an order by chance, always the same."""
    return [paths[n] for n in np.random.default_rng(seed).permutation(len(paths))]


def opened(path: Path, most_pixels: int = 0) -> Pixels:
    """Return a picture as RGB, upright, on white, at most so large."""
    with Image.open(path) as file:
        image = ImageOps.exif_transpose(file)
        if image.has_transparency_data:
            image = image.convert("RGBA")
            ground = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(ground, image)
        image = image.convert("RGB")
    if most_pixels and image.width * image.height > most_pixels:
        share = (most_pixels / (image.width * image.height)) ** 0.5
        size = (round(image.width * share), round(image.height * share))
        image = image.resize(size, Image.Resampling.LANCZOS)
    return np.asarray(image)


def pool(paths: Sequence[Path], seed: int = 5) -> dict[Path, Pixels]:
    """Return some small pictures to take foreign parts from."""
    dice = np.random.default_rng(seed)
    chosen = [paths[n] for n in dice.permutation(len(paths))[:_POOL]]
    return {path: opened(path, _POOL_SIDE**2) for path in chosen}


def cases(path: Path, source: Pixels, others: dict[Path, Pixels]) -> Iterator[Case]:
    """Yield every honest result of a picture and every tampered one that it gives cause for."""
    for kind, (enlarge, factor) in HONEST.items():
        yield Case(kind=kind, factor=factor, honest=True, result=enlarge(source, factor))
    result = lanczos(source, 2)
    foreign = [other for name, other in others.items() if name != path]
    for number, (kind, tamper) in enumerate(TAMPERED.items()):
        if kind == "one letter altered" and path.parent.name != "text":
            continue
        name = f"{path.parent.name}/{path.name}".encode()
        seed = [number, int.from_bytes(hashlib.sha256(name).digest()[:4])]
        dice = np.random.default_rng(seed)
        made = tamper(Scene(source=source, result=result, others=foreign, dice=dice))
        if made is not None:
            yield Case(kind=kind, factor=2, honest=False, result=made)
