"""How often the best of many tries was chosen by luck."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mintmark.measures.compiled import compiled

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Overfitting:
    """What cross-validation says of choosing the best.

    ``pbo``: share of splits whose in-sample best ranks in the lower half outside. ``slope``: of the best's
    outside Sharpe on its inside Sharpe; None where the latter does not vary. ``loss_probability``: share of splits
    in which the best loses outside.
    """

    pbo: float
    splits: int
    slope: float | None
    loss_probability: float


def overfitting_probability(returns: FloatArray, blocks: int = 16) -> Overfitting | None:
    """Return the probability of backtest overfitting by combinatorially symmetric cross-validation.

    Shape: (n_bars, n_tries); rows are cut at the end to a multiple of ``blocks``. A column without variation has
    Sharpe 0, ties take the middle rank. None where there are fewer than two tries or two rows a block.

    Source:
        Bailey, Borwein, Lopez de Prado & Zhu (2017), J. Computational Finance 20(4).
    """
    if returns.ndim != 2:
        return None
    sums, squares = block_sums(returns, blocks)
    return overfitting_of_blocks(sums, squares, len(returns))


def block_sums(returns: FloatArray, blocks: int = 16) -> FloatArray:
    """Return the sums and the sums of squares of ``returns`` by block, (2, n_blocks) or (2, n_blocks, n_tries).

    Shape: (n_bars,) or (n_bars, n_tries); rows are cut at the end to a multiple of ``blocks``. A try may be summed
    alone and joined with others later: that is all ``overfitting_of_blocks`` needs of it.
    """
    columns = np.ascontiguousarray(returns.reshape(len(returns), -1).T, dtype=np.float64)
    found = np.empty((2, blocks, len(columns)))
    for place, column in enumerate(columns):
        put_block_sums(np.require(column, requirements=["W"]), found[:, :, place])
    return found[:, :, 0].copy() if returns.ndim == 1 else found


@compiled
def put_block_sums(returns: FloatArray, found: FloatArray) -> None:
    """Write the sums and the sums of squares of ``returns`` by block, (2, n_blocks); see ``block_sums``."""
    blocks = found.shape[1]
    rows = len(returns) // blocks
    for block in range(blocks):
        total = squares = 0.0
        for row in range(block * rows, (block + 1) * rows):
            one = returns[row]
            total += one
            squares += one * one
        found[0, block], found[1, block] = total, squares


def overfitting_of_blocks(sums: FloatArray, squares: FloatArray, n: int) -> Overfitting | None:
    """Return the probability of overfitting from the block sums of tries of ``n`` bars, as ``overfitting_probability``.

    Shape: (n_blocks, n_tries) each.
    """
    blocks = len(sums)
    rows = n // blocks
    if sums.shape[1] < 2 or rows < 2:
        return None
    sums, squares = np.ascontiguousarray(sums), np.ascontiguousarray(squares)
    inside = np.array(list(combinations(range(blocks), blocks // 2)), dtype=np.int64)
    omegas, inside_best, outside_best = _ranks(sums, squares, inside, rows)
    varies = inside_best.max() > inside_best.min()
    slope = float(np.polyfit(inside_best, outside_best, 1)[0]) if varies else None
    return Overfitting(
        pbo=float(np.mean(omegas <= 0.5)),
        splits=len(inside),
        slope=slope,
        loss_probability=float(np.mean(outside_best < 0.0)),
    )


@compiled
def _ranks(
    sums: FloatArray, squares: FloatArray, inside: NDArray[np.int64], rows: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    blocks, tries = sums.shape
    splits, half = inside.shape
    omegas, inside_best, outside_best = np.empty(splits), np.empty(splits), np.empty(splits)
    taken, outside = np.empty(blocks, np.bool_), np.empty(tries)
    for split in range(splits):
        taken[:] = False
        taken[inside[split]] = True
        best, highest = 0, -np.inf
        for column in range(tries):
            in_sum = in_square = out_sum = out_square = 0.0
            for block in range(blocks):
                if taken[block]:
                    in_sum += sums[block, column]
                    in_square += squares[block, column]
                else:
                    out_sum += sums[block, column]
                    out_square += squares[block, column]
            sharpe = _block_sharpe(in_sum, in_square, half * rows)
            outside[column] = _block_sharpe(out_sum, out_square, (blocks - half) * rows)
            if sharpe > highest:
                best, highest = column, sharpe
        below = np.sum(outside < outside[best])
        equal = np.sum(outside == outside[best])
        omegas[split] = (below + (equal + 1.0) / 2.0) / (tries + 1.0)
        inside_best[split], outside_best[split] = highest, outside[best]
    return omegas, inside_best, outside_best


@compiled
def _block_sharpe(total: float, squares: float, n: int) -> float:
    variance = (squares - total * total / n) / (n - 1)
    if variance <= 1e-14 * squares / n:
        return 0.0
    return float(total / n / math.sqrt(variance))
