"""The docs speak of things that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from mintmark.app import open_app

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_link_leads_to_a_file():
    links = [
        (page, target)
        for page in PAGES
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text())
        if not target.startswith(("http:", "https:"))
    ]

    assert len(links) > 10
    assert [f"{page.name}: {target}" for page, target in links if not (page.parent / target).exists()] == []


def test_every_page_is_reached_from_the_index():
    linked = set(re.findall(r"\]\(([^)]+)\)", (ROOT / "docs" / "index.md").read_text()))
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"}

    assert pages <= linked


def test_every_test_a_page_names_exists():
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = {name for page in PAGES for name in re.findall(r"\b(test_[a-z0-9_]{12,})\b(?!\.py)", page.read_text())}

    assert len(named) > 20
    assert sorted(name for name in named if f"def {name}(" not in tests) == []


def test_every_command_of_the_readme_is_one():
    import typer

    from mintmark.cli.program import program

    tree = typer.main.get_command(program())
    lines = re.findall(r"^mintmark (.+?)(?:\s+#.*)?$", (ROOT / "README.md").read_text(), re.MULTILINE)

    assert len(lines) >= 10
    for line in lines:
        _check(tree, shlex.split(line))


def _check(command: object, words: list[str]) -> None:
    while (known := getattr(command, "commands", None)) is not None:
        assert words[0] in known, f"no command {words[0]}"
        command, words = known[words[0]], words[1:]
    options = {option for parameter in command.params for option in parameter.opts}  # type: ignore[attr-defined]
    assert [word for word in words if word.startswith("--") and word not in options] == []


@pytest.mark.parametrize("target", ["demo", "test", "test-long", "check", "bench", "serve"])
def test_make_knows_what_the_docs_ask_of_it(target: str):
    assert re.search(rf"^{target}: (setup|style test)\b", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_page_of_operations_tells_of_every_type(tmp_path: Path):
    page = (ROOT / "docs" / "operations.md").read_text()
    app = open_app(home=tmp_path)

    types = {kind.type for kind in (*app.research.kinds(), *app.nights.kinds())}
    app.close()

    assert types == set(re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE))
