"""The look-ahead check of a saved strategy: its features and labels, and once it is trained its decisions."""

from __future__ import annotations

import pytest
from research_bench import SWING, Bench
from sqlalchemy import update

from mintmark.domain import Refused
from mintmark.research import Research
from mintmark.research.operations.designing import note_strategy
from mintmark.research.operations.training import Training
from mintmark.research.tables import strategies
from mintmark.strategy import read_spec


def trained(bench: Bench) -> str:
    """Train the strategy of the bench and note its model; return where the model lies."""
    run, result, _ = bench.trained()
    room = Training(bench.context)
    stored = room.store_files(run, result)
    with bench.context.database.write() as connection:
        path = str(room.finish(connection, run, stored)["model_path"])
        note_strategy(connection, bench.context, read_spec(SWING).require(), None)
        connection.execute(update(strategies).where(strategies.c.name == "swing_2").values(model_path=path))
    return path


def test_the_decisions_of_a_trained_strategy_are_asked_too(bench):
    before = Research(bench.context).lookahead("swing_2")
    trained(bench)

    found = Research(bench.context).lookahead("swing_2")

    assert (before["asked"], before["clean"]) == (["features", "labels"], True)
    assert (found["asked"], found["clean"], found["leaks"]) == (["features", "labels", "decisions"], True, [])


def test_a_strategy_whose_model_is_gone_is_refused(bench):
    with bench.context.database.write() as connection:
        note_strategy(connection, bench.context, read_spec(SWING).require(), None)
        connection.execute(update(strategies).where(strategies.c.name == "swing_2").values(model_path="models/gone"))

    with pytest.raises(Refused) as refused:
        Research(bench.context).lookahead("swing_2")

    assert (refused.value.code, refused.value.details["path"]) == ("model_missing", "models/gone")
