from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator

import pytest

from landscape_widget.core.objective import Cancelled
from landscape_widget.widget import session
from landscape_widget.widget.session import THREAD_NAME, Worker

PATIENCE_S = 30.0  # no test is about time: nothing here takes this long


class Recorder:
    """Serves requests given as lists of pieces; a piece is (name, may be dropped)."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.gates: dict[str, threading.Event] = {}
        self.reached: dict[str, threading.Event] = {}
        self.worker: Worker[list[tuple[str, bool]]] = Worker(self.serve)

    def hold(self, name: str) -> None:
        """Let the piece of this name wait until it is released."""
        self.gates[name], self.reached[name] = threading.Event(), threading.Event()

    def await_piece(self, name: str) -> None:
        assert self.reached[name].wait(PATIENCE_S)

    def release(self, name: str) -> None:
        self.gates[name].set()

    def piece(self, name: str) -> None:
        if name in self.gates:
            self.reached[name].set()
            assert self.gates[name].wait(PATIENCE_S)
        self.done.append(name)

    def serve(self, request: list[tuple[str, bool]]) -> Generator[bool, None, None]:
        for name, may_drop in request:
            yield may_drop
            self.piece(name)

    def job(self, *names: str) -> Generator[None, None, None]:
        try:
            for name in names:
                self.piece(name)
                yield
        finally:
            self.done.append("job closed")


@pytest.fixture
def recorder():
    made = Recorder()
    yield made
    for gate in made.gates.values():
        gate.set()
    made.worker.close()


def firm(*names: str) -> list[tuple[str, bool]]:
    return [(name, False) for name in names]


def loose(*names: str) -> list[tuple[str, bool]]:
    return [(name, True) for name in names]


def num_workers() -> int:
    return sum(thread.name == THREAD_NAME for thread in threading.enumerate())


def test_a_request_is_served_in_a_thread_of_its_own(recorder):
    recorder.worker.submit(firm("a", "b"))
    recorder.worker.wait(PATIENCE_S)
    assert recorder.done == ["a", "b"]


def test_a_coarse_pass_finishes_although_newer_requests_wait(recorder):
    recorder.hold("a1")
    recorder.worker.submit([*firm("a1", "a2"), *loose("a fine")])
    recorder.await_piece("a1")
    recorder.worker.submit(firm("b"))
    recorder.worker.submit(firm("c"))
    recorder.release("a1")
    recorder.worker.wait(PATIENCE_S)
    assert recorder.done == ["a1", "a2", "c"]  # the fine pass is dropped, b was never started


def test_every_move_of_a_drag_that_finds_the_worker_free_draws_its_coarse_pass(recorder):
    for move in range(40):
        recorder.worker.submit([*firm(f"coarse {move}"), *loose("fine")])
        while f"coarse {move}" not in recorder.done:
            time.sleep(0.001)
    recorder.worker.wait(PATIENCE_S)
    assert [name for name in recorder.done if name != "fine"] == [f"coarse {move}" for move in range(40)]


def test_a_fine_pass_learns_at_once_that_it_is_stale(recorder):
    recorder.hold("a")
    recorder.worker.submit(loose("a", "b"))
    recorder.await_piece("a")
    assert not recorder.worker.should_stop()
    recorder.worker.submit(firm("c"))
    assert recorder.worker.should_stop()
    recorder.release("a")
    recorder.worker.wait(PATIENCE_S)
    assert recorder.done == ["a", "c"]


def test_a_coarse_pass_is_not_told_to_stop(recorder):
    recorder.hold("a")
    recorder.worker.submit(firm("a"))
    recorder.await_piece("a")
    recorder.worker.submit(firm("b"))
    assert not recorder.worker.should_stop()
    recorder.release("a")
    recorder.worker.wait(PATIENCE_S)


def test_a_drag_is_answered_between_two_steps_of_a_job_and_the_job_goes_on(recorder):
    recorder.hold("step 1")
    recorder.worker.add_job(recorder.job("step 1", "step 2"))
    recorder.await_piece("step 1")
    recorder.worker.submit(firm("coarse"))
    recorder.release("step 1")
    recorder.worker.wait(PATIENCE_S)
    assert recorder.done == ["step 1", "coarse", "step 2", "job closed"]


def test_jobs_run_one_after_the_other(recorder):
    recorder.hold("a")
    recorder.worker.add_job(recorder.job("a", "b"))
    recorder.worker.add_job(recorder.job("c"))
    recorder.release("a")
    recorder.worker.wait(PATIENCE_S)
    assert recorder.done == ["a", "b", "job closed", "c", "job closed"]


def test_a_job_that_is_to_be_first_comes_before_the_one_at_hand_which_goes_on_after_it(recorder):
    recorder.hold("a")
    recorder.worker.add_job(recorder.job("a", "b"))
    recorder.await_piece("a")
    recorder.worker.add_job(recorder.job("c", "d"), first=True)
    recorder.release("a")
    recorder.worker.wait(PATIENCE_S)
    assert recorder.done == ["a", "c", "d", "job closed", "b", "job closed"]


def test_cancel_drops_the_request_at_hand_and_all_jobs_and_the_next_request_works(recorder):
    recorder.hold("a")
    recorder.worker.submit(firm("a", "b"))
    recorder.worker.add_job(recorder.job("step"))
    recorder.await_piece("a")
    recorder.worker.cancel()
    assert recorder.worker.should_stop()
    recorder.release("a")
    recorder.worker.wait(PATIENCE_S)
    assert recorder.done == ["a"]
    recorder.worker.submit(firm("c"))
    recorder.worker.wait(PATIENCE_S)
    assert recorder.done == ["a", "c"]


def test_a_cancelled_job_cleans_up(recorder):
    recorder.hold("step 1")
    recorder.worker.add_job(recorder.job("step 1", "step 2"))
    recorder.await_piece("step 1")
    recorder.worker.cancel()
    recorder.release("step 1")
    recorder.worker.wait(PATIENCE_S)
    assert recorder.done == ["step 1", "job closed"]


def failing(error: BaseException) -> Callable[..., Generator[bool, None, None]]:
    def serve(*_: object) -> Generator[bool, None, None]:
        yield False
        raise error

    return serve


def test_an_error_is_kept_and_raised_by_wait_until_the_next_request_which_works(recorder):
    worker = recorder.worker
    good, worker._serve = worker._serve, failing(RuntimeError("loss must be a scalar"))
    worker.submit(firm("a"))
    with pytest.raises(RuntimeError, match="loss must be a scalar"):
        worker.wait(PATIENCE_S)
    worker.add_job(recorder.job("step"))  # says nothing about the request
    with pytest.raises(RuntimeError, match="loss must be a scalar"):
        worker.wait(PATIENCE_S)
    worker._serve = good
    worker.submit(firm("b"))
    worker.wait(PATIENCE_S)
    assert worker.error is None
    assert recorder.done == ["step", "job closed", "b"]


def test_an_error_in_a_job_ends_that_job_only(recorder):
    recorder.worker.add_job(failing(ValueError("no step can be taken"))())
    recorder.worker.add_job(recorder.job("step"))
    with pytest.raises(ValueError, match="no step can be taken"):
        recorder.worker.wait(PATIENCE_S)
    assert recorder.done == ["step", "job closed"]


def test_a_pass_that_was_cancelled_inside_a_tile_is_no_error(recorder):
    recorder.worker._serve = failing(Cancelled())
    recorder.worker.submit(firm("a"))
    recorder.worker.wait(PATIENCE_S)
    assert recorder.worker.error is None


def test_wait_says_so_when_the_time_is_over(recorder):
    recorder.hold("a")
    recorder.worker.submit(firm("a"))
    with pytest.raises(TimeoutError, match=r"not complete after 0.01 s. Give wait\(\) a longer timeout"):
        recorder.worker.wait(0.01)
    recorder.release("a")


@pytest.mark.parametrize("timeout", [0, -3.0, float("nan")])
def test_wait_refuses_a_timeout_that_is_none(recorder, timeout):
    with pytest.raises(ValueError, match="timeout must be a finite number greater than 0"):
        recorder.worker.wait(timeout)


def test_what_is_due_later_counts_as_work_and_only_the_last_call_is_made(recorder):
    recorder.worker.call_later(600.0, lambda: recorder.piece("first"))
    assert recorder.worker.is_busy
    recorder.worker.call_later(0.0, lambda: recorder.piece("second"))
    recorder.worker.wait(PATIENCE_S)
    assert recorder.done == ["second"]


def test_an_error_in_a_call_that_was_due_is_told(recorder):
    def fail() -> None:
        raise ValueError("released too far")

    recorder.worker.call_later(0.0, fail)
    with pytest.raises(ValueError, match="released too far"):
        recorder.worker.wait(PATIENCE_S)


def test_what_is_due_comes_before_the_rest_of_a_pass(recorder):
    recorder.hold("a")
    recorder.worker.submit(loose("a", "b"))
    recorder.await_piece("a")
    recorder.worker.call_later(0.0, lambda: recorder.piece("due"))
    recorder.release("a")
    recorder.worker.wait(PATIENCE_S)
    assert recorder.done == ["a", "due", "b"]


def test_the_tick_runs_between_steps_and_when_woken_and_its_errors_are_told(recorder):
    ticks, fails = threading.Semaphore(0), [True]

    def tick() -> float | None:
        ticks.release()
        if fails:
            raise RuntimeError(fails.pop() and "the view is gone")
        return None

    recorder.worker._tick = tick
    recorder.worker.submit(firm("a", "b"))
    with pytest.raises(RuntimeError, match="the view is gone"):
        recorder.worker.wait(PATIENCE_S)
    assert ticks.acquire(timeout=PATIENCE_S)
    while ticks.acquire(blocking=False):
        pass
    recorder.worker.wake()
    assert ticks.acquire(timeout=PATIENCE_S)


def test_close_ends_the_thread_in_the_middle_of_a_pass(recorder):
    before = num_workers()
    recorder.hold("a")
    recorder.worker.submit(firm("a", "b"))
    recorder.worker.add_job(recorder.job("step"))
    recorder.await_piece("a")
    recorder.release("a")
    recorder.worker.close()
    assert num_workers() == before
    recorder.worker.submit(firm("c"))
    assert "c" not in recorder.done
    assert num_workers() == before


def test_an_idle_worker_has_no_thread_and_starts_again_when_needed(recorder, monkeypatch):
    monkeypatch.setattr(session, "IDLE_SECONDS", 0.0)
    recorder.worker.submit(firm("a"))
    recorder.worker.wait(PATIENCE_S)
    thread = recorder.worker._thread
    if thread is not None:
        thread.join(PATIENCE_S)
    assert recorder.worker._thread is None
    recorder.worker.submit(firm("b"))
    recorder.worker.wait(PATIENCE_S)
    assert recorder.done == ["a", "b"]


def test_spare_work_is_done_only_while_nothing_else_is_and_nobody_waits_for_it(recorder):
    recorder.hold("spare 1")
    recorder.worker.do_in_spare_time(recorder.job("spare 1", "spare 2"))
    recorder.await_piece("spare 1")
    assert recorder.worker.has_spare_work
    assert not recorder.worker.is_busy
    recorder.worker.wait(PATIENCE_S)
    recorder.worker.add_job(recorder.job("step"))
    assert recorder.worker.spare_should_stop()
    recorder.release("spare 1")
    recorder.worker.wait(PATIENCE_S)
    assert recorder.done[:2] == ["spare 1", "step"]


def finished(recorder) -> bool:
    for _ in range(3000):
        if not recorder.worker.has_spare_work and not recorder.worker.is_busy:
            return True
        time.sleep(0.01)
    return False


def test_spare_work_goes_on_after_a_job(recorder):
    recorder.hold("step")
    recorder.worker.add_job(recorder.job("step"))
    recorder.await_piece("step")
    recorder.worker.do_in_spare_time(recorder.job("spare 1", "spare 2"))
    recorder.release("step")
    assert finished(recorder)
    assert recorder.done == ["step", "job closed", "spare 1", "spare 2", "job closed"]


def test_a_request_ends_spare_work(recorder):
    recorder.hold("spare 1")
    recorder.worker.do_in_spare_time(recorder.job("spare 1", "spare 2"))
    recorder.await_piece("spare 1")
    recorder.worker.submit(firm("a"))
    recorder.release("spare 1")
    recorder.worker.wait(PATIENCE_S)
    assert recorder.done == ["spare 1", "job closed", "a"]
    assert not recorder.worker.has_spare_work


def test_new_spare_work_takes_the_place_of_the_old(recorder):
    recorder.hold("old 1")
    recorder.worker.do_in_spare_time(recorder.job("old 1", "old 2"))
    recorder.await_piece("old 1")
    recorder.worker.do_in_spare_time(recorder.job("new"))
    recorder.release("old 1")
    assert finished(recorder)
    assert recorder.done == ["old 1", "job closed", "new", "job closed"]


@pytest.mark.parametrize("has_thread", [True, False])
def test_spare_work_rests_during_a_pause_and_goes_on_after_it(recorder, monkeypatch, has_thread):
    monkeypatch.setattr(session, "IDLE_SECONDS", 30.0 if has_thread else 0.0)
    recorder.worker.pause_spare_time(True)
    recorder.worker.do_in_spare_time(recorder.job("spare"))
    recorder.worker.submit(firm("a"))
    recorder.worker.wait(PATIENCE_S)
    recorder.worker.do_in_spare_time(recorder.job("spare"))
    recorder.worker.add_job(recorder.job("step"))
    recorder.worker.wait(PATIENCE_S)
    assert "spare" not in recorder.done
    recorder.worker.pause_spare_time(False)
    assert finished(recorder)
    assert recorder.done[-2:] == ["spare", "job closed"]


@pytest.mark.parametrize("has_pause", [True, False])
def test_cancel_ends_spare_work_also_while_it_rests(recorder, monkeypatch, has_pause):
    monkeypatch.setattr(session, "IDLE_SECONDS", 0.0)
    recorder.hold("spare 1")
    recorder.worker.do_in_spare_time(recorder.job("spare 1", "spare 2"))
    recorder.await_piece("spare 1")
    recorder.worker.pause_spare_time(has_pause)
    recorder.worker.cancel()
    recorder.release("spare 1")
    recorder.worker.wait(PATIENCE_S)
    assert recorder.done == ["spare 1", "job closed"]


def test_close_ends_spare_work(recorder):
    before = num_workers()
    recorder.hold("spare 1")
    recorder.worker.do_in_spare_time(recorder.job("spare 1", "spare 2"))
    recorder.await_piece("spare 1")
    recorder.release("spare 1")
    recorder.worker.close()
    assert recorder.done[-1] == "job closed"
    assert num_workers() == before
