"""
The data types that walk the corridor. Frozen, slotted, keyword-only; no behaviour beyond reading.

Units: sizes in pixels, `bytes` in bytes, money in whole micro-dollars (`1 USD = 1_000_000`) so that
sums are exact, times as aware UTC datetimes.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

Micros = int
"""Money: millionths of a US dollar."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a folder's name asks for, all tokens parsed."""

    name: str
    """The target's word: `4k`, `print`, a name from the config."""
    kind: str
    """`print` or `digital`."""
    fit: Fit
    long_px: int = 0
    """Long edge of the box in pixels; 0 for print and for `digital`."""
    short_px: int = 0
    sheet_mm: tuple[float, float] | None = None
    """Print only: short and long side of the sheet in millimetres, without bleed."""
    ppi: int = 0
    """Print only: pixels per inch; 0 for digital targets."""
    bleed_mm: float = 0.0
    """Added on every side."""
    pad: str = ""
    """`white`, `black`, or empty without padding."""
    format: Format = Format.PNG
    srgb: bool = False
    """Convert to sRGB instead of keeping the source's profile (`digital`)."""
    family: Family | None = None
    legacy: bool = False
    assume: Assume = Assume.NOTHING
    clean: bool = False
    faces: bool | None = None
    """True `faces`, False `nofaces`, None unsaid."""
    series: bool = False
    urgent: bool = False
    local: bool = False
    even: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A regular file seen in a watch, as one stat saw it."""

    watch: int
    """Index of the watch in the config."""
    path: str
    """Relative to the inbox, with `/`, exactly as the file system spells it."""
    size: int
    mtime_ns: int
    inode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What one stat says of a file: enough to notice that it is not the same any more."""

    size: int
    mtime_ns: int
    inode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A private copy's hash, and what it was made from."""

    sha256: str
    identity: Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Whose our results are. None: as the machine does it, by umask and setgid folders."""

    group: int | None = None
    """The group's number."""
    file_mode: int | None = None
    folder_mode: int | None = None


ANYHOW = Access()


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a file system has, in bytes."""

    device: int
    """Which one it is: equal numbers are one file system."""
    free: int
    """For us: without what is set aside for the superuser."""
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """
    What a picture's file says and what its pixels measure. Made by one full decode.

    `width` and `height` are the pixels after EXIF orientation.
    """

    format: str
    """Pillow's capitals: JPEG, PNG, TIFF, WEBP, ..."""
    width: int
    height: int
    mode: str
    """Pillow's mode as stored: RGB, RGBA, L, P, CMYK, I;16, ..."""
    bits: int = 8
    alpha: bool = False
    """Has an alpha channel or palette transparency that is really used."""
    frames: int = 1
    orientation: int = 1
    icc: str | None = None
    """The embedded profile's description, None without a profile."""
    ppi: float | None = None
    features: dict[str, float] = field(default_factory=dict)
    """Measures by name: see `edge/pictures/measures.py`."""
    marks: dict[str, str] = field(default_factory=dict)
    """Provenance marks by kind (`generator`, `renderer`, `camera`, ...): see `rules/marks.toml`."""
    told: tuple[str, ...] = ()
    """Sentences about how this source is read, for whoever must know before it is paid for."""
    doubt: str = ""
    """Why it may be incomplete though it decodes: its result goes to review."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The judge's answer, with its reasons."""

    model: Family
    confidence: float
    """0..1"""
    rule: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What all members of a series are planned with. Decided once, never changed."""

    series: str
    """Which series it is: see `core/series.Group.key`."""
    verdict: Verdict
    safe: float
    """The lowest safe factor of the sample."""
    why: str
    """The sentence on it."""
    features: dict[str, float]
    """The sample's median of each measure: what parameters depend on."""
    order: Order
    """The finish: what the folder's name asked for when it was decided."""
    sample: int
    """How many members voted."""
    known: int
    """How many were there when it was decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One enlargement by one model."""

    endpoint: str
    """fal's endpoint id, or `local`."""
    model: str
    factor: float
    width: int
    """Expected pixels of this pass's result; the service may round by one."""
    height: int
    params: dict[str, Any] = field(default_factory=dict)
    """Exactly the model's own fields, without image_url, model and upscale_factor."""
    cost: Micros = 0
    """Estimate by the price rules."""
    prepared: tuple[int, int] | None = None
    """Pixels to which the upload is shrunk first, None for its own: `factor` counts from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What the source's own pixels come to on the sheet."""

    native_ppi: float
    """The source's own pixels an inch of paper."""
    enlarged: float
    """Linear; below 1 it was shrunk."""
    invented_share: float
    """Share of the result's pixels that the source does not have: 1 - 1/enlarged^2, at least 0."""
    good_up_to: str | None
    """`A5` to `A0`: the largest sheet with enough of its own; None where A5 is too large."""
    viewing_distance_m: float
    """From here on its own pixels alone would look sharp."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that will be done with a picture; a pure function of probe, verdict, order and rules."""

    model: Family
    passes: tuple[Pass, ...]
    width: int
    """Delivered pixels, exact."""
    height: int
    target_width: int
    """What the target asks of this picture; differs from width only where `beyond_safe = smaller`
    or a larger source is kept."""
    target_height: int
    format: Format
    ppi: float | None
    """Density of the result, None where the target sets none."""
    scaled_width: int
    """The whole picture's pixels before a crop or a pad brings it to width x height."""
    scaled_height: int
    pad: str = ""
    srgb: bool = False
    safe_factor: float = 1.0
    shortfall: str | None = None
    review: bool = False
    """The result goes to review whatever the fidelity check says (`beyond_safe = review`)."""
    notes: tuple[str, ...] = ()
    """Sentences for the person: density raised, alpha flattened, option not supported yet."""
    fal_cost: Micros = 0
    """What fal would ask, also where the local engine does it for nothing."""
    otherwise: "Plan | None" = None
    """
    What is done instead where the first pass's result is not clean enough for the second, or the
    second is refused: its one pass is this plan's first. None where every pass is sure.
    """
    promised: tuple[Pass, ...] = ()
    """The passes that this plan takes the place of; empty for a plan that was made at first."""
    flat: bool = False
    """Transparency is laid on white, whatever the format could carry."""
    printed: Printed | None = None
    """None for digital targets."""
    review_reason: str | None = None
    """Why a person should look, where `shortfall` does not say it."""

    @property
    def cost(self) -> Micros:
        """Return the estimate over all passes."""
        return sum(one.cost for one in self.passes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A request that the engine accepted."""

    request_id: str
    status_url: str
    response_url: str
    cancel_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an accepted request stands."""

    state: str
    """`queued`, `running` or `ready`."""
    result_url: str = ""
    """Where the enlarged picture lies, once ready."""
    result_bytes: int | None = None
    billable_units: float | None = None
    """X-Fal-Billable-Units of the result, None where unsaid."""
    seconds: float | None = None
    """Inference time as reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What a result has of its source's metadata, and what it has not."""

    kept: tuple[str, ...] = ()
    """`EXIF`, `GPS`, `XMP`, `IPTC`."""
    dropped: tuple[str, ...] = ()
    """In words: `thumbnail`, `maker note`, `GPS`, `content credentials`, ..."""
    digital_source_type: str | None = None
    """IPTC's word that the result carries, None where it carries none."""
    content_credentials: bool = False
    """The source has a C2PA manifest, which no result of ours may carry on."""
    notes: tuple[str, ...] = ()
    """Sentences: what was broken, what the owner might look for in vain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A file we made, as it was when we closed it."""

    path: str
    sha256: str
    bytes: int
    width: int
    height: int
    format: str
    ppi: float | None = None
    icc: str | None = None
    metadata: Carried | None = None
    """Of a result: what it carries beside its pixels."""
    bits: int = 8
    """A channel."""


Box = tuple[float, float, float, float]
"""A place: left, top, right, bottom as shares 0..1 of what source and result both show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fidelity:
    """Is the result still the same picture?"""

    verdict: str
    """`pass`, `review` or `fail`."""
    figures: dict[str, float] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    worst: Box | None = None
    """Where it is least alike."""
    sharpest: Box | None = None
    """Where the source has most detail."""
    notes: tuple[str, ...] = ()
    """Sentences on what was not looked at."""
    swatch: str = ""
    """Of a frame: what its neighbours are compared with, see `core/flicker`; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flicker:
    """How a frame's result changes against a neighbour's, beyond what their sources do."""

    against: str
    """The neighbour's path, as in the inbox."""
    brightness: float
    """Grey levels, of the whole frame."""
    texture: float | None
    """Grey levels, where the source stands still; None where it does almost nowhere."""
    excess: float
    """The larger of both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """May a second pass follow on the first one's result?"""

    clean: bool
    figures: dict[str, float] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    """Why not, a sentence each; empty where it is clean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One of two paid tries, with what is needed to deliver it after all."""

    plan: Plan
    raw: Artifact
    raw_from: Standing | None
    """Where its picture was fetched from."""
    result: Artifact
    fidelity: Fidelity
    passes: tuple["PassDone", ...] = ()
    """Its paid requests."""
    raw_ticket: Ticket | None = None
    """The request that made its picture: where that lies can be asked anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """An error as the person reads it."""

    code: str
    message: str
    hint: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PassDone:
    """One request that was made and ended, paid or free."""

    engine: str
    endpoint: str
    model: str
    params: dict[str, Any]
    factor: float
    width: int
    height: int
    request_id: str | None
    seconds: float | None
    cost: Micros
    billed: bool
    """True where the cost comes from the service's own figure, False for an estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Where the result goes, journalled before the first byte is visible."""

    root: str
    """`outbox` or `review`."""
    path: str
    """The result, relative to the root."""
    staged: str
    """Absolute path of the staged result on the root's own file system."""
    sidecar_staged: str
    compare_staged: str | None = None
    compare_sha256: str | None = None
    """By which the comparison is known wherever a person puts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """A person looked at a result in review/ and let it pass."""

    at: datetime
    by: str
    """How it was said: `command line`."""
    found: str | None = None
    """Where in the outbox a person put the result, relative to it; None where we deliver it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """Where a result stands in review/, relative to it."""

    result: str
    """The picture itself; a person may have moved it inside review/."""
    beside: str
    """The name by which its sidecar and its comparison go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dragged:
    """Where a person put what belongs to a job, to answer by it; paths are relative to `root`."""

    root: str
    """`review`, `failed` or `outbox`."""
    by: str
    """In words: `dragged to review/_accept`."""
    picture: str | None = None
    """The result, or the original of a failed job."""
    sidecar: str | None = None
    compare: str | None = None
    ticket: str | None = None
    """Of a failed original."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redo:
    """A job that a person asked for: the original of an ended one, done again."""

    of: str
    """The ended job's id."""
    family: Family | None
    """What was asked for instead of the judge's or the folder's; None leaves it to them."""
    root: str
    """Where the original lay: `archive`, `failed` or `inbox`."""
    path: str
    """Relative to that root."""
    review: Reviewed | None = None
    """The ended job's result, where it waited in review/."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a ticket, a small file beside a picture, asks for it: see `core/tickets.py`."""

    ticket: str
    """The beginning of its SHA-256: by it another ticket of the same name is told apart."""
    id: str | None = None
    """The job's id; None leaves it to us."""
    given: str | None = None
    """The id in its ticket, where ours is made of it; None where it is the same."""
    target: str | None = None
    model: Family | None = None
    """Instead of the judge's and the folder's."""
    series: str | None = None
    """Pictures of one folder with this name get one recipe."""
    urgent: bool = False
    sha256: str | None = None
    """Of the picture that it belongs to, None where it does not say."""
    fault: str = ""
    """What is wrong with it, in a sentence; its picture waits until it is mended."""
    repeats: str | None = None
    """The job that has its id already: the picture is probably the same one once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a job beyond its row; grows along the corridor, never shrinks silently."""

    engine: str = ""
    """The engine that works on it: `fal` or `local`."""
    probe: Probe | None = None
    verdict: Verdict | None = None
    """Its own, then that of its series."""
    series: str | None = None
    """The series it belongs to, None where it stands alone."""
    plan: Plan | None = None
    pass_index: int = 0
    upload: Artifact | None = None
    """What this pass uploads: pixels and colour profile only."""
    image_url: str | None = None
    sent_at: datetime | None = None
    """When this pass's submit was begun."""
    sent_monotonic: float | None = None
    """The same on the clock that only grows, in seconds; a later boot begins it anew."""
    start_timeout: float = 0.0
    """Seconds within which fal must start it, as sent; what counts for it is not today's config."""
    ticket: Ticket | None = None
    standing: Standing | None = None
    raw: Artifact | None = None
    """The last pass's picture, as fetched."""
    raw_from: Standing | None = None
    """Where it was fetched from, while a later pass works on it."""
    passes: tuple[PassDone, ...] = ()
    reused: bool = False
    """Its pixels come from what an earlier job paid for."""
    result: Artifact | None = None
    fidelity: Fidelity | None = None
    delivery: Delivery | None = None
    archived: str | None = None
    """Where the original went, relative to the archive."""
    set_aside: str | None = None
    """Where a failed original goes, relative to failed/."""
    error: Trouble | None = None
    times: dict[str, datetime] = field(default_factory=dict)
    assessment: Assessment | None = None
    """Of the first pass's result, where a second pass depends on it."""
    tried: Tried | None = None
    """The other paid try: the first while the second is made, then what is not delivered."""
    chosen: bool = False
    """Which of two tries is delivered is settled; nothing more is paid for."""
    accepted: Acceptance | None = None
    reviewed: Reviewed | None = None
    """Where the result stood in review/ when a person accepted or rejected it."""
    rejected: str | None = None
    """Where a result went that nobody wants any more, relative to archive/_rejected."""
    redo: Redo | None = None
    """Set where this job does an ended one's original again."""
    away: bool = False
    """Its original is not taken from the inbox: what happens there does not concern it."""
    back: str | None = None
    """Where in the inbox a failed original is put back to."""
    stays: bool = False
    """
    Its original stays where it is, whatever becomes of it: it belongs to another job as well, or to
    a folder that may not be touched. Of a failed job: nothing lies in failed/ but the reason.
    """
    raw_ticket: Ticket | None = None
    """The request that `raw_from` belongs to."""
    flicker: Flicker | None = None
    """Of a frame: against that of its neighbours from which it differs most."""
    wishes: Wishes | None = None
    """What the ticket beside its original asks for; outlives a retry and a redo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One arrival of one file, from the first look to its end."""

    id: str
    state: State
    watch: int
    """Index of the watch in the config."""
    path: str
    """As in the inbox: relative, with `/`."""
    target: str = ""
    """The target's word, empty until its folder was read."""
    urgent: bool = False
    size: int
    mtime_ns: int
    inode: int
    sha256: str | None = None
    hold: Hold | None = None
    reason: str | None = None
    due_at: datetime | None = None
    """Not before this; None is at once."""
    attempts: int = 0
    """This picture's own passing faults so far."""
    outages: int = 0
    """Passing faults outside the picture in a row; never a reason to fail."""
    starts: int = 0
    """How often the present state's step was begun; counted before acting."""
    reserved: Micros = 0
    cost: Micros = 0
    """Settled money."""
    seen_at: datetime
    updated_at: datetime
    facts: Facts = field(default_factory=Facts)
