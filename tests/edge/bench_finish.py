"""
Print what finishing 256 megapixels costs.

    PYTHONPATH=daemon:tests python tests/edge/bench_finish.py
"""

import sys
import tempfile
from pathlib import Path

from edge.large_pictures import draw, finished, whole
from upscaled.nouns import Format

_CASES = ((16000, 16000), (16200, 16000), (8000, 16000))


def main(folder: Path) -> None:
    source = draw(folder / "source.png", 2000)
    for raw_side, side in _CASES:
        raw = draw(folder / f"raw{raw_side}.png", raw_side)
        for form in Format:
            to = folder / f"result{form.extension}"
            bill = finished(raw, source, whole(side, form), to)
            sys.stdout.write(
                f"{raw_side}^2 PNG -> {side}^2 {form:4}: {bill.seconds:6.1f} s, "
                f"peak {bill.peak_bytes / 1e6:6.0f} MB, file {bill.file_bytes / 1e6:6.0f} MB\n"
            )
            sys.stdout.flush()
            to.unlink()
        raw.unlink()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        main(Path(made))
