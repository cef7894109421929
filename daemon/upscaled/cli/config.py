"""Which configuration a command works with."""

import argparse
import os
import sys
from pathlib import Path

from upscaled.core.settings import Settings, parse_settings
from upscaled.edge.toml import IN_FORCE, find_config, load_mapping, load_settings, state_of
from upscaled.errors import ConfigError


def config_path(arguments: argparse.Namespace) -> Path:
    """Return the config file: `--config`, $UPSCALED_CONFIG, ./config.toml, the system's."""
    return find_config(arguments.config, os.environ, Path.cwd()).absolute()


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Return the settings; raises `ConfigError` with every fault."""
    return load_settings(config_path(arguments))


def settings_in_force(arguments: argparse.Namespace) -> Settings:
    """
    Return the settings, or those that a daemon works with while the file is faulty.

    What a person needs to look and to act must not depend on a half-edited file. Raises
    `ConfigError` where the file is faulty and no daemon has left its own.
    """
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


def settings_or_defaults(arguments: argparse.Namespace) -> Settings:
    """Return the settings, or the defaults where no config was named and none is there."""
    path = config_path(arguments)
    named = arguments.config or os.environ.get("UPSCALED_CONFIG")
    if named or path.exists():
        return load_settings(path)
    return parse_settings({"watch": [{}]}, source=path)
