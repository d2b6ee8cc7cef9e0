"""A breaker for each capability: five faults of the infrastructure in a row leave its agent in peace for a minute."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from purgatory import SyncCircuitBreakerFactory
from purgatory.domain.model import HalfOpenedState

from mintmark.domain import Fault, ProviderFailed, StoreUnavailable

FAULTS_TO_OPEN: Final = 5
OPEN_SECONDS: Final = 60.0
INFRASTRUCTURE: Final = (StoreUnavailable, ProviderFailed, TimeoutError, ConnectionError)


class CircuitOpen(Fault):
    """The capability is not asked for a while; ``retry_after`` is in whole seconds."""

    code = "circuit_open"


class Breakers:
    """The breakers of all capabilities; ``seconds`` is a clock that never goes back.

    Only faults of ``INFRASTRUCTURE`` count; a refusal or bad input says that the agent works.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        # Time is ours: a breaker of the library reads the clock of the machine, so it may never close by itself.
        self._factory = SyncCircuitBreakerFactory(default_threshold=FAULTS_TO_OPEN, default_ttl=math.inf)
        self._opened: dict[str, float] = {}
        self._probing: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def guarding(self, capability: str, agent: str) -> Iterator[None]:
        """Let one call through, and count how it ends.

        Raises:
            CircuitOpen: ``circuit_open`` while the breaker is open or its one probe runs.
        """
        self._enter(capability, agent)
        fault: Exception | None = None
        try:
            yield
        except INFRASTRUCTURE as error:
            fault = error
            raise
        finally:
            self._leave(capability, fault)

    def states(self) -> dict[str, str]:
        """Return the state of each breaker that was ever asked: closed, opened or half-opened."""
        with self._lock:
            return {name: brk.state for name, brk in self._factory.uow.contexts.breakers.items()}  # type: ignore[attr-defined]

    def _enter(self, capability: str, agent: str) -> None:
        with self._lock:
            context = self._factory.get_breaker(capability).context
            if context.state == "closed":
                return
            waited = self._seconds() - self._opened[capability]
            if waited < OPEN_SECONDS or capability in self._probing:
                left = max(1, math.ceil(OPEN_SECONDS - waited))
                message = f"{capability} failed {FAULTS_TO_OPEN} times in a row; it is asked again in {left} s"
                raise CircuitOpen(message, agent=agent, capability=capability, retry_after=left)
            context.set_state(HalfOpenedState())
            self._probing.add(capability)

    def _leave(self, capability: str, fault: Exception | None) -> None:
        with self._lock:
            context = self._factory.get_breaker(capability).context
            self._probing.discard(capability)
            before = context.state
            if fault is None:
                context.handle_end_request()
            else:
                context.handle_exception(fault)
            context.messages.clear()
            if context.state == "opened" != before:
                self._opened[capability] = self._seconds()
