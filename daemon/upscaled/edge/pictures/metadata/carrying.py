"""
The metadata of a result: its source's, made true of the result, and the story of its making.

`carry` joins reading and editing; the savers write what it returns. Nothing here fails a picture:
what is broken is left out, and said in a sentence for the sidecar.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from upscaled.core.provenance import Story
from upscaled.edge.pictures.metadata import exif_edit, iptc, jpeg, xmp_edit, xmp_story, xmp_texts
from upscaled.edge.pictures.metadata.blocks import Blocks, Exif
from upscaled.edge.pictures.metadata.frame import Frame
from upscaled.edge.pictures.metadata.reading import Found, read
from upscaled.edge.pictures.metadata.xmp_tree import Tree, empty, parse
from upscaled.nouns import Format

T = TypeVar("T")

_CREDENTIALS = (
    "The source's content credentials (C2PA) are not in the result: they vouch for the source's "
    "own bytes and would be false beside other pixels."
)


@dataclass(slots=True)
class Bag:
    """What a result gets, and what is said of it in the sidecar."""

    blocks: Blocks
    kept: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    source_type: str = ""
    credentials: bool = False
    notes: list[str] = field(default_factory=list)

    def said(self) -> dict[str, Any]:
        """Return the fields of `nouns.Carried`."""
        return {
            "kept": self.kept,
            "dropped": self.dropped,
            "digital_source_type": self.source_type or None,
            "content_credentials": self.credentials,
            "notes": self.notes,
        }


def carry(source: Path, frame: Frame, story: Story) -> Bag:
    """Return what the result of this source gets beside its pixels. Never raises."""
    bag = Bag(Blocks(software=story.software))
    found = _tried(lambda: read(source), Found(), "metadata", bag)
    frame = replace(frame, upright=exif_edit.orientation(found.exif) == 1)
    ours = exif_edit.fitted(Exif(), frame, story)
    exif = _tried(lambda: _exif(found, frame, story, bag), ours, "EXIF", bag)
    records = _tried(lambda: _iptc(found, frame, story, bag), b"", "IPTC", bag)
    packet = _tried(lambda: _xmp(found, frame, story, bag), b"", "XMP", bag)
    bag.blocks = Blocks(software=story.software, exif=exif, xmp=packet, iptc=records)
    if found.credentials or bag.credentials:
        bag.credentials = True
        bag.dropped.append("content credentials")
        bag.notes.append(_CREDENTIALS)
    if found.texts.keys() - xmp_texts.KEYS.keys():
        bag.dropped.append("comments")
    return bag


def _tried(work: Callable[[], T], instead: T, what: str, bag: Bag) -> T:
    try:
        return work()
    except Exception as fault:  # noqa: BLE001 - what was paid for is not lost over a stranger's words
        bag.notes.append(_broken(what, fault))
        return instead


def _broken(what: str, fault: Exception) -> str:
    why = str(fault).partition("\n")[0][:80] or type(fault).__name__
    return f"The source's {what} is broken and was left out ({why})."


def _exif(found: Found, frame: Frame, story: Story, bag: Bag) -> Exif:
    made = exif_edit.fitted(found.exif, frame, story)
    if frame.format == Format.JPEG and jpeg.trimmed(made):
        bag.dropped.append("long EXIF values")
    if found.exif.main or found.exif.inner:
        bag.kept.append("EXIF")
    if found.exif.gps:
        (bag.dropped if story.strip_gps else bag.kept).append("GPS")
    if found.exif.thumbnail:
        bag.dropped.append("thumbnail")
    if exif_edit.MAKER_NOTE in found.exif.inner:
        bag.dropped.append("maker note")
    if found.exif.cut:
        bag.notes.append("The source's EXIF is broken in part: what could be read was kept.")
    return made


def _iptc(found: Found, frame: Frame, story: Story, bag: Bag) -> bytes:
    made = iptc.fitted(found.iptc, strip_gps=story.strip_gps)
    if frame.format == Format.JPEG and len(made) > jpeg.MOST_IPTC:
        bag.dropped.append("IPTC")
        bag.notes.append("The source's IPTC records are longer than a JPEG holds: left out.")
        return b""
    if made:
        bag.kept.append("IPTC")
    elif found.iptc:
        bag.notes.append("The source's IPTC records are broken or empty and were left out.")
    return made


def _xmp(found: Found, frame: Frame, story: Story, bag: Bag) -> bytes:
    tree = _source_tree(found, bag)
    bag.credentials = bool(xmp_edit.get(tree, xmp_edit.CREDENTIALS))
    xmp_edit.fitted(tree, frame)
    tool = exif_edit.software(found.exif)
    if tool and not xmp_edit.get(tree, xmp_edit.TOOL):
        xmp_edit.put(tree, xmp_edit.TOOL, tool)  # EXIF's place for it is ours now
    if story.strip_gps and xmp_edit.without_positions(tree) and "GPS" not in bag.dropped:
        bag.dropped.append("GPS")
    xmp_texts.add(tree, found.texts)
    bag.source_type = xmp_story.tell(tree, story)
    return tree.packet()


def _source_tree(found: Found, bag: Bag) -> Tree:
    """Return the source's packets in one; an empty one where it has none, or none that is whole."""
    tree: Tree | None = None
    for packet in found.packets:
        try:
            more = parse(packet)
        except ValueError as fault:
            bag.notes.append(_broken("XMP", fault))
            continue
        if tree is None:
            tree = more
        else:
            tree.join(more)
    if tree is None:
        return empty()
    bag.kept.append("XMP")
    return tree
