"""Errors: told once, on the right stream, with the exit code of their kind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commandline import Command

UNKNOWN = "op_training_20260301_101502_5d0c1f77"


def test_wrong_usage_is_exit_2_and_says_where_to_look(mintmark: Command):
    left = mintmark("agent", "trigge")

    assert left.code == 2
    assert left.stdout == ""
    assert "trigge" in left.stderr
    assert "mintmark agent --help" in left.stderr


def test_no_command_at_all_is_exit_2_with_help(mintmark: Command):
    left = mintmark()

    assert left.code == 2
    assert "Usage: mintmark" in left.stdout + left.stderr


@pytest.mark.parametrize("words", [("agent", "trigger", "--nope"), ("operations", "show"), ("worker", "--slots", "0")])
def test_an_option_nobody_knows_or_a_missing_argument_is_exit_2(mintmark: Command, words: tuple[str, ...]):
    assert mintmark(*words).code == 2


def test_a_folder_for_the_result_needs_somebody_who_waits_for_it(mintmark: Command, tmp_path: Path):
    left = mintmark("backtest", "starting_1", "--out", str(tmp_path / "kept"))

    assert left.code == 2
    assert "--out goes with --follow" in left.stderr
    assert not (tmp_path / "kept").exists()


def test_wrong_usage_with_json_is_one_document(mintmark: Command):
    left = mintmark("agent", "trigger", "--nope", "--json")

    assert left.code == 2
    assert left.stderr == ""
    assert left.body["error"] == "usage"
    assert set(left.body) == {"error", "message", "details", "request_id", "timestamp"}


@pytest.mark.parametrize("words", [("agent", "status"), ("operations", "list", "--json"), ("worker",), ("serve",)])
def test_an_unknown_variable_stops_every_command(
    mintmark: Command, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
):
    monkeypatch.setenv("MINTMARK_RESEARCH__POL_SECONDS", "3")

    left = mintmark(*words)

    assert left.code == 2
    assert "MINTMARK_RESEARCH__POL_SECONDS" in left.stdout + left.stderr


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (("agent", "trigger", "--timeframe", "7m"), "timeframe"),
        (("agent", "trigger", "--seed", "-1"), "random_state"),
        (("agent", "trigger", "--gate-policy", "ignore"), "gate_policy"),
        (("agent", "trigger", "--brief", "x" * 2001), "brief"),
        (("agent", "trigger", "--pack", "../x"), "pack_id"),
        (("agent", "trigger", "--symbols", "A,,B"), "symbols.1"),
        (("operations", "show", "op_nonsense"), "operation_id"),
        (("operations", "list", "--limit", "0"), "limit"),
        (("operations", "list", "--status", "asleep"), "status"),
        (("agent", "cancel", "x"), "operation_id"),
        (("pack", "show", "nonsense"), "pack_id"),
        (("pack", "seal", "--as-of", "yesterday", "--policy", "P"), "as-of"),
        (("strategy", "show", "No-Name"), "name"),
        (("data", "quality", "SP500", "7m"), "timeframe"),
        (("backtest", "starting_1", "--capital", "lots"), "initial_capital"),
        (("backtest", "starting_1", "--start", "February"), "start"),
        (("train", "../starting_1"), "strategy"),
    ],
)
def test_a_value_of_the_wrong_shape_is_exit_3_with_its_path(mintmark: Command, words: tuple[str, ...], path: str):
    left = mintmark(*words, "--json")

    assert left.code == 3
    assert left.body["error"] == "invalid_request"
    assert [problem["path"] for problem in left.body["details"]["problems"]] == [path]


@pytest.mark.parametrize(
    "words",
    [
        ("operations", "show", UNKNOWN),
        ("operations", "cancel", UNKNOWN),
        ("operations", "resume", UNKNOWN),
        ("operations", "follow", UNKNOWN),
        ("agent", "cancel", UNKNOWN),
        ("agent", "cancel"),
        ("strategy", "show", "nobody_wrote_me"),
        ("strategy", "validate", "./no/such/file.yaml"),
        ("pack", "show", "PP_2001-01-01_NONE_v1"),
        ("pack", "verify", "PP_2001-01-01_NONE_v1"),
    ],
)
def test_what_is_not_there_is_exit_4(mintmark: Command, words: tuple[str, ...]):
    assert mintmark(*words).code == 4


def test_a_queue_nobody_knows_is_exit_3(mintmark: Command):
    left = mintmark("worker", "--queues", "training,cooking")

    assert left.code == 3
    assert "cooking" in left.stderr


def test_a_home_that_cannot_be_written_is_named(mintmark: Command, home: Path):
    home.parent.mkdir(exist_ok=True)
    home.write_text("a file, no folder")

    left = mintmark("operations", "list")

    assert left.code == 1
    assert str(home) in left.stderr


def test_an_error_for_a_person_goes_to_stderr_only(mintmark: Command):
    left = mintmark("operations", "show", UNKNOWN)

    assert left.stdout == ""
    assert left.stderr.startswith("not_found  ")
    assert "\x1b" not in left.stderr


def test_json_is_one_document_whatever_happens(mintmark: Command):
    for words in (("operations", "list"), ("operations", "show", UNKNOWN), ("workers", "list"), ("agent", "nope")):
        left = mintmark(*words, "--json")

        json.loads(left.stdout)
        assert left.stderr == ""
