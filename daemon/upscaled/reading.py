"""
Reads what is data in `rules/`, or in the config's own directory of rules, and tells every fault.

Knows the files and who parses each; decides nothing with what they say.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from upscaled.core.assessment import Limit, parse_limits
from upscaled.core.catalogue import Catalogue, load_catalogue
from upscaled.core.rulebook import Rulebook, load_rulebook
from upscaled.core.settings import Settings
from upscaled.edge.pictures.marks import load_marks
from upscaled.edge.pictures.marks_table import best_trust, parse_marks
from upscaled.edge.pictures.named import MEASURED
from upscaled.edge.toml import load_rules, own_rules, rule_place
from upscaled.errors import ConfigError, Fault

Read = TypeVar("Read")
BANDS, MARKS, SECOND_PASS = "fidelity.toml", "marks.toml", "second-pass.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything that is data in `rules/`, parsed."""

    rulebook: Rulebook
    catalogues: dict[str, Catalogue]
    second_pass: tuple[Limit, ...]


def read_rules(settings: Settings) -> Rules:
    """Read the rulebook and the catalogues; raises `ConfigError` with every fault of all files."""
    faults: list[Fault] = []
    directory = settings.rules.directory

    def read(load: Callable[[dict[str, Any], str], Read], name: str) -> Read | None:
        try:
            return load(load_rules(directory, name), rule_place(directory, name))
        except ConfigError as error:
            faults.extend(error.faults)
            return None

    trust = _trust(settings)
    book = read(lambda said, place: load_rulebook(said, MEASURED, place, trust), "judge.toml")
    names = {"fal": f"models-{settings.fal.family}.toml", "local": "models-local.toml"}
    found = {
        engine: read(lambda said, place: load_catalogue(said, place, MEASURED), name)
        for engine, name in names.items()
    }
    second_pass = read(parse_limits, SECOND_PASS)
    catalogues = {engine: one for engine, one in found.items() if one is not None}
    if faults or book is None or second_pass is None:
        raise ConfigError(tuple(faults))
    return Rules(rulebook=book, catalogues=catalogues, second_pass=second_pass)


def _trust(settings: Settings) -> dict[str, tuple[str, float]]:
    """Return how far each kind of mark may be trusted, by the shipped table or one's own."""
    tables = [load_marks()]
    with suppress(ConfigError):  # its faults are told where it is read for the pictures
        tables.append(parse_marks(own_rules(settings.rules.directory, MARKS)))
    return best_trust(*tables)
