"""How sure a counted share is."""

from __future__ import annotations


def proportion_interval(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of the share behind ``successes`` of ``n``, as fractions.

    Raises:
        ValueError: ``n`` is below 1, or ``successes`` outside 0..n.

    Source:
        Clopper & Pearson (1934), The use of confidence or fiducial limits illustrated in the case of the binomial.

    >>> low, high = proportion_interval(0, 200)
    >>> low, round(high, 4)
    (0.0, 0.0183)
    """
    from scipy.special import betaincinv

    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"expected 0 <= successes <= n and n >= 1, found {successes} of {n}")
    tail = (1.0 - confidence) / 2.0
    low = float(betaincinv(successes, n - successes + 1, tail)) if successes else 0.0
    high = float(betaincinv(successes + 1, n - successes, 1.0 - tail)) if successes < n else 1.0
    return low, high
