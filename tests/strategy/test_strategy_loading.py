"""What a computing process loads, and what it leaves alone."""

from __future__ import annotations

import subprocess
import sys

import pytest


def loaded(code: str) -> set[str]:
    """Return the libraries a fresh process has loaded after ``code``."""
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(told.stdout.split())


def test_trees_are_loaded_without_tables_and_estimators():
    found = loaded("from mintmark.strategy import load_trees\nload_trees()")

    assert "lightgbm" in found
    assert not {"pandas", "sklearn"} & found


def test_indicators_are_loaded_without_tables():
    found = loaded("from mintmark.strategy import load_indicators\nload_indicators()")

    assert "talib" in found
    assert not {"pandas", "polars"} & found


@pytest.mark.parametrize(
    "process",
    ["training", "backtest", "assessment", "design", "sweeping", "montecarlo", "walkforward", "crossvalidation",
     "selftest"],
)  # fmt: skip
def test_a_computing_process_loads_no_database(process: str):
    found = loaded(f"import mintmark.research.operations.{process}_process")

    assert "mintmark" in found
    assert not {"sqlalchemy", "dbos", "lightgbm"} & found
