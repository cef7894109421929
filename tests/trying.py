"""
The corridor up to the finished picture: looks between passes, failed checks, second tries.

What a picture measures and whether it passes is told by the models that made it, so that the same
picture is always judged the same, before a crash and after.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from paying import PROBE, UNIFIED, Copies, Corridor, plan_of
from upscaled.core.assessment import Limit
from upscaled.core.life import ENDS
from upscaled.core.provenance import Story
from upscaled.nouns import (
    Artifact,
    Facts,
    Family,
    Fidelity,
    Job,
    PassDone,
    Plan,
    Probe,
    State,
)

CRISP, SOFT = 0.7, 0.3
SURE = Limit(figure="detail", says="detail in its pixels", least=0.55)
ENDED = frozenset({State.FINISHED, State.FAILING, *ENDS})
"""Where no money moves any more: once finished, a picture is only delivered."""


@dataclass(slots=True)
class Looks(Copies):
    """The pixel door where pixels do not matter: measures and verdicts are told."""

    detail: float = CRISP
    """What the result of a first pass measures."""
    verdicts: Mapping[str, Fidelity] = field(default_factory=dict)
    """By the model of the last pass; the others pass."""
    looks: int = 0

    def examine(self, source: Path, *, waited: bool = False) -> Probe:
        """Look at the result of a first pass."""
        assert source.name == "between.tif"
        assert not waited
        self.looks += 1
        return replace(PROBE, features={"r_eff": self.detail})

    def finish(self, raw: Path, source: Path, plan: Plan, to: Path, _story: Story) -> Artifact:
        """Write a file that says by which model it was made."""
        assert raw.exists()
        assert source.exists()
        to.write_bytes(plan.passes[-1].model.encode())
        size = to.stat().st_size
        width, height = plan.width, plan.height
        return Artifact(
            path=str(to), sha256="", bytes=size, width=width, height=height, format="PNG"
        )

    def check(self, source: Path, result: Path, plan: Plan, compare: Path | None) -> Fidelity:
        """Tell what was told."""
        assert source.exists()
        assert plan.width
        if compare is None:
            return Fidelity(verdict="pass")
        model = result.read_bytes().decode()
        verdict = self.verdicts.get(model, Fidelity(verdict="pass"))
        if verdict.verdict != "pass":
            compare.write_text(model)
        return verdict


class Trying(Corridor):
    """A corridor whose pictures are finished and checked; deliveries are parked."""

    parked = frozenset({State.TAKEN, State.FINISHED, State.FAILING})
    done = ENDED
    second_pass = (SURE,)


def failing(word: str, *reasons: str, **figures: float) -> Fidelity:
    """Return a verdict that is no pass."""
    return Fidelity(verdict=word, reasons=reasons or ("it is another picture",), figures=figures)


def redefined() -> Plan:
    """Return a plan of one generative pass."""
    plan = plan_of(1)
    (one,) = plan.passes
    params = {"output_format": "png", "creativity": 2, "texture": 1, "autoprompt": False}
    made = replace(one, endpoint=UNIFIED, model="Redefine", params=params)
    return replace(plan, model=Family.REDEFINE, passes=(made,))


def staged() -> Plan:
    """Return a plan whose second pass depends on the first one's result."""
    plan = plan_of(2)
    first = replace(plan.passes[0], model="Recovery V2", params={"output_format": "png"})
    passes = (first, plan.passes[1])
    whole = replace(plan, model=Family.RECOVER, passes=passes)
    other = replace(whole, passes=passes[:1], shortfall="The last 2x is plain resampling.")
    return replace(whole, otherwise=other)


def ended(number: int, verdict: str) -> Job:
    """Return a job that paid for one result by Standard V2 and ended."""
    at = datetime.now(UTC) - timedelta(hours=1) + timedelta(seconds=number)
    plan = plan_of()
    (one,) = plan.passes
    paid = PassDone(
        engine="fal",
        endpoint=one.endpoint,
        model=one.model,
        params=one.params,
        factor=2.0,
        width=128,
        height=96,
        request_id=f"r{number}",
        seconds=1.0,
        cost=one.cost,
        billed=True,
    )
    facts = Facts(
        engine="fal",
        plan=plan,
        passes=(paid,),
        fidelity=Fidelity(verdict=verdict),
        times={"finished": at},
    )
    return Job(
        id=f"j{number:03}",
        state=State.DONE if verdict == "pass" else State.REVIEW,
        watch=0,
        path=f"4k/{number}.png",
        size=1,
        mtime_ns=1,
        inode=1,
        seen_at=at,
        updated_at=at,
        facts=facts,
    )
