"""The search: a tree-structured Parzen sampler, replayed from the experiments, kept nowhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mintmark.research.space import Axis, Choice, Choices, Ground, axes, choose

_BEFORE_PARZEN = 4


def propose(ground: Ground, lessons: Sequence[tuple[Choices, float | None]], seed: np.random.SeedSequence) -> Choices:
    """Return the next choices to try after ``lessons`` (choices and objective, oldest first).

    Source: Bergstra et al. (2011), Algorithms for Hyper-Parameter Optimization.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    number = int(seed.generate_state(1)[0])
    sampler = optuna.samplers.TPESampler(seed=number, n_startup_trials=_BEFORE_PARZEN)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    values = {axis.name: axis.values for axis in axes(ground)}
    for chosen, objective in lessons:
        held = {name: choice for name, choice in chosen.items() if choice in values[name]}
        spaces = {name: optuna.distributions.CategoricalDistribution(values[name]) for name in held}
        study.add_trial(optuna.trial.create_trial(params=held, distributions=spaces, value=objective))
    trial = study.ask()

    def pick(axis: Axis) -> Choice:
        chosen: Choice = trial.suggest_categorical(axis.name, axis.values)
        return chosen

    return choose(ground, pick)
