"""A job: what is known of it, fact by fact."""

from dataclasses import dataclass, field
from datetime import datetime

from upscaled.nouns.files import Artifact
from upscaled.nouns.passes import Assessment, Fidelity, Flicker, PassDone, Standing, Ticket
from upscaled.nouns.plans import Micros, Plan, Probe, Verdict
from upscaled.nouns.words import Family, Hold, State


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
