"""The least role of every route. A route that is not here is for admins alone, and a test fails."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mintmark.runtime.access import Role

LEAST_ROLE: dict[str, Role] = {
    "POST /api/v1/agent/trigger": "trader",
    "GET /api/v1/agent/status": "viewer",
    "GET /api/v1/agent/budget": "viewer",
    "DELETE /api/v1/agent/cancel": "trader",
    "DELETE /api/v1/agent/cancel/{operation_id}": "trader",
    "GET /api/v1/operations": "viewer",
    "GET /api/v1/operations/{operation_id}": "viewer",
    "GET /api/v1/operations/{operation_id}/children": "viewer",
    "GET /api/v1/operations/{operation_id}/gates": "viewer",
    "GET /api/v1/operations/{operation_id}/events": "viewer",
    "GET /api/v1/operations/{operation_id}/metrics": "viewer",
    "GET /api/v1/operations/{operation_id}/equity": "viewer",
    "GET /api/v1/operations/{operation_id}/report": "viewer",
    "GET /api/v1/operations/{operation_id}/sheet": "viewer",
    "GET /api/v1/operations/{operation_id}/rows": "viewer",
    "GET /api/v1/operations/{operation_id}/map": "viewer",
    "DELETE /api/v1/operations/{operation_id}": "trader",
    "POST /api/v1/operations/{operation_id}/resume": "trader",
    "GET /api/v1/strategies": "viewer",
    "GET /api/v1/strategies/{name}": "viewer",
    "POST /api/v1/strategies/validate": "viewer",
    "POST /api/v1/trainings": "trader",
    "POST /api/v1/backtests": "trader",
    "POST /api/v1/montecarlo": "trader",
    "POST /api/v1/sweeps": "trader",
    "POST /api/v1/walkforwards": "trader",
    "POST /api/v1/crossvalidations": "trader",
    "POST /api/v1/selftests": "trader",
    "GET /api/v1/packs": "viewer",
    "GET /api/v1/packs/{pack_id}": "viewer",
    "GET /api/v1/packs/{pack_id}/quality": "viewer",
    "GET /api/v1/packs/{pack_id}/bars": "viewer",
    "GET /api/v1/workers": "viewer",
    "GET /api/v1/ledger/entries": "viewer",
    "GET /api/v1/ledger/entries/{entry_id}": "viewer",
    "GET /api/v1/ledger/lots": "viewer",
    "GET /api/v1/ledger/balances": "viewer",
    "GET /api/v1/ledger/verify": "viewer",
    "GET /api/v1/ledger/verify/{run}": "viewer",
    "DELETE /api/v1/ledger/verify/{run}": "viewer",
    "GET /api/v1/ledger/positions": "viewer",
    "POST /api/v1/ledger/entries": "trader",
    "POST /api/v1/ledger/entries/{entry_id}/reverse": "trader",
    "POST /api/v1/ledger/import": "trader",
    "POST /api/v1/tokens": "viewer",
    "DELETE /api/v1/tokens/{token_id}": "viewer",
    "GET /api/v1/artifacts/{artifact_id}": "viewer",
    # The executor asks for more where a pattern has effects or a file is wanted.
    "POST /api/v1/execute": "viewer",
    "GET /api/v1/patterns": "viewer",
    "GET /api/v1/patterns/{pattern_id}": "viewer",
    "GET /api/v1/alerts": "viewer",
    "POST /api/v1/alerts": "trader",
    "POST /api/v1/alerts/{alert_id}/pause": "trader",
    "POST /api/v1/alerts/{alert_id}/resume": "trader",
    "DELETE /api/v1/alerts/{alert_id}": "trader",
    "GET /api/v1/notifications": "viewer",
    "POST /api/v1/notifications/{notification_id}/read": "viewer",
    "GET /api/v1/portfolios": "viewer",
    "POST /api/v1/portfolios": "trader",
    "GET /api/v1/portfolios/{portfolio_id}": "viewer",
}
# What these answer changes nothing, though it is asked with a body.
READING = frozenset({"POST /api/v1/strategies/validate", "POST /api/v1/execute"})

_PATTERNS = [
    (method, re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), f"{method} {path}")
    for method, path in (key.split(" ") for key in LEAST_ROLE)
]


def route_of(method: str, path: str) -> str | None:
    """Return the route of the table that ``method`` and ``path`` ask for, plain paths before those with a part.

    >>> route_of("DELETE", "/api/v1/agent/cancel/op_1")
    'DELETE /api/v1/agent/cancel/{operation_id}'
    """
    asked = "GET" if method == "HEAD" else method
    found = [key for one, pattern, key in _PATTERNS if one == asked and pattern.fullmatch(path)]
    return min(found, key=lambda key: key.count("{"), default=None)
