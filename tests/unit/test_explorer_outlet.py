from __future__ import annotations

from landscape_widget.widget.outlet import PATIENCE_SECONDS, Outlet


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def outlet_and_sent() -> tuple[Outlet[str], list[tuple[str, int]], Clock]:
    sent: list[tuple[str, int]] = []
    clock = Clock()
    return Outlet(lambda picture, seq: sent.append((picture, seq)), clock), sent, clock


def test_the_first_picture_goes_at_once():
    outlet, sent, _ = outlet_and_sent()
    assert outlet.flush() is None
    outlet.offer("a")
    assert outlet.flush() is None
    assert sent == [("a", 1)]


def test_until_it_is_drawn_only_the_newest_waits():
    outlet, sent, _ = outlet_and_sent()
    outlet.offer("a")
    outlet.flush()
    outlet.offer("b")
    outlet.flush()
    outlet.offer("c")
    assert outlet.flush() == PATIENCE_SECONDS
    outlet.acknowledge(1)
    assert outlet.flush() is None
    assert sent == [("a", 1), ("c", 2)]


def test_an_old_acknowledgement_opens_nothing():
    outlet, sent, _ = outlet_and_sent()
    for name, seq in (("a", 1), ("b", 2)):
        outlet.offer(name)
        outlet.flush()
        if seq == 1:
            outlet.acknowledge(1)
    outlet.acknowledge(1)
    outlet.offer("c")
    assert outlet.flush() == PATIENCE_SECONDS
    assert sent == [("a", 1), ("b", 2)]


def test_without_an_answer_the_newest_is_sent_after_the_patience():
    outlet, sent, clock = outlet_and_sent()
    outlet.offer("a")
    outlet.flush()
    outlet.offer("b")
    clock.now += PATIENCE_SECONDS + 0.01
    assert outlet.flush() is None
    assert sent == [("a", 1), ("b", 2)]
    assert outlet.num_sent == 2
