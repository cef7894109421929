"""Large pictures for tests, drawn in flat memory, and what finishing one costs a worker."""

import time
from dataclasses import dataclass
from pathlib import Path

import pyvips

from upscaled.edge.pictures import profiles
from upscaled.edge.pictures.levels import with_profile
from upscaled.edge.pictures.studio import Studio
from upscaled.edge.pictures.workers import Workers
from upscaled.nouns import Family, Format, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What one job took."""

    seconds: float
    peak_bytes: int
    file_bytes: int


def draw(to: Path, side: int) -> Path:
    """Draw a square picture of soft colours under fine grain; PNG by its name's end."""
    soft = [pyvips.Image.perlin(side, side, cell_size=256, uchar=True, seed=n) for n in range(3)]
    grain = pyvips.Image.gaussnoise(side, side, sigma=6, mean=0, seed=1)
    image = (soft[0].bandjoin(soft[1:]) + grain).cast("uchar").copy(interpretation="srgb")
    image.pngsave(str(to), compression=1, filter="up")
    return to


def draw_wide(to: Path, size: tuple[int, int]) -> Path:
    """
    Draw a PNG of any size quickly, with an sRGB profile: one tile, again and again.

    A row of the tile is longer than deflate looks back, so that it does not pack unfairly well.
    """
    width, height = 12_288, 1024
    soft = [pyvips.Image.perlin(width, height, cell_size=256, uchar=True, seed=n) for n in range(3)]
    grain = pyvips.Image.gaussnoise(width, height, sigma=6, mean=0, seed=1)
    tile = (soft[0].bandjoin(soft[1:]) + grain).cast("uchar").copy(interpretation="srgb")
    tiled = tile.copy_memory().replicate(size[0] // width + 1, size[1] // height + 1)
    image = with_profile(tiled.crop(0, 0, *size), profiles.srgb())
    image.pngsave(str(to), compression=1, filter="up")
    return to


def whole(side: int, form: Format) -> Plan:
    """Return a plan for a square result, nothing cropped."""
    return Plan(
        model=Family.CORE,
        passes=(),
        width=side,
        height=side,
        target_width=side,
        target_height=side,
        scaled_width=side,
        scaled_height=side,
        format=form,
        ppi=300,
    )


def finished(raw: Path, source: Path, plan: Plan, to: Path) -> Bill:
    """Finish a picture in a worker of its own and return what it took."""
    workers = Workers(1, scratch=to.parent)
    begun = time.perf_counter()
    try:
        result = Studio(workers, ()).finish(raw, source, plan, to)
        seconds = time.perf_counter() - begun
        peak = peak_bytes(workers.pids()[0])
    finally:
        workers.close()
    return Bill(seconds=seconds, peak_bytes=peak, file_bytes=result.bytes)


def peak_bytes(pid: int) -> int:
    """Return the peak resident memory of a living process (Linux)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM"))
    return int(peak.split()[1]) * 1024


def draw_textured(to: Path, width: int, height: int) -> Path:
    """Draw light, texture of several sizes and grain; the format by the name's end, .tif 16 bit."""
    planes = [
        pyvips.Image.perlin(width, height, cell_size=cell, uchar=True, seed=seed)
        for seed, cell in enumerate((512, 256, 256, 24))
    ]
    grain = pyvips.Image.gaussnoise(width, height, sigma=4, mean=0, seed=1)
    image = planes[0].bandjoin(planes[1:3]) + (planes[3] - 128) * 0.3 + grain
    if to.suffix == ".tif":
        deep = (image * 257).cast("ushort").copy(interpretation="rgb16")
        deep.tiffsave(str(to), compression="lzw")
        return to
    flat = image.cast("uchar").copy(interpretation="srgb")
    flat.write_to_file(str(to), **({"Q": 92} if to.suffix == ".jpg" else {"compression": 6}))
    return to


def judged_peak(file: Path) -> int:
    """Judge a picture in a worker of its own and return its peak of resident memory, bytes."""
    workers = Workers(1, scratch=file.parent)
    try:
        Studio(workers, ()).examine(file)
        return peak_bytes(workers.pids()[0])
    finally:
        workers.close()
