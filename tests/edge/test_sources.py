"""Every kind of source, from its bytes to its result: tests the table in docs/sources.md."""

from pathlib import Path

import pytest

from edge.source_kinds import KINDS, Kind
from edge.source_table import DOCUMENT, has, head, row, written


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_cell_of_the_table_of_sources_holds(kind: Kind, tmp_path: Path) -> None:
    if not has(kind):
        pytest.skip(f"{kind.extra} is not installed")

    assert row(kind, tmp_path) == written(kind), "stale: run python tests/edge/source_table.py"


def test_the_table_of_sources_names_every_kind_once_and_nothing_else() -> None:
    lines = DOCUMENT.read_text().removeprefix(head()).splitlines()

    assert DOCUMENT.read_text().startswith(head())
    assert [line.split(" |")[0] for line in lines] == [f"| {kind.name}" for kind in KINDS]
