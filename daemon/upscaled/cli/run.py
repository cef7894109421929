"""`upscaled run`: the daemon in the foreground."""

import argparse
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from upscaled.cli.config import config_path, settings_of
from upscaled.cli.window.beside import window_beside
from upscaled.daemon import Daemon, Shown
from upscaled.edge.logs import configure
from upscaled.edge.service import Service
from upscaled.edge.signals import tell_where
from upscaled.house import opened

START_SECONDS = 300.0
"""How long one part of the start may take before systemd gives it up."""


def run(arguments: argparse.Namespace) -> int:
    """Watch, work and deliver until stopped, or until idle."""
    on_terminal = sys.stdout.isatty() and sys.stderr.isatty()
    configure(quiet=on_terminal, form=arguments.log_format)
    tell_where()
    table = _table if on_terminal else nullcontext
    service = Service.of(os.environ)
    starting = partial(service.starting, seconds=START_SECONDS)
    with opened(settings_of(arguments), config_path(arguments), starting) as house:
        starting("Takes up every job.")
        daemon = Daemon(house, service)
        with window_beside(house.settings, config_path(arguments)), table() as shown:
            return daemon.run(until_idle=arguments.until_idle, shown=shown)


def _table() -> AbstractContextManager[Shown]:
    from upscaled.cli.live import live_table  # noqa: PLC0415 - only a terminal needs rich

    return live_table()
