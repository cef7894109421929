"""
Whose picture it is, where a PNG says so in texts by key: into XMP, which every result can hold.

Title, author and copyright alone (PNG, third edition, 11.3.3.1): what generators write under
`Description` and keys of their own are prompts, and stay with the original.
"""

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from upscaled.edge.pictures.metadata.xmp_tree import RDF, Tree

_CORE = "{http://purl.org/dc/elements/1.1/}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
KEYS = {"png:Title": "title", "png:Author": "creator", "png:Copyright": "rights"}
_LONGEST = 2_000


def add(tree: Tree, texts: Mapping[str, str]) -> None:
    """Add the texts that XMP does not say already."""
    for place, name in KEYS.items():
        said = "".join(sign for sign in texts.get(place, "")[:_LONGEST] if sign.isprintable())
        there = any(
            owner.find(_CORE + name) is not None or _CORE + name in owner.attrib
            for owner in tree.descriptions
        )
        if said.strip() and not there:
            _add(tree, name, said.strip())


def _add(tree: Tree, name: str, said: str) -> None:
    owner = ET.SubElement(tree.descriptions[0], _CORE + name)
    several = "Seq" if name == "creator" else "Alt"
    language = {} if name == "creator" else {_LANGUAGE: "x-default"}
    ET.SubElement(ET.SubElement(owner, RDF + several), f"{RDF}li", language).text = said
