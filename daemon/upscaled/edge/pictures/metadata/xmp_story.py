"""
What we add to a result's XMP: how it came to be, and IPTC's word for what it now is.

The history is XMP's own (XMP part 2, 1.2.5: one resource event an entry). Knows no picture.
"""

import uuid
from xml.etree import ElementTree as ET

from upscaled.core.provenance import Story, source_type
from upscaled.edge.pictures.metadata.xmp_edit import TOOL, XMP, get, put, sequence
from upscaled.edge.pictures.metadata.xmp_tree import RDF, Tree

MEDIA = "{http://ns.adobe.com/xap/1.0/mm/}"
EVENT = "{http://ns.adobe.com/xap/1.0/sType/ResourceEvent#}"
SOURCE_TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_MOST_EVENTS = 5_000


def stated(tree: Tree) -> str:
    """Return the source's own word for what it is, without its address; empty where unsaid."""
    return get(tree, SOURCE_TYPE).rpartition("/")[2].rpartition(":")[2]


def tell(tree: Tree, story: Story) -> str:
    """Add history, tool and source type; return the source type that the result carries."""
    if not get(tree, TOOL):
        put(tree, TOOL, story.software)
    if story.when:
        put(tree, f"{XMP}MetadataDate", story.when)
        _add_event(tree, story)
    word = source_type(stated(tree), story)
    if word:
        put(tree, SOURCE_TYPE, VOCABULARY + word)
    return word or stated(tree)


def _add_event(tree: Tree, story: Story) -> None:
    name = f"xmp.iid:{uuid.uuid5(uuid.NAMESPACE_URL, f'upscaled:{story.job}:{story.when}')}"
    put(tree, f"{MEDIA}InstanceID", name)
    events = sequence(tree, f"{MEDIA}History")
    if len(events) >= _MOST_EVENTS:
        return
    event = ET.SubElement(events, f"{RDF}li", {f"{RDF}parseType": "Resource"})
    said = {
        "action": "resized",
        "when": story.when,
        "softwareAgent": story.software,
        "instanceID": name,
        "parameters": "; ".join(story.steps),
    }
    for key, text in said.items():
        ET.SubElement(event, EVENT + key).text = text
