"""
The `Pictures` door: each call is one job of a worker process.

Thin; imports no imaging library.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from upscaled.core.fidelity import Band, assess
from upscaled.core.flicker import packed
from upscaled.core.provenance import Story
from upscaled.edge.pictures import layout
from upscaled.edge.pictures.conversions import Conversions
from upscaled.edge.pictures.workers import Workers
from upscaled.nouns import Artifact, Box, Carried, Family, Fidelity, Pass, Plan, Probe

SCRATCH_PREFIX = ".finish-"
"""Folders of this name beside a raw picture are left over from a killed daemon."""

_WHOLE = (0.0, 0.0, 1.0, 1.0)


class Studio:
    """
    Pixel work for the corridor.

    `bands` are the thresholds of the fidelity check; `marks` is the text of a table of marks that
    overrides the shipped one. It goes along with each picture: what was checked is what is used;
    and so do `conversions`, the config's choices for ink and for light. `packed` compresses TIFFs.
    """

    def __init__(
        self,
        workers: Workers,
        bands: Sequence[Band],
        marks: str = "",
        conversions: Conversions | None = None,
        *,
        packed: bool = True,
    ) -> None:
        self._workers = workers
        self._packed = packed
        self._bands = tuple(bands)
        self._marks = marks
        self._conversions = asdict(conversions or Conversions())

    def _call(
        self, task: str, request: dict[str, Any], progress: Callable[[float], None] | None = None
    ) -> Any:
        whole = {**request, "conversions": self._conversions}
        return self._workers.call(task, whole, *([progress] if progress else []))

    def examine(self, source: Path, *, waited: bool = False) -> Probe:
        """Decode the whole picture once; return what it says and measures."""
        request = {**_paths(source=source), "marks": self._marks, "waited": waited}
        probe = Probe(**self._call("examine", request))
        return replace(probe, told=tuple(probe.told))  # the wire knows lists alone

    def prepare(self, source: Path, stem: Path, size: tuple[int, int] | None = None) -> Artifact:
        """Write what may be uploaded (pixels, profile) to `stem` plus .png or .jpg."""
        request = {**_paths(source=source, stem=stem), "size": size}
        return Artifact(**self._call("prepare", request))

    def enlarge(
        self, source: Path, to: Path, one: Pass, progress: Callable[[float], None]
    ) -> Artifact:
        """Enlarge by Lanczos to the pass's size; `params["sharpen"]` (0..1) sharpens lightly."""
        sharpen = float(one.params.get("sharpen", 0.0))
        size = {"width": one.width, "height": one.height, "sharpen": sharpen}
        request = {**_paths(source=source, to=to), "size": size}
        return Artifact(**self._call("enlarge", request, progress))

    def finish(
        self, raw: Path, source: Path, plan: Plan, to: Path, story: Story | None = None
    ) -> Artifact:
        """
        Bring the enlarged picture to the plan's exact pixels, format, density and profile.

        It gets its source's metadata, and `story`: what it says of its own making.
        Temporary files lie in a folder beside `raw`, removed here: a worker may die over them.
        """
        with TemporaryDirectory(dir=raw.parent, prefix=SCRATCH_PREFIX) as scratch:
            request = _paths(raw=raw, source=source, to=to, scratch=Path(scratch))
            request["layout"] = asdict(layout.of_plan(plan, packed=self._packed))
            request["story"] = asdict(story) if story else None
            try:
                return _artifact(self._call("finish", request))
            except BaseException:
                to.unlink(missing_ok=True)
                raise

    def check(self, source: Path, result: Path, plan: Plan, compare: Path | None) -> Fidelity:
        """
        Compare the result with its source at the source's size.

        Unless it passes, or where the plan asks a person to look anyway, a before/after crop of the
        worst place is written to `compare`.
        """
        asked = _planned(plan, source=source, result=result)
        letters = plan.model is Family.TEXT
        measured = self._call("measure", {**asked, "letters": letters})
        figures = measured["figures"]
        places = {name: tuple(place) for name, place in measured["places"].items()}
        fidelity = replace(
            assess(figures, plan.model, self._bands, places),
            sharpest=measured["sharpest"] and tuple(measured["sharpest"]),
            notes=tuple(measured["notes"]),
            swatch=packed(measured["swatch"]) if measured["swatch"] else "",
        )
        if compare is not None and (plan.review or fidelity.verdict != "pass"):
            says = fidelity.reasons or (
                plan.review_reason or plan.shortfall or "a person is asked to look",
            )
            request = _planned(plan, source=source, result=result, to=compare)
            shown = {**request, "worst": fidelity.worst or _WHOLE, "says": says}
            self._call("compare", shown)
        return fidelity

    def tiles(
        self, to: Path, source: Path, result: Path, plan: Plan, places: Mapping[str, Box]
    ) -> None:
        """Cut the small pictures that the report shows into the folder `to`."""
        asked = _planned(plan, source=source, result=result, to=to)
        self._call("tiles", {**asked, "places": list(places.items())})

    def thumbnail(self, source: Path, to: Path) -> None:
        """Write a small WebP of a whole picture, as the report shows it."""
        self._call("thumb", _paths(source=source, to=to))

    def pyramid(self, to: Path, source: Path, result: Path, plan: Plan) -> dict[str, int]:
        """Cut both pictures into the folder `to`; return `width`, `height`, `tile`, `levels`."""
        cut: dict[str, int] = self._call(
            "pyramid", _planned(plan, source=source, result=result, to=to)
        )
        return cut


def _artifact(fields: dict[str, Any]) -> Artifact:
    said = {key: _plain(value) for key, value in fields.pop("metadata").items()}
    return Artifact(**fields, metadata=Carried(**said))


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _paths(**paths: Path) -> dict[str, Any]:
    """Return paths as text, absolute: a worker's working directory is not ours."""
    return {name: str(path.absolute()) for name, path in paths.items()}


def _planned(plan: Plan, **paths: Path) -> dict[str, Any]:
    return {**_paths(**paths), "layout": asdict(layout.of_plan(plan))}
