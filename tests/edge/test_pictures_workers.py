"""The pool of supervised workers, with real processes that really die."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from upscaled.edge.pictures.child import Limits
from upscaled.edge.pictures.workers import Workers
from upscaled.errors import Again, Aside, NotReady

TESTS = Path(__file__).parents[1]
DAEMON = TESTS.parent / "daemon"
Pool = Callable[..., Workers]


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    made: list[Workers] = []

    def make(count: int = 1, **limits: float) -> Workers:
        made.append(Workers(count, Limits(**limits), tasks="edge.bad_tasks"))  # type: ignore[arg-type] # floats and ints
        return made[-1]

    yield make
    for workers in made:
        workers.close(now=True)


def wait_until(holds: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def test_a_job_is_answered_and_its_progress_heard(pool: Pool) -> None:
    heard: list[float] = []

    assert pool().call("steps", {}, heard.append) == "done"
    assert heard == [0.25, 0.5, 1.0]


def test_no_worker_is_started_before_the_first_job_and_an_idle_one_is_used_again(
    pool: Pool,
) -> None:
    workers = pool(2)
    assert workers.pids() == ()

    assert workers.call("echo", {})["pid"] == workers.call("echo", {})["pid"]


def test_a_worker_is_replaced_after_its_share_of_jobs(pool: Pool) -> None:
    workers = pool(jobs=2)
    pids = [workers.call("echo", {})["pid"] for _ in range(4)]

    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_typed_errors_cross_with_every_field(pool: Pool) -> None:
    workers = pool()
    with pytest.raises(Aside, match="cut short") as caught:
        workers.call("fail", {"how": "aside"})
    assert (caught.value.code, caught.value.hint) == ("truncated", "save it anew")
    assert caught.value.billed_units == 2.5
    with pytest.raises(NotReady, match="not complete yet"):
        workers.call("fail", {"how": "not_ready"})


def test_an_unexpected_exception_says_its_class_and_words(pool: Pool) -> None:
    with pytest.raises(Aside, match="ValueError: seven is not a colour"):
        pool().call("fail", {"how": "else"})


def test_what_a_library_prints_does_not_disturb_the_answer(pool: Pool) -> None:
    assert pool().call("print", {}) == "unharmed"


def test_a_job_whose_worker_died_once_is_tried_again(pool: Pool, tmp_path: Path) -> None:
    deaths = tmp_path / "deaths"

    assert pool().call("die", {"deaths": str(deaths), "times": 1}) == "survived"
    assert deaths.read_text() == "x"


def test_a_job_that_kills_two_workers_is_set_aside_and_the_pool_goes_on(
    pool: Pool, tmp_path: Path
) -> None:
    workers, deaths = pool(), tmp_path / "deaths"
    with pytest.raises(Aside, match="killed by SIGSEGV; it said: about to fall") as caught:
        workers.call("die", {"deaths": str(deaths), "times": 9})

    assert caught.value.code == "worker_died"
    assert deaths.read_text() == "xx"
    assert workers.call("echo", {"n": 1})["n"] == 1


def test_kill_9_of_a_working_worker_costs_its_neighbour_nothing(pool: Pool, tmp_path: Path) -> None:
    workers, go = pool(2), tmp_path / "go"
    begun = [tmp_path / "one", tmp_path / "two"]
    with ThreadPoolExecutor(2) as lanes:
        jobs = [
            lanes.submit(workers.call, "wait_for", {"begun": str(path), "go": str(go)})
            for path in begun
        ]
        wait_until(lambda: all(path.exists() and path.read_text() for path in begun))
        victim, neighbour = (int(path.read_text()) for path in begun)
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: int(begun[0].read_text() or victim) != victim)
        go.touch()

        assert jobs[1].result() == neighbour
        assert jobs[0].result() not in (victim, neighbour)


def test_a_hung_worker_is_stopped_at_its_time_limit(pool: Pool) -> None:
    workers = pool(timeout_seconds=0.5)
    with pytest.raises(Aside, match=r"longer than 0.5 s") as caught:
        workers.call("hang", {})

    assert caught.value.code == "worker_timed_out"
    assert workers.pids() == ()


def test_a_job_beyond_the_memory_limit_is_set_aside_with_a_clear_sentence(pool: Pool) -> None:
    workers = pool(memory_bytes=300_000_000)
    with pytest.raises(Aside, match="more memory than a worker may use") as caught:
        workers.call("eat", {"megabytes": 600})

    assert caught.value.code == "too_large"
    assert workers.call("eat", {"megabytes": 100}) == 10


def test_closing_at_once_kills_running_jobs_and_later_calls_are_refused(
    pool: Pool, tmp_path: Path
) -> None:
    workers, begun = pool(), tmp_path / "begun"
    with ThreadPoolExecutor(2) as lanes:
        running = lanes.submit(workers.call, "hang", {"begun": str(begun)})
        wait_until(lambda: begun.exists() and begun.read_text() != "")
        queued = lanes.submit(workers.call, "echo", {})
        workers.close(now=True)
        for job in (running, queued):
            with pytest.raises(Again, match="stopped"):
                job.result()

    assert not psutil.pid_exists(int(begun.read_text()))
    with pytest.raises(Again, match="stopped"):
        workers.call("echo", {})


def test_closing_politely_waits_for_the_running_job(pool: Pool, tmp_path: Path) -> None:
    workers, begun, go = pool(), tmp_path / "begun", tmp_path / "go"
    with ThreadPoolExecutor(2) as lanes:
        job = lanes.submit(workers.call, "wait_for", {"begun": str(begun), "go": str(go)})
        wait_until(begun.exists)
        closing = lanes.submit(workers.close)
        assert not closing.done()
        go.touch()

        assert job.result() > 0
        closing.result()
    assert workers.pids() == ()


def test_a_listener_that_fails_costs_the_worker_and_not_the_pool(pool: Pool) -> None:
    def fall(_share: float) -> None:
        raise LookupError("nobody listens")

    workers = pool()
    with pytest.raises(LookupError):
        workers.call("hang", {}, fall)

    assert workers.pids() == ()
    assert workers.call("echo", {"n": 2})["n"] == 2


def test_polite_signals_to_the_group_are_left_to_the_parent(pool: Pool, tmp_path: Path) -> None:
    workers, begun, go = pool(), tmp_path / "begun", tmp_path / "go"
    with ThreadPoolExecutor(1) as lane:
        job = lane.submit(workers.call, "wait_for", {"begun": str(begun), "go": str(go)})
        wait_until(lambda: begun.exists() and begun.read_text() != "")
        pid = int(begun.read_text())
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGTERM)
        go.touch()

        assert job.result() == pid


def test_a_worker_inherits_neither_secrets_nor_open_files(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAL_KEY", "play")
    workers = pool(2)
    with (tmp_path / "lock").open("w") as lock:
        os.set_inheritable(lock.fileno(), True)  # noqa: FBT003 - the standard library's signature
        environment = workers.call("echo", {})["environment"]
        descriptors = workers.call("descriptors", {})

    assert "FAL_KEY" not in environment
    assert environment["MALLOC_ARENA_MAX"] == "2"
    assert not [name for name in descriptors if name.startswith(str(tmp_path))]


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_workers_die_with_their_parent_even_by_kill_9(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    program = textwrap.dedent(f"""
        import threading
        from upscaled.edge.pictures.workers import Workers
        workers = Workers(tasks="edge.bad_tasks")
        # The lane that asks ends at once; its worker must outlive it and not the program.
        threading.Thread(target=workers.call, args=("echo", {{}})).start()
        workers.call("hang", {{"begun": {str(begun)!r}}})
    """)
    path = os.pathsep.join([str(DAEMON), str(TESTS)])
    with subprocess.Popen([sys.executable, "-c", program], env={"PYTHONPATH": path}) as parent:
        wait_until(lambda: begun.exists() and begun.read_text() != "")
        worker = psutil.Process(int(begun.read_text()))
        assert worker.is_running()
        parent.kill()

    wait_until(lambda: not worker.is_running())


def test_a_worker_started_for_one_thread_outlives_it(pool: Pool) -> None:
    workers = pool()
    lane = threading.Thread(target=workers.call, args=("echo", {}))
    lane.start()
    lane.join()
    (pid,) = workers.pids()

    assert workers.call("echo", {})["pid"] == pid
