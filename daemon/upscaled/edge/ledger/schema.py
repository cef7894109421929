"""Which ledger this program reads."""

from pathlib import Path

from upscaled.errors import Fatal

SCHEMA_VERSION = "4"


def check_schema(path: Path, schema: str) -> None:
    """Raise `Fatal` where the ledger was made by another version."""
    if schema == SCHEMA_VERSION:
        return
    hint = "run the version of upscaled that made it, or choose another state directory"
    if schema.isdecimal() and int(schema) < int(SCHEMA_VERSION):
        hint = "start the daemon of this version once: it brings the ledger up to date"
    raise Fatal(
        f"{path}: the ledger has schema {schema}, this program reads schema {SCHEMA_VERSION}", hint
    )
