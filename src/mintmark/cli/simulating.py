"""What the commands of all simulations have in common: the options they share, and how each name is started."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mintmark.app import App, SimulationRequest


def shared(
    symbol: str | None,
    timeframe: str | None,
    pack: str | None,
    model: str | None,
    start: str | None,
    end: str | None,
    capital: str | None,
    seed: int | None,
) -> dict[str, Any]:
    """Return what any simulation may be asked, by the names its request has for it."""
    return {
        "symbol": symbol,
        "timeframe": timeframe,
        "pack_id": pack,
        "model_path": model,
        "start": start,
        "end": end,
        "initial_capital": capital,
        "random_state": seed,
    }


def simulate_each(
    names: Sequence[str],
    shape: type[SimulationRequest],
    answer: Callable[[App, Any], dict[str, Any]],
    options: Mapping[str, Any],
    follow: bool,
    as_json: bool,
    out: Path | None,
) -> None:
    """Ask for a simulation of each strategy in ``names``, one after the other; see ``started_each``."""
    from mintmark.app import read_request
    from mintmark.cli.opened import opened
    from mintmark.cli.starting import started_each

    requests = [read_request(shape, {"strategy": name, **options}) for name in names]
    with opened() as app:
        started_each(app, [partial(answer, app, request) for request in requests], follow, as_json, out)
