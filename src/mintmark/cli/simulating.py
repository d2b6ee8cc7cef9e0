"""What the commands of all simulations have in common: options, how each name is started, what is said of the end."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mintmark.cli.options import (
    AsJson,
    Capital,
    End,
    Follow,
    Model,
    Out,
    Pack,
    Participation,
    PriceBasis,
    Seed,
    Start,
    Symbol,
    Timeframe,
)

if TYPE_CHECKING:
    from mintmark.app import App, SimulationRequest


@dataclass(frozen=True)
class Shared:
    """The options every simulation has."""

    symbol: Symbol = None
    timeframe: Timeframe = None
    pack: Pack = None
    model: Model = None
    start: Start = None
    end: End = None
    capital: Capital = None
    seed: Seed = None
    basis: PriceBasis = None
    participation: Participation = None
    out: Out = None
    follow: Follow = False
    as_json: AsJson = False

    def asked(self) -> dict[str, Any]:
        """Return what any simulation may be asked, by the names its request has for it."""
        return {
            "symbol": self.symbol,
            "timeframe": self.timeframe,
            "pack_id": self.pack,
            "model_path": self.model,
            "start": self.start,
            "end": self.end,
            "initial_capital": self.capital,
            "random_state": self.seed,
            "price_basis": self.basis,
            "max_bar_participation": self.participation,
        }

    def simulate(
        self,
        names: Sequence[str],
        shape: type[SimulationRequest],
        answer: Callable[[App, Any], dict[str, Any]],
        **own: Any,
    ) -> None:
        """Ask for a simulation of each strategy in ``names``, one after the other; see ``started_each``.

        ``own``: what this kind of simulation is asked beyond what all are.
        """
        from mintmark.app import read_request
        from mintmark.cli.opened import opened
        from mintmark.cli.starting import started_each

        requests = [read_request(shape, {"strategy": name, **self.asked(), **own}) for name in names]
        with opened() as app:
            starts = [partial(answer, app, request) for request in requests]
            started_each(app, starts, self.follow, self.as_json, self.out)


def with_shared(command: Callable[..., None]) -> Callable[..., None]:
    """Return ``command`` with the options of ``Shared`` in the place of its last parameter, ``shared``."""
    own = inspect.signature(command, eval_str=True).parameters
    shared = inspect.signature(Shared, eval_str=True).parameters
    taken = [*(own[name] for name in own if name != "shared"), *shared.values()]

    @wraps(command)
    def run(**given: Any) -> None:
        told = Shared(**{name: given.pop(name) for name in shared})
        command(**given, shared=told)

    # Typer reads a command's options from its signature.
    plain = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in taken]
    run.__signature__ = inspect.Signature(plain)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in plain}
    return run


def show_head(operation: Mapping[str, Any], values: Mapping[str, Any] | None = None) -> None:
    """Show what was simulated, with the ``values`` that were set, on what, and how it ended."""
    from mintmark.cli.output import line
    from mintmark.domain import titled

    found: Mapping[str, Any] = operation["result_summary"]
    name = titled(found["strategy_name"], values or {})
    line(f"{name} on {', '.join(found['symbols'])} {found['timeframe']}  {operation['status'].upper()}", "bold")


def bars_of(found: Mapping[str, Any]) -> tuple[str, str]:
    """Return how many bars were simulated, and which."""
    return "bars", f"{found['bars']:,} from {found['start'][:10]} to {found['end'][:10]}"


def counted_combinations(found: Mapping[str, Any]) -> tuple[str, str]:
    """Return how many combinations were tried, and how many failed."""
    return "combinations", f"{found['combinations']:,}, {found['failed']:,} failed"


def origin_of(operation: Mapping[str, Any], name: str, place: Path) -> list[tuple[str, str]]:
    """Return the pack, where the table ``name`` lies, the operation, and how long it took."""
    from mintmark.domain import duration_text

    return [
        ("pack", operation["result_summary"]["mark"]["pack_id"]),
        (name, str(place)),
        ("operation", operation["operation_id"]),
        ("took", duration_text(operation["duration_seconds"])),
    ]
