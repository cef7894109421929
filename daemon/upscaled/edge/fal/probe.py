"""
Questions to fal that cost nothing and send nothing: may the key list requests, and what does an
endpoint take today. For `check`; the daemon learns the same from its submits.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from upscaled.edge.fal import answers
from upscaled.edge.fal.addresses import Addresses
from upscaled.edge.fal.options import MIB, FalOptions
from upscaled.edge.fal.wire import Answer, Ask, Wire
from upscaled.errors import Outage

MAX_SCHEMA = 8 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What fal says of one endpoint. Empty lists where it does not say."""

    status: str
    """`active`, `deprecated`, `unknown` (fal has no such endpoint), or empty."""
    fields: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    """The words of its `model` field."""


class Probe:
    """One door for questions; closed by whoever opened it."""

    def __init__(self, key: str, options: FalOptions) -> None:
        self._wire = Wire(key, Addresses(options))
        self._api = options.api_url

    def close(self) -> None:
        """Close every connection."""
        self._wire.close()

    def key_trouble(self, endpoint: str) -> str:
        """
        Return why the key cannot settle a doubtful submit, empty where it can.

        Raises `Outage` where fal cannot be reached or does not say.
        """
        query = urlencode({"endpoint_id": endpoint, "limit": "1"})
        answer = self._ask(f"{self._api}/models/requests/by-endpoint?{query}")
        if answer.status == 401:
            return "fal does not know the key (401): put a valid one in FAL_KEY"
        if answer.status == 403:
            return (
                "fal does not let the key list requests (403), so a submit whose answer is lost "
                "cannot be settled by itself: give the key the scope at fal.ai/dashboard/keys"
            )
        if not answer.ok:
            raise Outage(f"fal answered {answer.status} when asked for its list of requests")
        return ""

    def offer(self, endpoint: str) -> Offer:
        """Return what fal says an endpoint takes; raises `Outage` where it cannot be asked."""
        query = urlencode({"endpoint_id": endpoint, "expand": "openapi-3.0"})
        answer = self._ask(f"{self._api}/models?{query}", MAX_SCHEMA)
        if answer.status == 404:
            return Offer(status="unknown")
        if not answer.ok:
            raise Outage(f"fal answered {answer.status} when asked what {endpoint} takes")
        return _offer(answer.record(), endpoint)

    def _ask(self, url: str, most: int = MIB) -> Answer:
        return self._wire.ask(Ask(method="GET", url=url, max_body=most))


def _offer(body: Mapping[str, Any], endpoint: str) -> Offer:
    listed = body.get("models")
    if not isinstance(listed, list):
        raise Outage("fal's list of models is unreadable")
    for one in listed:
        if isinstance(one, dict) and one.get("endpoint_id") == endpoint:
            metadata = one.get("metadata")
            status = metadata.get("status") if isinstance(metadata, dict) else ""
            fields = _input_fields(one.get("openapi"))
            words = tuple(_words(fields.get("model")))
            told = answers.quote(status or "")
            return Offer(status=told, fields=tuple(sorted(fields)), models=words)
    return Offer(status="unknown")


def _input_fields(openapi: object) -> Mapping[str, Any]:
    """Return the input's properties: of the schema that has `image_url`, whatever its name."""
    for key in ("components", "schemas"):
        openapi = openapi.get(key) if isinstance(openapi, dict) else None
    for schema in openapi.values() if isinstance(openapi, dict) else ():
        fields = schema.get("properties") if isinstance(schema, dict) else None
        if isinstance(fields, dict) and "image_url" in fields:
            return fields
    return {}


def _words(field: object) -> Iterator[str]:
    """Yield the words of an enum, also where it stands in `anyOf`."""
    if isinstance(field, dict):
        found = field.get("enum")
        yield from (str(word) for word in (found if isinstance(found, list) else ()))
        for inner in field.get("anyOf") or ():
            yield from _words(inner)
