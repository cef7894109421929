"""
Print how many honest results pass the fidelity check, and how many tampered ones do not.

    make bench-fidelity                      the whole corpus ($UPSCALED_CORPUS): most of an hour
    ... tests/edge/bench_fidelity.py --pictures 60 --figures figures.jsonl

Every kind of `retouching` is made of every picture (sources above 1.5 megapixels are brought to
that first), written as a file and judged as after a finish, under the bands of the family that the
picture is labelled with. Bands were set while looking at some of the pictures; the column `unseen`
is all others. Also printed: what measuring costs against merely bringing both pictures to
one size. Ends with 1 where honest results raise more than 5 % false alarms, or fewer than nine
kinds of tampering are caught on at least 95 % of the pictures. `--figures` keeps every figure, a
line each; `--judge` judges kept figures again, after bands were changed.
"""

import argparse
import json
import os
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.update(VIPS_CONCURRENCY="1", OPENBLAS_NUM_THREADS="1", MALLOC_ARENA_MAX="2")

import numpy as np
from PIL import Image

import fidelity_corpus as corpus
from retouching import HONEST, TAMPERED, Pixels
from upscaled.core.fidelity import assess, parse_bands
from upscaled.edge.pictures.aligning import pair, views
from upscaled.edge.pictures.layout import Layout
from upscaled.edge.pictures.likeness import measure
from upscaled.nouns import Family

Row = dict[str, Any]

RULES = Path(__file__).parents[2] / "rules" / "fidelity.toml"
MOST_FALSE_ALARMS = 0.05
LEAST_CAUGHT, LEAST_KINDS = 0.95, 9
_MOST_PIXELS = 1_500_000
_PROCESSES = 2


def main(arguments: Sequence[str]) -> int:
    """Measure or read, then print; return 1 where a bound does not hold."""
    asked = _parser().parse_args(arguments)
    if asked.judge:
        return tell([json.loads(line) for line in Path(asked.judge).read_text().splitlines()])
    folder = corpus.root()
    if folder is None:
        sys.stderr.write("bench-fidelity needs the labelled corpus: set UPSCALED_CORPUS\n")
        return 2
    rows = []
    for row in measured(folder, asked.pictures, unseen=asked.unseen):
        rows.append(row)
        if asked.figures:
            with Path(asked.figures).open("a") as file:
                file.write(json.dumps(row) + "\n")
    return tell(rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench_fidelity")
    parser.add_argument("--pictures", type=int, default=0, help="so many, by chance; 0: all")
    parser.add_argument("--unseen", action="store_true", help="only what no band was set on")
    parser.add_argument("--figures", default="", help="a file to keep the figures in")
    parser.add_argument("--judge", default="", help="a file of kept figures to judge again")
    return parser


def measured(folder: Path, count: int = 0, *, unseen: bool = False) -> Iterator[Row]:
    """Yield a row for every kind on every picture, or on so many by a fixed chance."""
    seen = _looked_at(folder) if unseen else set()
    chosen = [path for path in corpus.ordered(corpus.pictures(folder)) if path not in seen]
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as workers:
        for rows in workers.map(_of_picture, chosen[: count or None]):
            yield from rows


def _of_picture(path: Path) -> list[Row]:
    source = corpus.opened(path, _MOST_PIXELS)
    about = {
        "picture": f"{path.parent.name}/{path.name}",
        "unseen": path not in _looked_at(path.parents[1]),
    }
    with tempfile.TemporaryDirectory() as folder:
        Image.fromarray(source).save(Path(folder) / "source.tif")
        return [
            {**about, **_measured(case, Path(folder), path.parent.name)}
            for case in corpus.cases(path, source, _others(path.parents[1]))
        ]


@cache
def _others(folder: Path) -> dict[Path, Pixels]:
    return corpus.pool(corpus.pictures(folder))


@cache
def _looked_at(folder: Path) -> set[Path]:
    return corpus.looked_at(corpus.pictures(folder))


def _measured(case: corpus.Case, folder: Path, label: str) -> Row:
    source, to = folder / "source.tif", folder / "result.tif"
    Image.fromarray(case.result).save(to)
    height, width = case.result.shape[:2]
    layout = Layout(
        width=width, height=height, scaled_width=width, scaled_height=height, format="TIFF"
    )
    begin = time.process_time()
    pair(*views(source, to, layout))
    middle = time.process_time()
    figures = measure(source, to, layout, letters=label == Family.TEXT).figures
    seconds = [middle - begin, time.process_time() - middle]
    return {"kind": case.kind, "label": label, "figures": figures, "seconds": seconds}


def tell(rows: Sequence[Row]) -> int:
    """Print the table; return 1 where a bound does not hold."""
    bands = parse_bands(tomllib.loads(RULES.read_text()), RULES.name)
    for row in rows:
        row["verdict"] = assess(row["figures"], Family(row["label"]), bands).verdict
    _say(f"{len({row['picture'] for row in rows})} pictures, {len(rows)} results")
    _say(f"\n{'honest results':<30}{'':>6}  false alarms: all   seen  unseen")
    alarms = [_line(rows, kind) for kind in HONEST]
    everything = [row for row in rows if row["kind"] in HONEST]
    overall = _stopped(everything)
    _say(f"{'all honest results':<30}{len(everything):>6}{overall:>20.1%}")
    _say(f"\n{'tampered results':<30}{'':>6}        caught: all   seen  unseen")
    caught = [_line(rows, kind) for kind in TAMPERED]
    kinds = sum(share >= LEAST_CAUGHT for share in caught)
    _say(f"\nfalse alarms {overall:.1%} (at most 5 %; worst kind {max(alarms):.1%})")
    _say(f"{kinds} of {len(TAMPERED)} kinds caught on 95 % of the pictures (at least nine)")
    _say(f"measuring takes {_cost(rows):.1f} times bringing both to one size (CPU, median)")
    return 0 if overall <= MOST_FALSE_ALARMS and kinds >= LEAST_KINDS else 1


def _line(rows: Sequence[Row], kind: str) -> float:
    """Print the shares of one kind that do not pass, of all and of each half; return the first."""
    own = [row for row in rows if row["kind"] == kind]
    halves = [[row for row in own if row["unseen"] is unseen] for unseen in (False, True)]
    parts = (own, *halves)
    shares = [_stopped(part) for part in parts]
    told = [f"{share:.1%}" if part else "-" for share, part in zip(shares, parts, strict=True)]
    _say(f"{kind:<30}{len(own):>6}{told[0]:>20}{told[1]:>7}{told[2]:>8}")
    return shares[0]


def _stopped(rows: Sequence[Row]) -> float:
    """Return the share that does not pass."""
    return float(np.mean([row["verdict"] != "pass" for row in rows])) if rows else 0.0


def _cost(rows: Sequence[Row]) -> float:
    return float(np.median([row["seconds"][1] / row["seconds"][0] for row in rows]))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
