"""What one process measures of itself, for Prometheus: labels come from registries, anything else is ``other``."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mintmark.domain import MintmarkError
from mintmark.runtime.counters import OTHER

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

API_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 1.2, 2.5, 5, 10)
BREAKER_STATES: Mapping[str, int] = {"closed": 0, "half-opened": 1, "opened": 2}
PACK_STATES: Mapping[str, int] = {"warming": 0, "fresh": 1, "error": 2, "superseded": 3}
POLICIES = ("EOD", "UTC")
LETTER_QUEUES = ("provider", "notifications")
_PREFIX = "mintmark_"
_HISTOGRAMS: Mapping[str, tuple[str, tuple[str, ...], tuple[float, ...]]] = {
    "api_request_seconds": ("Seconds to answer a pattern.", ("pattern_id", "status"), API_SECONDS),
    "agent_latency_seconds": ("Seconds of a capability.", ("agent_name", "capability"), API_SECONDS),
    "ledger_verify_seconds": ("Seconds to verify the whole ledger.", (), API_SECONDS),
    "pattern_step_seconds": ("Seconds of a step.", ("pattern_id", "capability"), API_SECONDS),
}
_COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "requests_total": ("Patterns asked.", ("pattern_id", "status")),
    "request_errors_total": ("Patterns not answered, by code.", ("pattern_id", "error")),
    "agent_invocations_total": ("Capabilities called.", ("agent_name", "capability", "status")),
}
_GAUGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "breaker_state": ("0 closed, 1 half open, 2 open.", ("capability",)),
    "pack_state": ("0 warming, 1 fresh, 2 error, 3 superseded.", ("policy",)),
    "reconciliation_error_bps": ("How far a broker's NAV was from the ledger's, newest pack.", ("policy",)),
    "dlq_size": ("Requests in the dead-letter queue.", ("queue",)),
}


class Meters:
    """The metrics of this process. ``known`` gives the values a label may take, by its name; None for any."""

    def __init__(self, known: Mapping[str, Collection[str] | None] | None = None) -> None:
        fixed: dict[str, Collection[str] | None] = {
            "status": None,
            "error": None,
            "policy": POLICIES,
            "queue": LETTER_QUEUES,
        }
        self._known = {**fixed, **(known or {})}

    @cached_property
    def registry(self) -> CollectorRegistry:
        """Where they are kept."""
        from prometheus_client import CollectorRegistry

        return CollectorRegistry(auto_describe=False)

    @cached_property
    def _metrics(self) -> dict[str, Any]:
        from prometheus_client import Counter, Gauge, Histogram

        made: dict[str, Any] = {}
        for name, (words, labels, buckets) in _HISTOGRAMS.items():
            made[name] = Histogram(_PREFIX + name, words, labels, buckets=buckets, registry=self.registry)
        for name, (words, labels) in _COUNTERS.items():
            made[name] = Counter(_PREFIX + name, words, labels, registry=self.registry)
        for name, (words, labels) in _GAUGES.items():
            made[name] = Gauge(_PREFIX + name, words, labels, registry=self.registry)
        return made

    def allow(self, label: str, values: Collection[str]) -> None:
        """Say which values ``label`` may take from here on."""
        self._known[label] = values

    def seconds(self, name: str, value: float, **labels: str) -> None:
        """Add one value to a histogram."""
        self._of(name, labels).observe(value)

    def count(self, name: str, **labels: str) -> None:
        """Add one to a counter."""
        self._of(name, labels).inc()

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        self._of(name, labels).set(value)

    def called(self, agent: str, capability: str, status: str, seconds: float) -> None:
        """Measure one call of a capability."""
        self.count("agent_invocations_total", agent_name=agent, capability=capability, status=status)
        self.seconds("agent_latency_seconds", seconds, agent_name=agent, capability=capability)

    def steps(self, pattern_id: str, steps: Iterable[Mapping[str, Any]]) -> None:
        """Measure the steps of an answer that were computed: what was computed ahead took no time."""
        for step in steps:
            if step["status"] == "ok" and step["duration_ms"]:
                labels = {"pattern_id": pattern_id, "capability": str(step["capability"])}
                self.seconds("pattern_step_seconds", step["duration_ms"] / 1000, **labels)

    @contextmanager
    def answering(self, pattern_id: str, seconds: Callable[[], float] = time.monotonic) -> Iterator[None]:
        """Measure the answer of one pattern, however it ends."""
        begun, status = seconds(), "error"
        try:
            yield
            status = "ok"
        except MintmarkError as error:
            from mintmark.domain import outcome_of

            status = "error" if outcome_of(error.code).http >= 500 else "refused"
            self.count("request_errors_total", pattern_id=pattern_id, error=error.code)
            raise
        except Exception:
            self.count("request_errors_total", pattern_id=pattern_id, error="internal")
            raise
        finally:
            self.count("requests_total", pattern_id=pattern_id, status=status)
            self.seconds("api_request_seconds", seconds() - begun, pattern_id=pattern_id, status=status)

    def exposition(self) -> bytes:
        """Return them in the text format Prometheus reads."""
        from prometheus_client import generate_latest

        _ = self._metrics
        return generate_latest(self.registry)

    def _of(self, name: str, labels: Mapping[str, str]) -> Any:
        metric = self._metrics[name]
        return metric.labels(**{key: self._bounded(key, value) for key, value in labels.items()}) if labels else metric

    def _bounded(self, label: str, value: str) -> str:
        known = self._known.get(label, ())
        return value if known is None or value in known else OTHER
