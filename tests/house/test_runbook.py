"""The runbook is whole, true to the program, and says what the hints say."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

from upscaled.cli.main import make_parser, verbs_of
from upscaled.core.runbook import FAILURES, WAITS, entry_of, page, text_of
from upscaled.nouns import Code, Hold

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/runbook.md"
SOURCE = ROOT / "daemon/upscaled"
TYPED = re.compile(r"`upscaled (\w+)")


def test_every_code_and_every_hold_has_its_entry() -> None:
    assert set(FAILURES) == set(Code)
    assert set(WAITS) == set(Hold)


def test_the_page_is_as_the_program_says_it() -> None:
    assert PAGE.read_text("utf-8") == page(), "stale: run python tests/house/test_runbook.py"


@pytest.mark.parametrize("word", [*Code, *Hold])
def test_each_command_of_an_entry_is_one_that_the_program_knows(word: str) -> None:
    parser = make_parser()
    known = set(verbs_of(parser))
    for command in entry_of(word)[2].commands:
        program, verb, *rest = command.split()
        if program == "upscaled":
            assert verb in known, command
            values = {"FAMILY": "core", "NAME": "4k"}
            parser.parse_args([verb, *(values.get(one, one) for one in rest)])
        else:
            assert program == "systemctl"


def test_an_entry_as_text_says_all_of_it_and_an_unknown_word_names_the_nearest() -> None:
    text = text_of("budget")
    assert text.startswith("held: budget\n")
    assert "  upscaled resume" in text
    with pytest.raises(KeyError, match="budget"):
        entry_of("budgt")


def hinted() -> dict[str, set[str]]:
    """Return the commands that hints name in the sources, by error code."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                said = ast.unparse(node)
                name = ast.unparse(node.func)
                code = re.search(r"Code\.([A-Z_]+)", said)
                if code and name in {"Aside", "Trouble"}:
                    found[Code[code[1]].value] |= set(TYPED.findall(said))
    return found


def test_what_a_hint_tells_to_type_stands_in_the_runbook_too() -> None:
    hints = hinted()
    assert hints["truncated"] == {"retry"}  # the look into the sources sees something
    for code, verbs in hints.items():
        typed = " ".join(entry_of(code)[2].commands)
        missing = {verb for verb in verbs if f"upscaled {verb}" not in typed}
        assert not missing, (code, missing)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
