"""Memory: experiments, hypotheses, and trials that nobody can take back."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from mintmark.domain import Refusal
from mintmark.measures import deflated_sharpe
from mintmark.research.memory import REJECTED, matches, objective, recall, settled
from mintmark.research.operations.backtesting import deflated
from mintmark.research.operations.remembering import (
    all_hypotheses,
    propose_hypotheses,
    recollect,
    remember,
    settle_hypothesis,
)
from mintmark.research.operations.trials import Trial, add_trials, data_keys, sharpes_tried
from mintmark.research.wording import Claim

NOW = datetime(2026, 3, 1, tzinfo=UTC)
KEYS = data_keys(["NASDAQ"], ["ab" * 32])


def an_experiment(identity="op_a", sharpes=(1.0, 1.0, 0.0, 0.0), **changes):
    evidence = {"training_gate_passed": True, "fold_sharpes": list(sharpes), "feature_count": 5}
    return {
        "operation_id": identity, "status": "completed", "ended_at": NOW, "symbols": ["NASDAQ"], "timeframe": "1d",
        "pack_id": "PP", "random_state": 7, "designer": "algorithm", "strategy_name": f"name_{identity}",
        "strategy_hash": "h", "design_key": f"key_{identity}", "spec": {"labels": {"kind": "zigzag"}},
        "hypothesis": None, "training_evidence": evidence, "holdout_evidence": {"sharpe_ratio": 9.9}, **changes,
    }  # fmt: skip


def noted(database, operation, *sharpes, keys=KEYS):
    runs = [Trial(f"run_{at}", "walk_forward", sharpe) for at, sharpe in enumerate(sharpes)]
    with database.write() as connection:
        add_trials(connection, operation, "hash", keys, runs, NOW)


def tried(database, keys=KEYS):
    with database.write() as connection:
        return sharpes_tried(connection, keys)


def test_the_objective_is_mean_less_half_the_deviation_less_a_little_for_each_feature():
    evidence = {"fold_sharpes": [1.0, 1.0, 0.0, 0.0], "feature_count": 5}

    assert objective(evidence) == pytest.approx(0.5 - 0.5773502691896258 / 2 - 0.1)
    assert objective({"training_gate_passed": False}) == REJECTED
    assert objective({"error_code": "strategy_invalid"}) == REJECTED
    assert objective({}) is None
    assert objective({"fold_sharpes": [None, 1.0]}) == pytest.approx(0.5 - 0.7071067811865476 / 2)


def test_a_designer_is_handed_nothing_computed_from_the_holdout(file_database):
    with file_database.write() as connection:
        remember(connection, an_experiment())
        past = recollect(connection)

    assert "9.9" not in repr(past)
    assert past.experiences[0].objective is not None


def test_a_damaged_experiment_is_skipped_with_a_warning(file_database, caplog):
    with file_database.write() as connection:
        remember(connection, an_experiment("op_a"))
        remember(connection, an_experiment("op_b"))
        connection.execute(text("UPDATE experiments SET spec = '{broken' WHERE operation_id = 'op_a'"))
        past = recollect(connection)

    assert [found.operation_id for found in past.experiences] == ["op_b"]
    assert "op_a" in caplog.text
    assert "key_op_a" in past.keys


@pytest.mark.parametrize(
    "broken",
    [
        {"symbols": "NASDAQ"},
        {"spec": None},
        {"training_evidence": {"fold_sharpes": ["high"]}},
        {"training_evidence": {"feature_count": "many"}},
        {"timeframe": 5},
    ],
)
def test_a_row_of_other_shapes_is_a_refusal_not_an_exception(broken):
    found, damaged = recall([an_experiment(**broken), an_experiment("op_b")])

    assert [experience.operation_id for experience in found] == ["op_b"]
    assert [refusal.code for refusal in damaged] == ["experiment_damaged"]


def test_a_resumed_cycle_replaces_its_experiment(file_database):
    with file_database.write() as connection:
        remember(connection, an_experiment(status="cancelled", sharpes=()))
        remember(connection, an_experiment(status="completed"))
        rows = connection.execute(text("SELECT status FROM experiments")).scalars().all()

    assert rows == ["completed"]


def test_a_hypothesis_is_settled_by_the_objectives(file_database):
    claim = Claim("a logistic model holds better where gbdt lost 6.0%", {"model.kind": "logistic"})
    with file_database.write() as connection:
        remember(connection, an_experiment("op_a", sharpes=(0.0, 0.1, 0.0, 0.1)))
        propose_hypotheses(connection, "op_a", [claim, claim], NOW)
        remember(connection, an_experiment("op_b", sharpes=(1.0, 1.1, 1.0, 1.1)))
        before = all_hypotheses(connection)
        status = settle_hypothesis(connection, "H_001", "op_b")
        after = all_hypotheses(connection)

    assert [(found["id"], found["status"], found["from"]) for found in before] == [("H_001", "untested", "op_a")]
    assert status == "validated"
    assert (after[0]["status"], after[0]["tested_by"]) == ("validated", "op_b")


def test_what_a_hypothesis_changes_is_found_by_path():
    spec = {"model": {"kind": "logistic"}}

    assert matches({"model.kind": "logistic"}, spec)
    assert not matches({"model.kind": "gbdt"}, spec)
    assert not matches({"labels.kind": "zigzag"}, spec)
    assert not matches({}, spec)
    assert settled(0.1, 0.1) == "inconclusive"


def test_trials_can_be_added_and_never_changed_or_deleted(database):
    noted(database, "op_a", 0.1, 0.2)

    for statement in (
        "DELETE FROM trials",
        "UPDATE trials SET sharpe_per_bar = 0",
        "DELETE FROM trial_keys",
        "UPDATE trial_keys SET key = 'x'",
    ):
        with pytest.raises(DatabaseError, match="append only"), database.write() as connection:
            connection.execute(text(statement))

    assert sorted(tried(database)) == [0.1, 0.2]


def test_a_replay_adds_no_trial(database):
    noted(database, "op_a", 0.1, 0.2)
    noted(database, "op_a", 0.1, 0.2)

    assert len(tried(database)) == 2


def test_trials_count_that_share_a_symbol_or_a_partition_whatever_else_differs(database):
    noted(database, "op_a", 0.1)
    noted(database, "op_b", 0.2, keys=data_keys(["SP500"], ["ab" * 32]))
    noted(database, "op_c", 0.3, keys=data_keys(["NASDAQ"], ["cd" * 32]))
    noted(database, "op_d", 0.4, keys=data_keys(["EURUSD"], ["ef" * 32]))

    assert sorted(tried(database)) == [0.1, 0.2, 0.3]


def test_an_undefined_sharpe_counts_as_zero_among_the_tries(file_database):
    noted(file_database, "op_a", None, 0.2)

    assert sorted(tried(file_database)) == [0.0, 0.2]


def test_trials_that_cannot_be_read_are_a_refusal(file_database):
    noted(file_database, "op_a", 0.1, 0.2)
    with file_database.write() as connection:
        connection.execute(text("DROP TRIGGER trials_no_update"))
        connection.execute(text("UPDATE trials SET sharpe_per_bar = 'high' WHERE run = 'run_0'"))

    found = tried(file_database)

    assert isinstance(found, Refusal)
    assert found.code == "trials_unknown"


def test_a_missing_trials_table_is_a_refusal_and_the_transaction_goes_on(database):
    with database.write() as connection:
        connection.execute(text("DROP TABLE trials"))
        found = sharpes_tried(connection, KEYS)
        alive = connection.scalar(text("SELECT 1"))

    assert isinstance(found, Refusal)
    assert alive == 1


MOMENTS = {"sharpe_per_bar": 0.08, "skewness": -0.6, "excess_kurtosis": 3.5, "n": 750}


def test_the_deflated_sharpe_counts_every_trial():
    sharpes = [0.01 * at for at in range(20)]

    value, tries, why = deflated(sharpes, MOMENTS)

    variance = sum((s - 0.095) ** 2 for s in sharpes) / 19
    assert value == pytest.approx(deflated_sharpe(0.08, 750, -0.6, 6.5, variance, 20))
    assert (tries, why) == (20, None)


@pytest.mark.parametrize(
    "sharpes, moments, expected",
    [
        ([0.1], MOMENTS, (None, 1, "too_few_trials")),
        ([0.1, 0.1], MOMENTS, (None, 2, "no_variation")),
        ([0.1, 0.2], {**MOMENTS, "sharpe_per_bar": None}, (None, 2, "no_variation")),
        (Refusal("trials_unknown", "unreadable"), MOMENTS, (None, None, "trials_unknown")),
    ],
)
def test_without_counted_tries_there_is_no_deflated_sharpe(sharpes, moments, expected):
    assert deflated(sharpes, moments) == expected


def test_evidence_is_stored_without_nan(file_database):
    with pytest.raises(Exception, match="Out of range float"), file_database.write() as connection:
        remember(connection, an_experiment(training_evidence={"accuracy": float("nan")}))
    assert json.dumps(an_experiment()["training_evidence"])
