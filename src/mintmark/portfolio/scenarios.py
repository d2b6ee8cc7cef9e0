"""What a shock to factors would do to a portfolio as it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from mintmark.domain import Refusal
from mintmark.measures import currency_shock, shocked_change

FACTORS = ("real_rate", "inflation", "credit", "usd", "equity")
"""What a scenario shocks, in the order of its table."""
LEAST_COVERAGE = Decimal("0.8")
MOST_NAMED = 10
_TEN_PLACES = Decimal("1e-10")
_PER_BP, _PER_CENT = Decimal("0.0001"), Decimal("0.01")
_UNITS = {"real_rate": _PER_BP, "inflation": _PER_BP, "credit": _PER_BP, "usd": _PER_CENT, "equity": _PER_CENT}

Shocks = Mapping[str, Decimal]


def shocks_of(*figures: int) -> Shocks:
    """Return a scenario from basis points of real rate, inflation and credit, and percent of dollar and equity.

    >>> shocks_of(100, 0, 0, 2, -5)["equity"]
    Decimal('-0.05')
    """
    return {name: figure * _UNITS[name] for name, figure in zip(FACTORS, figures, strict=True)}


SCENARIOS: Mapping[str, Shocks] = {
    "rates_up": shocks_of(100, 0, 0, 2, -5),
    "rates_down": shocks_of(-100, 0, 0, -2, 8),
    "usd_up": shocks_of(0, 0, 0, 5, -2),
    "usd_down": shocks_of(0, 0, 0, -5, 2),
    "cpi_surprise": shocks_of(50, 100, 25, 0, -8),
    "late_cycle_rates_up": shocks_of(50, 40, 0, 5, 0),
    "credit_widening": shocks_of(-50, 0, 200, 0, -15),
    "credit_tightening": shocks_of(0, 0, -50, 0, 5),
    "equity_selloff": shocks_of(-75, 0, 100, 3, -20),
    "equity_rally": shocks_of(25, 0, -25, 0, 15),
    "deleveraging_austerity": shocks_of(-75, -50, 100, 8, -20),
    "deleveraging_default": shocks_of(-150, -100, 300, 15, -40),
    "deleveraging_money_printing": shocks_of(25, 150, -50, -12, 5),
    "short_term_debt_crisis": shocks_of(50, -25, 150, 5, -22),
    "long_term_debt_crisis": shocks_of(-200, -150, 400, 20, -50),
    "beautiful_deleveraging": shocks_of(-25, 25, -25, 0, 12),
}
"""Every scenario by name, as fractions: 100 bp is 0.01. None carries a probability."""


@dataclass(frozen=True)
class Exposed:
    """A position as a scenario sees it: its value in base currency, its own currency, its betas by factor.

    ``betas`` is None where none could be estimated; cash has none to estimate, an empty mapping.
    """

    symbol: str
    value: Decimal
    currency: str
    betas: Mapping[str, float] | None


@dataclass(frozen=True)
class Delta:
    """By how much one position changes, in base currency and as a fraction; None where it is not covered."""

    symbol: str
    value: Decimal
    change: Decimal | None
    fraction: Decimal | None


@dataclass(frozen=True)
class ScenarioResult:
    """All deltas and their sum; what the factors do not cover is named, not guessed.

    ``uncovered`` positions are not in ``total``. ``legs_uncovered``: shocked factors the set of factors lacks.
    """

    total: Decimal
    deltas: tuple[Delta, ...]
    winners: tuple[Delta, ...]
    losers: tuple[Delta, ...]
    coverage: Decimal
    uncovered: tuple[str, ...]
    legs_uncovered: tuple[str, ...]
    warnings: tuple[str, ...]


def scenario_of(scenario_id: str | None, custom_shocks: Mapping[str, Decimal] | None) -> Shocks | Refusal:
    """Return the shocks of a named scenario, or those given as fractions by factor; exactly one of the two."""
    if (scenario_id is None) == (custom_shocks is None):
        return Refusal("input_invalid", "expected scenario_id or custom_shocks, found " + ("both" if scenario_id else
                       "neither"))  # fmt: skip
    if custom_shocks is not None:
        unknown = sorted(set(custom_shocks) - set(FACTORS))
        if unknown or Decimal(custom_shocks.get("usd", 0)) <= -1:
            return Refusal(
                "input_invalid",
                f"expected shocks to {', '.join(FACTORS)}, the dollar's above -1, found {dict(custom_shocks)!r}",
                observed=unknown,
            )
        return {name: custom_shocks.get(name, Decimal(0)) for name in FACTORS}
    found = SCENARIOS.get(scenario_id or "")
    if found is None:
        return Refusal("input_invalid", f"expected a scenario of {', '.join(SCENARIOS)}, found {scenario_id!r}",
                       observed=scenario_id)  # fmt: skip
    return found


def run_scenario(
    positions: Sequence[Exposed], shocks: Shocks, base: str, factors: Iterable[str]
) -> ScenarioResult | Refusal:
    """Return what ``shocks`` do to ``positions``, or refuse ``scenario_coverage_low``.

    ``factors``: those the betas were estimated on. The dollar's shock moves currencies exactly, whatever the betas.
    """
    deltas = tuple(shocked(position, shocks, base) for position in positions)
    lacking = tuple(name for name in FACTORS if shocks[name] != 0 and name not in set(factors))
    return told(deltas, lacking)


def shocked(position: Exposed, shocks: Shocks, base: str) -> Delta:
    """Return by how much ``position`` changes under ``shocks``."""
    if position.betas is None:
        return Delta(position.symbol, position.value, None, None)
    betas = np.array([position.betas.get(name, 0.0) for name in FACTORS])
    moved = np.array([float(shocks[name]) for name in FACTORS])
    fx = currency_shock(position.currency, base, float(shocks["usd"]))
    return changed(position.symbol, position.value, shocked_change(1.0, betas, moved, fx))


def changed(symbol: str, value: Decimal, fraction: float) -> Delta:
    """Return the change of ``value`` by ``fraction``, kept to twelve places."""
    exact = Decimal(format(fraction, ".12f"))
    return Delta(symbol, value, (value * exact).quantize(_TEN_PLACES), exact)


def told(
    deltas: Sequence[Delta], lacking: tuple[str, ...] = (), warnings: tuple[str, ...] = ()
) -> ScenarioResult | Refusal:
    """Return the result of ``deltas``: total, winners, losers and what is covered of the gross value."""
    gross = sum((abs(one.value) for one in deltas), Decimal(0))
    covered = sum((abs(one.value) for one in deltas if one.change is not None), Decimal(0))
    coverage = covered / gross if gross else Decimal(1)
    uncovered = tuple(one.symbol for one in deltas if one.change is None)
    if coverage < LEAST_COVERAGE:
        return Refusal(
            "scenario_coverage_low",
            f"expected figures for {LEAST_COVERAGE} of the gross value, found {coverage:.4f}",
            observed=coverage,
            limit=LEAST_COVERAGE,
            details={"uncovered": list(uncovered)},
        )
    known = sorted(
        ((one.change, one.symbol, one) for one in deltas if one.change is not None), key=lambda one: (one[0], one[1])
    )
    return ScenarioResult(
        sum((change for change, _, _ in known), Decimal(0)),
        tuple(deltas),
        tuple(one for change, _, one in reversed(known) if change > 0)[:MOST_NAMED],
        tuple(one for change, _, one in known if change < 0)[:MOST_NAMED],
        coverage,
        uncovered,
        lacking,
        (*warnings, *(("scenario_partial",) if lacking else ())),
    )
