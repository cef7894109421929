"""
What the manifests of a C2PA store say: who made the claim, with which tool, from what source.

The store is JUMBF boxes with CBOR in them. Neither is parsed: keys and strings stand in it as they
are, a string with its length before it, so a search finds them in every manifest of the store, also
in those of its ingredients. Signatures are not verified: this is no court.
"""

from collections.abc import Iterator

from upscaled.edge.pictures.carriers.source_types import source_types

_KEYS = (
    ("c2pa:generator", b"claim_generator"),
    ("c2pa:generator", b"claim_generator_info"),
    ("c2pa:agent", b"softwareAgent"),
    ("c2pa:description", b"description"),
)
_NAME = b"\x64name"
_NEAR = 200
"""Bytes after a key in which the name of a generator or agent begins, where it is a map."""
_MOST = 64
"""Times that one key is followed up in a store."""


def facts(store: bytes) -> Iterator[tuple[str, str]]:
    """Yield what a store says, by place: `c2pa:generator`, `c2pa:agent`, `source` and such."""
    for place, key in _KEYS:
        for said in dict.fromkeys(_after(store, _string(key))):
            yield place, said
    for term in source_types(store, ended=False):
        yield "source", term


def _string(text: bytes) -> bytes:
    """Return a short CBOR string."""
    return bytes([0x60 + len(text)]) + text


def _after(store: bytes, key: bytes) -> Iterator[str]:
    """Yield the texts that follow a key, be it as string or as the name in a map."""
    at = store.find(key)
    for _ in range(_MOST):
        if at < 0:
            return
        start = at + len(key)
        said = _text(store, start)
        if said is None:
            name = store.find(_NAME, start, start + _NEAR)
            said = _text(store, name + len(_NAME)) if name >= 0 else None
        if said:
            yield said
        at = store.find(key, start)


def _text(store: bytes, at: int) -> str | None:
    """Return the CBOR string at an offset, None where none begins there."""
    kind = store[at] if at < len(store) else 0
    if 0x60 <= kind < 0x78:
        start, length = at + 1, kind - 0x60
    elif kind in {0x78, 0x79}:
        width = 1 if kind == 0x78 else 2
        start, length = at + 1 + width, int.from_bytes(store[at + 1 : at + 1 + width], "big")
    else:
        return None
    return store[start : start + min(length, 1024)].decode("utf-8", "replace")
