"""From what pydantic found to the errors of the grammar."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mintmark.strategy import grammar
from mintmark.strategy.verdict import SpecError, nearest

_WORDS = {"literal_error", "enum", "union_tag_invalid"}
_RANGE = {
    "greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number",
    "too_short", "too_long", "string_too_short", "string_too_long",
}  # fmt: skip
_CODES = {
    "missing": "missing",
    "union_tag_not_found": "missing",
    "extra_forbidden": "unknown_key",
    "string_pattern_mismatch": "bad_word",
    **dict.fromkeys(_WORDS, "unknown_word"),
    **dict.fromkeys(_RANGE, "out_of_range"),
}
_BOUNDS = {
    "greater_than_equal": ("ge", ">="),
    "greater_than": ("gt", ">"),
    "less_than_equal": ("le", "<="),
    "less_than": ("lt", "<"),
    "too_short": ("min_length", ">="),
    "too_long": ("max_length", "<="),
    "string_too_long": ("max_length", "<="),
    "string_too_short": ("min_length", ">="),
}
_SECTIONS: Mapping[str, type[BaseModel]] = {
    "": grammar.StrategySpec,
    "universe": grammar.Universe,
    "span": grammar.Span,
    "decisions": grammar.Decisions,
    "risk": grammar.Risk,
    "risk.sizing": grammar.Sizing,
    "training": grammar.Training,
}
_LABELS: Mapping[str, type[BaseModel]] = {
    "zigzag": grammar.ZigzagLabels,
    "forward_return": grammar.ForwardReturnLabels,
    "triple_barrier": grammar.TripleBarrierLabels,
}
_MODELS: Mapping[str, tuple[type[BaseModel], ...]] = {
    "logistic": (grammar.LogisticModel, grammar.LogisticParams),
    "gbdt": (grammar.GbdtModel, grammar.GbdtParams),
    "mlp": (grammar.MlpModel, grammar.MlpParams),
    "torch_mlp": (grammar.TorchMlpModel, grammar.MlpParams),
    "torch_lstm": (grammar.TorchLstmModel, grammar.LstmParams),
}


def structure_errors(given: Mapping[str, Any]) -> tuple[grammar.StrategySpec | None, list[SpecError]]:
    """Return the spec of ``given``, or every error its sections have by themselves."""
    try:
        return grammar.StrategySpec.model_validate_json(json.dumps(given)), []
    except ValidationError as error:
        errors = [_spec_error(found, given) for found in error.errors(include_url=False)]
        return None, [found for found in errors if not _counts_only_the_sound(found, errors)]


def _counts_only_the_sound(error: SpecError, errors: list[SpecError]) -> bool:
    """Return whether ``error`` is a length pydantic took after leaving out entries with errors of their own."""
    inside = f"{error.path}."
    return (
        error.code == "out_of_range"
        and isinstance(error.value, list | dict)
        and any(other.path.startswith(inside) for other in errors)
    )


def _spec_error(found: ErrorDetails, given: Mapping[str, Any]) -> SpecError:
    kind, context = found["type"], found.get("ctx", {})
    path = _path(found["loc"], given, found)
    if path == "grammar" and kind == "literal_error":
        return SpecError(
            path, "grammar_unknown", f"expected grammar 1, found {found['input']!r}", _json(found["input"]), 1
        )
    code = kind if kind in _OWN else _CODES.get(kind, "wrong_type")
    allowed = _allowed(kind, context, path, given)
    value = _value(kind, found, context)
    word = path.rpartition(".")[2] if code == "unknown_key" else value
    suggestion = nearest(word, allowed) if isinstance(allowed, list) else None
    return SpecError(path, code, _message(code, found, value, allowed, path), value, allowed, suggestion)


_OWN = {
    "not_unique", "not_a_multiple", "span_backwards", "fast_not_below_slow", "wrong_points", "one_source",
    "transform_not_allowed", "exit_above_enter", "stop_required", "parts_sum",
}  # fmt: skip


def _value(kind: str, found: ErrorDetails, context: Mapping[str, Any]) -> Any:
    if kind in ("missing", "union_tag_not_found"):
        return None
    return context["tag"] if kind == "union_tag_invalid" else _json(found["input"])


def _path(location: tuple[int | str, ...], given: Any, found: ErrorDetails) -> str:
    """Return the path in the file: names of union branches, which pydantic puts in, are left out."""
    steps: list[str] = []
    here = given
    for at, step in enumerate(location):
        if _holds(here, step):
            here = here[step]
            steps.append(str(step))
        elif at == len(location) - 1 and found["type"] == "missing":
            steps.append(str(step))
    if found["type"] in ("union_tag_invalid", "union_tag_not_found"):
        steps.append(found.get("ctx", {}).get("discriminator", "'type'").strip("'"))
    if found["type"] in _OWN and "at" in found.get("ctx", {}):
        steps.append(found["ctx"]["at"])
    return ".".join(steps)


def _holds(here: Any, step: int | str) -> bool:
    if isinstance(here, dict):
        return step in here
    return isinstance(here, list) and isinstance(step, int) and step < len(here)


def _allowed(kind: str, context: Mapping[str, Any], path: str, given: Mapping[str, Any]) -> Any:
    if kind == "literal_error" or kind == "enum" or kind == "union_tag_invalid":
        words = context.get("expected_tags") or context.get("expected", "")
        return re.findall(r"'([^']*)'", words) or words
    if kind == "extra_forbidden":
        return sorted(_keys_at(path.rpartition(".")[0], given))
    if kind in _BOUNDS:
        name, sign = _BOUNDS[kind]
        return f"{sign} {context[name]}"
    if kind == "string_pattern_mismatch":
        return context["pattern"]
    allowed = context.get("allowed")
    return list(allowed) if isinstance(allowed, tuple) else allowed


def _keys_at(parent: str, given: Mapping[str, Any]) -> Iterator[str]:
    model = _model_at(parent, given)
    yield from () if model is None else model.model_fields


def _model_at(parent: str, given: Mapping[str, Any]) -> type[BaseModel] | None:
    steps = parent.split(".")
    if parent in _SECTIONS:
        return _SECTIONS[parent]
    if steps[0] == "features":
        return grammar.Feature
    if steps[0] == "fuzzy_sets":
        return grammar.Membership if len(steps) > 2 else grammar.FuzzySet
    if steps[0] == "indicators":
        return grammar.INDICATOR_MODELS[given["indicators"][steps[1]]["type"]]
    if steps[0] == "labels":
        return _LABELS[given["labels"]["kind"]]
    return _MODELS[given["model"]["kind"]][len(steps) - 1]


def _message(code: str, found: ErrorDetails, value: Any, allowed: Any, path: str) -> str:
    if code in _OWN:
        return found["msg"]
    if code == "missing":
        return f"expected {path}, found nothing"
    if code == "unknown_key":
        return f"expected one of {', '.join(allowed)}, found {path.rpartition('.')[2]}"
    if code == "unknown_word" and isinstance(allowed, list):
        return (
            f"expected {' or '.join(allowed) if len(allowed) < 3 else 'one of ' + ', '.join(allowed)}, found {value!r}"
        )
    if code == "out_of_range" and allowed is not None:
        return f"expected {allowed}, found {len(value) if isinstance(value, list | dict) else repr(value)}"
    if code == "bad_word":
        return f"expected a word like {allowed}, found {value!r}"
    return f"{found['msg'].replace('Input should be', 'expected')}, found {value!r}"


def _json(value: Any) -> Any:
    """Return ``value`` as JSON holds it, long text cut."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        return value if len(value) <= 200 else value[:200] + "…"
    if isinstance(value, dict):
        return {str(key): _json(entry) for key, entry in list(value.items())[:20]}
    if isinstance(value, list | tuple):
        return [_json(entry) for entry in list(value)[:20]]
    return value if isinstance(value, int | float | bool) or value is None else str(value)
