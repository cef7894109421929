"""`upscaled run`: the daemon in the foreground."""

import argparse
import sys
from contextlib import AbstractContextManager, nullcontext

from upscaled.cli.config import config_path, settings_of
from upscaled.daemon import Daemon, Shown
from upscaled.edge.logs import configure
from upscaled.house import opened


def run(arguments: argparse.Namespace) -> int:
    """Watch, work and deliver until stopped, or until idle."""
    on_terminal = sys.stdout.isatty() and sys.stderr.isatty()
    configure(quiet=on_terminal)
    table = _table if on_terminal else nullcontext
    with opened(settings_of(arguments), config_path(arguments)) as house:
        daemon = Daemon(house)
        with table() as shown:
            return daemon.run(until_idle=arguments.until_idle, shown=shown)


def _table() -> AbstractContextManager[Shown]:
    from upscaled.cli.live import live_table  # noqa: PLC0415 - only a terminal needs rich

    return live_table()
