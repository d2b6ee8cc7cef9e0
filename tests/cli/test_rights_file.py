"""The registry of rights that an installation names."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import Command


def test_a_file_named_in_the_environment_replaces_the_rights_of_the_house_as_a_whole(
    mintmark: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked = [("rights", "check", "--source", source, "--right", "display", "--json") for source in ("acme", "fred")]
    house = [mintmark(*one).code for one in asked]
    (tmp_path / "rights.yaml").write_text("sources: {acme: {display: always}}")
    monkeypatch.setenv("MINTMARK_RIGHTS_FILE", str(tmp_path / "rights.yaml"))

    own = [mintmark(*one).code for one in asked]

    assert (house, own) == ([10, 0], [0, 10])


def test_a_file_of_rights_that_is_wrong_or_gone_is_refused_with_its_place(
    mintmark: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MINTMARK_RIGHTS_FILE", str(tmp_path / "rights.yaml"))
    gone = mintmark("rights", "check", "--source", "ledger")
    (tmp_path / "rights.yaml").write_text("sources: {fmp: {display: maybe}}")

    wrong = mintmark("rights", "check", "--source", "ledger")

    assert (gone.code, gone.stderr.split()[0]) == (4, "not_found")
    assert wrong.stderr.startswith("rights_file_invalid")
    assert "sources.fmp.display" in wrong.stderr
