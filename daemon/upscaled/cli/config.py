"""
Which configuration a command works with.

What reads and checks it is loaded when it is first asked for: the window is told what holds.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from upscaled.errors import ConfigError

if TYPE_CHECKING:
    from upscaled.core.settings import Settings


def config_path(arguments: argparse.Namespace) -> Path:
    """Return the config file: `--config`, $UPSCALED_CONFIG, ./config.toml, the system's."""
    from upscaled.edge.toml import find_config  # noqa: PLC0415

    return find_config(arguments.config, os.environ, Path.cwd()).absolute()


def settings_of(arguments: argparse.Namespace) -> "Settings":
    """Return the settings; raises `ConfigError` with every fault."""
    from upscaled.edge.toml import load_settings  # noqa: PLC0415

    return load_settings(config_path(arguments))


def settings_in_force(arguments: argparse.Namespace) -> "Settings":
    """
    Return the settings, or those that a daemon works with while the file is faulty.

    What a person needs to look and to act must not depend on a half-edited file. Raises
    `ConfigError` where the file is faulty and no daemon has left its own.
    """
    from upscaled.core.settings import parse_settings  # noqa: PLC0415
    from upscaled.edge.toml import IN_FORCE, load_mapping, load_settings, state_of  # noqa: PLC0415

    path = config_path(arguments)
    try:
        return load_settings(path)
    except ConfigError as error:
        kept = state_of(path) / IN_FORCE
        if not kept.exists():
            raise
        settings = parse_settings(load_mapping(kept), source=path)
        where = error.faults[0].place
        print(f"upscaled: {where} is faulty; this is by the one before", file=sys.stderr)
        return settings


def settings_or_defaults(arguments: argparse.Namespace) -> "Settings":
    """Return the settings, or the defaults where no config was named and none is there."""
    from upscaled.core.settings import parse_settings  # noqa: PLC0415
    from upscaled.edge.toml import load_settings  # noqa: PLC0415

    path = config_path(arguments)
    named = arguments.config or os.environ.get("UPSCALED_CONFIG")
    if named or path.exists():
        return load_settings(path)
    return parse_settings({"watch": [{}]}, source=path)
