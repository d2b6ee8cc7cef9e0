"""What a caller may ask for: one shape for the body of a route and the options of its command."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)

from mintmark.app.names import OPERATION_ID, PACK_ID, STRATEGY_NAME
from mintmark.domain import Refused, Timeframe

SYMBOL = r"^[A-Za-z0-9^][A-Za-z0-9^._=/-]{0,31}$"
MAX_BODY_BYTES = 1 << 18
MAX_IMPORT_BYTES = 10 << 20

OperationId = Annotated[str, StringConstraints(pattern=OPERATION_ID, max_length=96)]
PackId = Annotated[str, StringConstraints(pattern=PACK_ID, max_length=64)]
StrategyName = Annotated[str, StringConstraints(pattern=STRATEGY_NAME)]
Symbol = Annotated[str, StringConstraints(pattern=SYMBOL)]


def whole(value: Any) -> Any:
    """Return a whole number written as 7.0 as one; anything else as it is."""
    # JSON knows one kind of number: 7.0 is whole.
    return int(value) if isinstance(value, float) and value.is_integer() else value


Seed = Annotated[int, Field(ge=0, le=2**32 - 1, strict=True), BeforeValidator(whole)]
Amount = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,8})?$")]
Fraction = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,3}(\.[0-9]{1,8})?$")]
Status = Literal["pending", "running", "resuming", "completed", "failed", "cancelled"]


class Request(BaseModel):
    """A request; a key it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TriggerRequest(Request):
    """Start a research cycle. ``strategy`` goes with neither brief, symbols, timeframe nor designer."""

    brief: Annotated[str, StringConstraints(max_length=2000)] | None = None
    strategy: StrategyName | None = None
    pack_id: PackId | None = None
    symbols: Annotated[list[Symbol], Field(min_length=1, max_length=50)] | None = None
    timeframe: Timeframe | None = None
    gate_policy: Literal["fail", "assess"] | None = None
    random_state: Seed | None = None
    designer: Literal["algorithm", "model"] | None = None


class TrainRequest(Request):
    """Train a saved strategy."""

    strategy: StrategyName
    pack_id: PackId | None = None
    random_state: Seed | None = None


class SimulationRequest(Request):
    """What every simulation may be asked: of which strategy, on which data, with what."""

    strategy: StrategyName
    pack_id: PackId | None = None
    symbol: Symbol | None = None
    timeframe: Timeframe | None = None
    model_path: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    start: date | None = None
    end: date | None = None
    initial_capital: Amount | None = Field(None, description="In USD, at least 1.")
    random_state: Seed | None = None
    price_basis: Literal["mid", "bid", "last"] | None = Field(
        None, description="What the bars are prices of. Default: as the instrument declares."
    )
    max_bar_participation: Fraction | None = Field(
        None, description="Share of a bar's volume that may be traded; the rest carries on. Default: no limit."
    )


Assigned = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
SET = "One value for each, such as fast=10,slow=20 (sma_cross) or risk.stop_loss=0.02: the keys of a sweep's grid."


class BacktestRequest(SimulationRequest):
    """Run a trained strategy over bars nothing has learned from, or the rule sma_cross, or as told."""

    set: Assigned | None = Field(None, description=SET)


Grid = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Workers = Annotated[int, Field(ge=1, le=64)] | None
THREADS = "Threads; they change no figure. Default: one a core."
GRID = "Such as fast=5:30,slow=40:80; a:b[:step] leaves b out, a|b|c is a list."


class SweepRequest(SimulationRequest):
    """Run every combination of a grid on a trained strategy, or on the rule sma_cross."""

    grid: Grid = Field(description=GRID)
    workers: Workers = Field(None, description=THREADS)


class WalkForwardRequest(SimulationRequest):
    """Choose from a grid on one window and trade the next, over and over."""

    grid: Grid = Field(description=GRID)
    mode: Literal["rolling", "anchored"] = Field("rolling", description="Anchored windows all begin at the first bar.")
    is_bars: Annotated[int, Field(ge=2, le=10_000_000)] = Field(500, description="Bars that are chosen on.")
    oos_bars: Annotated[int, Field(ge=2, le=10_000_000)] = Field(100, description="Bars that are traded, and the step.")
    purge: Annotated[int, Field(ge=0, le=10_000_000)] = Field(0, description="Bars left out between the two.")
    metric: str = Field("sharpe_ratio", max_length=50, description="What the best is chosen by.")
    workers: Workers = Field(None, description=THREADS)


class CrossValidationRequest(SimulationRequest):
    """Choose from a grid on all folds but a few and test on those, for every few."""

    grid: Grid = Field(description=GRID)
    folds: Annotated[int, Field(ge=3, le=100)] = Field(10, description="Folds the bars are cut into.")
    test_folds: Annotated[int, Field(ge=2, le=10)] = Field(2, description="Folds that are tested together.")
    purge: Annotated[int, Field(ge=0, le=10_000_000)] = Field(0, description="Bars left out beside a tested fold.")
    embargo: Annotated[int, Field(ge=0, le=10_000_000)] | None = Field(
        None, description="Bars left out after a tested fold too. Default: 0.01 of all."
    )
    metric: str = Field("sharpe_ratio", max_length=50, description="What the best is chosen by.")
    workers: Workers = Field(None, description=THREADS)


class MonteCarloRequest(BacktestRequest):
    """Redraw the past of a trained strategy, or of the rule sma_cross: how much of its result is luck."""

    method: Literal["trade_shuffle", "block_bootstrap", "path_permutation", "cost_stress"] = "path_permutation"
    runs: Annotated[int, Field(le=100_000)] = Field(1_000, description="At least 100; cost_stress needs none.")
    metric: Annotated[str, StringConstraints(max_length=40)] = Field(
        "sharpe_ratio", description="What a permuted path is judged by."
    )
    workers: Workers = Field(None, description=THREADS)


EdgeSize = Annotated[float, Field(ge=0.0, le=5.0)]


class SelfTestRequest(Request):
    """Feed the gates with random strategies on noise, and with a strategy that reads a planted edge."""

    cycles: Annotated[int, Field(ge=1, le=100_000)] = Field(200, description="Cycles of random strategies on noise.")
    edges: Annotated[int, Field(ge=1, le=100_000)] = Field(50, description="Cycles with an edge of each size.")
    sizes: Annotated[list[EdgeSize], Field(min_length=1, max_length=10)] = Field(
        [0.8], description="Drift of each edge, in deviations of a bar's move; the gates are judged by the first."
    )
    turning: Annotated[int, Field(ge=2, le=1_000_000)] = Field(
        10, description="Bars until the drift turns, on average."
    )
    symbols: Annotated[list[Symbol], Field(min_length=1, max_length=50)] | None = None
    timeframe: Timeframe | None = None
    pack_id: PackId | None = None
    random_state: Seed | None = None
    workers: Annotated[int, Field(ge=1, le=64)] = Field(1, description="Processes that share the cycles.")


class ValidateRequest(Request):
    """Check the text of a strategy, on a pack when one is named."""

    yaml: str
    pack_id: PackId | None = None


class CancelRequest(Request):
    """Cancel an operation, saying why."""

    reason: Annotated[str, StringConstraints(max_length=500)] | None = None


class ListRequest(Request):
    """Which operations to list."""

    operation_type: Annotated[str, StringConstraints(pattern=r"^[a-z]+(_[a-z]+)*$", max_length=40)] | None = None
    status: Status | None = None
    parent: OperationId | None = None
    active_only: bool = False
    roots_only: bool = Field(False, description="Only what nothing else started.")
    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    offset: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


class ExecuteRequest(Request):
    """Ask one pattern."""

    pattern_id: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    inputs: dict[str, Any] = Field(default_factory=dict, max_length=50)
    portfolio_id: UUID | None = None
    security_id: UUID | None = None
    asof_date: (
        Annotated[str, StringConstraints(max_length=40), WithJsonSchema({"type": "string", "format": "date"})] | None
    ) = None
    pack_id: PackId | None = None
    ledger_commit_hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        None, description="An older head, to have an old answer again."
    )
    require_fresh: bool = True
    format: Literal["json", "csv", "xlsx", "pdf"] | None = Field(None, description="Makes the answer a file.")


class ConditionRequest(Request):
    """What an alert watches."""

    type: Literal["macro", "metric", "rating", "price", "news"]
    entity: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    metric: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    op: Literal[">", ">=", "<", "<=", "==", "!="]
    value: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(
        description="A number as text, or a word for == and !=."
    )
    window: Annotated[int, Field(ge=1, le=2520)] | None = None


class AlertRequest(Request):
    """Watch a condition on every new pack."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    condition: ConditionRequest
    portfolio_id: UUID | None = None
    portfolio: Annotated[str, StringConstraints(max_length=32)] | None = Field(None, description="Its code, instead.")
    cooldown_minutes: Annotated[int, Field(ge=15, le=525_600)] = 1440
    channels: list[Annotated[str, StringConstraints(max_length=500)]] = Field(
        default_factory=list, max_length=10, description="`in_app`, `email:<address>` or `webhook:<https URL>`."
    )
    text: Annotated[str, StringConstraints(max_length=500)] = ""


class PortfolioRequest(Request):
    """Add a portfolio."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9-]{0,31}$")]
    base_currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3,5}$")]
    name: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f-\x9f]{1,100}$")] | None = None
    policy: Literal["EOD", "UTC"] = "EOD"
    booking: Literal["fifo", "lifo", "hifo", "average", "specific"] = "fifo"
    allow_shorts: bool = False
    tax_rule: Literal["us", "none"] = "none"
    benchmark: Symbol | None = None


AnyRequest = TypeVar("AnyRequest", bound=Request)


def read_request(kind: type[AnyRequest], given: Mapping[str, Any]) -> AnyRequest:
    """Return ``given`` as a request, leaving out what is None.

    Raises:
        Refused: ``invalid_request``, each problem with its path.
    """
    try:
        return kind.model_validate({key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        raise invalid_request(error.errors(include_url=False, include_context=False)) from None


def invalid_request(errors: list[Any], *, skip: int = 0) -> Refused:
    """Return the refusal of ``errors``, as pydantic lists them; ``skip`` cuts the front of each path."""
    problems = [
        {
            "path": ".".join(str(step) for step in found["loc"][skip:]),
            "message": str(found["msg"]),
            "code": found["type"],
        }
        for found in errors
    ]
    said = "; ".join(
        f"{problem['path']}: {problem['message']}" if problem["path"] else problem["message"] for problem in problems
    )
    return Refused(said, code="invalid_request", problems=problems)
