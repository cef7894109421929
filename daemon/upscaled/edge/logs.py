"""
Structured lines on stderr: pretty on a terminal, for the journal under systemd, else JSON.

The journal knows time and unit by itself, so there a line carries only its weight, as sd-daemon(3)
wants it (`<4>`), and its facts.
"""

import json
import logging
import os
import sys
from collections.abc import Mapping
from typing import Any, Literal, TextIO, get_args

import structlog

Format = Literal["auto", "console", "json", "logfmt", "journal"]
FORMATS: tuple[str, ...] = get_args(Format)
_WEIGHTS = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
_FACTS = structlog.processors.LogfmtRenderer(key_order=["event"], bool_as_flag=False)
_LOGFMT = structlog.processors.LogfmtRenderer(
    key_order=["timestamp", "level", "event"], bool_as_flag=False
)


def configure(*, quiet: bool = False, form: str = "auto") -> None:
    """
    Set up structlog for this process; `quiet` leaves only warnings (the live table speaks).

    `form` is one of `FORMATS`.
    """
    if form == "auto":
        form = chosen(sys.stderr, os.environ)
    stamped = [] if form == "journal" else [structlog.processors.TimeStamper(fmt="iso", utc=True)]
    _take_over(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            *stamped,
            structlog.processors.format_exc_info,
            *_RENDERERS[form],
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.WARNING if quiet else logging.INFO
        ),
        logger_factory=structlog.PrintLoggerFactory(file=_Stderr()),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )


class _Stderr:
    """Whatever standard error is at the moment: loggers live longer than a test's capture of it."""

    def write(self, text: str) -> int:
        """Write to it."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Write it out."""
        sys.stderr.flush()


def chosen(stream: TextIO, environ: Mapping[str, str]) -> str:
    """Return the format that suits a stream: the journal's own, a terminal's, else JSON."""
    if environ.get("JOURNAL_STREAM") and environ["JOURNAL_STREAM"] == _device(stream):
        return "journal"
    return "console" if stream.isatty() else "json"


def _device(stream: TextIO) -> str:
    """Return a stream's device and inode, as systemd names the journal's in $JOURNAL_STREAM."""
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return ""
    return f"{found.st_dev}:{found.st_ino}"


def _flat(_logger: object, _name: str, event: structlog.typing.EventDict) -> dict[str, Any]:
    """Bring tables and lists into one line: `stages.taken=0.2`, `models=["a"]`."""
    flat: dict[str, Any] = {}
    for key, value in event.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{inner}".replace(" ", "_"): one for inner, one in value.items()}
        else:
            flat[key] = json.dumps(value) if isinstance(value, list | tuple) else value
    return flat


def _journal(logger: object, name: str, event: structlog.typing.EventDict) -> str:
    weight = _WEIGHTS.get(str(event.pop("level", "info")), 6)
    return f"<{weight}>{_FACTS(logger, name, event)}"


_RENDERERS: dict[str, list[structlog.typing.Processor]] = {
    "console": [structlog.dev.ConsoleRenderer()],
    "json": [structlog.processors.JSONRenderer()],
    "logfmt": [_flat, _LOGFMT],
    "journal": [_flat, _journal],
}


class _ToStructlog(logging.Handler):
    """Libraries' own warnings, as one more structured line."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().warning("library_said", by=record.name, said=record.getMessage())


def _take_over(level: int) -> None:
    """Catch what libraries log; httpx at INFO would write addresses of people's pictures."""
    root = logging.getLogger()
    root.handlers[:] = [_ToStructlog()]
    root.setLevel(level)
    # Its emitters say so whenever they are stopped; there is nothing to do about it.
    logging.getLogger("watchdog.observers.inotify").addFilter(
        lambda record: "thread is inactive" not in record.getMessage()
    )
