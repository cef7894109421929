"""
Print what finishing large pictures costs, beside Pillow and beside the `vips` command.

    PYTHONPATH=daemon:tests python tests/edge/bench_finish.py [megapixels ...]

All three do the same work in a process each: decode an enlarged PNG, keep its profile, bring it to
the exact size (2.4 % smaller), write a TIFF (LZW, predictor) or a PNG at 300 ppi. Ours also decodes
the source, flushes the file to the disk and hashes it. Wall and CPU time are of the whole process,
the peak is its own resident memory; at 64 megapixels the quickest of three rounds counts.
"""

import math
import os
import resource
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from upscaled.nouns import Format

# Imaging libraries are loaded by the process that works with them: a child's peak is never told as
# less than what its parent had.
# ruff: noqa: PLC0415

SIZES = {64: (8000, 8000), 256: (16000, 16000), 512: (32000, 16000)}
MORE = 1.024
"""How much larger the engine's picture is than the result."""
MOST_RATIO, MOST_BYTES = 1.15, 700_000_000
PILLOW_BYTES = 12
"""Pillow's peak, bytes a pixel (measured: 11)."""
_VIPS_PER_MM = 300 / 25.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What one process took."""

    wall: float
    cpu: float
    peak_bytes: int
    file_bytes: int

    def text(self) -> str:
        """Return it as columns."""
        return (
            f"{self.wall:7.1f} s {self.cpu:7.1f} s {self.peak_bytes / 1e6:6.0f} MB"
            f" {self.file_bytes / 1e6:7.0f} MB"
        )


# ---- the three ways, each run in a process of its own: `bench_finish.py WAY raw to width height`


def ours(raw: Path, to: Path, size: tuple[int, int]) -> None:
    """Finish as a worker does."""
    from upscaled.edge.pictures.finishing import finish
    from upscaled.edge.pictures.layout import Layout

    form = Format.TIFF if to.suffix == ".tif" else Format.PNG
    layout = Layout(
        width=size[0],
        height=size[1],
        scaled_width=size[0],
        scaled_height=size[1],
        format=form,
        ppi=300.0,
    )
    finish(raw, raw.with_name("source.png"), layout, to, raw.parent)


def pillow(raw: Path, to: Path, size: tuple[int, int]) -> None:
    """Do the same with Pillow, its limit of pixels lifted."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
    with Image.open(raw) as opened:
        icc = opened.info["icc_profile"]
        made = opened.resize(size, Image.Resampling.LANCZOS)
    if to.suffix == ".tif":
        predictor = {317: 2}
        made.save(to, compression="tiff_lzw", tiffinfo=predictor, icc_profile=icc, dpi=(300, 300))
    else:
        made.save(to, compress_level=3, icc_profile=icc, dpi=(300, 300))


def bare(raw: Path, to: Path, size: tuple[int, int]) -> None:
    """Do the same with pyvips alone, where there is no `vips` command."""
    import pyvips

    image = pyvips.Image.new_from_file(str(raw), access="sequential")
    across, down = size[0] / image.width, size[1] / image.height
    made = image.resize(across, vscale=down).copy(xres=_VIPS_PER_MM, yres=_VIPS_PER_MM)
    if to.suffix == ".tif":
        made.tiffsave(str(to), compression="lzw", predictor="horizontal", resunit="inch")
    else:
        made.pngsave(str(to), compression=3, filter="all")


def draw(_raw: Path, to: Path, size: tuple[int, int]) -> None:
    """Draw what is finished; no way of doing it."""
    from edge.large_pictures import draw_wide

    draw_wide(to, size)


WAYS = {way.__name__: way for way in (ours, pillow, bare, draw)}


def vips_command(raw: Path, to: Path, size: tuple[int, int]) -> list[str]:
    """Return the `vips` command line of the same work."""
    options = "compression=3,filter=all"
    if to.suffix == ".tif":
        density = f"xres={_VIPS_PER_MM},yres={_VIPS_PER_MM}"
        options = f"compression=lzw,predictor=horizontal,resunit=inch,{density}"
    whole = _raw_size(size)
    scales = [str(side / have) for side, have in zip(size, whole, strict=True)]
    command = ["vips", "resize", f"{raw}[access=sequential]", f"{to}[{options}]"]
    return [*command, scales[0], "--vscale", scales[1], "--kernel", "lanczos3"]


# ---- the bench


def main(folder: Path, chosen: list[int]) -> None:
    """Run every size, format and way; say where a bound is missed."""
    rival = "vips" if shutil.which("vips") else "bare pyvips"
    sys.stdout.write(f"the rival is {rival}\n{'':30}   wall       CPU      peak      file\n")
    _run(_command("draw", folder, folder / "source.png", (2000, 1000)))
    for megapixels in chosen:
        size = SIZES[megapixels]
        raw = folder / "raw.png"
        _run(_command("draw", folder, raw, _raw_size(size)))
        for suffix in (".tif", ".png"):
            _compare(
                raw, folder / f"result{suffix}", size, rival, rounds=3 if size[0] < 9000 else 1
            )


def _compare(raw: Path, to: Path, size: tuple[int, int], rival: str, rounds: int) -> None:
    megapixels = round(size[0] * size[1] / 1e6)
    bills: dict[str, Bill] = {}
    for _ in range(rounds):  # in turns, so that a busy moment meets both
        for name in ("ours", rival):
            bill = _billed(_command(name, raw, to, size), to, size)
            bills[name] = min(bills.get(name, bill), bill, key=lambda one: one.wall)
    if (refused := _beyond_pillow(size)) == "":
        bills["Pillow"] = _billed(_command("pillow", raw, to, size), to, size)
    for name, bill in bills.items():
        sys.stdout.write(f"{megapixels:4} MP {to.suffix[1:]} {name:18} {bill.text()}\n")
    if refused:
        sys.stdout.write(f"{megapixels:4} MP {to.suffix[1:]} Pillow cannot: {refused}\n")
    sys.stdout.write(_verdict(bills, rival) + "\n")
    sys.stdout.flush()


def _verdict(bills: dict[str, Bill], rival: str) -> str:
    mine, other = bills["ours"], bills[rival]
    ratio, peak = mine.wall / other.wall, mine.peak_bytes
    held = "within" if ratio <= MOST_RATIO else "OVER"
    work = mine.cpu / other.cpu
    words = [
        f"{ratio:.2f} of {rival}'s wall ({work:.2f} of its CPU): {held} {MOST_RATIO}",
        f"{'under' if peak < MOST_BYTES else 'OVER'} {MOST_BYTES / 1e6:.0f} MB",
    ]
    if "Pillow" in bills:
        slow = bills["Pillow"]
        more = f"{slow.wall / mine.wall:.1f}x the time and {slow.peak_bytes / peak:.0f}x the memory"
        words.append(f"Pillow takes {more}, and opens it only with MAX_IMAGE_PIXELS lifted")
    return "        " + "; ".join(words)


def _beyond_pillow(size: tuple[int, int]) -> str:
    """Return why Pillow cannot do it here, empty where it can."""
    needed, there = size[0] * size[1] * PILLOW_BYTES, psutil.virtual_memory().available
    if needed < there:
        return ""
    return f"it needs {needed / 1e9:.1f} GB at once, {there / 1e9:.1f} GB are free"


def _command(name: str, raw: Path, to: Path, size: tuple[int, int]) -> list[str]:
    if name == "vips":
        return vips_command(raw, to, size)
    way = "bare" if name == "bare pyvips" else name
    return [sys.executable, __file__, way, str(raw), str(to), *map(str, size)]


def _billed(command: list[str], to: Path, size: tuple[int, int]) -> Bill:
    """Run a command to its end; what it wrote is measured and removed."""
    begun = time.perf_counter()
    used = _run(command)
    wall = time.perf_counter() - begun
    _check_size(to, size)
    bill = Bill(
        wall=wall,
        cpu=used.ru_utime + used.ru_stime,
        peak_bytes=used.ru_maxrss * 1024,
        file_bytes=to.stat().st_size,
    )
    to.unlink()
    return bill


def _run(command: list[str]) -> resource.struct_rusage:
    environment = os.environ | {"VIPS_CONCURRENCY": "2", "MALLOC_ARENA_MAX": "2"}
    pid = os.posix_spawn(shutil.which(command[0]) or command[0], command, environment)
    _, status, used = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"{command[:3]} ended with {os.waitstatus_to_exitcode(status)}")
    return used


def _check_size(to: Path, size: tuple[int, int]) -> None:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
    with Image.open(to) as made:
        if made.size != size:
            raise SystemExit(f"{to.name} is {made.size}, not {size}")


def _raw_size(size: tuple[int, int]) -> tuple[int, int]:
    return math.ceil(size[0] * MORE), math.ceil(size[1] * MORE)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in WAYS:
        name, given_raw, given_to, *sides = sys.argv[1:]
        WAYS[name](Path(given_raw), Path(given_to), (int(sides[0]), int(sides[1])))
    else:
        with tempfile.TemporaryDirectory() as made_here:
            main(Path(made_here), [int(word) for word in sys.argv[1:]] or list(SIZES))
