"""How many processes a command really starts, counted by the interpreter's own audit events."""

import json
import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

_COUNTING = """
import sys
started = []
sys.addaudithook(lambda event, _: started.append(event)
    if event in {"subprocess.Popen", "os.fork", "os.posix_spawn", "os.exec"} else None)
from upscaled.cli.main import main
code = main(sys.argv[1:])
print(len(started), code, file=sys.stderr)
"""


def started_by_classify(folder: Path, count: int) -> int:
    """Classify so many small pictures in one call; return how many processes that started."""
    files = [_small(folder / f"small{number}.png", number) for number in range(count)]
    done = subprocess.run(
        [sys.executable, "-c", _COUNTING, "classify", "--json", *map(str, files)],
        capture_output=True,
        text=True,
        check=True,
        timeout=110,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=folder,
    )
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    if [verdict["path"] for verdict in verdicts] != [str(file) for file in files]:
        raise AssertionError("not every file was judged")
    if any("model" not in verdict for verdict in verdicts):
        raise AssertionError("a file was not judged")
    started, code = (int(word) for word in done.stderr.split()[-2:])
    if code:
        raise AssertionError(f"classify ended with {code}")
    return started


def _small(file: Path, number: int) -> Path:
    Image.new("RGB", (40 + number % 7, 30), (number * 37 % 256, 90, 160)).save(file)
    return file
