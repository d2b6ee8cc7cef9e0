"""Settings and wiring: the one place that knows every part.

The shapes of requests are made on first use: most commands read none.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mintmark.app import (
    access_answers,
    alert_answers,
    answers,
    ledger_answers,
    pictures,
    portfolio_answers,
    rights_answers,
)
from mintmark.app.identity import local_owner
from mintmark.app.loading import load_settings
from mintmark.app.names import STRATEGY_NAME
from mintmark.app.settings import FILE_NAME, Settings, leaves, variable_of
from mintmark.app.wiring import App, open_app

if TYPE_CHECKING:
    from mintmark.app.ledger_requests import ImportRequest, ReverseRequest, read_import
    from mintmark.app.requests import (
        MAX_BODY_BYTES,
        MAX_IMPORT_BYTES,
        AlertRequest,
        BacktestRequest,
        CancelRequest,
        CrossValidationRequest,
        ExecuteRequest,
        ListRequest,
        MonteCarloRequest,
        OperationId,
        PackId,
        PortfolioRequest,
        SelfTestRequest,
        SimulationRequest,
        StrategyName,
        SweepRequest,
        TrainRequest,
        TriggerRequest,
        ValidateRequest,
        WalkForwardRequest,
        invalid_request,
        read_request,
    )

__all__ = [
    "FILE_NAME",
    "MAX_BODY_BYTES",
    "MAX_IMPORT_BYTES",
    "STRATEGY_NAME",
    "AlertRequest",
    "App",
    "BacktestRequest",
    "CancelRequest",
    "CrossValidationRequest",
    "ExecuteRequest",
    "ImportRequest",
    "ListRequest",
    "MonteCarloRequest",
    "OperationId",
    "PackId",
    "PortfolioRequest",
    "ReverseRequest",
    "SelfTestRequest",
    "Settings",
    "SimulationRequest",
    "StrategyName",
    "SweepRequest",
    "TrainRequest",
    "TriggerRequest",
    "ValidateRequest",
    "WalkForwardRequest",
    "access_answers",
    "alert_answers",
    "answers",
    "invalid_request",
    "leaves",
    "ledger_answers",
    "load_settings",
    "local_owner",
    "open_app",
    "pictures",
    "portfolio_answers",
    "read_import",
    "read_request",
    "rights_answers",
    "variable_of",
]

_OF_LEDGER = {"ImportRequest", "ReverseRequest", "read_import"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"mintmark.app has no {name}")
    home = "ledger_requests" if name in _OF_LEDGER else "requests"
    return getattr(import_module(f"mintmark.app.{home}"), name)
