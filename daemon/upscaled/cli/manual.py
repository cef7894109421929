"""`manual`: the manual page as roff, drawn from the parser and the words of the help."""

import argparse
from collections.abc import Iterable, Iterator

from upscaled import __version__
from upscaled.cli import words
from upscaled.cli.main import DONE, make_parser, print_json, verbs_of
from upscaled.core.glossary import CODES, HOLDS

_WRITTEN = "2026-11-30"
"""A page has a date: of its first printing, so that the same program prints the same page."""
_SEE = "docs/runbook.md, docs/night.md, systemctl(1), journalctl(1)"


def manual(arguments: argparse.Namespace) -> int:
    """Print the page."""
    if arguments.json:
        print_json({"page": page()})
    else:
        print(page(), end="")
    return DONE


def page() -> str:
    """Return upscaled(1)."""
    return "\n".join([*_head(), *_commands(), *_tables(), ""])


def _head() -> Iterator[str]:
    yield f'.TH UPSCALED 1 {_WRITTEN} "upscaled {__version__}" "User Commands"'
    yield from (".SH NAME", r"upscaled \- a watch-folder upscaler that explains itself")
    yield from (".SH SYNOPSIS", ".B upscaled", r"[\fB\-\-config\fR \fIPATH\fR] \fICOMMAND\fR ...")
    yield ".SH DESCRIPTION"
    yield _safe(
        "Pictures dropped into a folder that names a target come out enlarged, explained by a "
        "sidecar, never paid twice; originals are archived."
    )
    yield _safe("Every command that prints data takes --json and then prints JSON alone.")


def _commands() -> Iterator[str]:
    yield ".SH COMMANDS"
    for name, parser in verbs_of(make_parser()).items():
        usage = " ".join(parser.format_usage().removeprefix("usage:").split())
        yield from (f".SS {name}", f".B {_safe(usage)}", ".PP")
        yield _safe(" ".join((parser.description or "").split()))
        for action in parser._actions:  # noqa: SLF001 - argparse has no other way to ask for them
            if action.help and action.dest not in {"help", "json"}:
                yield from (".TP", f".B {_safe(_named(action))}", _safe(action.help))
        about = words.VERBS.get(name)
        for typed, what in about.examples if about else ():
            yield from (".PP", _safe(f"Example, {what}:" if what else "Example:"))
            yield from (".RS", f".B upscaled {_safe(typed)}", ".RE")


def _named(action: argparse.Action) -> str:
    takes = str(action.metavar or "|".join(map(str, action.choices or ())) or "")
    if not action.option_strings:
        return takes or action.dest.upper()
    return " ".join(filter(None, [", ".join(action.option_strings), takes]))


def _tables() -> Iterator[str]:
    codes = ((str(code), means) for code, means in words.CODES)
    yield from _table("EXIT STATUS", codes)
    yield from _table("FILES", words.FILES)
    yield from _table("ENVIRONMENT", words.ENVIRONMENT)
    yield from _table("ERROR CODES", ((code.value, means) for code, means in CODES.items()))
    yield from _table("HOLD WORDS", ((hold.value, means) for hold, means in HOLDS.items()))
    yield from (".SH SEE ALSO", _safe(_SEE))


def _table(title: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield f".SH {title}"
    for left, right in rows:
        yield from (".TP", f".B {_safe(left)}", _safe(right))


def _safe(text: str) -> str:
    """Return text that roff prints as it is; what looks like a request is no request."""
    text = text.replace("\\", r"\e").replace("-", r"\-").replace("~", r"\(ti").replace("^", r"\(ha")
    text = text.replace("`", r"\(ga")
    return rf"\&{text}" if text.startswith((".", "'")) else text
