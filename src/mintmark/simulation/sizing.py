"""How much to trade: from equity, price and a rule to lots, rounded toward zero to the step."""

from __future__ import annotations

from mintmark.domain import Refused
from mintmark.simulation.costs import whole_steps


def on_step(size: float, step: float) -> float:
    """Return ``size`` cut to whole steps, forgiving a millionth of one.

    >>> on_step(33.35, 1.0), on_step(0.2999999999, 0.1)
    (33.0, 0.30000000000000004)
    """
    return whole_steps(size, step) * step


def size_by_fraction(
    fraction: float, equity: float, price: float, step: float, contract: float = 1.0, rate: float = 1.0
) -> float:
    """Return the lots that are worth ``fraction`` of equity.

    >>> size_by_fraction(0.25, 25_000, 187.43, step=1)
    33.0
    """
    return on_step(fraction * equity / (price * contract * rate), step)


def size_by_risk(
    risk: float, equity: float, stop_distance: float | None, step: float, contract: float = 1.0, rate: float = 1.0
) -> float:
    """Return the lots that lose ``risk`` of equity when the price moves by ``stop_distance``.

    Raises:
        Refused: ``stop_required``, without a stop.

    >>> round(size_by_risk(0.01, 10_000, 0.0050, step=0.01, contract=100_000), 2)
    0.2
    """
    if not stop_distance:
        raise Refused("sizing by risk needs a stop", code="stop_required")
    return on_step(risk * equity / (stop_distance * contract * rate), step)


def size_by_volatility(
    target: float,
    deviation: float,
    equity: float,
    price: float,
    step: float,
    *,
    leverage: float = 1.0,
    contract: float = 1.0,
    rate: float = 1.0,
) -> float:
    """Return the lots whose yearly deviation is ``target`` of equity, within ``leverage``.

    ``deviation``: the instrument's own, a year, as a fraction.

    >>> size_by_volatility(0.10, 0.253992, 50_000, 42.5, step=1)
    463.0
    """
    return on_step(equity * min(target / deviation, leverage) / (price * contract * rate), step)
