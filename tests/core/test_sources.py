"""What a plan says of its source before anything is spent."""

from typing import Any

import pytest

from orders import FOUR_K, probe, shipped, verdict
from upscaled.core.draft import PlanRequest
from upscaled.core.plan import make_plan
from upscaled.core.sources import MOST_PNG_BYTES, journey_format
from upscaled.nouns import Format, Order, Plan


def plan(order: Order = FOUR_K, **facts: Any) -> Plan:
    return make_plan(
        PlanRequest(
            probe=probe(1600, 1200, **facts),
            verdict=verdict(),
            order=order,
            catalogue=shipped("unified"),
        )
    )


def test_what_the_look_at_a_source_told_stands_first_in_the_notes() -> None:
    assert plan(told=("Its light is shown so.",)).notes[:2].count("Its light is shown so.") == 1


def test_a_doubt_about_the_source_sends_the_result_to_review_with_its_reason() -> None:
    doubted = plan(doubt="Its last pages are empty.")

    assert doubted.review
    assert doubted.review_reason == "Its last pages are empty."
    assert not plan().review


@pytest.mark.parametrize("icc", ["ProPhoto RGB", "ROMM RGB: ISO 22028-2:2013"])
def test_wide_numbers_in_eight_bits_are_spoken_of(icc: str) -> None:
    assert any("may show steps" in note for note in plan(icc=icc, bits=16).notes)
    assert not any("may show steps" in note for note in plan(icc="Adobe RGB (1998)").notes)


def test_a_journey_is_lossless_while_the_service_surely_takes_it() -> None:
    assert journey_format(12_000, 12_000, 3) is Format.PNG
    assert journey_format(13_000, 13_000, 3) is Format.JPEG
    assert MOST_PNG_BYTES < 500_000_000
