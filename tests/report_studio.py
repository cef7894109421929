"""A studio of two watches whose ledger is filled by hand: what the report's tests tell of."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import tomli_w

from upscaled.core.report.tiles import NAMES
from upscaled.core.report.values import Report
from upscaled.core.settings import Settings
from upscaled.edge import roots
from upscaled.edge.toml import load_settings
from upscaled.flow.showing import tiles_folder
from upscaled.nouns import Artifact, Delivery, Facts, Job, PassDone, State
from upscaled.outboxes import outboxes_of
from upscaled.reporting import Asked, gather, span_between
from upscaled.rooms import open_ledger

RESULT = Artifact(path="", sha256="", bytes=9, width=8, height=8, format="PNG")


def paid(request_id: str, cost: int) -> PassDone:
    """Return a request that was billed."""
    return PassDone(
        engine="fal",
        endpoint="e",
        model="m",
        params={},
        factor=2.0,
        width=8,
        height=8,
        request_id=request_id,
        seconds=1.0,
        cost=cost,
        billed=True,
    )


class Studio:
    """A config and its ledger, to be filled by hand."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.number = 0
        self.configure("UTC")
        self.ledger = open_ledger(self.settings)
        self.ledger.create()

    def configure(self, zone: str) -> Settings:
        """Write the config for a zone and read it."""
        config = self.root / "config.toml"
        roles = ("inbox", "outbox", "archive", "failed", "review")
        watches = [{role: f"{name}/{role}" for role in roles} for name in ("acme", "zeta")]
        table = {"watch": watches, "schedule": {"timezone": zone}, "budget": {"daily_usd": 9.0}}
        config.write_text(tomli_w.dumps(table))
        return self.read()

    def read(self) -> Settings:
        """Read the config as it stands."""
        self.settings = load_settings(self.root / "config.toml")
        return self.settings

    def made(
        self, state: State, at: datetime, cost: int = 0, watch: int = 0, **more: object
    ) -> Job:
        """Return a job of its own name in a state, with one paid pass where it cost something."""
        self.number += 1
        facts = Facts(
            engine="fal",
            passes=(paid(f"r{self.number}", cost),) if cost else (),
            result=replace(RESULT, sha256=f"s{self.number}"),
            delivery=Delivery(
                root="outbox", path=f"4k/{self.number}.png", staged="", sidecar_staged=""
            ),
        )
        whole = Job(
            id=f"j{self.number:05}",
            state=state,
            watch=watch,
            path=f"4k/{self.number}.jpg",
            size=1,
            mtime_ns=1,
            inode=1,
            cost=cost,
            seen_at=at - timedelta(minutes=5),
            updated_at=at,
            facts=facts,
        )
        return replace(whole, **more)  # type: ignore[arg-type]

    def job(self, state: State, at: datetime, cost: int = 0, watch: int = 0, **more: object) -> Job:
        """Write a job that came to a state, with the money it settled at that moment."""
        made = self.made(state, at, cost, watch, **more)
        self.ledger.add([replace(made, state=State.SEEN, facts=Facts(), cost=0, hold=None)])
        self.ledger.record(made, "came there", made.facts.passes)
        return made

    def report(self, since: datetime, until: datetime, scope: int | None = None) -> Report:
        """Gather the report of a span."""
        asked = Asked(
            span=span_between(self.settings, since, until),
            made_at=until,
            watches=(0, 1) if scope is None else (scope,),
            base=self.root / "acme/outbox",
            scope="" if scope is None else outboxes_of(self.settings)[scope].scope,
        )
        return gather(self.settings, self.ledger, asked)

    def ask(self, query: sa.Select[Any]) -> int:
        """Ask the ledger's file itself."""
        engine = sa.create_engine(f"sqlite:///{self.ledger.path}")
        with engine.connect() as link:
            found = int(link.execute(query).scalar_one())
        engine.dispose()
        return found

    def mark(self) -> None:
        """Make both outboxes, with our marker."""
        for watch in self.settings.watch:
            roots.claim(watch.outbox, self.ledger.id)

    def tiles(self, job: Job, size: int) -> None:
        """Lay small pictures of a size in bytes beside a job, as its worker would."""
        folder = tiles_folder(self.settings) / job.id
        folder.mkdir(parents=True)
        for name in NAMES:
            (folder / name).write_bytes(b"R" * size)
