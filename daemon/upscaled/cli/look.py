"""`classify` and `plan`: look at pictures without folders, key or network."""

import argparse
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from upscaled.cli.config import settings_or_defaults
from upscaled.cli.explain import explained
from upscaled.cli.ledgers import ledger_of
from upscaled.cli.main import DONE, UNFINISHED, print_line, print_text
from upscaled.core.draft import PlanRequest
from upscaled.core.explain import Explanation, explain
from upscaled.core.folders import Unknown
from upscaled.core.judge import Weighing, weigh
from upscaled.core.own import refuse_own
from upscaled.core.plan import make_plan
from upscaled.core.plan_json import plan_json, refused_json
from upscaled.core.report import plain
from upscaled.core.series import finish_of
from upscaled.core.settings import Settings
from upscaled.edge.ledger import Ledger
from upscaled.edge.pictures.child import Limits
from upscaled.edge.pictures.studio import Studio
from upscaled.errors import Aside, NotReady, Stop, UpscaledError, UsageError
from upscaled.nouns import Assume, Code, Family, Order, Probe, Verdict
from upscaled.reading import Rules, read_rules
from upscaled.rooms import grammar_of, open_studio

_LOOKS = 2_000
"""Pictures that one worker looks at: only looking leaves no memory behind."""
Looked = Callable[[str], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where pictures are looked at, and by what."""

    settings: Settings
    rules: Rules
    ledger: Ledger | None
    """None before the first start."""
    studio: Studio

    def classified(self, path: str, *, explained_too: bool = False) -> dict[str, Any]:
        """Return what `classify --json` prints of a file; raises what speaks against it."""
        probe = self.studio.examine(_file(path))
        weighing = weighed(self.rules, probe, path)
        told = verdict_json(path, weighing.verdict, probe)
        told["reasons"][:0] = _own(path, probe, self.ledger)
        if explained_too:
            catalogue = self.rules.catalogues[_engine(self.settings)]
            told["explanation"] = explain(self.rules.rulebook, weighing, probe, catalogue)
        return told

    def planned(self, path: str, order: Order) -> dict[str, Any]:
        """Return what `plan --json` prints of a file; raises what speaks against it."""
        probe = self.studio.examine(_file(path))
        _refuse_own(path, probe, self.ledger)
        verdict = weighed(self.rules, probe, path, order.family, order.assume).verdict
        request = _request(self.settings, self.rules, finish_of(order, path), probe, verdict)
        told = plan_json(path, make_plan(request), order)
        engine = _engine(self.settings, order)
        return told | {"engine": engine, "reasons": list(verdict.reasons)}


def classify(arguments: argparse.Namespace) -> int:
    """Print the verdict on each file; an unreadable one is said and the others still come."""
    with desk(settings_or_defaults(arguments)) as looked:
        look = partial(looked.classified, explained_too=arguments.explain)
        return _each(arguments, look, classify_fault, _verdict_text)


def plan(arguments: argparse.Namespace) -> int:
    """Print what would be done with each file, and its price."""
    settings = settings_or_defaults(arguments)
    order = order_of(settings, arguments.target)
    with desk(settings) as looked:
        return _each(arguments, partial(looked.planned, order=order), plan_fault, _plan_text)


def _request(
    settings: Settings, rules: Rules, order: Order, probe: Probe, verdict: Verdict
) -> PlanRequest:
    return PlanRequest(
        probe=probe,
        verdict=verdict,
        order=order,
        catalogue=rules.catalogues[_engine(settings, order)],
        fal_catalogue=rules.catalogues["fal"],
        beyond_safe=settings.plan.beyond_safe,
        resample_limit=settings.plan.resample_limit,
        larger=settings.plan.larger,
        larger_print=settings.plan.larger_print,
        min_effective_ppi=settings.plan.min_effective_ppi,
    )


def _engine(settings: Settings, order: Order | None = None) -> str:
    """Return whose models and prices hold: fal's, unless the config or the folder says local."""
    return "local" if (order and order.local) or settings.engine.name == "local" else "fal"


def order_of(settings: Settings, name: str) -> Order:
    """Return what a folder of this name asks for; raises `UsageError` where it is none."""
    order = grammar_of(settings).parse_name(name)
    if isinstance(order, Unknown):
        raise UsageError(f'"{name}" is no target: "{order.token}" is not known', order.hint)
    return order


def weighed(
    rules: Rules,
    probe: Probe,
    path: str,
    family: Family | None = None,
    assume: Assume = Assume.NOTHING,
) -> Weighing:
    """Return the judge's weighing of a picture that was looked at."""
    name = Path(path).name
    return weigh(rules.rulebook, probe, name=name, family=family, assume=assume)


def _refuse_own(path: str, probe: Probe, ledger: Ledger | None) -> None:
    """Raise `Aside` as `run` would: by the file's mark, or by what this ledger has delivered."""
    refuse_own(probe)
    if ledger is not None:
        with _file(path).open("rb") as file:
            refuse_own(probe, ledger.made(hashlib.file_digest(file, "sha256").hexdigest()))


def _own(path: str, probe: Probe, ledger: Ledger | None) -> list[str]:
    try:
        _refuse_own(path, probe, ledger)
    except Aside as error:
        return [error.message]
    return []


def _file(path: str) -> Path:
    if not os.path.isfile(path):  # noqa: PTH113 - follows links, and takes any spelling
        found = "no regular file" if Path(path).exists() else "not there"
        raise Aside(Code.UNREADABLE, f"{path} is {found}.", "name a picture file")
    return Path(path).resolve()


@contextmanager
def desk(settings: Settings, scratch: Path | None = None) -> Iterator[Desk]:
    """Open what looking takes: rules, one worker, and the ledger where there is one."""
    rules, ledger = read_rules(settings), ledger_of(settings)
    limits = Limits(jobs=_LOOKS)
    studio, workers = open_studio(settings, count=1, scratch=scratch, limits=limits)
    try:
        yield Desk(settings=settings, rules=rules, ledger=ledger, studio=studio)
    finally:
        workers.close()


def _each(
    arguments: argparse.Namespace,
    look: Looked,
    fault: Callable[[str, UpscaledError], dict[str, Any]],
    text: Callable[[dict[str, Any]], str],
) -> int:
    code = DONE
    for path in arguments.files:
        try:
            told = look(path)
        except UpscaledError as error:
            told, code = fault(path, error), UNFINISHED
        if arguments.json:
            print_line(_plain(told))
        else:
            print_text(text(_visible(told)))
    return code


def _visible(told: Any) -> Any:
    """Return it with every text on one line: names and metadata are strangers' words."""
    match told:
        case str():
            return plain(told)
        case dict():
            return {key: _visible(value) for key, value in told.items()}
        case list():
            return [_visible(value) for value in told]
        case _:
            return told


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    """Return it as plain values."""
    explanation: Explanation | None = told.get("explanation")
    return told | ({"explanation": asdict(explanation)} if explanation else {})


def verdict_json(path: str, verdict: Verdict, probe: Probe) -> dict[str, Any]:
    """Return a verdict as `classify --json` prints it."""
    return {
        "path": path,
        "model": verdict.model.value,
        "confidence": round(verdict.confidence, 4),
        "reasons": list(verdict.reasons),
        "rule": verdict.rule,
        "features": probe.features,
        "marks": probe.marks,
        "width": probe.width,
        "height": probe.height,
        "format": probe.format,
    }


def classify_fault(path: str, error: UpscaledError) -> dict[str, Any]:
    """Return what `classify --json` prints of a file that cannot be looked at."""
    return {"path": path, "error": error_json(error)}


def plan_fault(path: str, error: UpscaledError) -> dict[str, Any]:
    """Return what `plan --json` prints of a file that would fail."""
    told = error_json(error)
    return refused_json(path, told["code"], told["message"], told["hint"])


def error_json(error: UpscaledError) -> dict[str, str]:
    """Return an error as JSON: one of the codes, the message and the hint."""
    match error:
        case Aside():
            code = str(error.code)
        case NotReady():
            code = Code.TRUNCATED.value
        case Stop():
            code = Code.UNSUPPORTED.value
        case _:
            code = Code.UNREADABLE.value
    return {"code": code, "message": error.message, "hint": error.hint}


def _verdict_text(told: dict[str, Any]) -> str:
    if "error" in told:
        return _error_text(told)
    head = f"{told['path']}: {told['model']} ({told['confidence']:.0%}, rule {told['rule']})"
    lines = [head, *(f"    {reason}" for reason in told["reasons"])]
    return "\n".join([*lines, *([explained(told["explanation"])] if "explanation" in told else [])])


def _plan_text(told: dict[str, Any]) -> str:
    if "error" in told:
        return _error_text(told)
    size = f"{told['width']} x {told['height']} {told['format']}"
    lines = [f"{told['path']}: {told['model']} -> {size}, ${told['cost_usd']:.2f}"]
    lines += [
        f"    {one['model']} {one['factor']:g}x -> {one['width']} x {one['height']}, "
        f"${one['cost_usd']:.2f} ({one['endpoint']})"
        for one in told["passes"]
    ] or ["    no model needed"]
    lines += [f"    {said}" for said in (told["shortfall"], *told["notes"]) if said]
    return "\n".join(lines)


def _error_text(told: dict[str, Any]) -> str:
    error = told["error"]
    return f"{told['path']}: {error['code']}: {error['message']}\n    {error['hint']}"
