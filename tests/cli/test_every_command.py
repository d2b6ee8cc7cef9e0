"""What holds for every command, and for the pages made from them."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from commandline import Command

from mintmark.cli.program import program
from mintmark.cli.reference import pages

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_JSON = {"serve", "worker"}


def commands(found: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give each command with its words."""
    found = found or typer.main.get_command(program())
    inner = getattr(found, "commands", None)
    if inner is None:
        yield path, found
        return
    for name, one in inner.items():
        yield from commands(one, (*path, name))


COMMANDS = dict(commands())
NAMES = [" ".join(path) for path in COMMANDS]


def test_the_commands_are_those_of_the_house():
    assert sorted(NAMES) == sorted(
        [
            *(f"agent {word}" for word in ("trigger", "status", "cancel", "budget")),
            *(f"operations {word}" for word in ("list", "show", "cancel", "resume", "follow")),
            *(f"strategy {word}" for word in ("list", "show", "validate", "lookahead")),
            *(f"data {word}" for word in ("import", "fetch", "sample", "list", "quality", "actions", "harvest")),
            *(f"dlq {word}" for word in ("list", "replay")),
            *(f"data import-{word}" for word in ("macro", "fundamentals", "news")),
            *(f"pack {word}" for word in ("seal", "list", "show", "verify", "build", "restate", "confirm", "health")),
            *(f"ledger {word}" for word in ("post", "import", "import-beancount", "reverse", "entries", "balances")),
            *(f"ledger {word}" for word in ("lots", "positions", "verify", "rebuild", "reconcile", "export")),
            *(f"portfolio {word}" for word in ("create", "list", "show", "sample", "nightly", "nights", "statement")),
            *(f"portfolio alerts {word}" for word in ("create", "list", "pause", "resume", "delete")),
            *(f"portfolio alerts {word}" for word in ("notifications", "read")),
            *(f"pattern {word}" for word in ("list", "show", "validate", "capabilities", "run")),
            *(f"rights {word}" for word in ("check", "violations", "licence add", "licence list")),
            *(f"key {word}" for word in ("create", "list", "revoke", "actions")),
            *("train", "backtest", "montecarlo", "sweep", "walkforward", "crossvalidate", "gates selftest"),
            *("serve", "worker", "workers list", "compile"),
        ]
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_command_has_a_sentence_an_example_and_json(name: str):
    command = COMMANDS[tuple(name.split())]
    options = {option for parameter in command.params for option in parameter.opts}

    assert command.help.strip()[0].isupper()
    assert command.epilog.startswith(f"Example: mintmark {name}")
    assert ("--json" in options) is (name not in WITHOUT_JSON)


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_a_command_is_a_line_it_takes(name: str):
    path = tuple(name.split())
    words = shlex.split(COMMANDS[path].epilog.removeprefix("Example: mintmark "))

    context = COMMANDS[path].make_context(name, words[len(path) :])

    assert context.params


@pytest.mark.parametrize("name", NAMES)
def test_every_option_says_what_it_is_for(name: str):
    assert [parameter.name for parameter in COMMANDS[tuple(name.split())].params if not parameter.help] == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        *NAMES,
        "agent",
        "operations",
        "strategy",
        "data",
        "key",
        "pack",
        "pattern",
        "portfolio",
        "rights",
        "rights licence",
        "workers",
    ],
)
def test_help_is_answered_without_a_home(mintmark: Command, home: Path, name: str):
    left = mintmark(*name.split(), "--help")

    assert left.code == 0
    assert "Usage: mintmark" in left.stdout
    assert not home.exists()


@pytest.mark.parametrize("page", ["cli.md", "configuration.md", "http.md", "measures.md", "patterns.md"])
def test_a_page_equals_what_the_program_makes(page: str):
    assert (ROOT / "docs" / page).read_text() == pages()[page], "run make docs"


def test_help_takes_less_than_half_a_second():
    def seconds() -> float:
        # Its own time: how busy the machine is besides is not the program's doing.
        before = os.times()
        subprocess.run([sys.executable, "-m", "mintmark.cli", "--help"], check=True, capture_output=True)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    assert min(seconds() for _ in range(5)) < 0.5


def test_the_command_line_loads_no_heavy_part_before_a_command_runs():
    heavy = {"numpy", "polars", "numba", "sqlalchemy", "fastapi", "dbos", "pydantic", "nicegui", "torch"}
    code = "import sys, mintmark.cli.program as p; p.run(['--version']); print(sorted(sys.modules))"

    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout

    assert "mintmark.cli.program" in printed
    assert [name for name in heavy if f"'{name}'" in printed] == []
