"""How a cycle starts its children; tests hand in others of the same shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from sqlalchemy import Connection

from mintmark.runtime import Operations


class Started(TypedDict):
    """What each starter returns at once, without waiting for the work."""

    operation_id: str
    success: bool


@dataclass(frozen=True)
class Starters:
    """The four ways to start a child, each inside the transaction it is handed.

    ``start_design(connection, *, parent_operation_id, pack_id)``;
    ``start_training(connection, *, symbols, timeframes, strategy_name, pack_id, strategy_hash, parent_operation_id)``;
    ``start_backtest(connection, *, ..., model_path, model_hash)`` and
    ``start_assessment(connection, *, strategy_name, pack_id, strategy_hash, parent_operation_id)``.
    """

    start_design: Callable[..., Started]
    start_training: Callable[..., Started]
    start_backtest: Callable[..., Started]
    start_assessment: Callable[..., Started]


def starters_of(operations: Operations) -> Starters:
    """Return the starters that create real operations."""

    def start(
        type: str,
        connection: Connection,
        parent_operation_id: str,
        symbols: Sequence[str],
        timeframes: Sequence[str],
        **given: Any,
    ) -> Started:
        metadata = {"symbols": list(symbols), "timeframes": list(timeframes), "pack_id": given.pop("pack_id")}
        metadata |= {"start": None, "end": None, "parameters": given}
        child = operations.start_child(connection, parent_operation_id, type, metadata=metadata)
        return {"operation_id": child, "success": True}

    def starter(type: str) -> Callable[..., Started]:
        return lambda connection, *, parent_operation_id, symbols=(), timeframes=(), **given: start(
            type, connection, parent_operation_id, symbols, timeframes, **given
        )

    return Starters(starter("agent_design"), starter("training"), starter("backtesting"), starter("agent_assessment"))
