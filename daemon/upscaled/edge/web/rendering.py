"""Pages from templates. Everything is escaped by itself; the words come from the report."""

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from upscaled.core.report.words import lasting, plain, sentence, size
from upscaled.edge.web.guarding import Keys

HERE = Path(__file__).parent
FRAGMENT = "x-fragment"
"""Our script asks for the middle of a page alone, to put it in place of the old one."""


class Pages:
    """Draws pages. `keys` for the forms' forgery token."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.filters |= {
            "plain": plain,
            "usd": usd,
            "size": size,
            "lasting": lasting,
            "when": when,
            "named": named,
            "sentence": sentence,
            "percent": lambda share: f"{share:.0%}",
        }

    def page(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        """Return a page, or its middle alone where our script asks for that."""
        opened = self._keys.opens(request.headers)
        fragment = request.headers.get(FRAGMENT) == "1"
        html = self._templates.get_template(template).render(
            layout="fragment.html" if fragment else "base.html",
            path=request.url.path,
            forgery=self._keys.forgery if opened else "",
            locked=bool(self._keys.token) and opened,
            **values,
        )
        return HTMLResponse(html, status)


def usd(amount: float | None) -> str:
    """Return dollars as people read them: cents, and more only where they are not zero."""
    if amount is None:
        return ""
    text = f"{abs(amount):.4f}"
    return ("-" if amount < 0 else "") + "$" + text.removesuffix("00")


def when(at: str | None) -> Markup:
    """Return a moment; the script shows it in the reader's zone."""
    if not at:
        return Markup("")
    moment = datetime.fromisoformat(at)
    return Markup('<time datetime="{}">{}</time>').format(at, f"{moment:%Y-%m-%d %H:%M} UTC")


def named(path: str) -> Markup:
    """Return a path with its name set apart; the direction of its letters ends with it."""
    folder, slash, name = plain(path).rpartition("/")
    return Markup('<bdi class="path"><span class="dir">{}</span>{}</bdi>').format(
        folder + slash, name
    )
