"""What the report's tests share: values to tell of, and a reader of the page."""

from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

from upscaled.core.report.page import page
from upscaled.core.report.values import Line, Report, Span, Tally

BERLIN = ZoneInfo("Europe/Berlin")
UNTIL = datetime(2025, 3, 3, 6, tzinfo=BERLIN)
SPAN = Span(since=UNTIL - timedelta(hours=8), until=UNTIL, zone="Europe/Berlin")
LINE = Line(job="1a", path="4k/a.jpg", word="done", at=UNTIL, folder="4k")
SMALL = bytes.fromhex("52494646") + b"a small picture"
HOSTILE = (
    "<img src=x onerror=alert(1)>.png",
    '"><script>alert(1)</script>.png',
    "' onmouseover='alert(1).png",
    "]]></style><svg onload=alert(1)>.png",
    "gnp.\N{RIGHT-TO-LEFT OVERRIDE}exe.png",
    "javascript:alert(1)//&quot;.png",
    "line\nbreak\t\x1b[31mred\x00.png",
    "half \udcff name.png",
    "--><!--.png",
)


def report(*lines: Line, **more: object) -> Report:
    """Return a report of these lines, counted as they are."""
    counts = {
        word: sum(line.word == word for line in lines) for word in ("done", "review", "failed")
    }
    whole = Report(
        span=SPAN,
        made_at=UNTIL,
        engine="fal",
        lines=lines,
        tally=Tally(came=len(lines), **counts),
    )
    return replace(whole, **more)  # type: ignore[arg-type]


def written(made: Report) -> str:
    """Return the page's text; every picture in it is `SMALL`."""
    return "".join(page(made, lambda _job, _name: SMALL))


class Page(HTMLParser):
    """Collects tags, attributes and text; fails where tags are not closed or start something."""

    VOID = ("meta", "img", "br", "path", "rect")

    def __init__(self, made: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []
        self.alts: list[str] = []
        self.text = ""
        self.feed(made)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, its links, and that it starts nothing."""
        said = dict(attrs)
        self.tags.append(tag)
        self.links += [said[name] or "" for name in ("src", "href") if name in said]
        self.alts += [said["alt"] or ""] if tag == "img" else []
        self.headings += [int(tag[1])] if tag in {"h1", "h2", "h3", "h4"} else []
        assert not [name for name in said if name.startswith("on") or name == "style"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag of an SVG that closes itself."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Close the tag that is open."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Collect what a person reads."""
        if self.open[-1:] != ["style"]:
            self.text += data


def read(made: Report) -> Page:
    """Return the page as a person meets it."""
    return Page(written(made))
