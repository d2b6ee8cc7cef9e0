"""The small parts of the runtime, each alone."""

from __future__ import annotations

import io
import json
import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from test_transitions import set_values
from workshop import Workshop

import mintmark.runtime
from mintmark.domain import Damaged, Refused
from mintmark.runtime import KILL_POINTS, Task, arm, count, declare, reached, refuse_network_disk, start_logging, trail
from mintmark.runtime.folder import Checkpoint, WorkFolder
from mintmark.runtime.reading import moment_text
from mintmark.runtime.retention import DAY, clean_up
from mintmark.runtime.seats import take_seat
from mintmark.runtime.tables import DatabaseNow, counters


def a_task(folder: Path, **inputs: object) -> Task:
    WorkFolder(folder).put_inputs(
        {"inputs": inputs, "operation_id": "op_training_20260301_101500_9f3a1c2e", "starts": 1}
    )
    return Task(WorkFolder(folder))


def test_a_checkpoint_comes_back_as_it_was_written(tmp_path: Path):
    a_task(tmp_path).checkpoint(75, b"state")

    assert WorkFolder(tmp_path).checkpoint() == Checkpoint(75, b"state")


def test_a_state_that_grows_is_handed_over_part_by_part(tmp_path: Path):
    folder = WorkFolder(tmp_path)
    folder.put_part(0, b"first", "start")
    folder.put_checkpoint(Checkpoint(100, b"state", 1), "start")
    task = a_task(tmp_path)

    task.checkpoint(200, b"newer", b"second")

    assert (list(task.restored_parts()), task.restored()) == ([b"first"], (100, b"state"))
    assert (folder.checkpoint(), folder.part(1)) == (Checkpoint(200, b"newer", 2), b"second")
    for lost in (lambda place: place.write_bytes(b"x" * 40), Path.unlink):
        lost(tmp_path / "start.parts" / "0")
        with pytest.raises(Damaged):
            list(task.restored_parts())


@pytest.mark.parametrize("damage", [lambda content: content[:-1] + b"x", lambda content: content[:10]])
def test_a_damaged_checkpoint_is_noticed(tmp_path: Path, damage):
    folder = WorkFolder(tmp_path)
    folder.put_checkpoint(Checkpoint(75, b"state"), "start")
    (tmp_path / "start").write_bytes(damage((tmp_path / "start").read_bytes()))

    with pytest.raises(Damaged) as damaged:
        a_task(tmp_path).restored()

    assert damaged.value.code == "checkpoint_mismatch"


def test_progress_is_written_at_most_twice_a_second(tmp_path: Path):
    task = a_task(tmp_path)

    for number in range(1000):
        task.progress(number / 10, f"step {number}")

    folder = WorkFolder(tmp_path)
    assert (folder.progress() or {})["current_step"] == "step 0"
    task.flush()
    assert (folder.progress() or {})["current_step"] == "step 999"


def test_a_file_is_never_seen_half_written(tmp_path: Path):
    folder = WorkFolder(tmp_path)

    assert folder.progress() is None
    assert folder.result() is None
    assert folder.checkpoint() is None
    assert folder.rounds() == []
    assert folder.stamp("checkpoint") is None


def test_a_seat_is_held_by_one_process_and_free_after_it(tmp_path: Path):
    first, second = take_seat(tmp_path), take_seat(tmp_path)
    first.leave()
    third = take_seat(tmp_path)

    assert (first.number, second.number, third.number) == (1, 2, 1)
    assert first.owner == second.owner
    second.leave()
    third.leave()


def test_a_network_disk_is_refused_and_a_local_one_is_not(tmp_path: Path):
    mounts = (
        f"/dev/sda1 / ext4 rw 0 0\nserver:/export {tmp_path}/far nfs4 rw 0 0\ntmpfs {tmp_path}/far/near tmpfs rw 0 0\n"
    )

    refuse_network_disk(tmp_path / "here", mounts)
    refuse_network_disk(tmp_path / "far" / "near" / "home", mounts)
    with pytest.raises(Refused) as refused:
        refuse_network_disk(tmp_path / "far" / "home", mounts)

    assert refused.value.code == "network_disk"
    assert refused.value.details["filesystem"] == "nfs4"


def test_a_log_line_is_json_with_its_trail():
    stream = io.StringIO()
    start_logging(stream)

    with trail(request_id="r1", operation_id="op_1"):
        logging.getLogger("mintmark.test").info("took %s", "over", extra={"takeovers": 1})

    line = json.loads(stream.getvalue())
    assert line["message"] == "took over"
    assert (line["request_id"], line["operation_id"], line["takeovers"]) == ("r1", "op_1", 1)
    assert datetime.fromisoformat(line["time"]).tzinfo == UTC
    assert "correlation_id" not in line


def test_a_label_nobody_declared_is_counted_as_other(sqlite_shop: Workshop):
    declare("mintmark_cycles_total", "Cycles ended.", outcome=("completed", "failed"))

    with sqlite_shop.database.write() as connection:
        for outcome in ("completed", "completed", "vanished"):
            count(connection, "mintmark_cycles_total", outcome=outcome)
        with pytest.raises(ValueError, match="expected labels"):
            count(connection, "mintmark_cycles_total", verdict="poor")

    text = sqlite_shop.operations.metrics().decode()
    assert 'mintmark_cycles_total{outcome="completed"} 2.0' in text
    assert 'mintmark_cycles_total{outcome="other"} 1.0' in text


def test_a_count_is_lost_with_its_transaction(sqlite_shop: Workshop):
    def count_and_fail() -> None:
        with sqlite_shop.database.write() as connection:
            count(connection, "mintmark_takeovers_total", type="training")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        count_and_fail()

    with sqlite_shop.database.read() as connection:
        assert connection.execute(select(counters)).all() == []


def test_the_database_tells_the_time(shop: Workshop):
    with shop.database.read() as connection:
        now = connection.scalar(select(DatabaseNow()))

    assert now is not None
    assert abs(now - datetime.now(UTC).timestamp()) < 2.0
    assert moment_text(946_684_800.25) == "2000-01-01T00:00:00.250000Z"
    assert moment_text(None) is None


def test_old_operations_go_with_their_family_and_kept_ones_stay(shop: Workshop):
    known, old = shop.operations, DatabaseNow() - 91 * DAY
    gone, kept, young = shop.cycle(), shop.cycle(), shop.cycle()
    children = {}
    for cycle in (gone, kept, young):
        with known.writing() as connection:
            children[cycle] = known.start_child(connection, cycle, "training", metadata={})
        known.cancel(cycle)
    for cycle in (gone, kept):
        for one in (cycle, children[cycle]):
            set_values(shop, one, completed_at=old)
            (shop.home / "work" / one / "1").mkdir(parents=True)
    with known.writing() as connection:
        known.keep(connection, kept)

    clean_up(known, shop.home)

    left = {one["operation_id"] for one in known.list()["data"]}
    assert left == {kept, young, children[kept], children[young]}
    assert list((shop.home / "work").iterdir()) == []


def test_the_engines_rows_go_a_week_after_their_end(shop: Workshop):
    from test_transitions import engine_rows

    known, rows = shop.operations, shop.operations.engine.rows
    old, young = shop.train(), shop.train()
    known.cancel(old)
    known.cancel(young)
    with shop.database.write() as connection:
        ended = (DatabaseNow() - 8 * DAY) * 1000
        connection.execute(rows.update().where(rows.c.workflow_uuid == f"{old}.1").values(completed_at=ended))

    clean_up(known, shop.home)

    assert set(engine_rows(shop)) == {f"{young}.1"}
    assert known.list()["total_count"] == 2


def test_a_point_is_passed_unless_this_process_is_armed_for_it(tmp_path: Path):
    arm("look.started", tmp_path)
    for label in KILL_POINTS:
        if label != "look.started":
            reached(label)
    arm(None, tmp_path)

    reached("look.started")

    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="expected one of"):
        arm("nowhere", tmp_path)


def test_every_kill_point_is_passed_somewhere():
    files = list(Path(str(mintmark.runtime.__file__)).parent.glob("*.py"))
    text = "".join(file.read_text() for file in files)

    assert len(files) > 15
    assert len(KILL_POINTS) >= 25
    assert [label for label in KILL_POINTS if f'reached("{label}")' not in text] == []
