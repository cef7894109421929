"""
What a worker can be asked to do, by name. Runs in the child.

Knows the names and the arguments, nothing of how a task is done.
"""

from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from upscaled.edge.pictures.conversions import Conversions, using
from upscaled.edge.pictures.layout import Layout

Progress = Callable[[float], None]
Arguments = dict[str, Any]
Task = Callable[[Arguments, Progress], Any]

# Imaging libraries are loaded by the first task that needs them.
# ruff: noqa: PLC0415


def _examine(arguments: Arguments, _progress: Progress) -> dict[str, Any]:
    looking = import_module("upscaled.edge.pictures.examine")
    source, marks = Path(arguments["source"]), arguments["marks"]
    return asdict(looking.examine(source, marks, waited=arguments["waited"]))


def _prepare(arguments: Arguments, _progress: Progress) -> dict[str, Any]:
    from upscaled.edge.pictures.preparing import prepare

    size = arguments.get("size")
    to = tuple(size) if size else None
    return prepare(Path(arguments["source"]), Path(arguments["stem"]), to)


def _enlarge(arguments: Arguments, progress: Progress) -> dict[str, Any]:
    from upscaled.edge.pictures.finishing import enlarged
    from upscaled.edge.pictures.resampling import Size

    size = Size(**arguments["size"])
    return enlarged(Path(arguments["source"]), Path(arguments["to"]), size, progress)


def _finish(arguments: Arguments, _progress: Progress) -> dict[str, Any]:
    from upscaled.core.provenance import Story
    from upscaled.edge.pictures.finishing import UNTOLD, finish

    raw, source, to, scratch = (
        Path(arguments[name]) for name in ("raw", "source", "to", "scratch")
    )
    layout, told = Layout(**arguments["layout"]), arguments.get("story")
    return finish(raw, source, layout, to, scratch, story=Story(**told) if told else UNTOLD)


def _measure(arguments: Arguments, _progress: Progress) -> dict[str, Any]:
    from upscaled.edge.pictures.likeness import measure

    source, result = Path(arguments["source"]), Path(arguments["result"])
    layout = Layout(**arguments["layout"])
    return asdict(measure(source, result, layout, letters=arguments["letters"]))


def _compare(arguments: Arguments, _progress: Progress) -> None:
    from upscaled.edge.pictures.comparing import Shown, compare

    source, result, to = (Path(arguments[name]) for name in ("source", "result", "to"))
    shown = Shown(place=tuple(arguments["worst"]), says=tuple(arguments["says"]))
    compare(source, result, Layout(**arguments["layout"]), shown, to)


def _tiles(arguments: Arguments, _progress: Progress) -> None:
    from upscaled.edge.pictures.tiles import tiles

    source, result, to = (Path(arguments[name]) for name in ("source", "result", "to"))
    places = {name: tuple(place) for name, place in arguments["places"]}
    tiles(source, result, Layout(**arguments["layout"]), places, to)


def _pyramid(arguments: Arguments, _progress: Progress) -> dict[str, int]:
    from upscaled.edge.pictures.pyramid import pyramid

    source, result, to = (Path(arguments[name]) for name in ("source", "result", "to"))
    return pyramid(source, result, Layout(**arguments["layout"]), to)


def _thumb(arguments: Arguments, _progress: Progress) -> None:
    from upscaled.edge.pictures.tiles import thumb

    thumb(Path(arguments["source"]), Path(arguments["to"]))


def _thumbnail(arguments: Arguments, _progress: Progress) -> None:
    from upscaled.edge.pictures.sheet import thumbnail

    thumbnail(Path(arguments["source"]), Path(arguments["to"]))


def _sheet(arguments: Arguments, _progress: Progress) -> None:
    from upscaled.edge.pictures.sheet import Cell, sheet

    cells = [Cell(**cell) for cell in arguments["cells"]]
    sheet(arguments["title"], arguments["signature"], cells, Path(arguments["to"]))


_TASKS: dict[str, Task] = {
    "examine": _examine,
    "prepare": _prepare,
    "enlarge": _enlarge,
    "finish": _finish,
    "measure": _measure,
    "compare": _compare,
    "tiles": _tiles,
    "pyramid": _pyramid,
    "thumb": _thumb,
    "thumbnail": _thumbnail,
    "sheet": _sheet,
}


def _chosen(task: Task) -> Task:
    """Let the request's choices for ink and for light hold while its task is done."""

    def done(arguments: Arguments, progress: Progress) -> Any:
        with using(Conversions(**arguments.get("conversions", {}))):
            return task(arguments, progress)

    return done


TASKS = {name: _chosen(task) for name, task in _TASKS.items()}
