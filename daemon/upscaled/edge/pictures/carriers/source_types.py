"""
IPTC's digital source type: the word for where a picture comes from, in XMP and in C2PA manifests.

The vocabulary is closed, of October 2024 (cv.iptc.org/newscodes/digitalsourcetype), with C2PA's own
two words. CBOR strings have no terminator, so that a word runs into the next key: the longest word
of the vocabulary that fits is the one.
"""

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
_HEADS = (b"digitalsourcetype/", b"digsrctype:")
_MOST = 4096


def source_types(text: bytes, *, ended: bool) -> Iterator[str]:
    """Yield each word once; `ended`: words end where letters do (XMP), as CBOR's do not."""
    seen = set[bytes]()
    for head in _HEADS:
        at = text.find(head)
        for _ in range(_MOST):
            if at < 0:
                break
            at += len(head)
            word = _word(text[at : at + 48], ended=ended)
            if word and word not in seen:
                seen.add(word)
                yield word.decode()
            at = text.find(head, at)


def _word(text: bytes, *, ended: bool) -> bytes | None:
    found = next((term for term in _TERMS if text.startswith(term)), None)
    if found and ended and text[len(found) : len(found) + 1].isalnum():
        return None
    return found
