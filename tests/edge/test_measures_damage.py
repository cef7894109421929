"""Ladders of known blur, noise, compression and enlargement, and what the measures say of them."""

from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFilter

from drawn_scenes import enlarged, noisy, pressed, scene
from edge.test_measures import features, seen
from judge_pictures import encoded
from upscaled.edge.pictures.examine import examine
from upscaled.edge.pictures.look import gatherer_for, luma
from upscaled.edge.pictures.measures import measure
from upscaled.edge.pictures.measures_jpeg import GRID_SEEN

SEEDS = (1, 2)
drawn = cache(scene)


def rising(values: list[float], slack: float = 0.0) -> bool:
    return all(two >= one - slack for one, two in pairwise(values))


@pytest.mark.parametrize("seed", SEEDS)
def test_noise_in_a_scene_is_measured_within_a_fifth_and_never_falls(seed: int) -> None:
    sigmas = (2, 4, 8, 16)
    found = [features(noisy(drawn(seed=seed), sigma))["noise"] for sigma in sigmas]

    assert found == pytest.approx(sigmas, rel=0.2)
    assert rising([features(drawn(seed=seed))["noise"], *found])


@pytest.mark.parametrize("seed", SEEDS)
def test_grey_noise_is_grain_and_no_colour_noise(seed: int) -> None:
    found = [features(noisy(drawn(seed=seed), sigma)) for sigma in (0, 2, 4, 8, 16)]

    assert rising([one["lnoise"] for one in found])
    assert all(one["cnoise"] < 0.3 for one in found)


@pytest.mark.parametrize("seed", SEEDS)
def test_colour_noise_grows_with_its_sigma(seed: int) -> None:
    found = [
        features(noisy(drawn(seed=seed), sigma, colour=True))["cnoise"] for sigma in (0, 2, 4, 8)
    ]

    assert rising(found)
    assert found[2] == pytest.approx(2 * found[1], rel=0.1)  # linear: twice the noise, twice this
    assert found[3] == pytest.approx(4 * found[1], rel=0.1)


@pytest.mark.parametrize(("noise", "tolerance"), [(0, 0.16), (5, 0.25)])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_effective_resolution_tells_how_far_a_scene_was_enlarged(
    seed: int, noise: float, tolerance: float
) -> None:
    factors = (1, 1.5, 2, 3, 4)
    found = [
        features(noisy(enlarged(drawn(seed=seed), factor), noise))["r_eff"] for factor in factors
    ]

    assert found == pytest.approx([0.94, 0.72, 0.54, 0.36, 0.27], rel=tolerance)
    assert rising(found[::-1], slack=0.02)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_step_of_blur_lowers_resolution_and_edges(seed: int) -> None:
    blurred = [
        features(drawn(seed=seed).filter(ImageFilter.GaussianBlur(sigma)))
        for sigma in (0, 0.6, 1, 2, 4)
    ]

    for name, slack in (("r_eff", 0.0), ("edgew_best", 0.01)):
        assert rising([one[name] for one in blurred][::-1], slack)
    resolution = [one["r_eff"] for one in blurred]
    assert resolution[2] == pytest.approx(0.48, abs=0.06)
    assert resolution[3] == pytest.approx(0.22, abs=0.04)
    assert blurred[0]["edgew_best"] > 0.7
    assert blurred[3]["edgew_best"] < 0.3


@pytest.mark.parametrize("quality", [30, 50, 70, 80, 90])
def test_a_jpeg_hidden_in_a_lossless_file_is_seen_up_to_quality_90(quality: int) -> None:
    for seed in SEEDS:
        found = features(pressed(drawn(seed=seed), quality))
        assert (found["jpeg_life"], found["lossless"]) == (1, 0)
        assert found["q_eq"] == pytest.approx(quality, abs=28)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_quality_of_a_hidden_jpeg_follows_its_true_quality(seed: int) -> None:
    qualities = (30, 50, 60, 70, 80, 85, 90)
    found = [features(pressed(drawn(seed=seed), quality))["q_eq"] for quality in qualities]

    assert rising(found)


@pytest.mark.parametrize("seed", range(5))
def test_what_never_was_a_jpeg_is_not_called_one(seed: int) -> None:
    one = scene(400, 304, seed)

    for image in (one, noisy(one, 6, colour=True), enlarged(one, 2), enlarged(one, 1.5)):
        assert features(image)["grid"] < GRID_SEEN


def test_a_jpeg_that_was_cropped_off_its_grid_is_seen_all_the_same() -> None:
    cropped = pressed(drawn(seed=1), 70).crop((3, 5, 500, 390))

    assert features(cropped)["jpeg_life"] == 1


@pytest.mark.parametrize("quality", [40, 75, 95])
def test_a_jpegs_own_tables_bound_its_quality(quality: int, tmp_path: Path) -> None:
    found = examine(_file(tmp_path, encoded(drawn(seed=2), "JPEG", quality=quality)))

    # never better than its tables; at most halfway to what the pixels look like
    assert quality - 15 <= found.features["q_eq"] <= quality


def test_a_well_saved_copy_of_a_bad_jpeg_is_judged_halfway(tmp_path: Path) -> None:
    twice = encoded(pressed(drawn(seed=1), 30), "JPEG", quality=95, subsampling=0)

    assert 45 < examine(_file(tmp_path, twice)).features["q_eq"] < 75


def test_a_picture_in_strips_gives_the_small_copy_of_the_whole() -> None:
    image = enlarged(drawn(seed=1), 9)  # large enough for boxes before the kernel
    data = np.asarray(image)
    strips = gatherer_for(*image.size)
    for y in range(0, image.height, 512):
        strips.take(data[y : y + 512])
    parts, whole = strips.look(), seen(image)

    assert abs(parts.small.shape[0] - whole.small.shape[0]) <= 1
    height, width = np.minimum(parts.small.shape[:2], whole.small.shape[:2])
    apart = np.abs(luma(parts.small)[:height, :width] - luma(whole.small)[:height, :width])
    assert apart.mean() < 1
    assert len(parts.tiles) <= 128
    assert measure(parts)["edgew_best"] == pytest.approx(measure(whole)["edgew_best"], rel=0.1)


def _file(folder: Path, data: bytes) -> Path:
    file = folder / "drawn"
    file.write_bytes(data)
    return file
