"""What `check` says of messages and measures: whether they could leave. Sends nothing."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from upscaled.cli.check_roots import fault, write_faults
from upscaled.core.settings import Settings
from upscaled.edge import heartbeat, notify
from upscaled.errors import Fault, UpscaledError


def night_faults(settings: Settings, path: Path) -> Iterator[Fault]:
    """Yield what keeps messages and measures from leaving at all; shows no address."""
    command = settings.notify.notify_command
    if command and shutil.which(command[0]) is None:
        expected = ("a program that can be run", "it is not there, or not executable")
        yield fault(path, "notify.notify_command", Path("(not shown)"), expected)
    file = settings.notify.urls_file
    if file is not None and not os.access(file, os.R_OK):
        yield fault(path, "notify.urls_file", file, ("a file that can be read", ""))
    textfile = settings.metrics.textfile
    if textfile is not None:
        yield from write_faults(path, "metrics.textfile", textfile.parent)


def night_warnings(settings: Settings) -> Iterator[str]:
    """Yield what will probably not do what the person wants."""
    table = settings.notify
    try:
        heartbeat.find_url(table.heartbeat_url.get_secret_value())
        urls = notify.find_urls(table.urls_file)
    except UpscaledError as error:
        yield error.message
        return
    if urls and not notify.has_apprise():
        schemes = ", ".join(notify.schemes(urls))
        yield (
            f"messages: there are addresses ({schemes}), but Apprise is not installed: "
            ".venv/bin/pip install --require-hashes -r lock/notify.txt"
        )
    elif urls and (unknown := notify.unknown(urls)):
        yield f"messages: {unknown} of {len(urls)} addresses are none that Apprise knows"
    if table.urls_file is not None and table.urls_file.stat().st_mode & 0o077:
        yield f"{table.urls_file} holds secrets and others may read it: chmod 600"
