"""
What the plans for a labelled corpus would cost, against a studio that always enlarges 4x.

The other studio sends every picture to one model at the tiers of fal's page: 0.08 USD up to 24
megapixels of output, 0.16 to 48, 0.32 to 96, 1.36 to 512. Two figures are printed for each target:
over the whole corpus, where we refuse what no plan can bring to its target (it costs nothing, while
the other studio pays for it), and over the planned pictures alone, which is the harder reading:
nearly all of them are so small that 4x costs the least there is, and generated ones get a model
that is dearer by right. A second pass that depends on a look counts as made. Run as `make
bench-cost`; ends with 1 where a target costs more than 0.6 of the whole corpus.
"""

import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from orders import shipped
from upscaled.core.catalogue import Catalogue
from upscaled.core.draft import PlanRequest
from upscaled.core.folders import Grammar, Unknown
from upscaled.core.judge import judge
from upscaled.core.plan import make_plan
from upscaled.core.price import MEGAPIXEL, Tiers, cost, micros, usd
from upscaled.core.rulebook import Rulebook, load_rulebook
from upscaled.edge.toml import load_rules
from upscaled.errors import Aside, UpscaledError
from upscaled.nouns import Assume, Family, Micros, Order, Plan, Probe, Verdict

AT_MOST = 0.6
TARGETS = ("4k", "8k", "print")
FAMILIES = ("unified", "split")
PAGE = Tiers(
    steps=tuple(
        (mp * MEGAPIXEL, micros(price))
        for mp, price in ((24, 0.08), (48, 0.16), (96, 0.32), (512, 1.36))
    )
)

Looked = list[tuple[Probe, Verdict]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One target's sums."""

    planned: Micros = 0
    """Ours."""
    always: Micros = 0
    """The other studio's, of the planned pictures."""
    refused: Micros = 0
    """The other studio's, of those we refuse."""

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            planned=self.planned + other.planned,
            always=self.always + other.always,
            refused=self.refused + other.refused,
        )

    @property
    def whole(self) -> float:
        """Return the share over the whole corpus."""
        return self.planned / max(1, self.always + self.refused)

    @property
    def alone(self) -> float:
        """Return the share over the planned pictures alone."""
        return self.planned / max(1, self.always)


def pictures(corpus: Path) -> list[Path]:
    """Return the labelled pictures of a corpus, laid out as label/file."""
    return [file for label in Family for file in sorted((corpus / label).glob("*"))]


def look(files: Sequence[Path]) -> Looked:
    """Examine and judge every picture; what cannot be read has no price anywhere."""
    book = load_rulebook(load_rules(None, "judge.toml"))
    with ProcessPoolExecutor(os.cpu_count()) as crew:
        probes = crew.map(_examined, files, chunksize=4)
        return [
            (probe, _judged(book, probe, file.name))
            for file, probe in zip(files, probes, strict=True)
            if probe is not None
        ]


def _examined(file: Path) -> Probe | None:
    from upscaled.edge.pictures.examine import examine  # noqa: PLC0415 - in the worker alone

    try:
        return examine(file)
    except UpscaledError:
        return None


def _judged(book: Rulebook, probe: Probe, name: str) -> Verdict:
    return judge(book, probe, name=name, family=None, assume=Assume.NOTHING)


def add_up(looked: Looked, catalogue: Catalogue, order: Order) -> Cost:
    """Return what a target would cost over all pictures."""
    plans = [(_plan(probe, verdict, catalogue, order), probe) for probe, verdict in looked]
    return Cost(
        planned=sum(plan.cost for plan, _ in plans if plan),
        always=_fourfold(probe for plan, probe in plans if plan),
        refused=_fourfold(probe for plan, probe in plans if not plan),
    )


def _plan(probe: Probe, verdict: Verdict, catalogue: Catalogue, order: Order) -> Plan | None:
    request = PlanRequest(probe=probe, verdict=verdict, order=order, catalogue=catalogue)
    try:
        return make_plan(request)
    except Aside:
        return None


def _fourfold(probes: Iterable[Probe]) -> Micros:
    return sum(cost(PAGE, 4 * probe.width, 4 * probe.height) for probe in probes)


def say(line: str) -> None:
    """Print one line."""
    sys.stdout.write(f"{line}\n")


def row(family: str, target: str, sums: Cost) -> None:
    """Print one line of the table."""
    say(
        f"{family:8} {target:6} ${usd(sums.planned):7.2f} of ${usd(sums.always):7.2f}"
        f" + ${usd(sums.refused):6.2f} refused: whole {sums.whole:.3f},"
        f" planned alone {sums.alone:.3f}"
    )


def main(corpus: Path) -> int:
    """Print the table; return 1 where a target costs more than the goal."""
    files = pictures(corpus)
    if not files:
        sys.stderr.write(f"no labelled pictures at {corpus}; set UPSCALED_CORPUS\n")
        return 2
    looked, grammar, worst = look(files), Grammar({}), 0.0
    say(f"{len(looked)} pictures, planned against always 4x at the page's tiers (<= {AT_MOST})")
    for family in FAMILIES:
        every = Cost()
        for target in TARGETS:
            order = grammar.parse_name(target)
            assert not isinstance(order, Unknown)
            sums = add_up(looked, shipped(family), order)
            every += sums
            worst = max(worst, sums.whole)
            row(family, target, sums)
        row(family, "all", every)
    return int(worst > AT_MOST)


if __name__ == "__main__":
    raise SystemExit(main(Path(os.environ.get("UPSCALED_CORPUS", "corpus"))))
