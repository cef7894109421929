"""What a caller must never do; each is written down as a violation."""

import json

from standin.talk import Call
from standin.world import World


def lifecycle(world: World, call: Call) -> float | None:
    """Return how long a file is to live; null or nothing positive is a violation."""
    names = ("X-Fal-Object-Lifecycle", "X-Fal-Object-Lifecycle-Preference")
    text = next((call.headers[name] for name in names if name in call.headers), None)
    if text is None:
        return None
    try:
        seconds = json.loads(text)["expiration_duration_seconds"]
    except (ValueError, KeyError, TypeError):
        seconds = None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds <= 0:
        world.violation("lifecycle without a positive number", header=text)
        return None
    return float(seconds)


def keyless(world: World, call: Call) -> None:
    """Write down a key that came where none may come."""
    told = [call.path, *call.query.values(), *call.headers.values()]
    sent = call.headers.get("Authorization", "")
    if sent.startswith("Key ") or any(key in text for key in world.keys for text in told):
        world.violation("the key was sent to a media host", path=call.path)
