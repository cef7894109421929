"""
XMP packets to trees and back: what is not understood stays as it was.

A stranger's XML is parsed without document types (so without entities), and is bounded in bytes,
depth and elements. Names keep the prefixes of their packet. Knows RDF's frame (XMP part 1, 7), no
property.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from upscaled.edge.pictures.carriers.found import LONGEST_XMP

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
EXTENDED = "{http://ns.adobe.com/xmp/note/}HasExtendedXMP"
_DESCRIPTION, _ABOUT = f"{RDF}Description", f"{RDF}about"
_PREFIXES = {
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/XML/1998/namespace": "xml",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#": "stEvt",
    "http://ns.adobe.com/xmp/note/": "xmpNote",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
}
_DEEPEST = 64
_MOST_ELEMENTS = 50_000
_FEED = 16 * 1024
_OPEN = b"<?xpacket begin='\xef\xbb\xbf' id='W5M0MpCehiHzreSzNTczkc9d'?>\n"
_CLOSE = b"\n<?xpacket end='w'?>"
_UTF16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
Element = ET.Element


class BrokenXmpError(ValueError):
    """Not XMP that can be kept: no XML, no RDF in it, or beyond every measure."""


@dataclass(slots=True)
class Tree:
    """An RDF element, and the prefixes that its packet uses, by namespace."""

    rdf: Element
    prefixes: dict[str, str] = field(default_factory=dict)

    @property
    def descriptions(self) -> list[Element]:
        """The elements that hold the properties; at least one."""
        found = self.rdf.findall(_DESCRIPTION)
        return found or [ET.SubElement(self.rdf, _DESCRIPTION, {_ABOUT: ""})]

    def join(self, other: "Tree") -> None:
        """Take over the descriptions of another packet of the same picture."""
        self.rdf.extend(other.rdf.findall(_DESCRIPTION))
        self.prefixes = other.prefixes | self.prefixes

    def packet(self) -> bytes:
        """Return the packet in UTF-8, without wrapper."""
        return b"".join(part.encode() for part in _Writer(self.prefixes).packet(self.rdf))


def empty() -> Tree:
    """Return an RDF frame with nothing in it."""
    return Tree(ET.Element(f"{RDF}RDF"))


def parse(packet: bytes) -> Tree:
    """Return the tree of a packet. Raises `BrokenXmpError`."""
    if len(packet) >= LONGEST_XMP:
        raise BrokenXmpError("longer than is read")
    root, prefixes = _parsed(_decoded(packet))
    rdf = root if root.tag == f"{RDF}RDF" else root.find(f".//{RDF}RDF")
    if rdf is None:
        raise BrokenXmpError("no RDF in it")
    return Tree(rdf, prefixes)


def _decoded(packet: bytes) -> str:
    """Return a packet's text from its first to its last tag; XMP may be UTF-8 or UTF-16."""
    try:
        text = packet.decode(_UTF16.get(packet[:2], "utf-8"))
    except UnicodeDecodeError as error:
        raise BrokenXmpError("its text is in no Unicode encoding") from error
    text = text[text.find("<") : text.rfind(">") + 1]
    if text.startswith("<?xml "):  # it may name an encoding that is no longer true
        text = text[text.find("?>") + 2 :]
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise BrokenXmpError("it brings a document type")
    return text


def _parsed(text: str) -> tuple[Element, dict[str, str]]:
    builder = _Builder()
    parser = ET.XMLParser(target=builder)  # noqa: S314 - no document type reaches it, and bounded
    try:
        for at in range(0, len(text), _FEED):
            parser.feed(text[at : at + _FEED])
        root = parser.close()
    except (ET.ParseError, ValueError, AssertionError) as error:
        raise BrokenXmpError(str(error)) from error
    return root, builder.prefixes


class _Builder(ET.TreeBuilder):
    """Builds a tree within bounds, and remembers the prefixes of its namespaces."""

    def __init__(self) -> None:
        super().__init__()
        self.prefixes: dict[str, str] = {}
        self._depth = self._count = 0

    def start_ns(self, prefix: str, space: str) -> None:
        """Meet a prefix."""
        self.prefixes.setdefault(space, prefix)

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        """Begin an element. Raises `BrokenXmpError` beyond the bounds."""
        self._depth += 1
        self._count += 1 + len(attrs)
        if self._depth > _DEEPEST or self._count > _MOST_ELEMENTS:
            raise BrokenXmpError("deeper or longer than any picture's")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        """End an element."""
        self._depth -= 1
        return super().end(tag)


class _Writer:
    """Writes one packet; every namespace is declared at its RDF element."""

    def __init__(self, prefixes: dict[str, str]) -> None:
        self._wanted = prefixes
        self._used: dict[str, str] = {}

    def packet(self, rdf: Element) -> Iterator[str]:
        """Yield the packet in pieces."""
        self._name(rdf.tag)
        inside = "".join(part for child in rdf for part in self._element(child))
        declared = " ".join(
            f"xmlns:{prefix}={quoteattr(space)}"
            for space, prefix in self._used.items()
            if prefix != "xml"
        )
        yield f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {declared}>'
        yield inside
        yield "</rdf:RDF></x:xmpmeta>"

    def _element(self, one: Element) -> Iterator[str]:
        name = self._name(one.tag)
        yield f"<{name}"
        for key, value in one.attrib.items():
            yield f" {self._name(key)}={quoteattr(value)}"
        yield ">"
        yield escape(one.text or "")
        for child in one:
            yield from self._element(child)
        yield f"</{name}>"
        yield escape(one.tail or "")

    def _name(self, tag: str) -> str:
        space, brace, local = tag[1:].partition("}") if tag.startswith("{") else ("", "", tag)
        return f"{self._prefix(space)}:{local}" if brace else local

    def _prefix(self, space: str) -> str:
        if space not in self._used:
            wanted = _PREFIXES.get(space) or self._wanted.get(space) or "ns"
            taken = {*self._used.values(), "x", *(() if space in _PREFIXES else _PREFIXES.values())}
            prefix, number = wanted, 1
            while prefix in taken:
                number += 1
                prefix = f"{wanted}{number}"
            self._used[space] = prefix
        return self._used[space]


def wrapped(packet: bytes) -> bytes:
    """Return a packet in the wrapper by which scanners find it (XMP part 1, 7.3.2)."""
    return _OPEN + packet + _CLOSE


def divided(packet: bytes, most: int) -> tuple[bytes, bytes, bytes]:
    """
    Return a packet in two, the first at most so long: the second's name and text, else nothing.

    The longest properties go to the second; the first names it by its MD5 (XMP part 3, 1.1.3.1).
    """
    if len(packet) <= most:
        return packet, b"", b""
    tree = parse(packet)
    moved = Tree(empty().rdf, tree.prefixes)
    into = moved.descriptions[0]
    room = len(packet) - most + 200
    for size, owner, child in sorted(_sized(tree), key=lambda one: -one[0]):
        if room <= 0:
            break
        owner.remove(child)
        into.append(child)
        room -= size
    more = moved.packet()
    guid = hashlib.md5(more, usedforsecurity=False).hexdigest().upper()
    tree.descriptions[0].set(EXTENDED, guid)
    return tree.packet(), guid.encode("ascii"), more


def _sized(tree: Tree) -> Iterator[tuple[int, Element, Element]]:
    """Yield every property that is an element, with its length and its owner."""
    for owner in tree.descriptions:
        for key in list(owner.attrib):
            if len(owner.attrib[key]) > 1000:  # as an element it can be moved
                ET.SubElement(owner, key).text = owner.attrib.pop(key)
        for child in owner:
            yield len(ET.tostring(child, "utf-8")), owner, child
