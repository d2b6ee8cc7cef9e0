"""What every door answers: one function for each route and its command.

The bodies come from the rooms; nothing is computed here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mintmark
from mintmark.app.names import one_day, one_of_pattern
from mintmark.app.wiring import App
from mintmark.domain import Bars, Refused, Timeframe

if TYPE_CHECKING:
    from mintmark.app.requests import (
        BacktestRequest,
        CrossValidationRequest,
        ListRequest,
        MonteCarloRequest,
        SelfTestRequest,
        SimulationRequest,
        SweepRequest,
        TrainRequest,
        TriggerRequest,
        ValidateRequest,
        WalkForwardRequest,
    )

Body = dict[str, Any]
_TEXTS = frozenset({"text"})


def _data(data: Any, **more: Any) -> Body:
    return {"success": True, "data": data, **more}


# Research cycles


def trigger(app: App, request: TriggerRequest) -> Body:
    """Start a research cycle."""
    return app.research.trigger(**request.model_dump(mode="json"))


def agent_status(app: App) -> Body:
    """Return the active cycles, the last one, workers, budget and capacity."""
    from mintmark.research import status_of

    return status_of(app.research_context)


def agent_budget(app: App) -> Body:
    """Return what language models have cost today."""
    return app.budget.as_json()


def cancel_cycle(app: App, operation_id: str | None) -> Body:
    """Cancel a cycle, or the only active one."""
    if operation_id is not None:
        one_of_pattern("operation_id", operation_id)
    return _data(app.research.cancel(operation_id))


# Operations


def operations(app: App, request: ListRequest) -> Body:
    """Return a page of operations, newest first; a result among their parameters with its figures alone."""
    page = app.operations.list(**request.model_dump())
    return {"success": True, **page, "data": [_light(one) for one in page["data"]]}


def _light(one: Body) -> Body:
    parameters = one["metadata"].get("parameters", {})
    kept = {name: _figures(value) for name, value in parameters.items() if name not in _TEXTS}
    return {**one, "metadata": {**one["metadata"], "parameters": kept}}


def _figures(value: Any) -> Any:
    """Return of a result its figures and words without what these hold in turn; anything else as it is."""
    if not isinstance(value, dict) or "mark" not in value:
        return value
    return {name: found for name, found in value.items() if not isinstance(found, dict | list)}


def operation(app: App, operation_id: str) -> Body:
    """Return one operation."""
    return _data(app.operations.get(one_of_pattern("operation_id", operation_id)))


def children(app: App, operation_id: str) -> Body:
    """Return what an operation started, oldest first."""
    return _data(app.operations.children(one_of_pattern("operation_id", operation_id)))


def gates(app: App, operation_id: str) -> Body:
    """Return what the gates of a cycle said, in order."""
    app.operations.get(one_of_pattern("operation_id", operation_id))
    return _data(app.research.gate_answers(operation_id))


def events(app: App, operation_id: str) -> Body:
    """Return what happened to an operation, oldest first."""
    return _data(app.operations.events(one_of_pattern("operation_id", operation_id)))


def rounds(app: App, operation_id: str, after: int) -> Body:
    """Return the training rounds after ``after``."""
    return _data(app.operations.rounds(one_of_pattern("operation_id", operation_id), after))


def cancel(app: App, operation_id: str, reason: str | None) -> Body:
    """Cancel an operation and all it started."""
    return _data(app.operations.cancel(one_of_pattern("operation_id", operation_id), reason))


def resume(app: App, operation_id: str) -> Body:
    """Let a failed or cancelled operation go on."""
    return _data(app.operations.resume(one_of_pattern("operation_id", operation_id)))


def workers(app: App) -> Body:
    """Return the workers, live ones first."""
    return _data(app.operations.workers())


# Strategies


def strategies(app: App) -> Body:
    """Return the strategies with their verdicts."""
    return _data(app.research.strategies())


def strategy(app: App, name: str) -> Body:
    """Return one strategy with spec, evidence and mark."""
    return _data(app.research.strategy(one_of_pattern("name", name)))


def validate_text(app: App, request: ValidateRequest) -> Body:
    """Check the text of a strategy."""
    return app.research.validate(request.yaml, pack_id=request.pack_id)


def validate_saved(app: App, name: str, pack_id: str | None) -> Body:
    """Check a saved strategy."""
    return app.research.validate_saved(one_of_pattern("name", name), pack_id=_pack_id(pack_id))


def lookahead(app: App, name: str, pack_id: str | None) -> Body:
    """Check that no decision of a strategy changes when later bars are added."""
    return app.research.lookahead(one_of_pattern("name", name), pack_id=_pack_id(pack_id))


def lookahead_of_signals(
    app: App, name: str, signals: Callable[[Bars], Any], symbol: str, timeframe: str | None, pack_id: str | None
) -> Body:
    """Check a function that makes signals for knowledge of the future."""
    frame = None if timeframe is None else str(_timeframe(timeframe))
    return app.research.lookahead_of_signals(name, signals, symbol=symbol, timeframe=frame, pack_id=_pack_id(pack_id))


def selftest(app: App, request: SelfTestRequest) -> Body:
    """Start feeding the gates with noise and with planted edges; raises ``no_pack`` and ``bad_value``."""
    return app.research.selftest(**request.model_dump(mode="json"))


def selftest_outcomes(app: App, operation_id: str) -> list[Body]:
    """Return what each cycle of a finished test of the gates came to, noise first."""
    from mintmark.app.pictures import stored_table

    table = stored_table(app, operation_id, "cycles")
    return table.part(0, table.height).to_dicts()


def train(app: App, request: TrainRequest) -> Body:
    """Start a training outside a cycle."""
    return app.research.train(**request.model_dump(mode="json"))


def backtest(app: App, request: BacktestRequest) -> Body:
    """Start a backtest outside a cycle.

    Raises:
        Refused: ``bad_value`` for days out of order, ``path_refused`` for a model outside the home folder,
            and those of research.
    """
    return app.research.backtest(**_run_of(app, request))


def sweep(app: App, request: SweepRequest) -> Body:
    """Start a sweep of a grid; raises as ``backtest``, ``unknown_name`` and ``grid_too_large``."""
    return app.research.sweep(**_run_of(app, request))


def walkforward(app: App, request: WalkForwardRequest) -> Body:
    """Start a walk-forward over a grid; raises as ``sweep``."""
    return app.research.walkforward(**_run_of(app, request))


def crossvalidate(app: App, request: CrossValidationRequest) -> Body:
    """Start a combinatorial purged cross-validation over a grid; raises as ``sweep``."""
    return app.research.crossvalidate(**_run_of(app, request))


def montecarlo(app: App, request: MonteCarloRequest) -> Body:
    """Start a Monte Carlo test; raises as ``backtest``, ``bad_value`` for too few runs and ``unknown_name``."""
    return app.research.montecarlo(**_run_of(app, request))


def check_montecarlo(seed: int, progress: Callable[[int, int], None]) -> Body:
    """Try the Monte Carlo test on a planted edge and on strategies that enter at random."""
    from mintmark.research import check_montecarlo as check

    return _data(check(seed, progress=progress).as_json())


def _run_of(app: App, request: SimulationRequest) -> Body:
    from mintmark.store import path_within

    if request.start and request.end and request.start >= request.end:
        message = f"start must lie before end, found {request.start} and {request.end}"
        raise Refused(message, code="bad_value", field="start", value=request.start.isoformat())
    if request.model_path is not None:
        path_within(app.home, request.model_path)
    return request.model_dump(mode="json")


def save_results(app: App, operation_id: str, folder: Path) -> Body:
    """Write the result of an operation and its tables into a new folder below ``folder``; return where they lie."""
    from mintmark.app.saving import save_results as save

    return _data(save(app, operation_id, folder))


# Data and packs


def import_file(app: App, path: Path, *, timeframe: str, start: str | None, **options: Any) -> Body:
    """Import a file of bars; its quality report."""
    return _data(
        app.data.import_file(path, timeframe=_timeframe(timeframe), start=_option_day("from", start), **options)
    )


def fetch(app: App, exchange: str, symbol: str, *, timeframe: str, since: str, until: str | None) -> Body:
    """Fetch public bars from an exchange; the quality report of the series."""
    first = one_day("since", since, "invalid_request")
    return _data(app.data.fetch(exchange, symbol, _timeframe(timeframe), first, _option_day("until", until)))


def sample(app: App) -> Body:
    """Load and seal the bundled sample series."""
    return _data(app.data.sample())


def series(app: App) -> Body:
    """Return the imported series."""
    return _data(app.data.series())


def quality(app: App, symbol: str, timeframe: str) -> Body:
    """Return the quality report of one series."""
    return _data(app.data.quality(symbol, _timeframe(timeframe)))


def actions(app: App, path: Path, announce_lead_days: int | None = None) -> Body:
    """Import corporate actions."""
    return _data(app.data.actions(path, announce_lead_days=announce_lead_days))


def seal(app: App, as_of: str, policy: str) -> Body:
    """Seal the imported series into a pack."""
    return _data(app.data.seal(one_day("as-of", as_of, "invalid_request"), policy))


def packs(app: App) -> Body:
    """Return the packs, newest first."""
    return _data(app.data.packs())


def pack(app: App, pack_id: str) -> Body:
    """Return the manifest of a pack."""
    return _data(app.data.manifest(one_of_pattern("pack_id", pack_id)))


def pack_quality(app: App, pack_id: str) -> Body:
    """Return the quality report of each series of a pack."""
    return _data(app.data.pack_quality(one_of_pattern("pack_id", pack_id)))


def verify_pack(app: App, pack_id: str) -> Body:
    """Compute every hash of a pack again."""
    return _data(app.data.verify(one_of_pattern("pack_id", pack_id)))


# The house itself


def health(app: App) -> Body:
    """Say that the database answers, and how many workers live."""
    live = sum(worker["live"] for worker in app.operations.workers())
    return {"status": "ok", "version": mintmark.__version__, "store": app.database.dialect, "workers_live": live}


def metrics(app: App) -> bytes:
    """Return the metrics of all processes and those of this one, in the text format of Prometheus."""
    from mintmark.data import DataRoom, DeadLetters
    from mintmark.ledger import Ledger
    from mintmark.portfolio import Alerts, Night
    from mintmark.runtime import BREAKER_STATES, LETTER_QUEUES, PACK_STATES, POLICIES

    # What these rooms count is shown whichever process counted it: each declares its metrics when it is loaded.
    _ = (DataRoom, Ledger, Alerts, Night)
    for policy in POLICIES:
        with contextlib.suppress(Refused):
            state = app.data.states.health(policy)
            app.meters.set("pack_state", PACK_STATES[state.status], policy=policy)
            if state.error_bps is not None:
                app.meters.set("reconciliation_error_bps", float(state.error_bps), policy=policy)
    # A queue that emptied is told as well, else its gauge would stand where it last was.
    sizes = DeadLetters(app.database, app.clock).sizes()
    for queue in {*LETTER_QUEUES, *sizes}:
        app.meters.set("dlq_size", sizes.get(queue, 0), queue=queue)
    for capability, stands in app.portfolio.breakers().items() if "portfolio" in vars(app) else ():
        app.meters.set("breaker_state", BREAKER_STATES[stands], capability=capability)
    return app.operations.metrics() + app.meters.exposition()


_KERNELS = {
    "simulation": "mintmark.simulation:compile_kernels",
    "participation": "mintmark.simulation:compile_limited_kernels",
    "strategy": "mintmark.strategy:compile_kernels",
    "measures": "mintmark.measures:compile_kernels",
}


def compile_kernels() -> Body:
    """Compile all kernels into their cache, those of ``_KERNELS`` side by side; seconds by name."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(len(_KERNELS), get_context("spawn")) as processes:
        return _data(dict(zip(_KERNELS, processes.map(_seconds_to_compile, _KERNELS.values()), strict=True)))


def _seconds_to_compile(place: str) -> float:
    import time
    from importlib import import_module

    room, _, name = place.partition(":")
    begun = time.perf_counter()
    getattr(import_module(room), name)()
    return round(time.perf_counter() - begun, 2)


def _pack_id(text: str | None) -> str | None:
    return None if text is None else one_of_pattern("pack_id", text)


def _timeframe(text: str) -> Timeframe:
    try:
        return Timeframe(text)
    except ValueError:
        allowed = ", ".join(one.value for one in Timeframe)
        raise _wrong("timeframe", f"expected one of {allowed}, found {text!r}") from None


def _option_day(option: str, text: str | None) -> date | None:
    return None if text is None else one_day(option, text, "invalid_request")


def _wrong(path: str, message: str) -> Refused:
    problems: list[Mapping[str, Any]] = [{"path": path, "message": message, "code": "wrong_value"}]
    return Refused(message, code="invalid_request", problems=problems)
