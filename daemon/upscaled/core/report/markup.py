"""
The smallest parts of the page. Whatever comes from outside passes through here and stays text.

Every value of a tag is escaped, in quotes, and made of printable characters only.
"""

import base64
import re
from collections.abc import Sequence
from html import escape

from upscaled.core.report.words import plain

Html = str
"""Markup of ours: strangers' words in it are escaped."""


_TYPED = re.compile("`([^`<>]{1,120})`")


def text(words: str) -> Html:
    """Return words as text."""
    return escape(plain(words))


def named(path: str) -> Html:
    """Return a path with its name set apart; the direction of its letters ends with it."""
    folder, slash, name = path.rpartition("/")
    before = f'<span class="dir">{text(folder + slash)}</span>' if slash else ""
    return f"<bdi>{before}{text(name)}</bdi>"


def tag(name: str, inner: Html, *, kind: str = "", **values: str | float) -> Html:
    """Return an element; `kind` is its class, an underscore in a value's name a hyphen."""
    own = {"class": kind} if kind else {}
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(str(value))}"'
        for key, value in (own | values).items()
    )
    return f"<{name}{said}>{inner}</{name}>"


def prose(words: str) -> Html:
    """Return sentences of ours: what stands in `backticks` is something to type."""
    return _TYPED.sub(r"<code>\1</code>", text(words))


def paragraph(words: str, kind: str = "") -> Html:
    """Return a paragraph of sentences, nothing where there are none."""
    return tag("p", prose(words), kind=kind) if words else ""


def image(data: bytes, alt: str, kind: str = "") -> Html:
    """Return a WebP picture that lies in the page itself."""
    inside = base64.b64encode(data).decode()
    own = f' class="{kind}"' if kind else ""
    return f'<img{own} src="data:image/webp;base64,{inside}" alt="{text(alt)}">'


def table(head: tuple[str, ...], rows: Sequence[tuple[Html, ...]], says: str) -> Html:
    """
    Return a table with its caption; the first cell of a row heads the row.

    It may be wider than a phone, so it scrolls by itself and can be reached by the keyboard.
    """
    top = "".join(tag("th", text(one), scope="col") for one in head)
    body = "".join(
        tag("tr", tag("th", row[0], scope="row") + "".join(tag("td", one) for one in row[1:]))
        for row in rows
    )
    made = (
        f'<table><caption class="unseen">{text(says)}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    )
    return tag("div", made, kind="wide", role="region", aria_label=says, tabindex=0)


def section(key: str, title: str, inner: Html, number: int | None = None) -> Html:
    """Return a part of the page under its heading; `key` is what links lead to."""
    shown = "" if number is None else f" <small>{number:,}</small>"
    head = f'<h2 id="{key}">{text(title)}{shown}</h2>'
    return f'<section aria-labelledby="{key}" class="part">{head}{inner}</section>\n'
