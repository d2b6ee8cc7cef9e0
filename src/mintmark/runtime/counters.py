"""Metrics that many processes count and any of them can show.

A count is part of the transaction that makes it true, so it is exact over
crashes, and whoever serves ``/metrics`` sees the counts of all workers.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from mintmark.runtime.tables import counters, operations
from mintmark.store import upsert

OTHER = "other"
_ACTIVE = ("pending", "running", "resuming")


@dataclass(frozen=True)
class Metric:
    """A metric by name; ``labels`` maps each label to the values it may take, None for any.

    A ``summary`` keeps how many values it was given, and their sum.
    """

    name: str
    documentation: str
    labels: Mapping[str, Collection[str] | None]
    summary: bool


_declared: dict[str, Metric] = {}


def declare(name: str, documentation: str, *, summary: bool = False, **labels: Collection[str] | None) -> None:
    """Make ``name`` countable; a label value outside its collection is counted as ``other``.

    Declaring again replaces: the values of a label come from the registry of whoever declares.
    """
    _declared[name] = Metric(name, documentation, dict(labels), summary)


def count(connection: Connection, name: str, amount: float = 1.0, **labels: str) -> None:
    """Add ``amount`` to a declared metric, in the transaction of ``connection``.

    Raises:
        KeyError: ``name`` was not declared.
        ValueError: the labels are not the declared ones.
    """
    known = _declared[name].labels
    if known.keys() != labels.keys():
        raise ValueError(f"expected labels {sorted(known)} of {name}, found {sorted(labels)}")
    kept = {label: _bounded(labels[label], known[label]) for label in sorted(labels)}
    row = {"name": name, "labels": json.dumps(kept), "value": amount}
    new = upsert(connection, counters).values(row)
    added = {"value": counters.c.value + amount}
    connection.execute(new.on_conflict_do_update(index_elements=["name", "labels"], set_=added))


def observe(connection: Connection, name: str, value: float, **labels: str) -> None:
    """Add one ``value`` to a declared summary; raises as ``count``."""
    known = _declared[name]
    for part, amount in (("_sum", value), ("_count", 1.0)):
        _declared.setdefault(name + part, Metric(name + part, "", known.labels, summary=False))
        count(connection, name + part, amount, **labels)


def _bounded(value: str, allowed: Collection[str] | None) -> str:
    return value if allowed is None or value in allowed else OTHER


def exposition(connection: Connection) -> bytes:
    """Return all metrics of the database in the text format Prometheus reads."""
    from prometheus_client import CollectorRegistry, generate_latest

    class _Stored:
        def collect(self) -> Iterable[object]:
            return _families(connection)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Stored())  # type: ignore[arg-type]
    return generate_latest(registry)


def _families(connection: Connection) -> Iterable[object]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily

    stored: dict[str, dict[tuple[str, ...], float]] = {}
    for row in connection.execute(select(counters).order_by(counters.c.name, counters.c.labels)):
        found = json.loads(row.labels)
        stored.setdefault(row.name, {})[tuple(found[label] for label in sorted(found))] = row.value
    for metric in _public():
        names = sorted(metric.labels)
        if metric.summary:
            summary = SummaryMetricFamily(metric.name, metric.documentation, labels=names)
            sums = stored.get(f"{metric.name}_sum", {})
            for values, number in stored.get(f"{metric.name}_count", {}).items():
                summary.add_metric(values, count_value=int(number), sum_value=sums.get(values, 0.0))
            yield summary
        else:
            counter = CounterMetricFamily(metric.name.removesuffix("_total"), metric.documentation, labels=names)
            for values, number in stored.get(metric.name, {}).items():
                counter.add_metric(values, number)
            yield counter
    active = GaugeMetricFamily("mintmark_operations_active", "Operations that have not ended.", labels=["type"])
    kind = operations.c.operation_type
    query = select(kind, func.count()).where(operations.c.status.in_(_ACTIVE)).group_by(kind)
    for name, number in connection.execute(query):
        active.add_metric([name], number)
    yield active


def _public() -> list[Metric]:
    parts = {name + part for name, metric in _declared.items() if metric.summary for part in ("_sum", "_count")}
    return [metric for name, metric in _declared.items() if name not in parts]


declare("mintmark_operations_ended_total", "Operations ended, by type and status.", type=None, status=None)
declare("mintmark_takeovers_total", "Operations taken over from a dead worker.", type=None)
declare("mintmark_phase_seconds", "Seconds spent in each phase that ended.", summary=True, phase=None)
