from __future__ import annotations

from app.web.throttle import Limits, LoginThrottle


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


LIMITS = Limits(window_s=300, login_at_address=3, address=6, login=8, keys=50)


def throttle() -> tuple[LoginThrottle, Seconds]:
    clock = Seconds()
    return LoginThrottle(LIMITS, clock), clock


def test_a_login_at_an_address_is_paused_after_its_attempts() -> None:
    guard, clock = throttle()
    assert [guard.admit("ivanova", "a") for _ in range(4)] == [0, 0, 0, 300]
    clock.now += 100
    assert guard.admit("IVANOVA", "a") == 200
    assert guard.admit("ivanova", "b") == 0
    assert guard.admit("petrov", "a") == 0


def test_the_pause_ends_with_the_window() -> None:
    guard, clock = throttle()
    for _ in range(4):
        guard.admit("ivanova", "a")
    clock.now += 300
    assert guard.admit("ivanova", "a") == 0


def test_an_address_that_tries_many_logins_is_paused() -> None:
    guard, _ = throttle()
    assert [guard.admit(f"user{n}", "a") for n in range(7)] == [0] * 6 + [300]


def test_a_login_tried_from_many_addresses_is_paused() -> None:
    guard, _ = throttle()
    assert [guard.admit("ivanova", f"address{n}") for n in range(9)] == [0] * 8 + [300]


def test_success_forgives_the_pair_and_does_not_count() -> None:
    guard, _ = throttle()
    for _ in range(20):
        assert guard.admit("ivanova", "a") == 0
        guard.succeeded("ivanova", "a")


def test_refused_attempts_do_not_prolong_the_pause() -> None:
    guard, clock = throttle()
    for _ in range(30):
        guard.admit("ivanova", "a")
        clock.now += 10
    assert guard.admit("ivanova", "a") == 0


def test_memory_is_bounded_and_a_flood_does_not_free_its_own_address() -> None:
    guard, _ = throttle()
    for n in range(500):
        guard.admit(f"{n}" * 3, f"address{n % 100}")
    assert len(guard) <= LIMITS.keys
    for n in range(200):
        guard.admit(f"user{n}", "flood")
    assert guard.admit("one more", "flood") > 0
