"""How deep a portfolio as it stands may fall: which history is drawn from, and what it is worth in money."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import Refusal
from mintmark.measures import Undefined, drawdown_at_risk

FloatArray = NDArray[np.float64]

MOST_ROWS = 1_260
LEAST_ROWS = 250
PATHS = 10_000
DAYS = 30
MEAN_BLOCK = 10.0
_CENT = Decimal("0.01")
_TWELVE_PLACES = ".12f"


@dataclass(frozen=True)
class HeldValue:
    """A holding with its value today in base currency; negative for a short."""

    symbol: str
    value: Decimal


@dataclass(frozen=True)
class TailShare:
    """What a holding lost of the mean fall in the tail, from peak to trough: a fraction of the portfolio's peak."""

    symbol: str
    share: float


@dataclass(frozen=True)
class AtRisk:
    """Depths as positive fractions, and as money of the net asset value today; the shares add to ``tail_mean``."""

    at_risk: float
    mean: float
    median: float
    worst: float
    tail_mean: float
    at_risk_amount: Decimal
    worst_amount: Decimal
    tail: tuple[TailShare, ...]
    confidence: float
    paths: int
    days: int
    rows: int
    conditional: bool
    warnings: tuple[str, ...]


def generator_for(pack_sha256: str, portfolio_hash: str, random_state: int | None = None) -> np.random.Generator:
    """Return the generator of an estimate: from ``random_state``, else from what the answer stands on.

    The same pack and portfolio give the same stream on any machine.

    >>> int(generator_for("a", "b").integers(1000)) == int(generator_for("a", "b").integers(1000))
    True
    """
    if random_state is not None:
        return np.random.default_rng(random_state)
    digest = hashlib.sha256(f"{pack_sha256}{portfolio_hash}macro.compute_dar".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def estimate(
    held: Sequence[HeldValue],
    cash: Decimal,
    returns: FloatArray,
    generator: np.random.Generator,
    *,
    confidence: float = 0.95,
    in_regime: NDArray[np.bool_] | None = None,
) -> AtRisk | Refusal:
    """Return how deep the portfolio may fall within 30 trading days, or refuse ``history_too_short``.

    Shape: ``returns`` (n_days, n_holdings) in base currency, NaN where there is none; ``in_regime`` (n_days,), the days
    a block may begin on. Drawn are the last 1,260 days on which every holding has a return. Under 250 days of the
    regime any day may begin a block, and a warning says so.
    """
    whole = np.isfinite(returns).all(axis=1)
    places = np.flatnonzero(whole)[-MOST_ROWS:]
    if len(places) < LEAST_ROWS:
        counts = np.isfinite(returns).sum(axis=0).tolist()
        short = [one.symbol for one, count in zip(held, counts, strict=True) if count < LEAST_ROWS]
        return Refusal(
            "history_too_short",
            f"expected {LEAST_ROWS} days on which every holding has a return, found {len(places)}",
            observed=len(places),
            limit=LEAST_ROWS,
            details={"symbols": short},
        )
    starts = None if in_regime is None else np.flatnonzero(in_regime[places])
    too_few = starts is not None and len(starts) < LEAST_ROWS
    try:
        found = drawdown_at_risk(
            returns[places], np.array([float(one.value) for one in held]), float(cash), generator,
            confidence=confidence, paths=PATHS, days=DAYS, block=MEAN_BLOCK, starts=None if too_few else starts,
        )  # fmt: skip
    except Undefined as why:
        return Refusal(why.reason, "the portfolio is worth nothing today", observed=why.observed, limit=why.limit)
    nav = cash + sum((one.value for one in held), Decimal(0))
    return AtRisk(
        found.at_risk, found.mean, found.median, found.worst, found.tail_mean,
        _money(found.at_risk, nav), _money(found.worst, nav),
        tuple(TailShare(one.symbol, share) for one, share in zip(held, found.tail_shares.tolist(), strict=True)),
        confidence, PATHS, DAYS, len(places), starts is not None and not too_few,
        ("regime_days_too_few",) if too_few else (),
    )  # fmt: skip


def _money(fraction: float, nav: Decimal) -> Decimal:
    return (Decimal(format(fraction, _TWELVE_PLACES)) * nav).quantize(_CENT)
