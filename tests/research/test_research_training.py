"""A training: what it is handed, what survives a kill, what it leaves."""

import numpy as np
import pytest
from research_bench import SWING

from mintmark.domain import Damaged, Refused
from mintmark.research.gates import Limits, training_gate
from mintmark.research.operations.bars_file import read_bars, write_bars
from mintmark.research.operations.checkpoints import Stage, read_stage, write_stage
from mintmark.research.operations.training import FIELDS, Training
from mintmark.research.starters import COUNT, starting_strategies
from mintmark.runtime.folder import WorkFolder
from mintmark.strategy import read_spec

TIMES = {"training_seconds", "resumed_from_round"}


def without_times(result):
    return {name: value for name, value in result.items() if name not in TIMES}


def test_the_process_is_handed_no_bar_of_the_holdout(bench):
    run, result, _ = bench.trained()

    handed = read_bars((run.folder / "bars.npz").read_bytes())["NASDAQ"]
    pack = bench.context.data.open("PP_2018-12-31_SAMPLE_v1")
    every = pack.bars("NASDAQ").stamps
    assert len(handed) == int(len(every) * 0.75)
    assert handed.stamps[-1] < every[len(handed)]
    assert result["training_end"] < result["holdout_start"] == "2014-01-02T00:00:00Z"


def test_a_training_resumed_after_any_block_ends_with_the_same_model(bench):
    _, whole, kept = bench.trained()

    assert [checkpoint.round for checkpoint in kept] == [25, 50, 60, 61, 62, 63]
    for checkpoint in kept:
        _, resumed, _ = bench.trained(start=checkpoint)
        assert without_times(resumed) == without_times(whole)
        assert resumed["resumed_from_round"] == checkpoint.round


def test_a_kill_costs_at_most_one_block(bench):
    _, nothing, kept = bench.trained(stop_after=2)

    _, resumed, rest = bench.trained(start=kept[-1])

    assert nothing is None
    assert kept[-1].round == 50
    assert rest[0].round == 60
    assert resumed["rounds_trained"] == 60


def test_a_checkpoint_of_another_strategy_is_refused(bench):
    _, _, kept = bench.trained(stop_after=1)
    bench.save(SWING.replace("0.03", "0.04"))

    with pytest.raises(Damaged) as damaged:
        bench.trained(start=kept[0])

    assert damaged.value.code == "checkpoint_mismatch"


@pytest.mark.parametrize("content", [b"", b"\x00\x00\x00\x09nonsense!", b"\xff" * 40])
def test_a_checkpoint_that_does_not_read_is_refused(content):
    with pytest.raises(Damaged) as damaged:
        read_stage(content, {"strategy": "x"})

    assert damaged.value.code == "checkpoint_mismatch"


def test_a_stage_reads_as_it_was_written():
    stage = Stage({"folds": [1.5, None]}, b"\x00\x01")

    assert read_stage(write_stage(stage, {"pack": "p"}), {"pack": "p"}) == stage


def test_the_same_training_twice_gives_the_same_model(bench):
    assert without_times(bench.trained()[1]) == without_times(bench.trained()[1])


def test_a_result_has_exactly_the_fields_it_promises(bench):
    run, result, _ = bench.trained()
    room = Training(bench.context)

    stored = room.store_files(run, result)
    with bench.context.database.write() as connection:
        summary = room.finish(connection, run, stored)

    assert tuple(summary) == FIELDS
    assert summary["accuracy"] is not None
    assert {"directional_accuracy", "mae"} <= summary["undefined"].keys()
    assert len(summary["history"]["train_loss"]) == summary["rounds_trained"] + 1
    folder = bench.context.home / summary["model_path"]
    assert folder.name == summary["model_hash"][:16]
    assert {path.name for path in folder.iterdir()} == {"model.json", "weights.txt", "training.json"}


def test_every_round_is_a_row_of_metrics(bench):
    run, _, _ = bench.trained()

    rows = {row["round"]: row for row in WorkFolder(run.folder).rounds()}
    assert sorted(rows) == list(range(1, 61))
    names = {"round", "train_loss", "validation_loss", "train_accuracy", "validation_accuracy", "seconds"}
    assert rows[60].keys() == names


def test_a_label_that_reaches_over_the_whole_test_part_is_a_data_error(bench):
    start = "1999-01-04"
    spec = SWING.replace("zigzag, threshold: 0.03", "triple_barrier, take: 10.0, stop: 10.0, max_bars: 250")
    bench.save(spec + f"span: {{start: {start}, end: 2002-12-31}}\n")

    with pytest.raises(Refused) as refused:
        bench.trained()

    assert refused.value.code == "training_data_error"


def test_bars_read_as_they_were_written(bench):
    pack = bench.context.data.open("PP_2018-12-31_SAMPLE_v1")
    bars = {symbol: pack.bars(symbol) for symbol in ("NASDAQ", "SP500")}

    found = read_bars(write_bars(bars))

    assert list(found) == ["NASDAQ", "SP500"]
    for symbol, one in bars.items():
        assert np.array_equal(found[symbol].close, one.close)
        assert (found[symbol].volume is None) == (one.volume is None)


def test_starting_1_passes_the_training_gate_on_the_sample_pack(bench):
    starter = starting_strategies()[0]
    bench.save(starter.text, starter.name)

    _, result, _ = bench.trained(starter.name)

    assert training_gate(result, Limits()).passed


def test_the_starting_strategies_use_every_label_and_core_model_kind(bench):
    facts = bench.context.data.open("PP_2018-12-31_SAMPLE_v1").facts()
    specs = [read_spec(starter.text, facts).require() for starter in starting_strategies()]

    assert len(specs) == COUNT == 8
    assert {spec.labels.kind for spec in specs} == {"zigzag", "forward_return", "triple_barrier"}
    assert {spec.model.kind for spec in specs} == {"logistic", "gbdt", "mlp"}
    assert {spec.labels.kind for spec in specs if spec.regression} == {"forward_return"}
    assert {symbol for spec in specs for symbol in spec.universe.symbols} == {"NASDAQ", "SP500"}
