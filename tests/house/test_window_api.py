"""Everything that the window's OpenAPI document allows is asked of it; nothing breaks it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from place import REPOSITORY, Place, photo
from windows import free_address, open_window

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

ASKS = REPOSITORY / "build" / "api-parts" / "bin" / "st"
CHECKS = (
    "not_a_server_error,content_type_conformance,response_schema_conformance,unsupported_method"
)


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    photo(place.path("inbox/hd/a.jpg"), (1200, 800))
    yield place
    place.end()


def test_no_request_that_the_document_allows_breaks_it(window: Place, tmp_path: Path) -> None:
    assert ASKS.exists(), "no schemathesis: run sh tests/system-parts"
    address = open_window(window, free_address())
    done = subprocess.run(
        [ASKS, "run", f"{address}/api/v1/openapi.json", "--checks", CHECKS, "--max-time", "40"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert "Tested: 18" in done.stdout, done.stdout[-2000:]
