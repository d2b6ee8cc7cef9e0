"""What must hold while workers work, on both databases."""

from __future__ import annotations

import hashlib
import signal
import threading
from typing import Any

import psutil
import pytest
from workshop import POSTGRES_IS_LONG, Workshop, alive, wait_until

from mintmark.domain import Refused


def hash_after(rounds: int) -> str:
    """Return the model hash of a training nobody disturbed."""
    state = b"seed"
    for _ in range(rounds):
        state = hashlib.sha256(state).digest()
    return state.hex()


def test_a_cycle_goes_through_its_four_children_in_order(shop: Workshop):
    shop.worker()

    cycle = shop.cycle()

    done = shop.wait_for(cycle, "completed")
    children = shop.operations.children(cycle)
    assert [child["operation_type"] for child in children] == [
        "agent_design",
        "training",
        "backtesting",
        "agent_assessment",
    ]
    assert {child["status"] for child in children} == {"completed"}
    assert done["progress"]["percentage"] == 100.0
    assert done["progress"]["current_step"] == "Training model (round 25/25)"
    assert children[1]["result_summary"]["model_hash"] == hash_after(25)
    assert [row["round"] for row in shop.operations.rounds(children[1]["operation_id"], after=20)] == [
        21,
        22,
        23,
        24,
        25,
    ]
    assert children[0]["warnings"] == ["only a test"]
    assert children[0]["result_summary"]["threads"] == "1"


def test_a_parent_follows_its_share_of_the_child(sqlite_shop: Workshop):
    sqlite_shop.worker()
    cycle = sqlite_shop.cycle(rounds=100, seconds_per_round=0.03)

    def in_training() -> bool:
        return 5.0 < sqlite_shop.operations.get(cycle)["progress"]["percentage"] < 45.0

    wait_until(in_training, 90)
    assert sqlite_shop.operations.get(cycle)["progress"]["current_step"].startswith("Training model (round ")


@pytest.mark.parametrize("ignores_term", [False, True])
def test_a_cancelled_process_is_gone_within_a_second(shop: Workshop, ignores_term: bool):
    shop.worker()
    cycle = shop.ask(
        "agent_research", {"training": {"rounds": 2000, "seconds_per_round": 0.02, "ignores_term": ignores_term}}
    )
    wait_until(lambda: len(shop.operations.children(cycle)) == 2, 90)
    training = shop.operations.children(cycle)[1]["operation_id"]
    pid = shop.child_pid(training)
    wait_until(lambda: bool(shop.operations.rounds(training)), 90)

    answer = shop.operations.cancel(cycle, "enough")

    assert shop.status(cycle) == shop.status(training) == "cancelled"
    assert wait_until(lambda: not alive(pid), 5) < 1.0
    assert answer["children_cancelled"] == [training]
    assert shop.operations.get(training)["cancel_reason"] == "Parent cancelled"
    assert shop.ended_in_order(training, cycle)
    with pytest.raises(Refused, match="can not be cancelled"):
        shop.operations.cancel(cycle)


@POSTGRES_IS_LONG
def test_a_child_cancelled_alone_takes_its_parent_along(shop: Workshop):
    shop.worker()
    cycle = shop.cycle(rounds=2000, seconds_per_round=0.02)
    wait_until(lambda: len(shop.operations.children(cycle)) == 2, 90)
    training = shop.operations.children(cycle)[1]["operation_id"]

    shop.operations.cancel(training)

    done = shop.wait_for(cycle, "cancelled")
    assert done["cancel_reason"] == f"Child cancelled: {training}"


def test_a_resumed_cycle_trains_on_from_its_checkpoint_to_the_same_model(shop: Workshop):
    shop.worker()
    cycle = shop.cycle(rounds=150, seconds_per_round=0.02)
    wait_until(lambda: len(shop.operations.children(cycle)) == 2, 90)
    training = shop.operations.children(cycle)[1]["operation_id"]
    shop.wait_for_round(training, 75)
    shop.operations.cancel(cycle)

    answers: list[dict[str, Any]] = []
    refusals: list[str | None] = []

    def resume() -> None:
        try:
            answers.append(shop.operations.resume(cycle)["resumed_from"])
        except Refused as error:
            refusals.append(error.code)

    both = [threading.Thread(target=resume) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    (resumed_from,) = answers
    stored = resumed_from["round"]
    assert refusals == ["not_resumable"]
    assert (resumed_from["phase"], stored >= 75, stored % 25) == ("training", True, 0)
    shop.wait_for(cycle, "completed")
    done = shop.operations.get(training)
    assert done["result_summary"] == {"success": True, "model_hash": hash_after(150), "began_at": stored}
    assert done["checkpoint"] is None
    assert len(shop.operations.children(cycle)) == 4
    assert [row["round"] for row in shop.operations.rounds(training)] == list(range(1, 151))


def test_another_worker_takes_a_dead_ones_training_over(shop: Workshop):
    shop.two_workers()
    training = shop.train(rounds=150)
    pid = shop.child_pid(training)
    shop.wait_for_round(training, 25)

    shop.worker_of(training).kill()
    assert wait_until(lambda: not alive(pid), 5) < 1.0

    done = shop.wait_for(training, "completed")
    assert done["takeovers"] == 1
    assert done["starts"] == 2
    assert done["result_summary"]["model_hash"] == hash_after(150)
    assert done["result_summary"]["began_at"] >= 25
    assert "takeover" in shop.kinds_of_events(training)


@POSTGRES_IS_LONG
def test_all_killed_and_started_again_go_on_without_a_takeover(shop: Workshop):
    worker = shop.worker()
    cycle = shop.cycle(rounds=150, seconds_per_round=0.02)
    wait_until(lambda: len(shop.operations.children(cycle)) == 2, 90)
    design, training = (child["operation_id"] for child in shop.operations.children(cycle))
    shop.wait_for_round(training, 25)

    worker.kill()
    worker.wait()
    shop.worker()

    shop.wait_for(cycle, "completed")
    assert shop.operations.get(design)["starts"] == 1
    done = shop.operations.get(training)
    assert (done["takeovers"], done["starts"]) == (0, 2)
    assert done["result_summary"]["model_hash"] == hash_after(150)
    assert "restart" in shop.kinds_of_events(training)


@POSTGRES_IS_LONG
@pytest.mark.long
def test_a_frozen_worker_that_wakes_up_writes_nothing(shop: Workshop):
    shop.two_workers()
    training = shop.train(rounds=600)
    pid = shop.child_pid(training)
    shop.wait_for_round(training, 25)

    frozen = shop.worker_of(training)
    frozen.send_signal(signal.SIGSTOP)
    wait_until(lambda: shop.operations.get(training)["starts"] == 2, 90)
    assert alive(pid)
    frozen.send_signal(signal.SIGCONT)

    assert wait_until(lambda: not alive(pid), 5) < 1.0
    wait_until(lambda: "late_result_dropped" in shop.kinds_of_events(training), 5)
    done = shop.wait_for(training, "completed")
    assert done["result_summary"]["model_hash"] == hash_after(600)
    assert done["starts"] == 2


@POSTGRES_IS_LONG
def test_the_fourth_death_ends_an_operation_as_worker_lost(shop: Workshop):
    shop.worker()

    killed = shop.ask("backtesting", {"goes_wrong": "killed"})

    done = shop.wait_for(killed, "failed")
    assert done["error"]["code"] == "worker_lost"
    assert done["takeovers"] == 3
    assert shop.kinds_of_events(killed).count("takeover") == 3


@POSTGRES_IS_LONG
def test_a_look_lost_with_its_worker_is_repaired(shop: Workshop):
    shop.worker(queues=["research"], kill_at="look.started", look=1.0)
    cycle = shop.cycle()
    wait_until(lambda: shop.workers[0].poll() is not None, 90)

    shop.worker(look=1.0, home=shop.home.with_name("another"))

    shop.wait_for(cycle, "completed")
    assert "look_repaired" in shop.kinds_of_events(cycle)
    assert len(shop.operations.children(cycle)) == 4


@POSTGRES_IS_LONG
def test_work_claimed_by_a_worker_that_dies_before_it_begins_is_not_lost(shop: Workshop):
    shop.worker(kill_at="work.started", home=shop.home.with_name("another"))
    training = shop.train(rounds=25)
    wait_until(lambda: shop.workers[0].poll() is not None, 90)

    shop.worker()

    done = shop.wait_for(training, "completed")
    assert done["result_summary"]["model_hash"] == hash_after(25)


@pytest.mark.parametrize(
    "wrong, code, message",
    [
        ("refused", "training_data_error", "no bars after the purge"),
        ("raised", "internal", "out of memory"),
        ("exits", "internal", "the process ended with code 3 and no result"),
        ("not_a_number", "internal", "Out of range float values are not JSON compliant"),
    ],
)
def test_what_goes_wrong_in_a_process_fails_its_operation_once(
    sqlite_shop: Workshop, wrong: str, code: str, message: str
):
    sqlite_shop.worker()

    asked = sqlite_shop.ask("backtesting", {"goes_wrong": wrong})

    done = sqlite_shop.wait_for(asked, "failed")
    assert done["error"]["code"] == code
    assert message in done["error_message"]
    assert done["starts"] == 1


@POSTGRES_IS_LONG
def test_a_worker_told_to_stop_hands_its_work_back_with_its_last_checkpoint(shop: Workshop):
    first = shop.worker()
    training = shop.train(rounds=150)
    pid = shop.child_pid(training)
    shop.wait_for_round(training, 25)

    first.terminate()

    assert first.wait(10) == 0
    assert not alive(pid)
    waiting = shop.operations.get(training)
    assert (waiting["status"], waiting["takeovers"], waiting["starts"]) == ("pending", 0, 2)
    assert shop.operations.workers() == []
    shop.worker()
    done = shop.wait_for(training, "completed")
    assert done["result_summary"]["model_hash"] == hash_after(150)
    assert done["result_summary"]["began_at"] >= 25


def test_an_owned_worker_and_its_process_end_with_their_owner(sqlite_shop: Workshop):
    worker = sqlite_shop.worker()
    training = sqlite_shop.train(rounds=2000)
    pid = sqlite_shop.child_pid(training)

    assert worker.stdin is not None
    worker.stdin.close()

    assert worker.wait(10) == 0
    assert not alive(pid)
    assert sqlite_shop.status(training) == "pending"


def test_a_worker_leaves_no_process_behind(sqlite_shop: Workshop):
    worker = sqlite_shop.worker()
    sqlite_shop.wait_for(sqlite_shop.cycle(), "completed")

    assert psutil.Process(worker.pid).children() == []


def test_two_slots_of_one_home_take_two_seats(sqlite_shop: Workshop):
    sqlite_shop.worker()
    sqlite_shop.worker()

    wait_until(lambda: len(sqlite_shop.operations.workers()) == 2, 90)

    seats = [worker["worker_id"].rsplit(":", 1)[1] for worker in sqlite_shop.operations.workers()]
    assert sorted(seats) == ["1", "2"]
    assert sqlite_shop.operations.occupancy()["training"] == {"busy": 0, "total": 2}
    assert sqlite_shop.operations.occupancy()["research"] == {"busy": 0, "total": 16}


def test_a_home_elsewhere_with_the_same_host_name_gets_another_seat(sqlite_shop: Workshop):
    sqlite_shop.worker(dead=60.0)
    wait_until(lambda: len(sqlite_shop.operations.workers()) == 1, 90)

    sqlite_shop.worker(dead=60.0, home=sqlite_shop.home.with_name("another"))

    wait_until(lambda: len(sqlite_shop.operations.workers()) == 2, 90)
