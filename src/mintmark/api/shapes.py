"""The bodies of the answers, as the OpenAPI document tells them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Json = dict[str, Any]


class Shape(BaseModel):
    """An answer; the fields named here are always there."""

    model_config = ConfigDict(extra="forbid")


class OpenShape(BaseModel):
    """An answer that may hold more than the fields named here."""

    model_config = ConfigDict(extra="allow")


class ErrorBody(Shape):
    error: str = Field(description="A stable code.")
    message: str
    details: Json
    request_id: str
    timestamp: str


class Progress(Shape):
    percentage: float
    current_step: str | None
    steps_completed: int | None
    steps_total: int | None
    items_processed: int | None
    items_total: int | None
    context: Json | None


class ErrorOf(Shape):
    code: str
    message: str | None


class Summary(Shape):
    """What a list shows of an operation."""

    operation_id: str
    operation_type: str
    parent_operation_id: str | None
    status: Literal["pending", "running", "resuming", "completed", "failed", "cancelled"]
    phase: str | None
    child_operation_id: str | None
    created_at: str
    started_at: str | None
    completed_at: str | None
    duration_seconds: float | None
    progress: Progress
    metadata: Json
    error: ErrorOf | None
    error_message: str | None
    worker_id: str | None
    cancel_reason: str | None


class Checkpoint(Shape):
    round: int
    created_at: str
    bytes: int


class Operation(Summary):
    """Everything shown of an operation."""

    result_summary: Json | None
    warnings: list[Any]
    starts: int
    takeovers: int
    checkpoint: Checkpoint | None
    mark: Json | None


class Operations(Shape):
    success: Literal[True]
    data: list[Summary]
    total_count: int
    active_count: int
    limit: int
    offset: int


class OneOperation(Shape):
    success: Literal[True]
    data: Operation


class Children(Shape):
    success: Literal[True]
    data: list[Operation]


class GateAnswer(OpenShape):
    gate: str
    position: int
    code: str
    passed: bool
    observed: float | None
    limit: float
    decisive: bool


class Gates(Shape):
    success: Literal[True]
    data: list[GateAnswer]


class Event(Shape):
    at: str
    kind: str
    from_: str | None = Field(alias="from")
    to: str | None
    worker_id: str | None
    detail: Any


class Events(Shape):
    success: Literal[True]
    data: list[Event]


class Round(OpenShape):
    round: int


class Rounds(Shape):
    success: Literal[True]
    data: list[Round]


class CancelledOperation(Shape):
    operation_id: str
    status: Literal["cancelled"]
    cancelled_at: str
    cancel_reason: str | None
    child_cancelled: bool
    children_cancelled: list[str]


class Cancelled(Shape):
    success: Literal[True]
    data: CancelledOperation


class ResumedOperation(OpenShape):
    operation_id: str
    status: Literal["resuming"]
    resumed_from: Json | None


class Resumed(Shape):
    success: Literal[True]
    data: ResumedOperation


class Started(OpenShape):
    operation_id: str
    success: Literal[True]


class Triggered(OpenShape):
    triggered: Literal[True]
    operation_id: str
    designer: str | None
    pack_id: str
    waiting_for_worker: bool
    message: str


class ActiveResearch(OpenShape):
    operation_id: str
    phase: str | None
    strategy_name: str | None
    child_operation_id: str | None
    duration_seconds: float | None
    waiting_for_worker: bool


class LastCycle(OpenShape):
    operation_id: str
    outcome: str
    strategy_name: str | None
    verdict: str | None
    error_message: str | None
    completed_at: str | None


class Slots(Shape):
    busy: int
    total: int


class StatusBudget(Shape):
    currency: str
    daily_limit: str | None
    remaining: str | None


class Capacity(Shape):
    active: int
    limit: int


class StatusProgress(OpenShape):
    percentage: float
    current_step: str | None


class AgentStatus(Shape):
    status: Literal["active", "idle"]
    operation_id: str | None
    phase: str | None
    child_operation_id: str | None
    design_op_id: str | None
    training_op_id: str | None
    backtest_op_id: str | None
    assessment_op_id: str | None
    strategy_name: str | None
    started_at: str | None
    progress: StatusProgress | None
    active_researches: list[ActiveResearch]
    last_cycle: LastCycle | None
    workers: dict[str, Slots]
    budget: StatusBudget
    capacity: Capacity


class Spend(OpenShape):
    operation_id: str | None
    model: str
    input_tokens: int
    output_tokens: int
    amount: str
    at: str


class Budget(Shape):
    date: str
    currency: str
    daily_limit: str | None
    today_spend: str
    reserved: str
    remaining: str | None
    cycles_affordable: int | None
    budget_disabled: bool
    spend_events: list[Spend]


class StrategyLine(OpenShape):
    name: str
    hash: str
    verdict: str | None
    approved: bool
    created_at: str | None
    operation_id: str | None


class Strategies(Shape):
    success: Literal[True]
    data: list[StrategyLine]


class StrategyPage(OpenShape):
    name: str
    hash: str
    spec: Json


class OneStrategy(Shape):
    success: Literal[True]
    data: StrategyPage


class SpecProblem(OpenShape):
    path: str
    code: str
    message: str


class Validation(OpenShape):
    valid: bool
    errors: list[SpecProblem]
    warnings: list[Any]
    feature_names: list[str]
    warmup_bars: int | None


class PackLine(OpenShape):
    pack_id: str


class Packs(Shape):
    success: Literal[True]
    data: list[PackLine]


class Manifest(Shape):
    success: Literal[True]
    data: Json


class PackQuality(Shape):
    success: Literal[True]
    data: list[Json]


class Worker(Shape):
    worker_id: str
    host: str
    pid: int
    queues: list[str]
    slots: int
    busy: int
    last_heartbeat: str
    live: bool


class Workers(Shape):
    success: Literal[True]
    data: list[Worker]


class Health(Shape):
    status: Literal["ok"]
    version: str
    store: str
    workers_live: int


class PackHealth(Shape):
    status: Literal["warming", "fresh", "error", "superseded"]
    pack_id: str
    asof_date: str
    is_fresh: bool
    prewarm_done: bool
    reconciliation_passed: bool
    updated_at: str
    missing: list[str]
    estimated_ready: str | None
    error_message: str | None


class Token(Shape):
    token: str
    token_id: str
    role: Literal["viewer", "trader", "admin"]
    expires_at: str


class OneToken(Shape):
    success: Literal[True]
    data: Token


class RevokedToken(Shape):
    token_id: str
    revoked_at: str


class OneRevoked(Shape):
    success: Literal[True]
    data: RevokedToken


def of(shape: type[BaseModel], status: int = 200) -> dict[int | str, dict[str, Any]]:
    """Return the answer of a route, for its documentation."""
    return {status: {"model": shape, "description": "Answer"}}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the errors of a route: ``statuses``, and those any route may give."""
    common = (400, 401, 403, 413, 422, 429, 500, 503)
    return {status: {"model": ErrorBody, "description": "Error"} for status in sorted({*common, *statuses})}
