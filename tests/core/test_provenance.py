"""What a result says of its making, and IPTC's word for it."""

import pytest

from edge.drawn_pictures import plan_for
from upscaled.core.provenance import CAPTURES, Story, source_type, story_of
from upscaled.nouns import INVENTING, Family, Pass, Probe

TOLD = Story(software="upscaled 1", when="2026-11-23T10:00:00.000Z", job="j1", strip_gps=True)
TOPAZ = Pass(endpoint="fal-ai/topaz", model="Standard V2", factor=2.0, width=640, height=480)
PLAIN = Pass(endpoint="local", model="core", factor=1.5, width=480, height=360)


def story(family: Family = Family.CORE, *passes: Pass, **marks: str) -> Story:
    trust = 1.0 if "generator" in marks else 0.0
    probe = Probe(
        format="JPEG", width=320, height=240, mode="RGB", marks=marks, features={"ai_meta": trust}
    )
    return story_of(plan_for(640, 480, model=family, passes=passes), probe, TOLD)


def test_a_story_names_each_pass_and_the_size() -> None:
    told = story(Family.CORE, PLAIN, TOPAZ)

    assert told.steps == (
        "plain resampling (Lanczos) 1.5x", "Standard V2 (fal-ai/topaz) 2x", "640 x 480 pixels",
    )  # fmt: skip
    assert (told.software, told.when, told.job) == (TOLD.software, TOLD.when, TOLD.job)
    assert told.strip_gps


@pytest.mark.parametrize("family", list(Family))
def test_only_a_models_invention_is_partly_generated(family: Family) -> None:
    word = source_type("", story(family, TOPAZ, camera="Canon"))

    partly = "compositeWithTrainedAlgorithmicMedia"
    assert word == (partly if family in INVENTING else "algorithmicallyEnhanced")
    assert source_type("", story(family, PLAIN, camera="Canon")) is None
    assert source_type("", story(family, camera="Canon")) is None


@pytest.mark.parametrize("family", list(Family))
def test_a_generated_picture_stays_generated(family: Family) -> None:
    assert source_type("trainedAlgorithmicMedia", story(family, TOPAZ)) is None, "its word stays"
    assert source_type("", story(family, TOPAZ, generator="x")) == "trainedAlgorithmicMedia"


def test_only_captures_are_called_enhanced() -> None:
    for stated in CAPTURES:
        assert source_type(stated, story(Family.TEXT, TOPAZ)) == "algorithmicallyEnhanced"
    for stated in ("digitalArt", "screenCapture", "compositeWithTrainedAlgorithmicMedia"):
        assert source_type(stated, story(Family.CORE, TOPAZ)) is None
    for family, marks, word in (
        (Family.CGI, {}, None),
        (Family.CORE, {"renderer": "Blender"}, None),
        (Family.TEXT, {"scan": "x"}, "algorithmicallyEnhanced"),
        (Family.CORE, {}, "algorithmicallyEnhanced"),
    ):
        assert source_type("", story(family, TOPAZ, **marks)) == word
