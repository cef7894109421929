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
from upscaled.core.life import Lane
from upscaled.core.settings import Settings
from upscaled.edge import disk, roots
from upscaled.edge.clock import SystemClock
from upscaled.edge.fal.bills import Bills
from upscaled.edge.fal.engine import Fal
from upscaled.edge.fal.options import FalOptions
from upscaled.edge.ledger import Ledger
from upscaled.edge.local import Local
from upscaled.edge.pictures.studio import Studio
from upscaled.edge.pictures.workers import Workers
from upscaled.edge.secrets import find_admin_key, find_key
from upscaled.errors import ConfigError
from upscaled.flow import lanes
from upscaled.flow.promises import Promises
from upscaled.flow.showing import tiles_folder
from upscaled.flow.tools import Showcase, Tools
from upscaled.housekeeping import before_migration, meet_restored
from upscaled.nouns import Access, Taken
from upscaled.reading import Rules, read_rules
from upscaled.rooms import PIXEL_WORKERS, grammar_of, open_ledger, studio_of
from upscaled.shares import START_SECONDS, Marked, accesses
from upscaled.whereabouts import Places, remember

REST_SECONDS = 5.0, 120.0
"""How long a failing service of fal is left alone, first and at most; never beyond [retry]."""


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
    renewed: Callable[[Settings], "House"]
    """Return the same rooms, furnished by another configuration; see `Ground.renewed`."""


@contextmanager
def opened(
    settings: Settings, source: Path, starting: Callable[[str], None] = lambda _words: None
) -> Iterator[House]:
    """
    Open every room in order; close them in reverse, whatever happens.

    `starting` is told before whatever may take long.
    """
    with ExitStack() as stack:
        ground = Ground(source, stack)
        plot = ground.staked(settings)
        rules = read_rules(settings)
        ledger = open_ledger(settings, plot.places)
        lock = roots.StateLock(settings.state.directory)
        lock.take()
        stack.callback(lock.release)
        starting("Opens the ledger.")
        before_migration(settings, ledger, SystemClock().now())
        ledger.create()
        ledger.reshape()
        meet_restored(ledger, SystemClock().now())
        stack.callback(ledger.close)
        ground.move_in(settings, find_key())
        starting("Looks for the shared folders.")
        yield ground.furnished(settings, rules, ledger, plot)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Where a configuration's watches lie, and the lanes that lead there."""

    roads: dict[tuple[Lane, int], lanes.Lane]
    places: Places
    accesses: dict[int, Access]


class Ground:
    """What outlives a reload: lanes, the worker pool, names that are spoken for, fal's door."""

    def __init__(self, source: Path, stack: ExitStack) -> None:
        self._source = source
        self._stack = stack
        self._lanes: dict[str, lanes.Lane] = {}
        self._doors: dict[FalOptions, Fal] = {}
        self._promised = Promises()

    def move_in(self, settings: Settings, key: str | None) -> None:
        """Make the private folders and the worker pool, once the state directory is ours."""
        self._key = key
        self._work, self._paid, scratch = _private_folders(settings)
        self._workers = Workers(PIXEL_WORKERS, scratch=scratch)
        self._stack.callback(self._workers.close)

    def staked(self, settings: Settings, before: Plot | None = None) -> Plot:
        """Ask where the roots lie; raises `ConfigError` where one lies in another."""
        roads = self._roads(settings)
        places = Places(settings, self._source)
        if before is not None:
            places.adopt(before.places)
        places.look_at_all(START_SECONDS, partial(_put, roads))
        if faults := places.faults():
            raise ConfigError(faults)
        return Plot(roads=roads, places=places, accesses=accesses(settings, self._source))

    def furnished(
        self,
        settings: Settings,
        rules: Rules,
        ledger: Ledger,
        plot: Plot,
        before: Marked | None = None,
    ) -> House:
        """Return the rooms as a configuration wants them; `before` are the roots met already."""
        remember(ledger, plot.places)
        marked = Marked(settings, ledger, plot.places)
        if before is not None:
            marked.adopt(before)
        marked.open(start=partial(_put, plot.roads))
        return House(
            settings=settings,
            ledger=ledger,
            tools=self._tools(settings, rules, ledger, plot, marked),
            roads=plot.roads,
            has_key=self._key is not None,
            bills=_bills(settings, self._key, self._stack),
            close_now=partial(self._workers.close, now=True),
            marked=marked,
            renewed=partial(self._renewed, plot, marked),
        )

    def _tools(
        self, settings: Settings, rules: Rules, ledger: Ledger, plot: Plot, marked: Marked
    ) -> Tools:
        """Return what a step may use."""
        studio = studio_of(settings, self._workers)
        return Tools(
            settings=settings,
            grammar=grammar_of(settings),
            rulebook=rules.rulebook,
            catalogues=rules.catalogues,
            engines=self._engines(settings, studio),
            engine=pin_engine(settings, ledger, self._key),
            pictures=studio,
            disk=disk,
            roots=marked,
            clock=SystemClock(),
            work=self._work,
            paid=self._paid,
            version=__version__,
            made=ledger.made,
            promised=self._promised,
            recipe=ledger.series.recipe,
            neighbours=ledger.standings.neighbours,
            second_pass=rules.second_pass,
            showcase=_showcase(settings, studio),
            known=ledger.job,
            tell=ledger.tell,
            left=ledger.latest_end,
            restamp=ledger.restamp,
            at_root=partial(_at_root, plot.roads),
            accesses=plot.accesses,
        )

    def _renewed(self, plot: Plot, marked: Marked, settings: Settings) -> House:
        """
        Furnish the house anew while it is lived in; nothing of the old furniture is closed.

        Raises `ConfigError` with the faults of folders and rules, `Fatal` where a new folder is
        another ledger's.
        """
        there = self.staked(settings, plot)
        rules = read_rules(settings)
        ledger = open_ledger(settings, there.places)
        self._stack.callback(ledger.close)
        return self.furnished(settings, rules, ledger, there, marked)

    def _engines(self, settings: Settings, studio: Studio) -> dict[str, Fal | Local]:
        local = Local(studio.enlarge)
        if not self._key:
            return {"local": local}
        options = fal_options(settings)
        if options not in self._doors:
            self._doors[options] = Fal(self._key, options)
            self._stack.callback(self._doors[options].close)
        return {"local": local, "fal": self._doors[options]}

    def _roads(self, settings: Settings) -> dict[tuple[Lane, int], lanes.Lane]:
        threads = min(settings.fal.max_in_flight + 4, 32)
        shared = {
            (Lane.PIXELS, 0): self._lane("pixels", PIXEL_WORKERS),
            (Lane.NETWORK, 0): self._lane("network", threads),
        }
        own = {
            (Lane.ROOT, number): self._lane(f"root {watch.inbox}", 1)
            for number, watch in enumerate(settings.watch)
        }
        return shared | own

    def _lane(self, name: str, threads: int) -> lanes.Lane:
        """Return the lane of this name, with so many threads at least."""
        if name not in self._lanes:
            self._lanes[name] = lanes.Lane(name, threads)
            self._stack.callback(self._lanes[name].stop)
        self._lanes[name].grow(threads)
        return self._lanes[name]


def _showcase(settings: Settings, studio: Studio) -> Showcase | None:
    kept = settings.state.keep_tiles_days > 0
    return Showcase(folder=tiles_folder(settings), draw=studio.tiles) if kept else None


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
