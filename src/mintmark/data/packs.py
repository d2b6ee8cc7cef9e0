"""How far a pack is on its way to be answered from, and the gate that asks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from mintmark.domain import Refusal, iso

Status = Literal["warming", "fresh", "error", "superseded"]
Reconciliation = Literal["none", "passed", "failed"]

RESTATEMENT_REASONS = ("price_correction", "fx_correction", "late_corporate_action", "macro_revision")
PREWARM_STEPS = ("compute_daily_metrics", "prewarm_factors", "prewarm_ratings")
WARM_UPS = 5
USUAL_WARM_UP = timedelta(minutes=15)
ONCE_PAST = timedelta(seconds=60)
LONGEST_RETRY_SECONDS = 3600


@dataclass(frozen=True)
class Hold:
    """One reason why a pack may not become fresh before somebody has looked at ``symbol``."""

    code: str
    symbol: str
    observed: Decimal
    limit: Decimal
    confirmed_by: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "symbol": self.symbol,
            "observed": str(self.observed),
            "limit": str(self.limit),
            "confirmed_by": self.confirmed_by,
        }


def hold_from(given: Mapping[str, Any]) -> Hold:
    """Return the hold ``as_json`` wrote."""
    observed, limit = Decimal(given["observed"]), Decimal(given["limit"])
    return Hold(given["code"], given["symbol"], observed, limit, given["confirmed_by"])


@dataclass(frozen=True)
class PackState:
    """A pack and where it stands: what is decided about it without opening it.

    ``pinned`` says that it was asked for by its id. ``restated`` that it stands in the place of another version.
    ``estimated_ready`` is given while it warms, as seen at ``asked_at``.
    """

    pack_id: str
    pack_sha256: str
    as_of: date
    policy: str
    status: Status
    reconciliation: Reconciliation
    warming_since: datetime
    updated_at: datetime
    asked_at: datetime
    missing: tuple[str, ...] = ()
    holds: tuple[Hold, ...] = ()
    warned: tuple[Mapping[str, Any], ...] = ()
    prewarmed: tuple[str, ...] = ()
    was_fresh: bool = False
    restated: bool = False
    pinned: bool = False
    superseded_by: str | None = None
    failure: str | None = None
    error_bps: str | None = None
    error_message: str | None = None
    estimated_ready: datetime | None = None
    last_fresh_pack_id: str | None = None

    @property
    def prewarm_done(self) -> bool:
        """Whether every step that computes rows ahead of the first question is done."""
        return set(PREWARM_STEPS) <= set(self.prewarmed)

    @property
    def answers(self) -> bool:
        """Whether it may be answered from without being asked to: it is fresh, or was before it was superseded."""
        return self.status == "fresh" or (self.status == "superseded" and self.was_fresh)

    @property
    def retry_after(self) -> int | None:
        """Whole seconds until it is expected to be ready, 1 to 3600; None when nothing is expected."""
        if self.estimated_ready is None:
            return None
        seconds = math.ceil((self.estimated_ready - self.asked_at).total_seconds())
        return min(max(seconds, 1), LONGEST_RETRY_SECONDS)

    def health(self) -> dict[str, Any]:
        """Return the body of ``GET /health/pack``."""
        return {
            "status": self.status,
            "pack_id": self.pack_id,
            "asof_date": self.as_of.isoformat(),
            "is_fresh": self.status == "fresh",
            "prewarm_done": self.prewarm_done,
            "reconciliation_passed": self.reconciliation == "passed",
            "updated_at": iso(self.updated_at),
            "missing": list(self.missing),
            "estimated_ready": None if self.estimated_ready is None else iso(self.estimated_ready),
            "error_message": self.error_message,
        }


def gate(state: PackState, require_fresh: bool = True) -> Refusal | None:
    """Return why nothing is answered from the pack of ``state``, or None where it may be.

    A failed reconciliation is asked first and stops everybody. An export asks with ``require_fresh``, whatever its
    caller said.
    """
    if state.reconciliation == "failed" or state.status == "error":
        return Refusal(
            "pricing_pack_error",
            f"{state.pack_id} failed its reconciliation: see its failure, mend it and reconcile again",
            details={"pack_id": state.pack_id, "failure": state.failure, "error_bps": state.error_bps},
        )
    if state.answers or not require_fresh:
        return None
    ready = None if state.estimated_ready is None else iso(state.estimated_ready)
    details = {
        "pack_id": state.pack_id,
        "status": state.status,
        "missing": list(state.missing),
        "estimated_ready": ready,
        "last_fresh_pack_id": state.last_fresh_pack_id,
        "retry_after": state.retry_after,
    }
    message = f"{state.pack_id} is {state.status}" + (f", expected ready at {ready}" if ready else "")
    return Refusal("pricing_pack_warming", message, details=details)


def warnings_of(state: PackState) -> list[dict[str, str]]:
    """Return what an answer from the pack of ``state`` must say of it, as code and message."""
    found = []
    if not state.answers:
        found.append({"code": "pack_not_fresh", "message": f"{state.pack_id} is {state.status}, not fresh"})
    if state.status == "superseded":
        message = f"{state.pack_id} was superseded by {state.superseded_by}"
        found.append({"code": "pack_superseded", "message": message})
    elif state.restated and not state.pinned:
        message = f"{state.pack_id} restates what was published for {state.as_of} before"
        found.append({"code": "pack_restated", "message": message})
    return found


def ready_at(since: datetime, now: datetime, warm_ups: Sequence[timedelta]) -> datetime:
    """Return when a pack warming ``since`` is expected to be ready: after the median of the last five warm-ups.

    With fewer than five, after a quarter of an hour; once that is past, a minute from ``now``.
    """
    last = list(warm_ups)[:WARM_UPS]
    usual = sorted(last)[WARM_UPS // 2] if len(last) == WARM_UPS else USUAL_WARM_UP
    return since + usual if since + usual > now else now + ONCE_PAST


def why_not_fresh(state: PackState) -> Refusal | None:
    """Return what the pack of ``state`` lacks to become fresh, or None where it lacks nothing."""
    if state.status not in ("warming", "fresh"):
        return Refusal("pack_not_warming", f"{state.pack_id} is {state.status}, not warming", observed=state.status)
    if state.missing:
        message = f"{state.pack_id} lacks {', '.join(state.missing)}"
        return Refusal("pack_incomplete", message, details={"missing": list(state.missing)})
    open_holds = [hold for hold in state.holds if hold.confirmed_by is None]
    if open_holds:
        named = ", ".join(f"{hold.symbol} ({hold.code})" for hold in open_holds)
        message = f"{state.pack_id} is held for {named}: look, then `mintmark pack confirm`"
        return Refusal("pack_on_hold", message, details={"holds": [hold.as_json() for hold in open_holds]})
    if state.reconciliation != "passed":
        message = f"{state.pack_id} has not passed its reconciliation: `mintmark ledger reconcile {state.pack_id}`"
        return Refusal("pack_not_reconciled", message, observed=state.reconciliation, limit="passed")
    left = [step for step in PREWARM_STEPS if step not in state.prewarmed]
    if left:
        message = f"{state.pack_id} is not prewarmed: {', '.join(left)} not done"
        return Refusal("pack_not_prewarmed", message, details={"steps": left})
    return None
