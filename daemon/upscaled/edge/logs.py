"""Structured lines: pretty on a terminal, JSON otherwise, always on stderr."""

import logging
import sys

import structlog


def configure(*, quiet: bool = False) -> None:
    """Set up structlog for this process; `quiet` leaves only warnings (the live table speaks)."""
    on_terminal = sys.stderr.isatty()
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer()
    )
    _take_over(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.WARNING if quiet else logging.INFO
        ),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


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
