"""Completion and manual say what the parser knows; the shells themselves agree."""

import re
import subprocess
from pathlib import Path

import pytest

from long_ledgers import fill, job_id
from place import Place
from upscaled.cli import words
from upscaled.cli.completion import IDS, SCRIPTS, verbs
from upscaled.cli.main import main, make_parser, verbs_of
from upscaled.cli.manual import page

_WANTED_HELP = {"run", "status", "jobs", "show", "retry", "cancel", "submit", "plan", "prune"}


@pytest.mark.parametrize("shell", sorted(SCRIPTS))
def test_a_script_names_every_verb_and_every_option(shell: str) -> None:
    script = SCRIPTS[shell](verbs())
    for name, parser in verbs_of(make_parser()).items():
        assert re.search(rf"\b{name}\b", script), name
        for action in parser._actions:  # noqa: SLF001 - argparse has no other way to ask for them
            for option in action.option_strings:
                dashes = {1: "-s ", 2: "-l "}[len(option) - len(option.lstrip("-"))]
                spelled = dashes + option.lstrip("-") if shell == "fish" else option
                assert spelled in script, (name, option)


def test_every_argument_has_its_help_and_every_verb_more_than_a_line() -> None:
    for name, parser in verbs_of(make_parser()).items():
        for action in parser._actions:  # noqa: SLF001 - as above
            assert action.help, (name, action.dest)
    assert set(words.VERBS) <= set(verbs_of(make_parser()))
    assert set(words.VERBS) >= _WANTED_HELP


def test_each_example_is_one_that_the_parser_takes() -> None:
    parser = make_parser()
    for name, about in words.VERBS.items():
        for typed, _ in about.examples:
            plain = re.split(r" [|>] ", typed)[0].split()
            assert parser.parse_args(plain).command == name, typed


def test_where_an_id_is_meant_ids_are_offered() -> None:
    told = verbs()
    for name in ("show", "retry", "cancel", "accept", "reject", "redo"):
        assert told[name].places == IDS, name
    assert told["classify"].places == "file"
    assert "budget" in told["explain"].words


def test_the_manual_tells_every_verb_code_and_place() -> None:
    text = page()
    for name in verbs_of(make_parser()):
        assert f"\n.SS {name}\n" in text
    for section in ("EXIT STATUS", "FILES", "ENVIRONMENT", "ERROR CODES", "HOLD WORDS"):
        assert f"\n.SH {section}\n" in text
    assert not re.search(r"^(?:'|\.(?!TH|SH|SS|B |TP|PP|RS|RE))", text, re.MULTILINE)


def test_explain_tells_one_word_or_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "too_small"]) == 0
    assert "upscaled plan FILE --target NAME" in capsys.readouterr().out
    assert main(["explain"]) == 0
    assert "withdrawn" in capsys.readouterr().out
    assert main(["explain", "budgt"]) == 2
    assert "budget" in capsys.readouterr().err


def _run(*command: str, place: Place) -> str:
    done = subprocess.run(
        command, env=place.environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, (command, done.stderr)
    assert done.stderr == "", command
    return done.stdout


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Make a place with a ledger, in which `upscaled` is on the path."""
    made = Place(tmp_path)
    for folder in ("state", "inbox", "bin"):
        made.path(folder).mkdir()
    fill(made.path("state/ledger.sqlite"), str(made.path("inbox")), done=3, unfinished=0).close()
    command = made.path("bin/upscaled")
    command.write_text(f'#!/bin/sh\nexec {made.command()[0]} -m upscaled "$@"\n')
    command.chmod(0o755)
    made.environment["PATH"] = f"{command.parent}:{made.environment['PATH']}"
    made.environment["UPSCALED_CONFIG"] = str(made.config)
    made.environment["HOME"] = str(tmp_path)
    for shell, script in SCRIPTS.items():
        made.path(f"script.{shell}").write_text(script(verbs()))
    return made


_BASH = """
source {script}
COMP_WORDS=(upscaled {words}); COMP_CWORD={last}; _upscaled; printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.system
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (("sho",), {"show"}),
        (("jobs", "--state", "he"), {"held"}),
        (("redo", "--model", "re"), {"recover", "redefine"}),
        (("show", job_id(2)[:8]), {job_id(2)}),
    ],
)
def test_bash_and_fish_offer_what_may_follow(
    place: Place, typed: tuple[str, ...], offered: set[str]
) -> None:
    told = _BASH.format(script=place.path("script.bash"), words=" ".join(typed), last=len(typed))
    assert set(_run("bash", "-c", told, place=place).split()) == offered
    asked = f"source {place.path('script.fish')}; complete -C 'upscaled {' '.join(typed)}'"
    lines = _run("fish", "-c", asked, place=place).splitlines()
    assert {line.split("\t")[0] for line in lines} == offered


@pytest.mark.system
def test_zsh_takes_its_script_and_the_manual_renders_without_a_warning(place: Place) -> None:
    _run("zsh", "-n", str(place.path("script.zsh")), place=place)
    known = f"autoload -U compinit; compinit -u -D; source {place.path('script.zsh')}"
    told = _run("zsh", "-f", "-c", f"{known}; print $_comps[upscaled]", place=place)
    assert told.strip() == "_upscaled"
    manual = place.path("upscaled.1")
    manual.write_text(page())
    assert _run("mandoc", "-T", "lint", "-W", "warning", str(manual), place=place) == ""
    shown = _run("groff", "-man", "-ww", "-Tutf8", str(manual), place=place)
    assert "every fault is told" in shown
