"""
IPTC's digital source type: the word for where a picture comes from, in XMP and in C2PA manifests.

The vocabulary is closed, of October 2024 (cv.iptc.org/newscodes/digitalsourcetype), with C2PA's own
two words. CBOR strings have no terminator, so that a word runs into the next key: the longest word
of the vocabulary that fits is the one.
"""

import re
from collections.abc import Iterator

_TERMS = sorted(
    (
        b"trainedAlgorithmicMedia compositeWithTrainedAlgorithmicMedia compositeSynthetic "
        b"algorithmicMedia algorithmicallyEnhanced dataDrivenMedia softwareImage digitalArt "
        b"digitalCreation virtualRecording screenCapture digitalCapture computationalCapture "
        b"negativeFilm positiveFilm print minorHumanEdits humanEdits composite compositeCapture "
        b"trainedAlgorithmicData empty"
    ).split(),
    key=len,
    reverse=True,
)  # fmt: skip
_TERM = re.compile(b"|".join(_TERMS))
_HEADS = (b"digitalsourcetype/", b"digsrctype:")
_MOST = 512


def source_types(text: bytes, *, ended: bool) -> Iterator[str]:
    """Yield each word once; `ended`: words end where letters do (XMP), as CBOR's do not."""
    seen = set[bytes]()
    for head in _HEADS:
        at = text.find(head)
        for _ in range(_MOST):
            if at < 0:
                break
            at += len(head)
            word = _word(text, at, ended=ended)
            if word and word not in seen:
                seen.add(word)
                yield word.decode()
            at = text.find(head, at)


def _word(text: bytes, at: int, *, ended: bool) -> bytes | None:
    found = _TERM.match(text, at)
    if found is None or (ended and text[found.end() : found.end() + 1].isalnum()):
        return None
    return found[0]
