"""
Print what judging costs beside a full decode by the same library, and fail where it is too much.

    PYTHONPATH=daemon:tests python tests/edge/bench_judge.py

The baseline, in the same process and in turns with it, is all pixels of the file brought to memory
by libvips: `pyvips.Image.new_from_file(file, access="sequential").write_to_memory()`. Both sides
take the best of their rounds, and both may use the two threads that a worker's libvips has.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.update(VIPS_CONCURRENCY="2", OPENBLAS_NUM_THREADS="1", MALLOC_ARENA_MAX="2")

import pyvips

from edge.count_processes import started_by_classify
from edge.large_pictures import draw_textured, judged_peak
from upscaled.edge.pictures.examine import examine

_ROUNDS = 15
_Limits = tuple[float, float]
"""Times the decode: what must hold, and the goal."""
_TIMED = (
    ("12 MP JPEG", "a.jpg", (4000, 3000), (2.5, 1.6)),
    ("24 MP PNG", "a.png", (6000, 4000), (1.5, 1.25)),
)
_LARGE = (("JPEG", "b.jpg"), ("PNG", "b.png"), ("TIFF 16 bit", "b.tif"))
_MOST_MEGABYTES = 600
_FILES = 100


def main(folder: Path) -> int:
    """Run all three parts; return 1 where one of them misses what must hold."""
    held = [_timed(folder, *case) for case in _TIMED]
    held += [_weighed(folder, *case) for case in _LARGE]
    started = started_by_classify(folder, _FILES)
    _say(f"{_FILES} files in one classify call: {started} process started (must be 1)")
    return 0 if all(held) and started == 1 else 1


def _timed(folder: Path, kind: str, name: str, size: tuple[int, int], limits: _Limits) -> bool:
    file = draw_textured(folder / name, *size)
    most, goal = limits
    megapixels = size[0] * size[1] / 1e6
    decode, judge = _best_of(lambda: _decode(file), lambda: examine(file))
    _say(
        f"{kind}: judging {judge / megapixels:5.2f} ms/MP, full decode by libvips (sequential, "
        f"to memory) {decode / megapixels:5.2f} ms/MP: {judge / decode:.2f} times "
        f"(must be at most {most}, goal {goal})"
    )
    return judge / decode <= most


def _weighed(folder: Path, kind: str, name: str) -> bool:
    file = draw_textured(folder / name, 10_000, 10_000)
    megabytes = judged_peak(file) / 1e6
    file.unlink()
    _say(f"100 MP {kind}: judged within {megabytes:.0f} MB (must stay under {_MOST_MEGABYTES})")
    return megabytes < _MOST_MEGABYTES


def _decode(file: Path) -> None:
    pyvips.Image.new_from_file(str(file), access="sequential").write_to_memory()


def _best_of(*calls: Callable[[], object]) -> list[float]:
    """Return the best milliseconds of each call, taken in turns after one unmeasured round."""
    best = [float("inf")] * len(calls)
    for turn in range(_ROUNDS + 1):
        for place, call in enumerate(calls):
            begun = time.perf_counter()
            call()
            if turn:
                best[place] = min(best[place], 1000 * (time.perf_counter() - begun))
    return best


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        sys.exit(main(Path(made)))
