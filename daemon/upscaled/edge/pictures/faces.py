"""
Faces of the source, where OpenCV is installed (the extra `faces`); else nothing is looked for.

Haar cascades find about two thirds of the frontal faces of whole pictures, old prints included,
and hardly a profile. Finds places; judges nothing.
"""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""

_CASCADE = "haarcascade_frontalface_alt2.xml"
"""Of the shipped ones the best without a false hit on textures (0 of 15; default: 13 %)."""
_LEAST = 24


def detector() -> Any | None:
    """Return OpenCV's frontal face cascade, None where it is not installed or has none."""
    try:
        opencv: Any = importlib.import_module("cv2")
    except ImportError:
        return None
    if not hasattr(opencv, "CascadeClassifier"):  # gone from OpenCV 5
        return None
    cascade = opencv.CascadeClassifier(str(Path(opencv.data.haarcascades) / _CASCADE))
    return None if cascade.empty() else cascade


def found(cascade: Any, grey: NDArray[np.uint8]) -> list[Box]:
    """Return the faces of a grey picture."""
    boxes = cascade.detectMultiScale(
        grey, scaleFactor=1.15, minNeighbors=5, minSize=(_LEAST, _LEAST)
    )
    return [(int(x), int(y), int(x + w), int(y + h)) for x, y, w, h in boxes]
