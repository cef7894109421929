"""`explain`: what an error code or a hold word means, and what one does about it."""

import argparse
from dataclasses import asdict
from typing import Any

from upscaled.cli.main import DONE, print_json, print_text
from upscaled.core.glossary import CODES, HOLDS
from upscaled.core.runbook import entry_of, text_of
from upscaled.errors import UsageError


def explain(arguments: argparse.Namespace) -> int:
    """Print one entry of the runbook, or the list of all words."""
    if arguments.word is None:
        _print_all(as_json=arguments.json)
        return DONE
    try:
        told = _told(arguments.word)
    except KeyError as error:
        raise UsageError(f"{arguments.word} is no code or hold word", error.args[0]) from None
    if arguments.json:
        print_json(told)
    else:
        print_text(text_of(arguments.word))
    return DONE


def _told(word: str) -> dict[str, Any]:
    kind, means, entry = entry_of(word)
    return {"word": word, "kind": kind, "means": means, **asdict(entry)}


def _print_all(*, as_json: bool) -> None:
    if as_json:
        print_json([_told(word) for word in (*CODES, *HOLDS)])
        return
    for title, words in (("failed", CODES), ("held", HOLDS)):
        print_text(f"{title}:")
        for word, means in words.items():
            print_text(f"  {word:<21} {means}")
