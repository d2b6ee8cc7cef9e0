"""How much one caller may ask of a process, and how often an address may be wrong."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from math import ceil

from mintmark.domain import Refusal

MINUTE = 60.0
_KEPT = 10_000


class Window:
    """Counts events of the last minute by name; ``seconds`` is a clock that never goes back.

    Names not heard of for longest are forgotten beyond ten thousand.
    """

    def __init__(self, most: int, seconds: Callable[[], float]) -> None:
        self._most = most
        self._seconds = seconds
        self._events: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, name: str) -> int:
        """Return the whole seconds until ``name`` may go on: 0 while it has fewer events than allowed."""
        events = self._recent(name)
        if len(events) < self._most:
            return 0
        return max(1, ceil(events[0] + MINUTE - self._seconds()))

    def add(self, name: str) -> None:
        """Count one event of ``name``."""
        self._recent(name).append(self._seconds())

    def _recent(self, name: str) -> deque[float]:
        events = self._events.setdefault(name, deque())
        self._events.move_to_end(name)
        while len(self._events) > _KEPT:
            self._events.popitem(last=False)
        while events and events[0] <= self._seconds() - MINUTE:
            events.popleft()
        return events


class Limits:
    """Requests a minute of each identity, and wrong attempts a minute of each address."""

    def __init__(self, requests_per_minute: int, bad_attempts: int, seconds: Callable[[], float]) -> None:
        self._requests = Window(requests_per_minute, seconds)
        self._wrong = Window(bad_attempts, seconds)
        self._most = requests_per_minute, bad_attempts

    def request(self, identity: str) -> Refusal | None:
        """Count a request of ``identity``; the refusal ``rate_limited`` when it has had too many."""
        wait = self._requests.wait(identity)
        if wait:
            return _refused(f"more than {self._most[0]} requests in a minute", wait, self._most[0])
        self._requests.add(identity)
        return None

    def attempt(self, address: str) -> Refusal | None:
        """Return the refusal of an address that was wrong too often, whatever it shows now."""
        wait = self._wrong.wait(address)
        return _refused("too many wrong keys from this address", wait, self._most[1]) if wait else None

    def wrong(self, address: str) -> None:
        """Count a wrong key or token of ``address``."""
        self._wrong.add(address)


def _refused(message: str, wait: int, limit: int) -> Refusal:
    return Refusal("rate_limited", f"{message}; try again in {wait} s", limit=limit, details={"retry_after": wait})
