"""When two paid requests would be the same: same picture, same models, same fields."""

import hashlib
import json
from collections.abc import Sequence

from upscaled.nouns import Pass


def fingerprint(sha256: str, passes: Sequence[Pass]) -> str:
    """Return 64 hex digits over a source's hash and everything that its passes ask for."""
    asked = [
        [one.endpoint, one.model, one.factor, one.params, *(one.prepared or ())] for one in passes
    ]
    canonical = json.dumps([sha256, asked], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
