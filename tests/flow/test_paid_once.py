"""
For all histories of submits, crashes, outages, lost answers and late lists: each pass is paid once.

The corridor and its ledger are real; fal is a model behind the engine port. `make fuzz-paid` runs
more and longer histories.
"""

import os
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from dice import ROLLS
from model_fal import MEMORY, Fate, ModelFal, Mortal, PulledPlugError
from paying import BEGIN, PRICE, hushed, plan_of, settings_of
from trying import CRISP, ENDED, SOFT, Looks, Trying, failing, redefined, staged
from upscaled.nouns import Plan, State

START_TIMEOUT, MAX_SECONDS = 120.0, 60.0
DAILY, MONTHLY = 0.48, 1.20
MOST_JOBS = 8
LATEST = START_TIMEOUT + MAX_SECONDS - 1.0
"""What is accepted is listed by then: the bound that the contract rests on."""

EXAMPLES = int(os.environ.get("UPSCALED_FUZZ_PAID", "15"))
SHRINK = "UPSCALED_FUZZ_SHRINK" in os.environ
STEPS = 60 if EXAMPLES > 100 else 30


PLANS = (plan_of, partial(plan_of, 2), staged, redefined)
ANSWERS = (
    "accepted",
    "unreachable",
    "busy",
    "locked",
    "lost",
    "late",
    "never",
    "died before",
    "died after",
    "refused",
)


class Nights(RuleBasedStateMachine):
    """Nights at fal, good and bad."""

    @initialize(soft=st.booleans(), worse=st.booleans())
    def begin(self, *, soft: bool, worse: bool) -> None:
        """Open a corridor onto a model of fal; some of what it makes fails its check."""
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY)
        self.hush = hushed()
        self.hush.__enter__()
        config = settings_of(
            Path(self.folder.name),
            fal={"start_timeout_seconds": START_TIMEOUT, "max_in_flight": 4},
            retry={"first_seconds": 2.0, "max_seconds": MAX_SECONDS},
            budget={"daily_usd": DAILY, "monthly_usd": MONTHLY, "per_job_usd": 1.0},
            fidelity={"second_try": True},
        )
        bad = {"Redefine": failing("fail"), "High Fidelity V2": failing("fail", "a", "b")}
        if not worse:
            del bad["High Fidelity V2"]
        self.corridor = Trying(Path(self.folder.name), ModelFal(None), config)  # type: ignore[arg-type]
        self.fal = ModelFal(self.corridor.clock)
        self.corridor.engine = self.fal
        self.corridor.pictures = Looks(detail=SOFT if soft else CRISP, verdicts=bad)
        self.corridor.restart(Mortal)
        self.dropped: list[str] = []

    @precondition(lambda self: len(self.dropped) < MOST_JOBS)
    @rule(plan=st.sampled_from(PLANS))
    def a_picture_comes_in(self, plan: Callable[[], Plan]) -> None:
        """Drop one."""
        self.dropped.append(self.corridor.drop(plan=plan()))

    @rule(seconds=st.sampled_from([0.5, 3.0, 20.0, 70.0, 200.0, 1000.0, 4000.0, 40_000.0]))
    def time_passes(self, seconds: float) -> None:
        """Let everything that falls due happen."""
        try:
            self.corridor.advance(seconds)
        except PulledPlugError:
            self._rise()

    @rule(
        answers=st.lists(
            st.sampled_from(ANSWERS),
            max_size=4,
        )
    )
    def fal_answers_next(self, answers: list[str]) -> None:
        """Say what comes of the next submits."""
        self.fal.answers.extend(answers)

    @rule(
        end=st.sampled_from(["ready", "ready", "void", "unbegun"]),
        takes=st.sampled_from([0.0, 5.0, 100.0, 5000.0]),
        late=st.floats(0.0, START_TIMEOUT),
        listed=st.floats(0.0, 1.0),
        twice=st.booleans(),
    )
    def fal_will(self, end: str, takes: float, late: float, listed: float, *, twice: bool) -> None:
        """Say what becomes of the next request."""
        fate = Fate(
            end=end,
            takes=takes,
            accepted_after=late,
            listed_after=(LATEST - late) * listed,
            listed_twice=twice,
        )
        self.fal.fates.append(fate)

    @rule(troubles=st.lists(st.sampled_from(["missing", "broken"]), max_size=12))
    def the_media_host_will(self, troubles: list[str]) -> None:
        """Say what comes of the next downloads."""
        self.fal.downloads.extend(troubles)

    @rule(down=st.booleans())
    def fal_is_down(self, *, down: bool) -> None:
        """Begin or end an outage."""
        self.fal.down = down

    @rule(deaf=st.booleans())
    def the_disk_is_full(self, *, deaf: bool) -> None:
        """Begin or end a time in which nothing can be written down."""
        self._ledger().deaf = deaf

    @rule()
    def the_plug_is_pulled(self) -> None:
        """Die between two steps, and rise."""
        self._rise()

    @rule(records=st.integers(0, 12), after=st.booleans())
    def the_plug_will_be_pulled(self, records: int, *, after: bool) -> None:
        """Die before or after one of the next records."""
        self._ledger().dies_in, self._ledger().after = records, after

    @invariant()
    def no_upload_is_accepted_twice(self) -> None:
        """Hold fal's own list against the promise."""
        if hasattr(self, "fal"):
            urls = Counter(one.url for one in self.fal.requests)
            assert all(number == 1 for number in urls.values()), urls

    @invariant()
    def no_pass_is_billed_twice(self) -> None:
        """Hold fal's own bill against the promise."""
        if hasattr(self, "fal"):
            passes = Counter(one.owner for one in self.fal.billed())
            assert all(number == 1 for number in passes.values()), passes

    @invariant()
    def the_caps_hold(self) -> None:
        """Hold fal's bill of each day and month against the caps, and the ledger's sums as well."""
        if not hasattr(self, "fal"):
            return
        days = Counter(one.ends_at.date() for one in self.fal.billed())
        months = Counter((one.ends_at.year, one.ends_at.month) for one in self.fal.billed())
        assert all(number * PRICE <= DAILY * 1e6 for number in days.values()), days
        assert all(number * PRICE <= MONTHLY * 1e6 for number in months.values()), months
        if not self._ledger().deaf:
            spend = self.corridor.spend()
            assert spend.today <= DAILY * 1e6
            assert spend.month <= MONTHLY * 1e6

    def teardown(self) -> None:
        """Let fal and the disk be well again: every job ends, or is held and says why."""
        if not hasattr(self, "fal"):
            return
        try:
            self._heal()
            waiting = [(job.id, job.state, job.reason) for job in self.corridor.waiting()]
            assert waiting == [], waiting
            self._account()
        finally:
            self.corridor.close()
            self.hush.__exit__(None, None, None)
            self.folder.cleanup()

    def _heal(self) -> None:
        self._ledger().deaf, self._ledger().dies_in = False, None
        self.fal.down = False
        for queue in (self.fal.answers, self.fal.fates, self.fal.downloads):
            queue.clear()
        for _ in range(6):
            self.corridor.advance(7000.0)
        for _ in range(6):
            if self.corridor.waiting():  # the day has turned meanwhile: a held one was sent
                self.corridor.advance(7000.0)

    def _account(self) -> None:
        """Hold what we settled against what fal billed, pass by pass."""
        settled = self.corridor.ledger.spent(BEGIN - timedelta(days=1))
        assert settled == len(self.fal.billed()) * PRICE
        owners = Counter(one.owner.split("/")[0] for one in self.fal.billed())
        for job_id in self.dropped:
            job = self.corridor.job(job_id)
            assert job.facts.plan is not None
            if job.state is State.FINISHED:
                made = len(job.facts.tried.passes) if job.facts.tried else 0
                assert owners[job_id] == made + len(job.facts.plan.passes)
            assert owners[job_id] == len(job.facts.passes)
            if job.state in ENDED:
                assert job.reserved == 0

    def _ledger(self) -> Mortal:
        assert isinstance(self.corridor.ledger, Mortal)
        return self.corridor.ledger

    def _rise(self) -> None:
        self.corridor.restart(Mortal)


Nights.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    phases=(Phase.explicit, Phase.generate) + ((Phase.shrink,) if SHRINK else ()),
    derandomize=not ROLLS,
    database=None,
    suppress_health_check=list(HealthCheck),
)
TestNights = Nights.TestCase
