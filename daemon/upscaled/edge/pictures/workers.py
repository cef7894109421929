"""
A small pool of supervised worker processes, one job each: a picture can kill its worker, never us.

Our own, because `ProcessPoolExecutor` loses every pending job with one death, and with
`max_tasks_per_child` can deadlock on Python 3.11. Knows nothing of pictures.
"""

import queue
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from upscaled.edge.pictures.child import Child, Died, Expired, Limits, start
from upscaled.errors import Again, Aside, Outage
from upscaled.nouns import Code

_TRIES = 2
_HOUSEKEEPING_SECONDS = 15.0


def _unheard(_share: float) -> None:
    """Take a progress that nobody asked for."""


class Workers:
    """
    Up to `count` workers, started when first needed. Safe to call from several threads at once.

    `tasks` is the dotted name of the module that holds the table `TASKS`; `scratch` is where a
    worker's libraries put temporary files.
    """

    def __init__(
        self,
        count: int = 1,
        limits: Limits | None = None,
        *,
        tasks: str = "upscaled.edge.pictures.tasks",
        scratch: Path | None = None,
    ) -> None:
        self._count = count
        self._limits = limits or Limits()
        self._tasks = tasks
        self._scratch = scratch
        self._changed = threading.Condition()
        self._idle: list[Child] = []
        self._working: set[Child] = set()
        self._lent = 0
        self._closed = False
        self._orders: queue.Queue[Future[Child] | None] = queue.Queue()
        self._keeper: threading.Thread | None = None

    def call(
        self, task: str, arguments: Mapping[str, Any], progress: Callable[[float], None] = _unheard
    ) -> Any:
        """
        Have a worker do one task; blocks until it is done.

        A worker that dies by itself is replaced and the job tried once more, since the death may
        have been another's fault. Raises the task's own error; `Aside` (worker_died,
        worker_timed_out) where the picture is to blame; `Again` once the pool is closed.
        """
        for _ in range(_TRIES):
            child = self._lend()
            try:
                return child.ask(task, arguments, progress, self._limits.timeout_seconds)
            except Expired:
                raise self._too_slow(task) from None
            except Died as death:
                self._check_open()
                last = death
            finally:
                self._give_back(child)
        raise _deadly(task, last)

    def pids(self) -> tuple[int, ...]:
        """Return the process ids of all living workers."""
        with self._changed:
            return tuple(child.pid for child in (*self._idle, *self._working))

    def close(self, *, now: bool = False) -> None:
        """
        End every worker.

        Running jobs are waited for, unless `now`: then they are killed and raise `Again`.
        """
        with self._changed:
            self._closed = True
            for child in self._working if now else ():
                child.kill()
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._lent)
            idle, self._idle = self._idle, []
            keeper, self._keeper = self._keeper, None
        for child in idle:
            child.end()
        if keeper:
            self._orders.put(None)
            keeper.join()

    def _lend(self) -> Child:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._lent < self._count)
            self._check_open()
            self._lent += 1
            child = self._fit_idle()
        try:
            child = child or self._order()
        except BaseException:
            self._free()
            raise
        with self._changed:
            self._working.add(child)
            if self._closed:
                child.kill()
        return child

    def _fit_idle(self) -> Child | None:
        while self._idle:
            child = self._idle.pop()
            if child.alive:
                return child
            child.end()
        return None

    def _give_back(self, child: Child) -> None:
        fit = child.alive and child.jobs < self._limits.jobs
        with self._changed:
            self._working.discard(child)
            if fit:
                child.idle_since = time.monotonic()
                self._idle.append(child)
        if not fit:
            child.end()
        self._free()

    def _free(self) -> None:
        with self._changed:
            self._lent -= 1
            self._changed.notify_all()

    def _check_open(self) -> None:
        if self._closed:
            raise Again("stopped", "the picture is worked on again at the next start")

    def _order(self) -> Child:
        """
        Have the keeper thread start a worker.

        The kernel's parent-death signal fires when the *thread* that started a child ends, so no
        passing lane may start one.
        """
        with self._changed:
            if self._keeper is None:
                self._keeper = threading.Thread(target=self._keep, name="workers", daemon=True)
                self._keeper.start()
        order: Future[Child] = Future()
        self._orders.put(order)
        try:
            return order.result()
        except OSError as error:
            raise Outage(f"cannot start a worker process: {error}") from error

    def _keep(self) -> None:
        while True:
            try:
                order = self._orders.get(timeout=_HOUSEKEEPING_SECONDS)
            except queue.Empty:
                self._dismiss_idle()
                continue
            if order is None:
                return
            try:
                order.set_result(start(self._limits, self._tasks, self._scratch))
            except OSError as error:
                order.set_exception(error)

    def _dismiss_idle(self) -> None:
        oldest = time.monotonic() - self._limits.idle_seconds
        with self._changed:
            bored = [child for child in self._idle if child.idle_since < oldest]
            self._idle = [child for child in self._idle if child not in bored]
        for child in bored:
            child.end()

    def _too_slow(self, task: str) -> Aside:
        limit = self._limits.timeout_seconds
        return Aside(
            Code.WORKER_TIMED_OUT,
            f"to {task} this picture took longer than {limit:g} s and was stopped",
            "make the picture smaller; on a busy machine `upscaled retry` may be enough",
        )


def _deadly(task: str, death: Died) -> Aside:
    return Aside(
        Code.WORKER_DIED,
        f"the worker process died twice while it had to {task} this picture ({death})",
        "open the picture in an editor and save it anew, or give the machine more memory",
    )
