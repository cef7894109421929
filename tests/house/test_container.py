"""The container recipe, without an engine: read, weighed, and its steps taken as far as they go."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from place import REPOSITORY
from upscaled.daemon import DRAIN_SECONDS, STOP_SECONDS
from upscaled.edge.toml import load_settings

FOLDER = REPOSITORY / "systemd" / "container"


def stages() -> list[list[tuple[str, str]]]:
    """Return the instructions of each stage: a word and what follows it."""
    text = (FOLDER / "Containerfile").read_text().replace("\\\n", " ")
    found: list[list[tuple[str, str]]] = []
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if line.startswith("#") or not word:
            continue
        if word == "FROM":
            found.append([])
        found[-1].append((word, " ".join(rest.split())))
    return found


def all_of(word: str, stage: int = -1) -> list[str]:
    return [rest for one, rest in stages()[stage] if one == word]


def test_it_runs_as_nobody_and_carries_no_secret_and_says_whether_it_is_well() -> None:
    assert len(stages()) == 2
    assert all_of("USER") == ["upscaled"]
    last = [word for word, _ in stages()[-1]]
    assert last.index("USER") < last.index("ENTRYPOINT")
    assert "RUN" not in last[last.index("USER") :]  # nothing is made as root after it
    assert not re.search(r"(?i)fal_key\s*=|secret\s*=", (FOLDER / "Containerfile").read_text())
    assert all_of("HEALTHCHECK")[0].partition("CMD ")[2].startswith("[")


def test_its_entry_is_the_program_itself_and_lets_the_group_drop_and_take(tmp_path: Path) -> None:
    """As the unit's `UMask=`: an inbox that only its maker may write into takes no pictures."""
    stub = tmp_path / "upscaled"
    stub.write_text('#!/bin/sh\necho "$$ $(umask) $*"\n')
    stub.chmod(0o755)
    entry = json.loads(all_of("ENTRYPOINT")[0]) + json.loads(all_of("CMD")[0])
    here = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}

    with subprocess.Popen(entry, env=here, stdout=subprocess.PIPE, text=True) as process:
        said, _ = process.communicate(timeout=10)

    assert said.split() == [
        str(process.pid),
        "0002",
        "--config",
        "/etc/upscaled/config.toml",
        "run",
    ]


def test_the_image_keeps_to_the_locks_and_brings_no_more_than_it_needs() -> None:
    installs = [rest for rest in all_of("RUN", 0) if "pip install" in rest]
    assert installs
    for one in " && ".join(installs).split("&&"):
        if "pip install" in one:
            assert "--require-hashes" in one or "--no-deps" in one, one
    for source in [path for rest in all_of("COPY", 0) for path in rest.split()[:-1]]:
        assert (REPOSITORY / source).exists(), source


def test_the_compose_example_is_read_only_without_rights_and_with_bounds() -> None:
    text = (FOLDER / "compose.yaml").read_text()

    for wanted in (
        "read_only: true",
        "cap_drop: [ALL]",
        '"no-new-privileges:true"',
        "mem_limit:",
        "pids_limit:",
        "secrets: [fal_key]",
    ):
        assert wanted in text
    assert "privileged: true" not in text
    assert "FAL_KEY" not in text


def test_the_compose_example_says_whose_the_mounted_files_must_be_and_asks_for_health() -> None:
    """A file for a secret keeps its owner in the container, and some builders drop HEALTHCHECK."""
    text = (FOLDER / "compose.yaml").read_text()
    (made,) = [rest for rest in all_of("RUN") if "useradd" in rest]
    uid = re.search(r"useradd --uid (\d+)", made)

    assert uid
    assert f"install -o {uid[1]} -g {uid[1]} -m 400 /dev/stdin /etc/upscaled/fal_key" in text
    assert f"chown {uid[1]}:{uid[1]} /srv/upscaled" in text
    check = json.loads(all_of("HEALTHCHECK")[0].partition("CMD ")[2])
    (asked,) = re.findall(r"^      test: (.*)$", text, re.MULTILINE)
    assert json.loads(asked) == ["CMD", *check]
    grace = re.search(r"stop_grace_period: (\d+)s", text)
    assert grace
    assert int(grace[1]) > DRAIN_SECONDS + STOP_SECONDS
    assert "file: /etc/upscaled/fal_key" in text  # not in the checkout, whence images are built


def test_the_copied_files_build_a_whole_program(tmp_path: Path) -> None:
    for rest in all_of("COPY", 0):
        *sources, to = rest.split()
        for source in sources:
            path = REPOSITORY / source
            there = tmp_path / to
            if path.is_dir():
                shutil.copytree(path, there, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                there.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, there)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(tmp_path / "out"), str(tmp_path)], check=True)

    (wheel,) = (tmp_path / "out").glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    assert "upscaled/cli/run.py" in names
    assert "upscaled/_rules/judge.toml" in names


@pytest.mark.skipif(not shutil.which("sed"), reason="sed is not installed")
def test_its_configuration_answers_the_health_check(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    shutil.copy(REPOSITORY / "systemd" / "config.toml", config)
    (step,) = [rest for rest in all_of("RUN") if rest.startswith("sed")]
    subprocess.run(["sh", "-c", step.replace("/etc/upscaled/config.toml", str(config))], check=True)

    listen = load_settings(config).metrics.listen
    check = json.loads(all_of("HEALTHCHECK")[0].partition("CMD ")[2])
    assert listen is not None
    assert f"{listen.host}:{listen.port}/healthz" in check[-1]
    # Nobody answers there now, and that is no health.
    done = subprocess.run(
        [sys.executable, *check[1:]], env=os.environ, capture_output=True, check=False
    )
    assert done.returncode != 0
