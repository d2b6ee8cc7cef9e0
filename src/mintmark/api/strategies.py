"""Routes of strategies, and of trainings and backtests outside a cycle."""

from __future__ import annotations

from fastapi import APIRouter

from mintmark.api.faults import Answer
from mintmark.api.shapes import OneStrategy, Started, Strategies, Validation, errors, of
from mintmark.app import (
    App,
    BacktestRequest,
    CrossValidationRequest,
    MonteCarloRequest,
    StrategyName,
    SweepRequest,
    TrainRequest,
    ValidateRequest,
    WalkForwardRequest,
    answers,
)


def routes(app: App) -> APIRouter:
    """Return the routes of strategies, of trainings and of simulations outside a cycle."""
    router = APIRouter(tags=["strategies"])

    @router.get("/strategies", responses={**of(Strategies), **errors()})
    def list_strategies() -> Answer:
        """List the strategies with their verdicts."""
        return Answer(answers.strategies(app))

    @router.get("/strategies/{name}", responses={**of(OneStrategy), **errors(404)})
    def show(name: StrategyName) -> Answer:
        """Return one strategy with its spec, evidence and mark."""
        return Answer(answers.strategy(app, name))

    @router.post("/strategies/validate", responses={**of(Validation), **errors(404, 422)})
    def validate(request: ValidateRequest) -> Answer:
        """Check the text of a strategy; an invalid one is an answer too."""
        return Answer(answers.validate_text(app, request))

    @router.post("/trainings", status_code=202, responses={**of(Started, 202), **errors(404, 422)})
    def train(request: TrainRequest) -> Answer:
        """Train a saved strategy."""
        return Answer(answers.train(app, request), status_code=202)

    @router.post("/backtests", status_code=202, responses={**of(Started, 202), **errors(404, 422)})
    def backtest(request: BacktestRequest) -> Answer:
        """Backtest a saved strategy."""
        return Answer(answers.backtest(app, request), status_code=202)

    @router.post("/sweeps", status_code=202, responses={**of(Started, 202), **errors(404, 422)})
    def sweep(request: SweepRequest) -> Answer:
        """Run every combination of a grid."""
        return Answer(answers.sweep(app, request), status_code=202)

    @router.post("/walkforwards", status_code=202, responses={**of(Started, 202), **errors(404, 422)})
    def walkforward(request: WalkForwardRequest) -> Answer:
        """Choose from a grid on one window and trade the next."""
        return Answer(answers.walkforward(app, request), status_code=202)

    @router.post("/crossvalidations", status_code=202, responses={**of(Started, 202), **errors(404, 422)})
    def crossvalidate(request: CrossValidationRequest) -> Answer:
        """Choose from a grid on all folds but a few and test on those, for every few."""
        return Answer(answers.crossvalidate(app, request), status_code=202)

    @router.post("/montecarlo", status_code=202, responses={**of(Started, 202), **errors(404, 422)})
    def montecarlo(request: MonteCarloRequest) -> Answer:
        """Redraw the past of a strategy, and say how much of its result is luck."""
        return Answer(answers.montecarlo(app, request), status_code=202)

    return router
