"""A test of the gates as an operation: its cycles, its sheet, and going on."""

from __future__ import annotations

import io
import json
from typing import Any

import polars as pl
import pytest
from research_bench import Bench
from sqlalchemy import text

from mintmark.domain import Refused
from mintmark.research.operations import selftest_process
from mintmark.research.operations.library import Library
from mintmark.research.operations.room import Research
from mintmark.research.operations.selftesting import SelfTesting

ASKED = {"cycles": 1, "edges": 1, "sizes": [0.8], "turning": 10, "random_state": 7, "workers": 1}


def run_of(bench: Bench, start: Any = None) -> Any:
    """Run as a worker does; return the result kept and all checkpoints."""
    run = bench.run("selftest", "op_selftest_x", symbols=("NASDAQ",), **ASKED)
    room = SelfTesting(bench.context)
    result, kept = bench._computed(selftest_process, run, room.prepare(run), start, None)
    stored = room.store_files(run, result)
    with bench.context.database.write() as connection:
        return room.finish(connection, run, stored), kept


def test_it_goes_on_after_a_cycle_to_the_same_bytes_and_leaves_a_sheet(bench):
    library = Library(bench.context.home, bench.context.database, bench.context.blobs)
    summary, kept = run_of(bench)
    table = library.fetch(summary["cycles_path"]).read_bytes()

    resumed, _ = run_of(bench, kept[0])

    assert [checkpoint.round for checkpoint in kept] == [1, 2]
    assert (resumed["cycles_restored"], resumed["cycles_computed"]) == (1, 1)
    assert library.fetch(resumed["cycles_path"]).read_bytes() == table
    assert resumed["rates"] == summary["rates"]
    rows = pl.read_parquet(io.BytesIO(table)).to_dicts()
    assert [(row["kind"], row["number"], row["size"]) for row in rows] == [("noise", 0, None), ("edge", 0, 0.8)]
    passed = {(row["of"], row["size"]): row["passed"] for row in summary["rates"] if row["question"] == "promising"}
    assert passed == {(row["kind"], row["size"]): int(row["promising"]) for row in rows}
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert summary["mark"]["pack_sha256"] in library.fetch(summary["sheet_path"]).read_text()
    with bench.context.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM trials")).scalar() == 0


@pytest.mark.parametrize("given, code", [({"symbols": ["GOLD"]}, "no_pack"), ({"sizes": [0.8, 0.8]}, "bad_value")])
def test_a_test_that_cannot_be_is_refused_before_an_operation_exists(bench, given, code):
    asked = {name: ASKED[name] for name in ("cycles", "edges", "sizes", "turning", "workers")}

    with pytest.raises(Refused) as refused:
        Research(bench.context).selftest(**{**asked, **given})

    assert refused.value.code == code
    with bench.context.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM operations")).scalar() == 0
