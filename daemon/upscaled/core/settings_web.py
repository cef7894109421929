"""The table of the window in a browser."""

import re
from typing import Annotated

from pydantic import PlainValidator

from upscaled.core.settings_base import Table, key
from upscaled.core.settings_types import Expect, WindowListen

LEAST_TOKEN = 20
"""Characters: as many random letters are beyond guessing, a password that somebody chose is not."""
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def token_problem(token: str) -> str:
    """Say why a token opens too easily; empty where it does not. Repeats no part of it."""
    short = len(token) < LEAST_TOKEN
    return f"it has {len(token)} characters, at least {LEAST_TOKEN} are needed" if short else ""


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError("an array of names")  # noqa: TRY004 - pydantic collects ValueError only
    for one in value:
        if not isinstance(one, str) or not _NAME.fullmatch(one.lower()):
            raise ValueError("a name alone, without https://, port or path")
    return tuple(dict.fromkeys(one.lower() for one in value))


Names = Annotated[
    tuple[str, ...],
    PlainValidator(_names),
    Expect('an array of names such as ["upscaled.studio.example"]'),
]


class Web(Table):
    """
    A page to watch, compare and decide; needs the extra web. A change takes a restart.

    From other machines it wants a token: $UPSCALED_WEB_TOKEN or the credential web_token.
    """

    listen: WindowListen = key("", '"127.0.0.1:8642"; empty: no window')
    names: Names = key(
        [], "names under which a proxy that speaks TLS brings people here; they need the token too"
    )
