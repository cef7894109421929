"""Names of results, sidecars and jobs."""

import itertools
import re
import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upscaled.core.names import (
    claims,
    compare_name,
    job_id,
    result_name,
    sidecar_name,
    versions,
)
from upscaled.nouns import Format

stems = st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=300)


def length(name: str) -> int:
    return len(name.encode("utf-8", "surrogatepass"))


def test_a_name_is_kept_and_gets_the_format_of_the_result() -> None:
    assert result_name("Messe Köln 2024.v2", Format.TIFF) == "Messe Köln 2024.v2.tif"
    assert result_name("a", Format.JPEG) == "a.jpg"
    assert sidecar_name("a.tif") == "a.tif.json"
    assert compare_name("a.tif") == "a.tif.compare.png"


def test_a_decomposed_name_is_composed() -> None:
    assert result_name("Ko\u0308ln", Format.PNG) == "K\u00f6ln.png"


def test_a_taken_name_counts_up_before_its_extension() -> None:
    assert list(itertools.islice(versions("a.tif"), 3)) == ["a.tif", "a-2.tif", "a-3.tif"]
    assert list(itertools.islice(versions("no dot"), 2)) == ["no dot", "no dot-2"]


def test_a_long_name_is_shortened_and_ends_in_eight_digits_of_its_hash() -> None:
    name = result_name("ä" * 200, Format.TIFF)

    assert re.fullmatch(r"ä+~[0-9a-f]{8}\.tif", name)
    assert name != result_name("ä" * 199 + "b", Format.TIFF)


def test_a_failed_original_of_the_longest_name_still_gets_its_sidecar() -> None:
    first = next(versions("x" * 251 + ".png"))

    assert re.fullmatch(r"x+~[0-9a-f]{8}\.png", first)


def test_a_name_that_is_no_utf_8_is_counted_in_its_own_bytes() -> None:
    name = result_name("\udcff" * 250, Format.PNG)

    assert len(name.encode("utf-8", "surrogateescape")) <= 255 - len(".compare.png")


def test_a_picture_named_like_our_comparison_does_not_take_its_place() -> None:
    name = result_name("a.tif.compare", Format.PNG)

    assert name != compare_name("a.tif")
    assert name.startswith("a.tif.compare~")


@given(stem=stems, kind=st.sampled_from(Format), count=st.integers(1, 30))
def test_no_name_of_ours_is_ever_too_long_and_no_two_are_alike(
    stem: str, kind: Format, count: int
) -> None:
    names = list(itertools.islice(versions(result_name(stem, kind)), count))
    every = [one for name in names for one in claims(name)]

    assert len(set(every)) == len(every)
    assert all(length(one) <= 255 for one in every)
    assert all(unicodedata.is_normalized("NFC", one) for one in every)
    assert all(name.endswith(kind.extension) for name in names)
    assert not any(one in "/\0" for one in "".join(every))


@given(stem=stems, other=stems, kind=st.sampled_from(Format), second=st.sampled_from(Format))
def test_a_result_never_has_the_name_of_anothers_sidecar(
    stem: str, other: str, kind: Format, second: Format
) -> None:
    name, neighbour = result_name(stem, kind), result_name(other, second)

    assert name not in {sidecar_name(neighbour), compare_name(neighbour)}
    assert not name.endswith(tuple(compare_name(k.extension) for k in Format))


def test_ids_sort_by_time_and_are_short() -> None:
    start = datetime(2026, 11, 22, tzinfo=UTC)
    ids = [job_id(b"\xff\0\1\2\3", start + timedelta(milliseconds=at)) for at in range(5)]

    assert ids == sorted(ids)
    assert len(set(ids)) == 5
    assert all(re.fullmatch(r"[0-9a-z]{17}", one) for one in ids)


def test_the_same_bytes_give_the_same_id() -> None:
    assert job_id(b"abcdefgh") == job_id(b"abcdexyz")
    assert job_id(b"abcde") != job_id(b"abcdf")
    with pytest.raises(ValueError, match="five bytes"):
        job_id(b"abcd")
