"""Each command: one JSON document for a program, plain text for a person."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import Command

SAMPLE = "PP_2018-12-31_SAMPLE_v1"
BARS = "timestamp,open,high,low,close,volume\n" + "".join(
    f"2020-01-{day:02d}T00:00:00Z,10,{11 + day / 10},9,10.5,100\n" for day in range(1, 31)
)


def plain(text: str) -> bool:
    """Return whether ``text`` has neither colour nor bar, and no line ends in blanks."""
    return "\x1b" not in text and "━" not in text and all(line == line.rstrip() for line in text.splitlines())


@pytest.mark.usefixtures("sampled")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("agent", "status"), "idle"),
        (("agent", "budget"), "5.00"),
        (("operations", "list"), "0 of 0, 0 active"),
        (("strategy", "list"), "starting_8"),
        (("strategy", "show", "starting_1"), "universe:"),
        (("strategy", "validate", "starting_1"), "valid: "),
        (("data", "list"), "NASDAQ"),
        (("data", "quality", "SP500", "1d"), "5,031"),
        (("data", "sample"), "SP500 1d"),
        (("pack", "list"), SAMPLE),
        (("pack", "show", SAMPLE), "pack_sha256: "),
        (("pack", "verify", SAMPLE), "verified"),
        (("workers", "list"), "mintmark worker"),
    ],
)
def test_a_reading_command_speaks_to_programs_and_to_people(mintmark: Command, words: tuple[str, ...], says: str):
    for_people = mintmark(*words)
    for_programs = mintmark(*words, "--json")

    assert (for_people.code, for_programs.code) == (0, 0)
    assert says in for_people.stdout
    assert plain(for_people.stdout)
    assert for_people.stderr == for_programs.stderr == ""
    assert isinstance(for_programs.body, dict)


@pytest.mark.usefixtures("sampled")
def test_a_trigger_that_nobody_works_on_is_accepted_with_a_note(mintmark: Command):
    left = mintmark("agent", "trigger", "--strategy", "starting_1", "--gate-policy", "assess", "--seed", "3", "--json")

    assert left.code == 0
    assert left.body["waiting_for_worker"] is True
    assert left.stderr.startswith("note  no worker is live")
    shown = mintmark("operations", "show", left.body["operation_id"], "--json").body["data"]
    assert shown["metadata"]["parameters"]["random_state"] == 3
    assert shown["metadata"]["parameters"]["gate_policy"] == "assess"


@pytest.mark.usefixtures("sampled")
def test_a_cycle_is_seen_cancelled_and_resumed(mintmark: Command):
    identity = mintmark("agent", "trigger", "--symbols", "SP500", "--timeframe", "1d", "--json").body["operation_id"]

    status, listed, shown = (
        mintmark("agent", "status"),
        mintmark("operations", "list"),
        mintmark("operations", "show", identity),
    )
    cancelled = mintmark("agent", "cancel")
    resumed = mintmark("operations", "resume", identity, "--json")

    for left in (status, listed, shown, cancelled):
        assert left.code == 0
        assert identity in left.stdout
        assert plain(left.stdout)
    assert f"mintmark operations resume {identity}" in cancelled.stdout
    assert resumed.body["data"]["status"] == "resuming"
    assert mintmark("operations", "resume", identity).code == 5


@pytest.mark.usefixtures("sampled")
def test_conflicting_wishes_are_exit_3(mintmark: Command):
    left = mintmark("agent", "trigger", "--strategy", "starting_1", "--brief", "rsi", "--json")

    assert (left.code, left.body["error"]) == (3, "conflicting_fields")


@pytest.mark.usefixtures("sampled")
def test_a_second_cycle_over_capacity_is_exit_5_and_a_model_over_budget_7(
    mintmark: Command, monkeypatch: pytest.MonkeyPatch
):
    mintmark("agent", "trigger", "--strategy", "starting_1")
    monkeypatch.setenv("MINTMARK_LLM__DAILY_LIMIT_USD", "0.10")

    assert mintmark("agent", "trigger", "--strategy", "starting_1").code == 5
    assert mintmark("agent", "trigger", "--designer", "model").code == 7


def test_a_strategy_file_is_validated_and_every_error_told(mintmark: Command, sampled: Path):
    text = mintmark("strategy", "show", "starting_1", "--json").body["data"]["yaml"]
    right, wrong = sampled.parent / "right.yaml", sampled.parent / "wrong.yaml"
    right.write_text(text)
    wrong.write_text(text.replace("grammar: 1", "grammar: 1\nsurprise: 1"))

    assert mintmark("strategy", "validate", str(right), "--pack", SAMPLE).code == 0
    left = mintmark("strategy", "validate", str(wrong))
    assert left.code == 3
    assert "error    surprise: " in left.stdout


@pytest.mark.usefixtures("sampled")
def test_a_strategy_without_leaks_is_clean(mintmark: Command):
    left = mintmark("strategy", "lookahead", "starting_1", "--json")

    assert (left.code, left.body["clean"], left.body["leaks"]) == (0, True, [])


@pytest.mark.usefixtures("sampled")
def test_a_function_that_peeks_is_named_with_its_bar_and_one_that_does_not_is_clean(
    mintmark: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ideas_of_a_test.py").write_text(
        "def honest(bars):\n    return bars['close'].rolling_mean(10) - bars['close']\n"
        "def peeks(bars):\n    return bars['close'].shift(-1) - bars['close']\n"
    )
    asked = ("strategy", "lookahead", "--symbol", "NASDAQ", "--json", "--signals")

    clean = mintmark(*asked, "ideas_of_a_test:honest")
    caught = mintmark(*asked, "ideas_of_a_test:peeks")
    absent = mintmark(*asked, "ideas_of_a_test:nothing")

    assert (clean.code, clean.body["clean"], clean.body["asked"], clean.body["cuts"]) == (0, True, ["signals"], 20)
    assert (caught.code, caught.body["clean"]) == (3, False)
    assert all(leak["time"] == leak["cut"] for leak in caught.body["leaks"])
    assert (absent.code, absent.body["error"]) == (3, "unknown_name")


def test_a_file_is_imported_sealed_and_judged(mintmark: Command, home: Path):
    file = home.parent / "bars.csv"
    file.write_text(BARS)
    options = ("--symbol", "ABC", "--timeframe", "1d", "--asset-class", "crypto", "--source", "test")

    imported = mintmark("data", "import", str(file), *options, "--json")
    sealed = mintmark("pack", "seal", "--as-of", "2020-01-31", "--policy", "TEST", "--json")

    assert imported.code == 0, imported.stdout
    assert sealed.body["data"]["pack_id"] == "PP_2020-01-31_TEST_v1"
    assert mintmark("data", "quality", "ABC", "1d", "--json").body["data"]["rows"] == 30


def test_rows_that_are_wrong_are_refused_with_their_lines_and_dropped_when_asked(mintmark: Command, home: Path):
    file = home.parent / "bars.csv"
    file.write_text(BARS.replace("10,11.5,9,10.5", "10,8,9,10.5"))
    options = ("--symbol", "ABC", "--timeframe", "1d", "--asset-class", "crypto", "--source", "test")

    refused = mintmark("data", "import", str(file), *options)
    nothing = mintmark("data", "list", "--json").body["data"]
    dropped = mintmark("data", "import", str(file), *options, "--drop", "ohlc_inconsistent", "--json")

    assert refused.code == 3
    assert refused.stderr.startswith("ohlc_inconsistent")
    assert "6" in refused.stderr
    assert nothing == []
    assert dropped.code == 0
    assert dropped.body["data"]["rows"] == 29


def test_a_series_without_its_timezone_is_refused(mintmark: Command, home: Path):
    file = home.parent / "bars.csv"
    file.write_text(BARS.replace("T00:00:00Z", " 00:00:00"))

    left = mintmark(
        "data", "import", str(file), "--symbol", "ABC", "--timeframe", "1d", "--asset-class", "crypto", "--source", "x"
    )

    assert (left.code, left.stderr.split()[0]) == (3, "timezone_required")


@pytest.mark.usefixtures("home")
def test_a_cycle_without_any_data_says_how_to_get_some(mintmark: Command):
    left = mintmark("agent", "trigger")

    assert left.code == 3
    assert "mintmark data sample" in left.stderr
