"""
What a result's XMP must say otherwise than its source's: sizes, turn, positions, previews.

Properties are addressed as ElementTree names (`{namespace}local`); each may be an attribute of a
description or an element in it (XMP part 1, 7.9.2.2).
"""

import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

from upscaled.edge.pictures.metadata.frame import Frame
from upscaled.edge.pictures.metadata.xmp_tree import EXTENDED, RDF, Element, Tree

TIFF, EXIF = "{http://ns.adobe.com/tiff/1.0/}", "{http://ns.adobe.com/exif/1.0/}"
XMP = "{http://ns.adobe.com/xap/1.0/}"
CREDENTIALS = "{http://purl.org/dc/terms/}provenance"
"""Where content credentials lie that the file does not hold itself (C2PA 2.1, 11.5)."""
TOOL = XMP + "CreatorTool"
_REGIONS = "{http://www.metadataworkinggroup.com/schemas/regions/}Regions"
_MICROSOFT = "{http://ns.microsoft.com/photo/1.2/}RegionInfo"
_SIDE = "{http://ns.adobe.com/xap/1.0/sType/Dimensions#}"
_STALE = frozenset(
    [TIFF + name for name in (
        "Compression", "BitsPerSample", "SamplesPerPixel", "PhotometricInterpretation",
        "PlanarConfiguration", "YCbCrSubSampling", "YCbCrPositioning", "YCbCrCoefficients",
        "NativeDigest", "XResolution", "YResolution", "ResolutionUnit",
    )]
    + [EXIF + name for name in (
        "NativeDigest", "MakerNote", "CompressedBitsPerPixel", "ComponentsConfiguration",
        "SubjectArea", "SubjectLocation", "FocalPlaneXResolution", "FocalPlaneYResolution",
        "FocalPlaneResolutionUnit", "ColorSpace",
    )]
    + [XMP + "Thumbnails", EXTENDED, CREDENTIALS]
    + ["{http://ns.adobe.com/photoshop/1.0/}" + name for name in ("ICCProfile", "ColorMode")]
)  # fmt: skip
"""True of the source's pixels or of its file, not of the result's."""
_STALE_SPACES = (
    "{http://ns.google.com/photos/1.0/container/}",
    "{http://ns.google.com/photos/1.0/camera/}",
    "{http://ns.google.com/photos/1.0/depthmap/}",
    "{http://ns.google.com/photos/1.0/image/}",
    "{http://ns.google.com/photos/1.0/audio/}",
    "{http://ns.adobe.com/hdr-gain-map/1.0/}",
    "{http://ns.apple.com/HDRGainMap/1.0/}",
)
"""They speak of second pictures, films and sounds behind the first, which do not come along."""
_POSITION = re.compile(
    r"\{http://www\.w3\.org/2003/01/geo/wgs84_pos#\}"
    r"|\{[^}]*\}(?:gps|[a-z]*(?:latitude|longitude|longtitude|altitude)$)",
    re.IGNORECASE,
)
"""Names of positions in any namespace: exif:GPS..., drones' GpsLatitude and RelativeAltitude."""
MACHINE_TAG = re.compile(r"\s*geo:(?:lat|lon|long|alt)\s*=", re.IGNORECASE)
"""A position among the keywords, as Flickr writes it."""


def fitted(tree: Tree, frame: Frame) -> None:
    """Make the tree true of the result's file."""
    drop(tree, _is_stale)
    if not (frame.upright and frame.whole):
        drop(tree, lambda tag: tag in {_REGIONS, _MICROSOFT})
    replace(tree, f"{TIFF}Orientation", "1")
    for names, side in (
        (("ImageWidth",), frame.width),
        (("ImageLength", "ImageHeight"), frame.height),
    ):
        for name in names:
            replace(tree, TIFF + name, str(side))
    replace(tree, f"{EXIF}PixelXDimension", str(frame.width))
    replace(tree, f"{EXIF}PixelYDimension", str(frame.height))
    for one in tree.rdf.iter():  # regions are shares of a size that is told beside them
        for key, side in ((f"{_SIDE}w", frame.width), (f"{_SIDE}h", frame.height)):
            if key in one.attrib:
                one.set(key, str(side))
            elif one.tag == key:
                one.text = str(side)


def without_positions(tree: Tree) -> bool:
    """Take every position out, however deep; names of places stay. Return whether there was one."""
    found = drop(tree, lambda tag: _POSITION.match(tag) is not None, deep=True)
    for parent in list(tree.rdf.iter()):
        for child in list(parent):
            if child.tag == f"{RDF}li" and MACHINE_TAG.match(child.text or ""):
                parent.remove(child)
                found = True
    return found


def drop(tree: Tree, unwanted: Callable[[str], bool], *, deep: bool = False) -> bool:
    """Take out the properties whose names are unwanted; return whether there were any."""
    found = False
    for owner in list(tree.rdf.iter()) if deep else tree.descriptions:
        for key in [key for key in owner.attrib if unwanted(key)]:
            del owner.attrib[key]
            found = True
        for child in [
            child for child in owner if isinstance(child.tag, str) and unwanted(child.tag)
        ]:
            owner.remove(child)
            found = True
    return found


def replace(tree: Tree, tag: str, text: str) -> None:
    """Give a property another value, where it is there."""
    if drop(tree, lambda one: one == tag):
        tree.descriptions[0].set(tag, text)


def put(tree: Tree, tag: str, text: str) -> None:
    """Give a property this value."""
    drop(tree, lambda one: one == tag)
    tree.descriptions[0].set(tag, text)


def get(tree: Tree, tag: str) -> str:
    """Return a property's simple value, empty where it has none."""
    for owner in tree.descriptions:
        child = owner.find(tag)
        if tag in owner.attrib:
            return owner.attrib[tag].strip()
        if child is not None:
            return (child.get(f"{RDF}resource") or child.text or "").strip()
    return ""


def sequence(tree: Tree, tag: str) -> Element:
    """Return the ordered list of a property, made where it is missing."""
    for owner in tree.descriptions:
        child = owner.find(tag)
        if child is not None:
            return _child(child, f"{RDF}Seq")
    return _child(ET.SubElement(tree.descriptions[0], tag), f"{RDF}Seq")


def _child(owner: Element, tag: str) -> Element:
    found = owner.find(tag)
    return ET.SubElement(owner, tag) if found is None else found


def _is_stale(tag: str) -> bool:
    return tag in _STALE or tag.startswith(_STALE_SPACES)
