"""The closed lists: families, formats, holds, codes and states, each word as people read it."""

from enum import StrEnum


class Family(StrEnum):
    """What a picture is, hence which kind of model it gets."""

    CORE = "core"
    RECOVER = "recover"
    REDEFINE = "redefine"
    TEXT = "text"
    CGI = "cgi"


INVENTING = frozenset({Family.RECOVER, Family.REDEFINE})
"""Families whose models make up detail: generative, without a seed, so never twice the same."""


class Format(StrEnum):
    """A result's file format, in Pillow's capitals."""

    TIFF = "TIFF"
    PNG = "PNG"
    JPEG = "JPEG"

    @property
    def extension(self) -> str:
        """Return the file extension, with its dot."""
        return {"TIFF": ".tif", "PNG": ".png", "JPEG": ".jpg"}[self.value]


class Fit(StrEnum):
    """How a picture meets its target's box."""

    LONG_EDGE = "long"
    """The long edge is exact, nothing cropped."""
    FIT = "fit"
    """Inside the box, which turns to the picture."""
    FILL = "fill"
    """Covers the box, centre cropped."""
    PAD = "pad"
    """Inside the box, the rest filled with a colour."""
    SAFE = "safe"
    """As far as the source may safely go (`digital`)."""


class Assume(StrEnum):
    """What a studio says of a folder: one piece of evidence, never a verdict."""

    NOTHING = ""
    AI = "ai"
    PHOTO = "photo"
    SCAN = "scan"


class Hold(StrEnum):
    """Why a job waits for a condition. A closed list; the contract names each word."""

    BUDGET = "budget"
    LOCKED = "locked"
    WINDOW = "window"
    PAUSED = "paused"
    DOUBT = "doubt"
    DISK = "disk"
    SHARE = "share"
    NOT_READY = "not_ready"
    NO_KEY = "no_key"
    ENDPOINT = "endpoint"


class Code(StrEnum):
    """Why a picture ended in failed/. A closed list."""

    NOT_A_PICTURE = "not_a_picture"
    TRUNCATED = "truncated"
    TOO_LARGE = "too_large"
    TOO_SMALL = "too_small"
    ANIMATED = "animated"
    CMYK_WITHOUT_PROFILE = "cmyk_without_profile"
    UNSUPPORTED = "unsupported"
    UNREADABLE = "unreadable"
    OWN_RESULT = "own_result"
    WORKER_DIED = "worker_died"
    WORKER_TIMED_OUT = "worker_timed_out"
    REFUSED = "refused"
    GAVE_UP = "gave_up"
    BAD_RESULT = "bad_result"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class State(StrEnum):
    """The last durable fact about a job. What leads on from each stands in `core/life.py`."""

    SEEN = "seen"
    ASKED = "asked"
    TAKEN = "taken"
    JUDGED = "judged"
    PLANNED = "planned"
    ADMITTED = "admitted"
    PREPARED = "prepared"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    READY = "ready"
    FETCHED = "fetched"
    FINISHED = "finished"
    ACCEPTING = "accepting"
    DELIVERING = "delivering"
    RECEIPTING = "receipting"
    ARCHIVING = "archiving"
    CLEARING = "clearing"
    REJECTING = "rejecting"
    FAILING = "failing"
    DONE = "done"
    REVIEW = "review"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
