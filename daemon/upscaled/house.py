"""
The only room that knows every room: builds them, opens them in order, closes them in reverse.

Configuration and rules are read once into values; what a step may use is bundled here; signals only
post to the conductor.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from upscaled import __version__
from upscaled.core.fidelity import parse_bands
from upscaled.core.folders import Grammar
from upscaled.core.life import Lane
from upscaled.core.settings import Settings
from upscaled.edge import disk, roots
from upscaled.edge.clock import SystemClock
from upscaled.edge.fal.bills import Bills
from upscaled.edge.fal.engine import Fal
from upscaled.edge.fal.options import FalOptions
from upscaled.edge.ledger import Ledger
from upscaled.edge.local import Local
from upscaled.edge.pictures.child import Limits
from upscaled.edge.pictures.conversions import Conversions
from upscaled.edge.pictures.marks_table import parse_marks
from upscaled.edge.pictures.studio import Studio
from upscaled.edge.pictures.workers import Workers
from upscaled.edge.secrets import find_admin_key, find_key
from upscaled.edge.toml import load_rules, own_rules, rule_place
from upscaled.errors import ConfigError, Fatal
from upscaled.flow import lanes
from upscaled.flow.promises import Promises
from upscaled.flow.tools import Showcase, Tools
from upscaled.nouns import Taken
from upscaled.reading import BANDS, MARKS, read_rules
from upscaled.shares import START_SECONDS, Marked, Places, real_inboxes, remember

PIXEL_WORKERS = 2
"""Two cores do most of the machines we know; each worker is bounded in memory and time."""
REST_SECONDS = 5.0, 120.0
"""How long a failing service of fal is left alone, first and at most; never beyond [retry]."""


def grammar_of(settings: Settings) -> Grammar:
    """Return the folder grammar with the config's own target names."""
    return Grammar(settings.target)


def open_studio(
    settings: Settings,
    count: int = PIXEL_WORKERS,
    scratch: Path | None = None,
    limits: Limits | None = None,
) -> tuple[Studio, Workers]:
    """Return the pixel workers' door and the pool behind it; the caller closes the pool."""
    workers = Workers(count, limits, scratch=scratch)
    directory = settings.rules.directory
    bands = parse_bands(load_rules(directory, BANDS), rule_place(directory, BANDS))
    marks = own_rules(directory, MARKS)
    if marks and directory:
        parse_marks(marks, str(directory / MARKS))
    packed = settings.finish.tiff_compression != "none"
    return Studio(workers, bands, marks, _conversions(settings), packed=packed), workers


def _conversions(settings: Settings) -> Conversions:
    finish = settings.finish
    ink = str(finish.cmyk_default) if finish.cmyk_default else ""
    return Conversions(cmyk_default=ink, exr_view=finish.exr_view, exr_exposure=finish.exr_exposure)


def open_ledger(settings: Settings, places: Places | None = None) -> Ledger:
    """
    Open the ledger; raises `Fatal` on a network file system.

    SQLite's locks and its write-ahead log do not hold on network file systems.
    """
    directory = settings.state.directory
    directory.mkdir(parents=True, exist_ok=True)
    kind = roots.file_system(directory)
    if roots.is_network(kind):
        raise Fatal(
            f"the state directory {directory} lies on a network file system ({kind})",
            "choose a local directory for [state] directory",
        )
    return Ledger(directory / "ledger.sqlite", real_inboxes(settings, places))


def pin_engine(settings: Settings, ledger: Ledger, key: str | None) -> str:
    """
    Return the engine of this ledger: the config's, or what `auto` was settled as once and for all.

    A ledger that has used fal never falls back: a lost key must not turn paid work into resampling.
    """
    if settings.engine.name != "auto":
        pinned: str = settings.engine.name
    else:
        pinned = ledger.get("engine") or ("fal" if key else "local")
    if ledger.get("engine") != pinned and (pinned == "fal" or ledger.get("engine") is None):
        ledger.put("engine", pinned)
    return pinned


def fal_options(settings: Settings) -> FalOptions:
    """Return what the config says of fal, as its door wants it."""
    fal = settings.fal
    return FalOptions(
        queue_url=fal.queue_url,
        rest_url=fal.rest_url,
        cdn_url=fal.cdn_url,
        api_url=fal.api_url,
        max_in_flight=fal.max_in_flight,
        request_timeout_seconds=fal.request_timeout_seconds,
        start_timeout_seconds=fal.start_timeout_seconds,
        rest_first_seconds=min(REST_SECONDS[0], settings.retry.max_seconds),
        rest_most_seconds=min(REST_SECONDS[1], settings.retry.max_seconds),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """All rooms, open."""

    settings: Settings
    ledger: Ledger
    tools: Tools
    roads: dict[tuple[Lane, int], lanes.Lane]
    has_key: bool
    bills: Bills | None
    """What fal really billed; None without an admin key."""
    close_now: Callable[[], None]
    """End every worker at once; what it did is repeated at the next start."""
    marked: Marked


@contextmanager
def opened(
    settings: Settings, source: Path, starting: Callable[[str], None] = lambda _words: None
) -> Iterator[House]:
    """
    Open every room in order; close them in reverse, whatever happens.

    `starting` is told before whatever may take long.
    """
    with ExitStack() as stack:
        roads = _roads(settings)
        for road in roads.values():
            stack.callback(road.stop)
        places, own = Places(settings, source), partial(_put, roads)
        places.look_at_all(START_SECONDS, own)
        if faults := places.faults():
            raise ConfigError(faults)
        rules = read_rules(settings)
        ledger = open_ledger(settings, places)
        lock = roots.StateLock(settings.state.directory)
        lock.take()
        stack.callback(lock.release)
        starting("Opens the ledger.")
        ledger.create()
        stack.callback(ledger.close)
        remember(ledger, places)
        marked = Marked(settings, ledger, places)
        starting("Looks for the shared folders.")
        marked.open(start=own)
        key = find_key()
        work, paid, scratch = _private_folders(settings)
        studio, workers = open_studio(settings, scratch=scratch)
        stack.callback(workers.close)
        tools = Tools(
            settings=settings,
            grammar=grammar_of(settings),
            rulebook=rules.rulebook,
            catalogues=rules.catalogues,
            engines=_engines(settings, key, studio, stack),
            engine=pin_engine(settings, ledger, key),
            pictures=studio,
            disk=disk,
            roots=marked,
            clock=SystemClock(),
            work=work,
            paid=paid,
            version=__version__,
            made=ledger.made,
            promised=Promises(),
            recipe=ledger.series.recipe,
            second_pass=rules.second_pass,
            showcase=_showcase(settings, studio),
            known=ledger.job,
            tell=ledger.tell,
            at_root=partial(_at_root, roads),
        )
        for road in roads.values():
            stack.callback(road.stop)
        yield House(
            settings=settings,
            ledger=ledger,
            tools=tools,
            roads=roads,
            has_key=key is not None,
            bills=_bills(settings, key, stack),
            close_now=partial(workers.close, now=True),
            marked=marked,
        )


def _showcase(settings: Settings, studio: Studio) -> Showcase | None:
    kept = settings.state.keep_tiles_days > 0
    return Showcase(folder=tiles_folder(settings), draw=studio.tiles) if kept else None


def tiles_folder(settings: Settings) -> Path:
    """Return where the report's small pictures lie, one folder a job."""
    return settings.state.directory / "tiles"


def _engines(
    settings: Settings, key: str | None, studio: Studio, stack: ExitStack
) -> dict[str, Fal | Local]:
    if not key:
        return {"local": Local(studio.enlarge)}
    fal = Fal(key, fal_options(settings))
    stack.callback(fal.close)
    return {"local": Local(studio.enlarge), "fal": fal}


def _bills(settings: Settings, key: str | None, stack: ExitStack) -> Bills | None:
    admin_key = find_admin_key() if key else None
    if not admin_key:
        return None
    bills = Bills(admin_key, fal_options(settings))
    stack.callback(bills.close)
    return bills


def _private_folders(settings: Settings) -> tuple[Path, Path, Path]:
    """Return the folders of work under way, of what was paid for, and of scratch, made empty."""
    work, paid, scratch = (settings.state.directory / name for name in ("work", "paid", "scratch"))
    disk.clear(scratch)
    for folder in (work, paid, scratch):
        disk.make_folder(folder)
    return work, paid, scratch


def _at_root(
    roads: dict[tuple[Lane, int], lanes.Lane], watch: int, work: Callable[[], Taken]
) -> Taken:
    return lanes.within(roads[Lane.ROOT, watch], work)


def _put(roads: dict[tuple[Lane, int], lanes.Lane], watch: int, work: Callable[[], None]) -> None:
    roads[Lane.ROOT, watch].put(0, work)


def _roads(settings: Settings) -> dict[tuple[Lane, int], lanes.Lane]:
    threads = min(settings.fal.max_in_flight + 4, 32)
    shared = {
        (Lane.PIXELS, 0): lanes.Lane("pixels", PIXEL_WORKERS),
        (Lane.NETWORK, 0): lanes.Lane("network", threads),
    }
    own = {
        (Lane.ROOT, number): lanes.Lane(f"root-{number}", 1)
        for number in range(len(settings.watch))
    }
    return shared | own
