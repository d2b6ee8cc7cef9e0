"""The house rules: who may import whom, what pure means, how large a file grows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HOUSE = ROOT / "src" / "mintmark"

PURE_ROOMS = {"domain", "measures", "simulation", "strategy"}
FOUNDATIONS = {"store", "runtime", "llm"}
WORKING = {"data", "ledger", "portfolio", "research"}
DOORS = {"api", "cli", "notebook", "ui"}
MAY_IMPORT: dict[str, set[str]] = {
    "domain": set(),
    "measures": set(),
    "simulation": {"domain", "measures"},
    "strategy": {"domain", "measures"},
    "store": {"domain"},
    "runtime": {"domain", "store"},
    "llm": {"domain", "store"},
    "data": PURE_ROOMS | FOUNDATIONS,
    "ledger": PURE_ROOMS | FOUNDATIONS,
    "research": PURE_ROOMS | FOUNDATIONS | {"data"},
    "portfolio": PURE_ROOMS | FOUNDATIONS | {"data", "ledger"},
    "app": PURE_ROOMS | FOUNDATIONS | WORKING,
    **{door: PURE_ROOMS | FOUNDATIONS | WORKING | {"app"} for door in DOORS},
    # The command that serves opens two other doors; a function of signals is called as a notebook calls it.
    "cli": PURE_ROOMS | FOUNDATIONS | WORKING | {"app", "api", "notebook", "ui"},
}
EDGES = {
    "data": {"operations", "tables", "providers"},
    "ledger": {"operations", "tables"},
    "research": {"operations", "tables"},
    "portfolio": {"operations", "tables"},
}
WORLD = {
    "os", "random", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "time", "threading", "urllib",
    "alembic", "asyncio", "ccxt", "dbos", "httpx", "requests", "sqlalchemy", "shutil",
}  # fmt: skip
WORLDLY_CALLS = re.compile(r"\b(datetime\.now|datetime\.utcnow|date\.today|os\.environ|os\.getenv)\b")
WRITES = re.compile(
    r"\.write_text\(|\.write_bytes\(|\.write_parquet\((?!buffer)|\.write_csv\(|np\.save\(|np\.savez(_compressed)?\((?!io|buffer|bytes)"
    r"|\bopen\([^)]*[\"'][wax]b?\+?[\"']"
)


@dataclass(frozen=True)
class Module:
    """One file of the house."""

    path: Path
    name: str
    tree: ast.Module

    @property
    def room(self) -> str:
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else "mintmark"

    @property
    def pure(self) -> bool:
        if self.room in PURE_ROOMS:
            return True
        parts = self.name.split(".")
        edges = EDGES.get(self.room)
        return edges is not None and len(parts) > 2 and parts[2] not in edges

    def imports(self, *, at_load: bool = False) -> Iterator[str]:
        """Give the mintmark modules and packages imported, type-checking blocks left out."""
        for node in _statements(self.tree, into_functions=not at_load):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module
                if at_load:
                    found = (f"{node.module}.{alias.name}" for alias in node.names)
                    yield from (name for name in found if _is_module(name))


def _is_module(name: str) -> bool:
    place = HOUSE.parent.joinpath(*name.split("."))
    return place.with_suffix(".py").exists() or (place / "__init__.py").exists()


def _statements(tree: ast.AST, *, into_functions: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not into_functions:
            continue
        yield node
        yield from _statements(node, into_functions=into_functions)


@cache
def house() -> tuple[Module, ...]:
    """Return every module; an empty house fails whoever asks."""
    found = []
    for path in sorted(HOUSE.rglob("*.py")):
        parts = path.relative_to(HOUSE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Module(path, name, ast.parse(path.read_text())))
    assert len(found) > 30, "there is no house to check"
    return tuple(found)


def _found(pattern: re.Pattern[str], module: Module) -> re.Match[str] | None:
    """Return where the code of ``module``, its comments left out, reads like ``pattern``."""
    return pattern.search(ast.unparse(module.tree)) if pattern.search(module.path.read_text()) else None


def test_each_room_imports_only_what_the_table_allows():
    wrong = []
    for module in house():
        if module.room not in MAY_IMPORT:
            continue
        for target in module.imports():
            room = target.split(".")[1] if target.startswith("mintmark.") else None
            if room and room != module.room and room not in MAY_IMPORT[module.room]:
                wrong.append(f"{module.name} imports {target}")

    assert wrong == []


def test_every_room_has_a_line_in_the_table():
    rooms = {module.room for module in house()} - {"mintmark"}

    assert rooms == set(MAY_IMPORT)


def test_a_room_is_entered_by_its_front():
    rooms = set(MAY_IMPORT)
    wrong = [
        f"{module.name} imports {target}"
        for module in house()
        for target in module.imports()
        if target.startswith("mintmark.") and target.split(".")[1] in rooms - {module.room} and target.count(".") > 1
    ]

    assert wrong == []


def test_a_pure_file_touches_no_world():
    wrong = []
    pure = [module for module in house() if module.pure]
    for module in pure:
        for target in module.imports():
            head = target.split(".")[0]
            if head in WORLD or any(target.startswith(f"mintmark.{room}") for room in FOUNDATIONS):
                wrong.append(f"{module.name} imports {target}")
        if module.name != "mintmark.domain.time" and (call := _found(WORLDLY_CALLS, module)):
            wrong.append(f"{module.name} calls {call.group()}")

    assert len(pure) > 20
    assert wrong == []


def test_randomness_is_handed_in():
    drawn = re.compile(
        r"\b(?:np|numpy)\.random\.(?!Generator|SeedSequence|default_rng|PCG64|Philox)\w+|default_rng\(\)"
    )
    wrong = [f"{m.name}: {found.group()}" for m in house() if (found := _found(drawn, m))]

    assert wrong == []


def test_no_modules_import_each_other():
    names = {module.name for module in house()}
    graph = {module.name: _loaded(module) & names for module in house()}
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"import loop: {' -> '.join([*path, name])}"
        if name not in done:
            for target in sorted(graph[name]):
                walk(target, (*path, name))
            done.add(name)

    for name in graph:
        walk(name, ())


def _loaded(module: Module) -> set[str]:
    """Return what ``module`` loads; the package it lies in is there already."""
    above = {module.name.rsplit(".", count)[0] for count in range(module.name.count(".") + 1)}
    return set(module.imports(at_load=True)) - above


def test_only_the_store_writes_files():
    wrong = [
        f"{module.name}: {found.group()}"
        for module in house()
        if module.room != "store" and (found := WRITES.search(module.path.read_text()))
    ]

    assert wrong == []


def _python_files() -> list[Path]:
    return [path for folder in ("src", "tests", "bench") for path in sorted((ROOT / folder).rglob("*.py"))]


def test_no_file_passes_400_lines():
    sizes = {path: len(path.read_text().splitlines()) for path in _python_files()}

    assert len(sizes) > 50
    assert {str(path.relative_to(ROOT)): size for path, size in sizes.items() if size > 400} == {}


def test_no_function_passes_50_lines():
    wrong = []
    for path in _python_files():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _length(node) > 50:
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has {_length(node)} lines")

    assert wrong == []


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    words = node.body[0]
    has_docstring = (
        isinstance(words, ast.Expr) and isinstance(words.value, ast.Constant) and isinstance(words.value.value, str)
    )
    docstring = (words.end_lineno or 0) - words.lineno + 1 if has_docstring else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring


@pytest.mark.parametrize("word", ["utils", "helpers", "helper", "manager", "service2", "misc", "common"])
def test_no_module_has_a_name_that_says_nothing(word: str):
    assert [module.name for module in house() if word in module.name.split(".")] == []


def test_the_root_has_at_most_14_entries():
    ignored = {line.strip("/") for line in (ROOT / ".gitignore").read_text().split()} | {".git"}
    entries = [path.name for path in ROOT.iterdir() if path.name not in ignored and not path.name.endswith(".egg-info")]

    assert 5 < len(entries) <= 14


def test_no_test_writes_down_where_data_lies():
    absolute = re.compile(r"[\"'](/(?:home|root|data|work|Users|mnt)/|[^\"'\n]*shared/data/)")
    wrong = [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in (ROOT / "tests").rglob("*.py")
        if path.name not in ("conftest.py", "test_architecture.py") and (found := absolute.search(path.read_text()))
    ]

    assert wrong == []
