"""The README's written parts. `python tests/house/test_readme.py` writes them anew."""

import re
from pathlib import Path

import pytest

from upscaled.core.glossary import CODES, HOLDS, blocks, refreshed
from upscaled.nouns import Code, Hold

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
LINK = re.compile(r"\]\((?!https?://|#)([^)]+)\)")


def test_every_error_code_and_hold_word_has_its_meaning() -> None:
    assert set(CODES) == set(Code)
    assert set(HOLDS) == set(Hold)


@pytest.mark.parametrize("name", list(blocks()))
def test_the_readme_holds_each_written_part_once(name: str) -> None:
    text = README.read_text("utf-8")
    assert text.count(f"<!-- {name} -->") == text.count(f"<!-- /{name} -->") == 1


def test_the_readme_is_as_the_program_says_it() -> None:
    text = README.read_text("utf-8")
    assert text == refreshed(text), "stale: run python tests/house/test_readme.py"


def test_a_stale_part_would_be_noticed() -> None:
    text = README.read_text("utf-8")
    assert refreshed(text.replace("seen --> taken", "seen --> done")) == text


@pytest.mark.parametrize("page", ["README.md", "daemon/README.md", "tests/README.md"])
def test_every_link_to_a_file_leads_somewhere(page: str) -> None:
    path = ROOT / page
    targets = LINK.findall(path.read_text("utf-8"))
    assert [one for one in targets if not (path.parent / one).exists()] == []


if __name__ == "__main__":
    README.write_text(refreshed(README.read_text("utf-8")), "utf-8")
