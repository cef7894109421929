"""What a clip costs."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import RULES
from upscaled.core.clip_price import Clip, clip_cost, load_clip_prices, price_of
from upscaled.core.price import usd
from upscaled.errors import ConfigError

PRICES = load_clip_prices(tomllib.loads((RULES / "clips.toml").read_text()))
UNIFIED, PRECISION = "fal-ai/topaz/upscale/video", "topaz/upscale/video/precision"
GENERATIVE, CREATIVE = "topaz/upscale/video/generative", "topaz/upscale/video/creative"


def asked(endpoint: str, model: str, size: tuple[int, int], seconds: float, fps: float) -> float:
    rule = price_of(PRICES, endpoint, model)
    assert rule is not None
    return usd(clip_cost(rule, Clip(width=size[0], height=size[1], seconds=seconds, fps=fps)))


@pytest.mark.parametrize(
    ("endpoint", "model", "size", "clip", "dollars"),
    [
        (UNIFIED, "Proteus", (1280, 720), (10, 30), 0.10),
        (UNIFIED, "Proteus", (1920, 1080), (10, 30), 0.20),
        (UNIFIED, "Proteus", (3840, 2160), (10, 30), 0.80),
        (UNIFIED, "Proteus", (3840, 2160), (10, 60), 1.60),
        (UNIFIED, "Gaia 2", (3840, 2160), (10, 30), 0.40),
        (PRECISION, "Proteus", (1280, 720), (10, 24), 0.10),
        (PRECISION, "Proteus", (3840, 2160), (10, 30), 0.60),
        (PRECISION, "Gaia 2", (3840, 2160), (10, 30), 0.30),
        (GENERATIVE, "Starlight Precise 2.6", (1920, 1080), (10, 30), 1.20),
        (GENERATIVE, "Starlight Precise 2.6", (3840, 2160), (10, 30), 2.60),
        (CREATIVE, "", (3840, 2160), (10, 30), 5.00),
        (UNIFIED, "Proteus", (1280, 720), (0.4, 29.97), 0.01),
        (UNIFIED, "Proteus", (1280, 720), (1.0, 30.02), 0.01),
        (UNIFIED, "Proteus", (1280, 720), (1.0, 50), 0.02),
    ],
)
def test_the_published_examples_come_out_to_the_cent(
    endpoint: str, model: str, size: tuple[int, int], clip: tuple[float, float], dollars: float
) -> None:
    assert asked(endpoint, model, size, *clip) == pytest.approx(dollars)


def test_an_endpoint_without_a_rule_has_no_price() -> None:
    assert price_of(PRICES, "topaz/colorize/video") is None


@given(
    width=st.integers(1, 9000),
    height=st.integers(1, 9000),
    seconds=st.floats(0.01, 600),
    fps=st.floats(1, 120),
    more=st.integers(0, 3000),
)
def test_more_never_costs_less(
    width: int, height: int, seconds: float, fps: float, more: int
) -> None:
    for rule in PRICES.values():
        little = clip_cost(rule, Clip(width=width, height=height, seconds=seconds, fps=fps))
        much = Clip(width=width + more, height=height, seconds=seconds + more, fps=fps + more)
        assert 0 < little <= clip_cost(rule, much)


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        ({"seconds": [[1, 0.1]]}, "price.a.endpoint"),
        ({"endpoint": "e"}, "price.a.seconds"),
        ({"endpoint": "e", "seconds": [[2, 0.1], [1, 0.2]]}, "price.a.seconds"),
        ({"endpoint": "e", "seconds": [[1, 0.1]], "fsp": 25}, "price.a.fsp"),
        ({"endpoint": "e", "seconds": [[1, 0.1]], "fps": 0}, "price.a.fps"),
    ],
)
def test_a_rule_that_cannot_be_true_is_refused_by_name(rule: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_clip_prices({"price": {"a": rule}})
    assert [fault.key for fault in refused.value.faults] == [key]
