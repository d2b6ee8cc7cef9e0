"""What is compiled at installation is all that runs need."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any

import pytest
from strategy_builders import a_spec, a_walk, every_indicator, trained

import mintmark.strategy
from mintmark.strategy import build_training_set, compile_kernels, decisions, features, fit_whole


def loops() -> dict[str, Any]:
    """Every compiled loop of the room by name."""
    modules = [
        import_module(f"mintmark.strategy.{found.name}") for found in pkgutil.iter_modules(mintmark.strategy.__path__)
    ]
    named = ((f"{module.__name__}.{name}", value) for module in modules for name, value in vars(module).items())
    return {name: value for name, value in named if hasattr(value, "nopython_signatures")}


@pytest.mark.parametrize("kind", ["zigzag", "forward_return", "triple_barrier"])
def test_a_run_compiles_nothing_that_installation_did_not(kind: str):
    compile_kernels()
    ready = {name: len(loop.nopython_signatures) for name, loop in loops().items()}

    features(every_indicator(), a_walk(400))
    spec = a_spec(
        labels={"kind": kind},
        model={"kind": "mlp", "params": {"epochs": 1}},
        training={"sample_weights": "uniqueness"},
        risk={"sizing": {"method": "volatility_target"}},
    )
    model = fit_whole(spec, build_training_set(spec, {"X": a_walk(400)}), 1).model
    decisions(spec, model, {"X": a_walk(400)}, {"X": 252}, {"X": 0.0})
    trained(a_spec(model={"kind": "logistic"}))

    assert len(ready) > 15
    assert min(ready.values()) == 1
    assert {name: len(loop.nopython_signatures) for name, loop in loops().items()} == ready
