"""Each guarantee the docs give names a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

STORIES = Path(__file__).resolve().parent
PAGE = STORIES.parents[1] / "docs" / "operations.md"


def named() -> set[str]:
    """Return every ``file::test`` the page names."""
    return set(re.findall(r"`(test_\w+\.py::test_\w+)`", PAGE.read_text(encoding="utf-8")))


def written() -> set[str]:
    """Return every ``file::test`` there is."""
    return {
        f"{file.name}::{node.name}"
        for file in STORIES.glob("test_*.py")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_guarantee_names_a_test_that_exists():
    assert len(named()) > 20
    assert named() - written() == set()
