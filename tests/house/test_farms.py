"""The recipes for render farms, each run with a small stand-in of the farm's own module."""

import json
import runpy
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Self

import pytest

from place import REPOSITORY, Place, photo

RECIPES = REPOSITORY / "docs" / "farms"
FRAMES = (1, 2, 3)


@pytest.fixture
def farm(place: Place) -> Place:
    """Give a place with an inbox, rendered frames, and the command as farms call it."""
    place.path("inbox").mkdir()
    command = shlex.join(place.command())
    upscaled = place.path("upscaled")
    python_path = shlex.quote(place.environment["PYTHONPATH"])
    upscaled.write_text(f'#!/bin/sh\nPYTHONPATH={python_path} exec {command} "$@"\n')
    upscaled.chmod(0o755)
    return place


def render(farm: Place, name: str) -> list[Path]:
    """Draw the frames of a shot."""
    return [
        photo(farm.path(f"render/{name}.{number:04}.png"), (640, 400), seed=number)
        for number in FRAMES
    ]


def handed_in(farm: Place, folder: str = "hd") -> list[str]:
    """Return the names of the pictures that lie in the inbox with their tickets."""
    names = {path.name for path in farm.path(f"inbox/{folder}").iterdir()}
    return sorted(name for name in names if f"{name}.job.toml" in names)


def module(monkeypatch: pytest.MonkeyPatch, name: str, **contents: Any) -> Any:
    """Put a module of a farm's where imports find it."""
    made = ModuleType(name)
    vars(made).update(contents)
    monkeypatch.setitem(sys.modules, name, made)
    return made


def blender(farm: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the handlers as Blender would, frame by frame."""
    handlers = SimpleNamespace(persistent=lambda one: one, render_write=[], render_complete=[])
    module(
        monkeypatch,
        "bpy",
        app=SimpleNamespace(handlers=handlers),
        path=SimpleNamespace(abspath=lambda path: path.replace("//", f"{farm.root}/", 1)),
    )
    monkeypatch.setenv("UPSCALED", str(farm.path("upscaled")))
    monkeypatch.setenv("UPSCALED_TARGET", "hd")
    monkeypatch.setenv("UPSCALED_OPTIONS", "--model cgi")
    runpy.run_path(str(RECIPES / "blender_submit.py"))
    frame_path: Callable[..., str] = lambda frame: f"//render/blend.{frame:04}.png"  # noqa: E731
    scene = SimpleNamespace(render=SimpleNamespace(frame_path=frame_path), frame_current=0)
    frames = render(farm, "blend")
    late = frames[1].rename(farm.path("late.png"))  # its share was away for a moment
    for scene.frame_current in FRAMES:
        for handler in handlers.render_write:
            handler(scene, None)
    assert handed_in(farm) == ["blend.0001.png", "blend.0003.png"]
    late.rename(frames[1])
    for handler in handlers.render_complete:
        handler(scene, None)


class Callbacks(list[Any]):
    """Deadline's events take a callback by `+=`."""

    def __iadd__(self, callback: Any) -> Self:  # type: ignore[misc]
        """Add one."""
        self.append(callback)
        return self


class Listener:
    """What an event plugin is made of."""

    def __init__(self) -> None:
        self.OnJobFinishedCallback = Callbacks()
        self.said: list[str] = []
        self.config: dict[str, str] = {}

    def GetConfigEntryWithDefault(self, key: str, default: str) -> str:  # noqa: N802
        """Return what the repository's settings say."""
        return self.config.get(key, default)

    def LogInfo(self, line: str) -> None:  # noqa: N802
        """Write a line."""
        self.said.append(line)

    def LogWarning(self, line: str) -> None:  # noqa: N802
        """Write a line."""
        self.said.append(f"WARNING {line}")


def deadline(farm: Place, monkeypatch: pytest.MonkeyPatch, **extra: str) -> list[str]:
    """Finish a job as Deadline would; return what the plugin wrote into the log."""
    mapped = SimpleNamespace(CheckPathMapping=lambda path: path.replace("/farm", str(farm.root)))
    module(monkeypatch, "Deadline")
    module(monkeypatch, "Deadline.Events", DeadlineEventListener=Listener)
    module(monkeypatch, "Deadline.Scripting", RepositoryUtils=mapped)
    made = runpy.run_path(str(RECIPES / "deadline" / "Upscaled" / "Upscaled.py"))
    listener = made["GetDeadlineEventListener"]()
    listener.config["Command"] = str(farm.path("upscaled"))
    job = SimpleNamespace(
        JobOutputDirectories=["/farm/render"],
        JobOutputFileNames=["dead.####.png"],
        JobFramesList=list(FRAMES),
        GetJobExtraInfoKeyValue=lambda key: extra.get(key, ""),
    )
    for callback in listener.OnJobFinishedCallback:
        callback(job)
    made["CleanupDeadlineEventListener"](listener)
    said: list[str] = listener.said
    return said


def opencue(farm: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the layers' commands as a host would, frame by frame, with cuebot's tokens replaced."""

    class Shell:
        def __init__(self, name: str, **words: Any) -> None:
            self.name, self.words, self.after = name, words, ""

        def depend_on(self, other: "Shell") -> None:
            self.after = other.name

    layers: list[Shell] = []
    module(
        monkeypatch, "outline", Outline=lambda *_, **__: SimpleNamespace(add_layer=layers.append)
    )
    module(monkeypatch, "outline.cuerun")
    module(monkeypatch, "outline.modules")
    module(monkeypatch, "outline.modules.shell", Shell=Shell)
    made = runpy.run_path(str(RECIPES / "opencue_submit.py"))
    made["job_of"].__globals__["COMMAND"] = str(farm.path("upscaled"))
    made["job_of"]("shot.blend", str(farm.path("render/cue")), "1-3", "hd")
    rendering, submitting = layers
    assert submitting.after == rendering.name == "render"
    assert "####" in " ".join(rendering.words["command"])
    render(farm, "cue")
    for frame in FRAMES:
        command = " ".join(submitting.words["command"]).replace("#ZFRAME#", f"{frame:04}")
        subprocess.run(command, shell=True, check=True, capture_output=True)  # noqa: S602


HARNESS = """
const fs = require("fs"), vm = require("vm");
const made = [];
const context = {
    author: {
        Task: (name, type) => ({ name, type, commands: [],
                                 addCommand(one) { this.commands.push(one); } }),
        Command: (name, parameters) => ({ name, parameters }),
    },
    frameChunker: (frames, size) => ["1-2", "3"],
};
const script = fs.readFileSync(process.argv[2], "utf8") + "\\n;compileJob(job); JOB_TYPE";
context.job = { settings: JSON.parse(process.argv[3]), addTask: (one) => made.push(one) };
const type = vm.runInNewContext(script, context);
console.log(JSON.stringify({ type, made }));
"""


def flamenco(farm: Place) -> None:
    """Compile the job with node, and run the commands that are ours as a worker would."""
    settings = {
        "frames": "1-3",
        "chunk_size": 2,
        "render_output": str(farm.path("render/flam.####")),
        "format": "PNG",
        "extension": ".png",
        "target": "hd",
        "inbox": str(farm.path("inbox")),
        "upscaled": str(farm.path("upscaled")),
        "blendfile": "shot.blend",
    }
    harness = farm.path("harness.js")
    harness.write_text(HARNESS)
    script = str(RECIPES / "flamenco" / "upscaled-render.js")
    done = subprocess.run(
        ["node", str(harness), script, json.dumps(settings)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert {one["key"] for one in told["type"]["settings"]} == settings.keys()
    render(farm, "flam")
    names = [[command["name"] for command in task["commands"]] for task in told["made"]]
    assert names == [["blender-render", "exec"]] * 2
    for task in told["made"]:
        call = task["commands"][1]["parameters"]
        subprocess.run([call["exe"], *call["args"]], check=True, capture_output=True)


def test_blenders_handlers_hand_in_each_frame_and_what_was_late_at_the_end(
    farm: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    blender(farm, monkeypatch)

    assert handed_in(farm) == [f"blend.{frame:04}.png" for frame in FRAMES]
    assert 'model = "cgi"' in farm.path("inbox/hd/blend.0002.png.job.toml").read_text()


def test_deadlines_plugin_hands_in_the_frames_of_jobs_that_name_a_target(
    farm: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    render(farm, "dead")[2].unlink()
    assert deadline(farm, monkeypatch) == []
    assert not farm.path("inbox/hd").exists()

    said = deadline(farm, monkeypatch, UpscaledTarget="hd", UpscaledSeries="sh 010")

    assert handed_in(farm) == ["dead.0001.png", "dead.0002.png"]
    assert any("dead.0003.png is not there" in line for line in said)
    assert said[-1] == "WARNING upscaled ended with 3: not all files are handed in"
    assert 'series = "sh 010"' in farm.path("inbox/hd/dead.0001.png.job.toml").read_text()


@pytest.mark.system
@pytest.mark.timeout(400)
def test_every_recipe_is_done_by_the_daemon(farm: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    blender(farm, monkeypatch)
    render(farm, "dead")
    said = deadline(farm, monkeypatch, UpscaledTarget="hd")
    assert not [line for line in said if line.startswith("WARNING")]
    opencue(farm, monkeypatch)
    flamenco(farm)
    shots = ("blend", "cue", "dead", "flam")
    wanted = [f"{shot}.{frame:04}.png" for shot in shots for frame in FRAMES]
    assert handed_in(farm) == wanted

    farm.until_idle()

    assert {job["state"] for job in farm.ask("jobs")} == {"done"}
    done = {Path(name).name for name in farm.files("outbox") if name.endswith(".png")}
    assert done == set(wanted)
    assert farm.files("inbox") == []
