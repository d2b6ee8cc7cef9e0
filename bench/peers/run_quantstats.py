"""quantstats: every metric of its full report, on returns alone."""

from __future__ import annotations

from typing import Any

import pandas as pd
import quantstats as qs
from measured import Columns, least_seconds, main, say


def returns(columns: Columns) -> None:
    moves = pd.Series(columns["returns"], index=pd.to_datetime(columns["stamps"]), name="returns")

    def table() -> Any:
        return qs.reports.metrics(moves, mode="full", display=False, periods_per_year=252)

    table()
    seconds, found = least_seconds(table)
    agreed = {
        "sharpe_ratio": float(qs.stats.sharpe(moves, periods=252)),
        "max_drawdown": -float(qs.stats.max_drawdown(moves)),
        "total_return": float(qs.stats.comp(moves)),
    }
    say(f"quantstats {qs.__version__}", seconds, metrics=len(found), **agreed)


if __name__ == "__main__":
    main({"returns": returns})
