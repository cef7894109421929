"""Small pictures for the report: which places they show, and that nothing depends on them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from model_fal import ModelFal
from paying import hushed
from trying import Trying
from upscaled.core.report.tiles import SHARPEST, WORST
from upscaled.core.settings import parse_settings
from upscaled.errors import Again, Aside, Outage, UpscaledError
from upscaled.flow.showing import keep, places_of
from upscaled.flow.tools import Showcase, Tools
from upscaled.nouns import Artifact, Box, Code, Facts, Fidelity, Plan

WHERE, WORSE = (0.1, 0.1, 0.2, 0.2), (0.8, 0.8, 0.9, 0.9)
PASSED = Fidelity(verdict="pass", worst=WORSE, sharpest=WHERE)


class Drawn:
    """Notes what is asked, and fails as told."""

    def __init__(self, fault: UpscaledError | None = None) -> None:
        self.fault = fault
        self.asked: list[tuple[Path, dict[str, Box]]] = []

    def __call__(
        self, to: Path, source: Path, result: Path, plan: Plan, places: Mapping[str, Box]
    ) -> None:
        """Cut nothing."""
        assert source.name == "source"
        assert result.name == "result.png"
        assert plan.width
        assert to.is_dir()
        self.asked.append((to, dict(places)))
        if self.fault:
            raise self.fault


@pytest.fixture
def corridor(tmp_path: Path) -> Iterator[Trying]:
    settings = parse_settings({"watch": [{}]}, source=tmp_path / "config.toml")
    made = Trying(tmp_path, ModelFal(None), settings)  # type: ignore[arg-type]
    yield made
    made.close()


def shown(corridor: Trying, draw: Drawn, **more: object) -> Tools:
    """Have a finished job's pictures kept; return what with."""
    showcase = Showcase(folder=corridor.folder / "tiles", draw=draw)
    tools = replace(corridor.tools, showcase=showcase)
    job = corridor.job(corridor.drop())
    made = Artifact(path="/x/result.png", sha256="", bytes=1, width=8, height=8, format="PNG")
    facts = replace(job.facts, result=made, fidelity=PASSED)
    with hushed():
        keep(job, tools, replace(facts, **more))  # type: ignore[arg-type]
    return tools


def test_a_job_gets_a_folder_of_its_own_with_both_places(corridor: Trying) -> None:
    draw = Drawn()
    shown(corridor, draw)
    ((to, places),) = draw.asked
    assert to.parent == corridor.folder / "tiles"
    assert places == {SHARPEST: WHERE, WORST: WORSE}


@pytest.mark.parametrize(
    "fault",
    [
        Aside(Code.WORKER_DIED, "it died", "more memory"),
        Outage("no space left", hold="disk"),
        Again("stopped"),
    ],
)
def test_a_fault_of_the_small_pictures_changes_nothing(
    corridor: Trying, fault: UpscaledError
) -> None:
    draw = Drawn(fault)
    shown(corridor, draw)
    assert len(draw.asked) == 1


def test_what_was_not_finished_has_none(corridor: Trying) -> None:
    draw = Drawn()
    shown(corridor, draw, result=None)
    keep(corridor.job(corridor.drop()), replace(corridor.tools, showcase=None), Facts())
    assert draw.asked == []


def test_what_a_person_must_look_at_first_comes_first() -> None:
    assert list(places_of(PASSED)) == [SHARPEST, WORST]
    assert list(places_of(replace(PASSED, verdict="review"))) == [WORST, SHARPEST]
    assert list(places_of(Fidelity(verdict="pass"))) == [SHARPEST]
