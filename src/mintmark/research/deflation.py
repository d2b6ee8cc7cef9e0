"""What a Sharpe ratio is worth among the tries it was chosen from. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mintmark.domain import Refusal


def deflated(tried: list[float] | Refusal, moments: Mapping[str, Any]) -> tuple[float | None, int | None, str | None]:
    """Return the deflated Sharpe ratio, the tries it counts, and why it is None where it is."""
    # The doors load this file too, and need no compiler.
    from mintmark.measures import deflated_sharpe

    if isinstance(tried, Refusal):
        return None, None, tried.code
    tries = len(tried)
    sharpe, skew, excess = (moments[name] for name in ("sharpe_per_bar", "skewness", "excess_kurtosis"))
    if tries < 2:
        return None, tries, "too_few_trials"
    if sharpe is None or skew is None or excess is None:
        return None, tries, "no_variation"
    variance = float(np.var(np.array(tried), ddof=1))
    found = deflated_sharpe(sharpe, moments["n"], skew, excess + 3.0, variance, tries)
    return found, tries, "no_variation" if found is None else None
