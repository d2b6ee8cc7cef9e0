"""The pages of ``docs/`` that are made from the program: commands, settings, routes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
from pydantic import SecretStr

from mintmark.app import FILE_NAME, App, Settings, leaves, variable_of
from mintmark.cli.formula_page import formula_rows
from mintmark.cli.pattern_page import capability_rows, inputs_of, known_patterns, steps_of
from mintmark.cli.program import program
from mintmark.domain import SystemClock

_MADE = "<!-- Made from the program by `make docs`; a test holds it equal. -->\n"


def pages() -> dict[str, str]:
    """Return each generated page by its file name."""
    return {
        "cli.md": cli_page(),
        "configuration.md": configuration_page(),
        "http.md": http_page(),
        "measures.md": measures_page(),
        "patterns.md": patterns_page(),
    }


def cli_page() -> str:
    """Return the page of all commands with their options."""
    root = typer.main.get_command(program())
    parts = [
        "# Commands",
        _MADE,
        "Each command takes `--help`. With `--json` exactly one JSON document goes to stdout, the body of the matching "
        "route, and everything else to stderr. In a pipe there is neither colour nor bar.",
        _table(("exit code", "means"), _EXITS),
    ]
    parts += [_command(command, path) for path, command in _walk(root, ("mintmark",))]
    return "\n\n".join(parts) + "\n"


_EXITS = (
    ("0", "done"),
    ("1", "unexpected fault"),
    ("2", "wrong usage of the command, or a wrong setting"),
    ("3", "refused input"),
    ("4", "not found"),
    ("5", "conflict: at capacity, not cancellable, not resumable, exists already"),
    ("6", "provider or store unavailable"),
    ("7", "budget exhausted"),
    ("8", "the followed operation failed"),
    ("9", "the followed operation was cancelled"),
    ("10", "not permitted: no valid identity, a role too low, or rights"),
    ("130, 143", "ended by Ctrl+C, by SIGTERM"),
)


def _walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    inner: Mapping[str, Any] | None = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name in sorted(inner):
        yield from _walk(inner[name], (*path, name))


def _command(command: Any, path: tuple[str, ...]) -> str:
    context = typer.Context(command, info_name=" ".join(path))
    usage = " ".join(command.collect_usage_pieces(context))
    rows = [
        (f"`{_cell(name)}`", _cell(said))
        for name, said in (_record(parameter, context) for parameter in command.get_params(context))
        if name != "--help"
    ]
    parts = [f"## {' '.join(path)}", f"{command.help}", f"```\n{' '.join(path)} {usage}\n```"]
    if rows:
        parts.append(_table(("option", "what"), rows))
    if command.epilog:
        parts.append(f"{command.epilog.replace('Example: ', 'Example: `')}`")
    return "\n\n".join(parts)


def _record(parameter: Any, context: Any) -> tuple[str, str]:
    record = parameter.get_help_record(context)
    return record or (parameter.make_metavar(context), parameter.help or "")


def configuration_page() -> str:
    """Return the page of all settings."""
    rows = [
        (
            f"`{'.'.join(path)}`",
            f"`{variable_of(path)}`",
            _default(path),
            _cell(_range(field)),
            _cell(field.description),
        )
        for path, field in leaves()
    ]
    parts = [
        "# Settings",
        _MADE,
        f"A setting comes from the environment, else from `{FILE_NAME}` in the home folder, else from its default. An "
        "unknown variable `MINTMARK_*`, an unknown key, or a value that does not fit: the program does not start, "
        "names it and ends with exit code 2. `home` and keys stand in the environment only.",
        _table(("setting", "variable", "default", "allowed", "what"), rows),
        f'```toml\n# {FILE_NAME}\n[research]\ngate_policy = "assess"\n\n[research.gates]\nmin_sharpe = 0.5\n\n'
        '[llm.prices."some-model"]\ninput = 0.3\noutput = 1.2\n```',
    ]
    return "\n\n".join(parts) + "\n"


def _default(path: tuple[str, ...]) -> str:
    value: Any = Settings.model_construct()
    for step in path:
        value = getattr(value, step)
    if isinstance(value, Mapping):
        if not value or not all(hasattr(one, "input") for one in value.values()):
            return "<br>".join(f"`{name}` {', '.join(held)}" for name, held in value.items()) or "none"
        return "<br>".join(f"`{name}` {price.input} in, {price.output} out" for name, price in value.items())
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return "none" if value in (None, "") else f"`{value}`"


def _range(field: Any) -> str:
    if SecretStr in getattr(field.annotation, "__args__", ()):
        return "a key"
    bounds = {type(one).__name__: one for one in field.metadata}
    low, high = (getattr(bounds.get(kind), kind.lower(), None) for kind in ("Ge", "Le"))
    kind = getattr(field.annotation, "__name__", str(field.annotation))
    if kind == "Literal":
        return " or ".join(f"`{word}`" for word in field.annotation.__args__)
    if low is not None or high is not None:
        return (
            f"{'' if low is None else low} to {'' if high is None else high}".strip()
            if high is not None
            else f"from {low}"
        )
    return {"float": "a number", "int": "a whole number", "str": "text", "bool": "`true` or `false`"}.get(kind, "")


def measures_page() -> str:
    """Return the page of all formulas."""
    rows = [
        (f"`{name}`", _cell(gives.replace("``", "`")), _cell(undefined), _cell(source))
        for name, gives, undefined, source in formula_rows()
    ]
    parts = [
        "# Formulas",
        _MADE,
        "Each word has one formula, in `mintmark.measures`: returns and levels go in as arrays of numbers, fractions "
        "not percent, and a figure or a reason comes out. `help(mintmark.measures.NAME)` tells shapes and units. A "
        "figure that does not exist is never a number: it is null, under the reason named here.",
        _table(("formula", "what it is", "why it may not exist", "source"), rows),
    ]
    return "\n\n".join(parts) + "\n"


def patterns_page() -> str:
    """Return the page of all patterns and capabilities."""
    parts = [
        "# Patterns",
        _MADE,
        "A pattern is a file that says which capabilities answer one question, what they take from one another, and "
        "what may be missing. How one is written and run: [portfolio.md](portfolio.md).",
    ]
    for pattern in known_patterns():
        parts += [
            f"## {pattern.id}",
            pattern.description,
            _table(("step", "capability", "runs", "refusal"), steps_of(pattern)),
        ]
        parts += [_table(("input", "what", "default"), inputs_of(pattern))] if pattern.inputs else []
        parts.append(f"Outputs: {', '.join(f'`{name}`' for name in pattern.outputs)}.")
    head = ("capability", "agent", "takes", "seconds", "what")
    return "\n\n".join([*parts, "## Capabilities", _table(head, capability_rows())]) + "\n"


def http_page() -> str:
    """Return the page of all routes."""
    from mintmark.api import create_api

    document = create_api(App(Settings.model_construct(), SystemClock())).openapi()
    parts = [
        "# HTTP API",
        _MADE,
        str(document["info"]["description"]),
        "The document itself is at `/openapi.json`. Every error has the body `{error, message, details, request_id, "
        "timestamp}`; `X-Request-ID` is kept when it is a UUID.",
    ]
    for path, methods in document["paths"].items():
        parts += [_route(f"{method.upper()} {path}", route, document) for method, route in methods.items()]
    return "\n\n".join(parts) + "\n"


def _route(title: str, route: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    parts = [f"## {title}", str(route["description"])]
    rows = [
        (f"`{one['name']}`", one["in"], _cell(_kind(one["schema"], document))) for one in route.get("parameters", ())
    ]
    body = route.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    rows += [(f"`{name}`", "body", _cell(kind)) for name, kind in _fields(body, document)]
    if rows:
        parts.append(_table(("parameter", "in", "what"), rows))
    for status, answer in sorted(route["responses"].items()):
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        if status.startswith("2") and schema:
            fields = ", ".join(f"`{name}`" for name, _ in _fields(schema, document))
            parts.append(f"Answer {status}: {fields}.")
    refusals = ", ".join(status for status in sorted(route["responses"]) if not status.startswith("2"))
    return "\n\n".join([*parts, f"Errors: {refusals}."])


def _fields(schema: Mapping[str, Any] | None, document: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = _resolved(schema or {}, document)
    required = set(found.get("required", ()))
    return [
        (name, _kind(inner, document) + (", required" if name in required else ""))
        for name, inner in found.get("properties", {}).items()
    ]


def _resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    for one in schema.get("anyOf", ()):
        if one.get("type") != "null":
            return _resolved(one, document)
    if "$ref" in schema:
        found: Mapping[str, Any] = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return found
    return schema


def _kind(schema: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    found = _resolved(schema, document)
    if "enum" in found or "const" in found:
        return " or ".join(str(word) for word in found.get("enum", [found.get("const")]))
    if found.get("type") == "array":
        return f"list of {_kind(found['items'], document)}"
    said = str(found.get("format") or found.get("type") or "any")
    for word, name in (("minimum", "from"), ("maximum", "to"), ("maxLength", "at most"), ("default", "default")):
        if found.get(word) is not None:
            said += f", {name} {found[word]}"
    return said


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def main(folder: str = "docs") -> None:
    """Write the pages into ``folder``."""
    from mintmark.store import write_atomic

    for name, page in pages().items():
        write_atomic(Path(folder) / name, page.encode())


if __name__ == "__main__":
    main(*sys.argv[1:2])
