"""Full disks, closed folders and damaged bytes: each is named, and nothing half-written is left."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from story_cycles import checkpoint_round, ended, told, trigger
from story_house import House, HouseMaker, wait_for
from story_samples import WIDE

SMALL_FILES = (
    sys.executable,
    "-c",
    "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (16384, 16384));from mintmark.cli import main; main()",
)
"""The start of a command that, like all it starts, can write no file beyond 16 KiB."""


def flip_a_byte(file: Path) -> None:
    """Change the byte in the middle of ``file``."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0x01
    file.chmod(0o644)
    file.write_bytes(bytes(content))


def failed(house: House, operation_id: str) -> dict[str, Any]:
    """Wait until the operation has failed; return its error."""
    found = ended(house, operation_id)
    assert found["status"] == "failed", told(house, operation_id)
    error: dict[str, Any] = house.ask("operations", "show", operation_id)["data"]["error"]
    return error


@pytest.mark.long
def test_a_full_disk_fails_the_training_and_leaves_no_partial_file(a_house: HouseMaker):
    # PostgreSQL: a limit on files would hit an SQLite database first.
    house = a_house("postgresql", WIDE)
    house.worker(command=SMALL_FILES)
    training = house.ask("train", "slow")["operation_id"]

    error = failed(house, training)

    assert error["code"] == "disk_full"
    assert list(house.home.rglob("*.part")) == []
    models = house.home / "models"
    assert not models.exists() or [path for path in models.rglob("*") if path.is_file()] == []


@pytest.mark.skipif(
    not Path("/sys/kernel").is_dir(), reason="needs a folder that takes files from nobody, not even root"
)
def test_a_home_that_takes_no_files_is_named(tmp_path: Path):
    house = House(tmp_path / "home")

    answer = house.run(
        "data", "list", "--json", extra={"MINTMARK_HOME": "/sys/kernel/mintmark", "MINTMARK_STORE__URL": ""}
    )

    assert (answer.code, answer.body["error"]) == (1, "not_writable")
    assert "/sys/kernel/mintmark" in answer.body["message"]


def damage_the_pack(house: House) -> None:
    """Change one byte of each blob."""
    blobs = [file for file in (house.home / "blobs").rglob("*") if file.is_file()]
    assert len(blobs) > 10
    for blob in blobs:
        flip_a_byte(blob)


def test_a_changed_byte_in_the_pack_refuses_the_trigger(a_house: HouseMaker):
    house = a_house("sqlite", WIDE)
    pack = house.ask("pack", "list")["data"][0]["pack_id"]
    damage_the_pack(house)

    verified = house.run("pack", "verify", pack, "--json")
    refused = house.run("agent", "trigger", "--strategy", "quick", "--json")

    assert (verified.code, verified.body["error"]) == (3, "pack_damaged")
    assert (refused.code, refused.body["error"]) == (3, "pack_damaged")
    assert house.rows("SELECT operation_id FROM operations") == []


@pytest.mark.long
def test_a_pack_damaged_after_the_trigger_fails_the_cycle(a_house: HouseMaker):
    house = a_house("sqlite", WIDE)
    cycle = trigger(house)
    damage_the_pack(house)

    house.worker()

    assert failed(house, cycle)["code"] == "pack_damaged"


@pytest.mark.long
def test_a_changed_byte_in_the_model_stops_the_backtest(a_house: HouseMaker):
    house = a_house("sqlite", WIDE)
    house.worker()
    trained = ended(house, house.ask("train", "quick")["operation_id"])
    assert trained["status"] == "completed"
    result = house.ask("operations", "show", trained["operation_id"])["data"]["result_summary"]
    weights = max((house.home / result["model_path"]).iterdir(), key=lambda file: file.stat().st_size)
    flip_a_byte(weights)

    backtest = house.run("backtest", "quick", "--json")

    if backtest.code:
        assert backtest.body["error"] == "model_damaged"
    else:
        assert failed(house, backtest.body["operation_id"])["code"] == "model_damaged"


@pytest.mark.long
def test_a_changed_byte_in_the_checkpoint_stops_the_resume(a_house: HouseMaker):
    from sqlalchemy import text

    house = a_house("sqlite", WIDE)
    house.worker()
    with house.hold_after("training", 1):
        training = house.ask("train", "slow")["operation_id"]
        wait_for(lambda: checkpoint_round(house, training) == 25, "the checkpoint of round 25 is stored")
        house.ask("operations", "cancel", training)
    data = bytearray(house.rows("SELECT data FROM checkpoints WHERE operation_id = :id", id=training)[0]["data"])
    data[len(data) // 2] ^= 0x01
    with house.database.write() as connection:
        connection.execute(
            text("UPDATE checkpoints SET data = :data WHERE operation_id = :id"), {"data": bytes(data), "id": training}
        )

    house.ask("operations", "resume", training)

    assert failed(house, training)["code"] == "checkpoint_mismatch"


@pytest.mark.parametrize("command", [("worker",), ("serve",), ("agent", "status")])
def test_an_unknown_variable_stops_the_program_by_name(tmp_path: Path, command: tuple[str, ...]):
    house = House(tmp_path / "home")

    answer = house.run(*command, extra={"MINTMARK_RESEARCH__POL_SECONDS": "3"}, seconds=60)

    assert answer.code == 2
    assert "MINTMARK_RESEARCH__POL_SECONDS" in answer.stderr
    assert not (house.home / "mintmark.db").exists()
