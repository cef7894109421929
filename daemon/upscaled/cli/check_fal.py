"""
What `check` asks of fal itself: the key's scope, and whether its endpoints still take what we send.

Nothing is sent that costs. What cannot be asked is a warning, never a fault: a studio's firewall or
a night without network must not make a right configuration wrong.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from upscaled.core.catalogue import FACES, Catalogue
from upscaled.core.settings import Settings
from upscaled.edge.fal.probe import Offer, Probe
from upscaled.errors import Outage, UpscaledError
from upscaled.house import fal_options

PATIENCE_SECONDS = 5.0
FRESH = timedelta(days=1)
"""What an endpoint takes is read once a day."""
CACHE = "fal-endpoints.json"


def fal_warnings(settings: Settings, catalogue: Catalogue, key: str) -> tuple[str, ...]:
    """Return what is wrong between our rules and fal, as sentences; takes seconds at most."""
    options = fal_options(settings)
    patience = min(PATIENCE_SECONDS, options.request_timeout_seconds)
    probe = Probe(key, replace(options, request_timeout_seconds=patience))
    try:
        return tuple(_warnings(settings, catalogue, probe))
    except UpscaledError as error:
        return (f"fal could not be asked about the key and its endpoints: {error.message}",)
    finally:
        probe.close()


def _warnings(settings: Settings, catalogue: Catalogue, probe: Probe) -> Iterator[str]:
    endpoints = catalogue.endpoints
    try:
        trouble = probe.key_trouble(endpoints[0])
    except Outage as error:
        trouble = f"fal's list of requests could not be asked for: {error.message}"
    if trouble:
        yield trouble
    cache = _Cache(settings.state.directory / CACHE)
    for endpoint in endpoints:
        yield from _differences(endpoint, cache.offer(endpoint, probe), catalogue)


def _differences(endpoint: str, offer: Offer, catalogue: Catalogue) -> Iterator[str]:
    """Say where our rules and fal's own description of an endpoint part."""
    mend = f"see [fal] family, or mend {endpoint} in rules/"
    if offer.status == "unknown":
        yield f"fal does not offer {endpoint} any more: {mend}"
    elif offer.status == "deprecated":
        yield f"fal calls {endpoint} deprecated: {mend} before it ends"
    models, fields = _sent(endpoint, catalogue)
    if offer.fields:
        for name in sorted(fields - set(offer.fields)):
            yield f"{endpoint} takes no {name} any more: {mend}"
    if offer.models:
        for name in sorted(models - set(offer.models)):
            yield f"{endpoint} offers no model {name} any more: {mend}"


def _sent(endpoint: str, catalogue: Catalogue) -> tuple[set[str], set[str]]:
    """Return the models and the fields that our recipes may send to an endpoint."""
    models, fields = set[str](), {"image_url"}
    for recipe in catalogue.recipes.values():
        chosen = [catalogue.models[one.model] for one in recipe.choices if one.model]
        params = {*recipe.params, FACES, *(name for one in recipe.choices for name in one.params)}
        for model in (recipe.model, recipe.legacy, *chosen):
            if model.endpoint == endpoint:
                models.add(model.name)
                fields |= {"model", *(params & set(model.fields))}
    return models, fields


class _Cache:
    """What was read of the endpoints, beside the ledger."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def offer(self, endpoint: str, probe: Probe) -> Offer:
        """Return what fal says of an endpoint, not older than a day."""
        known, now = self._read(), datetime.now(UTC)
        kept = known.get(endpoint)
        try:
            if kept and now - datetime.fromisoformat(kept["read"]) < FRESH:
                return Offer(
                    status=kept["status"],
                    fields=tuple(kept["fields"]),
                    models=tuple(kept["models"]),
                )
        except (KeyError, TypeError, ValueError):
            pass  # written by another version: read again
        found = probe.offer(endpoint)
        if self._path.parent.is_dir():
            known[endpoint] = asdict(found) | {"read": now.isoformat()}
            self._path.write_text(json.dumps(known, indent=1), encoding="utf-8")
        return found

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return dict(found) if isinstance(found, Mapping) else {}
