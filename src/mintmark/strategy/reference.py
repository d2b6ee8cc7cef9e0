"""The grammar as a page, written from its types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mintmark.strategy.catalogue import INDICATORS, SOURCES, IndicatorKind
from mintmark.strategy.grammar import StrategySpec

_HEAD = """# Strategy grammar

<!-- Written by mintmark.strategy.grammar_reference(); a test holds it equal. -->

A strategy is one YAML mapping in `strategies/<name>.yaml`, at most 64 KiB. Unknown keys, keys written twice, anchors,
aliases and tags are refused. `true` and `false` are the only truth words; dates are written `2015-01-31`.
`mintmark strategy validate` says everything that is wrong with a file at once.
"""
_TAIL = """
Rules across sections: a regression output needs labels `forward_return`; `sample_weights: balanced` needs classes;
sizing method `risk` needs a `stop_loss`; the features make at most 64 columns, each with a name of its own; `torch`
models are refused as `model_unavailable` where their extra is not installed.

Columns are named `<timeframe>_<fuzzy set>_<membership>`, `<timeframe>_<indicator, dot as _>[_zscore|_rank]` or
`<timeframe>_<price>`, then `_lag<n>`.
"""


def grammar_reference() -> str:
    """Return the grammar as Markdown."""
    schema = StrategySpec.model_json_schema()
    lines = [_HEAD, "| field | type | default | rule |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in _rows(schema, schema["$defs"], "")]
    lines += ["", "## Indicators", "", "| type | parameters (default, range) | outputs | source |", "|---|---|---|---|"]
    lines += [_indicator_row(kind) for kind in INDICATORS.values()]
    return "\n".join(lines) + "\n" + _TAIL


_Row = tuple[str, str, str, str]


def _rows(model: dict[str, Any], defs: dict[str, Any], prefix: str) -> Iterator[_Row]:
    for name, field in model["properties"].items():
        needed = name in model.get("required", ())
        yield from _field_rows(f"{prefix}{name}", field, defs, needed)


def _field_rows(path: str, field: dict[str, Any], defs: dict[str, Any], needed: bool) -> Iterator[_Row]:
    if path == "indicators":
        yield "indicators.<id>", "{type, parameters, source}", "none", "id `[a-z][a-z0-9_]*`; see the table below"
        return
    inner = _inner(field)
    if inner.get("discriminator"):
        yield from _choice_rows(path, inner, defs)
    elif "$ref" in inner and "properties" in _named(inner, defs):
        yield from _rows(_named(inner, defs), defs, _joined(path, field))
    else:
        default = "required" if needed else _default(field)
        yield path, _type(field, defs), default, _rule(field, defs)


def _inner(field: dict[str, Any]) -> dict[str, Any]:
    """Return what a list or mapping holds; the field itself when it is neither."""
    if "patternProperties" in field:
        return dict(next(iter(field["patternProperties"].values())))
    if isinstance(field.get("additionalProperties"), dict):
        return dict(field["additionalProperties"])
    items = field.get("items")
    return dict(items) if isinstance(items, dict) and "$ref" in items else field


def _joined(path: str, field: dict[str, Any]) -> str:
    if field.get("type") == "array":
        return f"{path}[]."
    return f"{path}.<id>." if field.get("type") == "object" else f"{path}."


def _choice_rows(path: str, field: dict[str, Any], defs: dict[str, Any]) -> Iterator[_Row]:
    chosen = field["discriminator"]
    word = chosen["propertyName"]
    yield f"{path}.{word}", ", ".join(chosen["mapping"]), "required", field.get("description", "")
    for name, reference in chosen["mapping"].items():
        branch = _named({"$ref": reference}, defs)
        left = {key: value for key, value in branch["properties"].items() if key != word}
        for row in _rows({**branch, "properties": left}, defs, f"{path}."):
            yield f"{row[0]} ({name})", *row[1:]


def _named(field: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    return dict(defs[field["$ref"].rpartition("/")[2]])


def _type(field: dict[str, Any], defs: dict[str, Any]) -> str:
    if "$ref" in field:
        return _type(_named(field, defs), defs)
    branches = field.get("anyOf") or field.get("oneOf")
    if branches:
        return " or ".join(_type(branch, defs) for branch in branches if branch.get("type") != "null")
    if "const" in field:
        return str(field["const"])
    if "enum" in field:
        return ", ".join(str(word) for word in field["enum"])
    if field.get("type") == "array":
        return f"list of {_type(field['items'], defs)}"
    words = {"string": "text", "number": "number", "integer": "whole number", "boolean": "true, false"}
    return "date" if field.get("format") == "date" else words[field["type"]]


def _default(field: dict[str, Any]) -> str:
    default = field.get("default")
    if default is None:
        return "none"
    return default if isinstance(default, str) and default else json.dumps(default)


def _rule(field: dict[str, Any], defs: dict[str, Any]) -> str:
    parts = [_range(branch) for branch in _branches(field, defs)]
    said = field.get("description", "")
    return "; ".join(dict.fromkeys(part for part in (*parts, said) if part)).replace("|", "\\|")


def _branches(field: dict[str, Any], defs: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "$ref" in field:
        field = _named(field, defs)
    yield field
    for branch in field.get("anyOf", field.get("oneOf", ())):
        yield from _branches(branch, defs)
    if isinstance(field.get("items"), dict):
        yield from _branches(field["items"], defs)


def _range(field: dict[str, Any]) -> str:
    if "pattern" in field:
        return f"`{field['pattern'].removeprefix('^').removesuffix('$')}`"
    if "minimum" in field:
        return f"{field['minimum']} to {field['maximum']}"
    if "minItems" in field or "maxItems" in field:
        most = field.get("maxItems")
        return f"{field.get('minItems', 0)} to {most} entries" if most else f"at least {field['minItems']}"
    return f"at most {field['maxLength']} characters" if "maxLength" in field else ""


def _indicator_row(kind: IndicatorKind) -> str:
    numbers = [f"{each.name} ({each.default}, {each.low} to {each.high})" for each in kind.parameters]
    source = {"source": ", ".join(SOURCES), "price_source": "all but volume"}.get(kind.reads, "the bars")
    source += " with volume" if kind.uses_volume else ""
    return f"| {kind.name} | {', '.join(numbers) or 'none'} | {', '.join(kind.outputs) or 'one'} | {source} |"
