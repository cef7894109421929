"""
What a result tells of how it came to be, and IPTC's word for what it now is.

Knows plans and what a probe says; no file.
"""

from dataclasses import dataclass

from upscaled.nouns import INVENTING, Family, Pass, Plan, Probe

GENERATED = "trainedAlgorithmicMedia"
PARTLY = "compositeWithTrainedAlgorithmicMedia"
ENHANCED = "algorithmicallyEnhanced"
CAPTURES = frozenset(
    {"digitalCapture", "computationalCapture", "negativeFilm", "positiveFilm", "print",
     "minorHumanEdits", "humanEdits", "compositeCapture"}
)  # fmt: skip
"""IPTC's words for what a camera or a scanner made, or people made of such (CV of October 2024)."""
_MADE = frozenset({"generator", "renderer", "graphic", "screen", "edited"})
"""Marks of what no camera made alone."""
_PROOF = 1.0
LOCAL = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What a result says of its making. Crosses to a worker as JSON."""

    software: str
    when: str = ""
    """ISO 8601 with its zone; empty: no entry in the history."""
    job: str = ""
    steps: tuple[str, ...] = ()
    """What was done, a phrase each: the model and its factor, the final size."""
    modelled: bool = False
    """A model had a part in its pixels; else plain resampling alone."""
    invents: bool = False
    """That model makes up detail."""
    generated: bool = False
    """The source's marks prove that a machine made it up."""
    capture: bool = False
    """The source was taken for what a camera or a scanner made."""
    strip_gps: bool = False


def story_of(plan: Plan, probe: Probe | None, told: Story) -> Story:
    """Return the story of a plan's result; `told` has what no plan knows (time, job, software)."""
    marks = probe.marks if probe else {}
    trust = probe.features.get("ai_meta", 0.0) if probe else 0.0
    modelled = any(one.endpoint != LOCAL for one in plan.passes)
    return Story(
        software=told.software,
        when=told.when,
        job=told.job,
        strip_gps=told.strip_gps,
        steps=(*map(_step, plan.passes), f"{plan.width} x {plan.height} pixels"),
        modelled=modelled,
        invents=modelled and plan.model in INVENTING,
        generated=trust >= _PROOF,
        capture=_is_capture(plan.model, marks),
    )


def _step(one: Pass) -> str:
    if one.endpoint == LOCAL:
        return f"plain resampling (Lanczos) {one.factor:g}x"
    return f"{one.model} ({one.endpoint}) {one.factor:g}x"


def _is_capture(family: Family, marks: dict[str, str]) -> bool:
    """Say whether a mark names a camera or scanner; without any mark the judge's word counts."""
    if marks.keys() & _MADE:
        return False
    return bool(marks.keys() & {"camera", "scan"}) or family == Family.CORE


def source_type(stated: str, story: Story) -> str | None:
    """
    Return the word of IPTC's digital source types to write; None: what the source says stays.

    `stated` is the source's own word, empty where it says none.
    """
    if not story.modelled or stated == GENERATED:
        return None
    if story.generated and not stated:
        return GENERATED
    if story.invents:
        return PARTLY
    return ENHANCED if stated in CAPTURES or (not stated and story.capture) else None
