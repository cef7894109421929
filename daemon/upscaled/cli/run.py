"""`upscaled run`: the daemon in the foreground."""

import argparse
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from upscaled.cli.config import config_path, settings_of
from upscaled.cli.window.beside import window_beside
from upscaled.core.report import plain
from upscaled.core.settings import Settings
from upscaled.daemon import Shown
from upscaled.edge.logs import configure
from upscaled.edge.service import Service
from upscaled.edge.signals import HangUps, tell_where
from upscaled.house import opened
from upscaled.serving import Serving

START_SECONDS = 300.0
"""How long one part of the start may take before systemd gives it up."""


def run(arguments: argparse.Namespace) -> int:
    """Watch, work and deliver until stopped, or until idle."""
    on_terminal = sys.stdout.isatty() and sys.stderr.isatty()
    configure(quiet=on_terminal, form=arguments.log_format)
    tell_where()
    table = _table if on_terminal else nullcontext
    service, hang_ups = Service.of(os.environ), HangUps()
    starting = partial(service.starting, seconds=START_SECONDS)
    # On a terminal SIGHUP says that it is gone, and ends us as it ends any program there.
    with (
        nullcontext() if on_terminal else hang_ups.heard(),
        opened(settings_of(arguments), config_path(arguments), starting) as house,
    ):
        starting("Takes up every job.")
        serving = Serving(house, config_path(arguments), hang_ups, service)
        if on_terminal:
            print(greeting(house.settings, house.tools.engine), file=sys.stderr)
        beside = window_beside(house.settings, config_path(arguments))
        with beside as window, table() as shown:
            serving.reloaded, serving.leaving = window.again, window.leave
            return serving.run(until_idle=arguments.until_idle, shown=shown)


def greeting(settings: Settings, engine: str) -> str:
    """Return what a person at a terminal is told first: where pictures go, and how it ends."""
    means = "plain resampling here, costs nothing" if engine == "local" else "paid for"
    lines = [f"  {plain(str(watch.inbox / '4k'))}" for watch in settings.watch]
    head = f"Engine {engine} ({means}). Drop pictures into a folder that names their target:"
    return "\n".join([head, *lines, "Ctrl-C ends it; what is begun goes on with the next start."])


def _table() -> AbstractContextManager[Shown]:
    from upscaled.cli.live import live_table  # noqa: PLC0415 - only a terminal needs rich

    return live_table()
