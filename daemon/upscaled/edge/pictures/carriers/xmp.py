"""
XMP: the values of a few properties, by their local name, and the digital source types.

Not an XML parser (a stranger's entities and depths are none of our business): a property is found
by its name as attribute or as element.
"""

import re
from collections.abc import Iterable, Iterator

from upscaled.edge.pictures.carriers.source_types import source_types

_MOST = 8
"""Times that the name of a property is looked up in a packet, beginnings and ends."""
_LONGEST = 8 * 1024
_MOST_TEXT = 48 * 1024
"""Characters of all values of a packet."""
_OVERHEAD = 64
_ENTITIES = (
    ("&quot;", '"'), ("&#34;", '"'), ("&#x22;", '"'), ("&apos;", "'"), ("&#39;", "'"),
    ("&lt;", "<"), ("&gt;", ">"), ("&#xA;", "\n"), ("&#10;", "\n"), ("&amp;", "&"),
)  # fmt: skip
_ATTRIBUTE = re.compile(r"""\s{0,8}=\s{0,8}(["'])""")
_TAG = re.compile(r"<[^<>]{0,300}>")


def facts(packet: bytes, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield `xmp:<name>` with each value of the properties of these local names, and `source`."""
    text, room = packet.decode("utf-8", "replace"), _MOST_TEXT
    for name in names:
        for raw in _values(text, name):
            room -= len(raw) + _OVERHEAD
            if room > 0:
                yield f"xmp:{name}", _plain(raw)
    for term in source_types(packet, ended=True):
        yield "source", term


def _values(text: str, name: str) -> Iterator[str]:
    key, at = f":{name}", 0
    for _ in range(_MOST):
        at = text.find(key, at)
        if at < 0:
            return
        at += len(key)
        value = _value(text, name, at)
        if value:
            yield value


def _value(text: str, name: str, at: int) -> str | None:
    """Return the value behind a property's name, None where the name goes on or ends an element."""
    attribute = _ATTRIBUTE.match(text, at)
    if attribute:
        end = text.find(attribute[1], attribute.end(), attribute.end() + _LONGEST)
        return text[attribute.end() : end] if end >= 0 else None
    if text[at : at + 1] != ">" and not text[at : at + 1].isspace():
        return None
    end = text.find(f":{name}>", at + 1, at + _LONGEST)
    return text[text.find(">", at) + 1 : text.rfind("<", at, end)] if end >= 0 else None


def _plain(text: str) -> str:
    """Return the text of a value, without the tags inside it and its entities resolved."""
    text = _TAG.sub(" ", text.replace("<![CDATA[", "").replace("]]>", ""))
    for entity, sign in _ENTITIES:
        text = text.replace(entity, sign)
    return text.strip()
