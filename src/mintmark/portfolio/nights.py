"""What a night is: which day it is for, its steps, and what is said of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from mintmark.data import POLICY_CALENDARS, trading_days
from mintmark.domain import Refused
from mintmark.portfolio.envelope import CUTOFFS

STEPS: Final = (
    "build_pack",
    "reconcile_ledger",
    "compute_daily_metrics",
    "prewarm_factors",
    "prewarm_ratings",
    "mark_fresh",
    "evaluate_alerts",
)
NEVER_BLOCKS: Final = "evaluate_alerts"


def checked_policy(policy: str) -> str:
    """Return ``policy``; refuses ``not_a_valuation_policy``."""
    if policy not in CUTOFFS:
        message = f"expected a policy portfolios are valued by, {', '.join(CUTOFFS)}, found {policy[:16]!r}"
        raise Refused(message, code="not_a_valuation_policy", policy=policy[:16])
    return policy


def last_day(policy: str, now: datetime) -> date:
    """Return the day that ended last: whose night begins 00:05 in New York (``EOD``), 00:10 in UTC (``UTC``).

    >>> last_day("EOD", datetime(2025, 10, 22, 4, 4, tzinfo=UTC)).isoformat()
    '2025-10-20'
    >>> last_day("EOD", datetime(2025, 10, 22, 4, 5, tzinfo=UTC)).isoformat()
    '2025-10-21'
    """
    at, zone = CUTOFFS[checked_policy(policy)]
    local = now.astimezone(ZoneInfo(zone))
    return local.date() - timedelta(days=1 if local.time() >= at else 2)


def begins_at(policy: str, day: date) -> datetime:
    """Return the moment the night of ``day`` begins, UTC."""
    at, zone = CUTOFFS[checked_policy(policy)]
    return datetime.combine(day + timedelta(days=1), at, ZoneInfo(zone)).astimezone(UTC)


def is_traded(policy: str, day: date) -> bool:
    """Return whether ``policy`` makes a pack of ``day``."""
    return bool(trading_days(POLICY_CALENDARS[policy], day, day))


@dataclass
class StepWork:
    """What a step did: how many items, which were refused and why, and what else is worth saying."""

    done: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)


def step_report(
    name: str, status: str, started_at: str | None, duration_s: float | None, work: StepWork | None
) -> dict[str, Any]:
    """Return a step as the report of a night shows it; ``status``: done, blocked, failed or not_run."""
    work = work or StepWork()
    return {
        "name": name,
        "status": status,
        "started_at": started_at,
        "duration_s": duration_s,
        "done": work.done,
        "refused": len(work.refused),
        "details": {**work.details, **({"refusals": work.refused} if work.refused else {})},
    }


def night_report(run_id: str, day: date, policy: str, pack_id: str | None, **more: Any) -> dict[str, Any]:
    """Return the report of a night; ``steps`` that were not reached are ``not_run``."""
    steps = {one["name"]: one for one in more.pop("steps", ())}
    return {
        "run_id": run_id,
        "date": day.isoformat(),
        "policy": policy,
        "pack_id": pack_id,
        "steps": [steps.get(name) or step_report(name, "not_run", None, None, None) for name in STEPS],
        "blocked_at": None,
        "skipped": None,
        **more,
    }
