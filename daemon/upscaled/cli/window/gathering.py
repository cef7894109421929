"""Gathers what the window's process is handed; needs all that reads a configuration."""

from pathlib import Path
from typing import TYPE_CHECKING

from upscaled.cli.ledgers import inboxes_of
from upscaled.cli.window.given import Given
from upscaled.core.fidelity import parse_bands
from upscaled.core.settings_derived import plain_settings
from upscaled.edge.pictures.conversions import Conversions
from upscaled.edge.toml import load_rules, rule_place
from upscaled.outboxes import outboxes_of
from upscaled.reading import BANDS

if TYPE_CHECKING:
    from upscaled.core.settings import Settings


def given_of(settings: "Settings", config: Path) -> Given:
    """Return what a page needs of an installation."""
    rules = settings.rules.directory
    ink = settings.finish.cmyk_default
    return Given(
        config=config,
        settings=plain_settings(settings),
        names=frozenset(settings.web.names),
        inboxes=tuple(inboxes_of(settings)),
        outboxes=tuple(one.folder for one in outboxes_of(settings)),
        bands=parse_bands(load_rules(rules, BANDS), rule_place(rules, BANDS)),
        conversions=Conversions(
            cmyk_default=str(ink) if ink else "",
            exr_view=settings.finish.exr_view,
            exr_exposure=settings.finish.exr_exposure,
        ),
    )
