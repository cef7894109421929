"""Which configuration a command works with."""

import argparse
import os
from pathlib import Path

from upscaled.core.settings import Settings, parse_settings
from upscaled.edge.toml import find_config, load_settings


def config_path(arguments: argparse.Namespace) -> Path:
    """Return the config file: `--config`, $UPSCALED_CONFIG, ./config.toml, the system's."""
    return find_config(arguments.config, os.environ, Path.cwd()).absolute()


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Return the settings; raises `ConfigError` with every fault."""
    return load_settings(config_path(arguments))


def settings_or_defaults(arguments: argparse.Namespace) -> Settings:
    """Return the settings, or the defaults where no config was named and none is there."""
    path = config_path(arguments)
    named = arguments.config or os.environ.get("UPSCALED_CONFIG")
    if named or path.exists():
        return load_settings(path)
    return parse_settings({"watch": [{}]}, source=path)
