"""A command line on a home folder of its own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from commandline import Command, Left

from mintmark.cli.program import run


@pytest.fixture
def sampled(sealed_home: Path, home: Path) -> Path:
    """The home folder of this test, with the sample pack."""
    return Path(shutil.copytree(sealed_home, home))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder, and no setting of whoever runs the tests."""
    for name in [name for name in os.environ if name.upper().startswith("MINTMARK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MINTMARK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def mintmark(home: Path, capsys: pytest.CaptureFixture[str]) -> Command:  # noqa: ARG001
    """Run one command line in this process."""

    def command(*words: str) -> Left:
        capsys.readouterr()
        code = run(words)
        left = capsys.readouterr()
        return Left(code, left.out, left.err)

    return command
