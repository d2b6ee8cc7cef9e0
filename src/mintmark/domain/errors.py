"""The errors of the house, and the one table from code to HTTP status and exit code.

MintmarkError
├── Refused            an expected "no" on its way to a door
└── Fault              something that should not happen
    ├── Damaged        stored bytes are not what their hash says
    ├── NotWritable    a folder or disk takes no more bytes
    ├── StoreUnavailable
    └── ProviderFailed
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Refusal:
    """A "no" with its reason: a value, not an exception."""

    code: str
    message: str
    observed: Any = None
    limit: Any = None
    details: Mapping[str, Any] = field(default_factory=dict)


class MintmarkError(Exception):
    """Anything the program says on purpose when it stops.

    ``code`` is a stable string; ``details`` holds JSON values only.
    """

    code = "internal"

    def __init__(self, message: str, *, code: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.details: dict[str, Any] = details


class Refused(MintmarkError):
    """Carries an expected "no" through the edges to the door that answers.

    >>> Refused("no pack holds XYZ 1d", code="no_pack", symbol="XYZ").details
    {'symbol': 'XYZ'}
    """

    code = "invalid_request"

    @classmethod
    def because(cls, refusal: Refusal) -> Refused:
        """Return ``refusal`` as an exception, observed and limit among its details."""
        found = {"observed": refusal.observed, "limit": refusal.limit}
        numbers = {key: value for key, value in found.items() if value is not None}
        return cls(refusal.message, code=refusal.code, **{**refusal.details, **numbers})


class Fault(MintmarkError):
    """Something that should not happen, and did; a ``retryable`` one may be gone a moment later."""

    retryable = False


class Damaged(Fault):
    """Stored bytes are not what their hash says: ``pack_damaged``, ``model_damaged``."""

    code = "pack_damaged"


class NotWritable(Fault):
    """A path takes no bytes: ``disk_full`` or ``not_writable``, with path and free bytes."""

    code = "disk_full"


class StoreUnavailable(Fault):
    """The database does not answer."""

    code = "store_unavailable"
    retryable = True


class ProviderFailed(Fault):
    """An outside source failed after its retries: ``provider_failed``, ``provider_timeout``."""

    code = "provider_failed"
    retryable = True


@dataclass(frozen=True)
class Outcome:
    """What a code means at the doors."""

    http: int
    exit: int


_CONFLICT = Outcome(409, 5)
_OUTCOMES: Mapping[str, Outcome] = {
    "internal": Outcome(500, 1),
    "reconciliation_failed": Outcome(500, 1),
    "disk_full": Outcome(500, 1),
    "not_writable": Outcome(500, 1),
    "usage": Outcome(400, 2),
    "invalid_request": Outcome(400, 3),
    "too_large": Outcome(413, 3),
    "cross_site": Outcome(403, 3),
    "method_not_allowed": Outcome(405, 3),
    "not_found": Outcome(404, 4),
    "no_active_cycle": Outcome(404, 4),
    "at_capacity": _CONFLICT,
    "not_cancellable": _CONFLICT,
    "verify_cancelled": _CONFLICT,
    "not_resumable": _CONFLICT,
    "strategy_exists": _CONFLICT,
    "several_active": _CONFLICT,
    "not_research": _CONFLICT,
    "provider_failed": Outcome(502, 6),
    "provider_timeout": Outcome(504, 6),
    "store_unavailable": Outcome(503, 6),
    "budget_exhausted": Outcome(429, 7),
    "unauthorized": Outcome(401, 10),
    "forbidden": Outcome(403, 10),
    "export_not_permitted": Outcome(403, 10),
    "invalid_asof_date": Outcome(400, 3),
    "input_invalid": Outcome(400, 3),
    "pattern_not_found": Outcome(404, 4),
    "instrument_not_found": Outcome(404, 4),
    "ledger_commit_not_found": Outcome(404, 4),
    "portfolio_not_found": Outcome(404, 4),
    "pricing_pack_not_found": Outcome(404, 4),
    "no_pricing_pack": Outcome(503, 6),
    "pricing_pack_error": Outcome(500, 5),
    "pricing_pack_warming": Outcome(503, 6),
    "circuit_open": Outcome(503, 6),
    "capability_timeout": Outcome(504, 6),
    "pattern_execution_error": Outcome(500, 1),
    "rate_limited": Outcome(429, 6),
}
_REFUSED_INPUT = Outcome(422, 3)

EXIT_DONE = 0
EXIT_FOLLOWED_FAILED = 8
EXIT_FOLLOWED_CANCELLED = 9
EXIT_INTERRUPTED = 130


def outcome_of(code: str) -> Outcome:
    """Return the HTTP status and exit code of ``code``; an unlisted one is refused input.

    >>> outcome_of("not_found")
    Outcome(http=404, exit=4)
    >>> outcome_of("strategy_invalid")
    Outcome(http=422, exit=3)
    """
    return _OUTCOMES.get(code, _REFUSED_INPUT)
