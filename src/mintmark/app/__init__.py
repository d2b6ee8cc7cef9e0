"""Settings and wiring: the one place that knows every part."""

from mintmark.app import answers, pictures
from mintmark.app.loading import load_settings
from mintmark.app.requests import (
    MAX_BODY_BYTES,
    STRATEGY_NAME,
    BacktestRequest,
    CancelRequest,
    ListRequest,
    MonteCarloRequest,
    OperationId,
    PackId,
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
from mintmark.app.settings import FILE_NAME, Settings, leaves, variable_of
from mintmark.app.wiring import App, open_app

__all__ = [
    "FILE_NAME",
    "MAX_BODY_BYTES",
    "STRATEGY_NAME",
    "App",
    "BacktestRequest",
    "CancelRequest",
    "ListRequest",
    "MonteCarloRequest",
    "OperationId",
    "PackId",
    "Settings",
    "SimulationRequest",
    "StrategyName",
    "SweepRequest",
    "TrainRequest",
    "TriggerRequest",
    "ValidateRequest",
    "WalkForwardRequest",
    "answers",
    "invalid_request",
    "leaves",
    "load_settings",
    "open_app",
    "pictures",
    "read_request",
    "variable_of",
]
