"""The one validator of strategies, and their canonical forms."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from mintmark.domain import canonical_json
from mintmark.strategy.columns import feature_names
from mintmark.strategy.facts import PackFacts
from mintmark.strategy.grammar import StrategySpec
from mintmark.strategy.pack_rules import pack_errors
from mintmark.strategy.problems import structure_errors
from mintmark.strategy.rules import cross_errors, draft_of, warnings_of
from mintmark.strategy.verdict import Validation
from mintmark.strategy.warmup import warmup_bars
from mintmark.strategy.yaml_text import read_yaml, write_yaml


def read_spec(text: str | bytes, facts: PackFacts | None = None) -> Validation:
    """Return the strategy in a YAML ``text``, or every error it has.

    With ``facts`` it is also judged against that pack.

    Raises:
        Refused: ``strategy_unreadable`` with line and column, when the text is not the YAML of a mapping.
    """
    return check_spec(read_yaml(text), facts)


def check_spec(given: Mapping[str, Any], facts: PackFacts | None = None) -> Validation:
    """Return the strategy ``given`` as JSON values, or every error it has; ``read_spec`` without the text."""
    spec, errors = structure_errors(given)
    draft = draft_of(given, spec)
    errors.extend(cross_errors(draft))
    if facts is not None:
        errors.extend(pack_errors(draft, facts))
    if spec is None or errors:
        return Validation(None, tuple(errors), () if spec is None else warnings_of(spec))
    return Validation(spec, (), warnings_of(spec), feature_names(spec), warmup_bars(spec))


def strategy_hash(spec: StrategySpec) -> str:
    """Return the sha256 (hex) of the canonical JSON of ``spec``, defaults filled in and description left out."""
    return hashlib.sha256(canonical_json(spec.model_dump(mode="json", exclude={"description"}))).hexdigest()


def to_yaml(spec: StrategySpec) -> str:
    """Return the file of ``spec``: the same strategy, the same bytes. Fields of the grammar's order, defaults written.

    Sections without entries and settings that are none are left out.
    """
    return write_yaml(_written(spec.model_dump(mode="json")))


def _written(value: Any) -> Any:
    if isinstance(value, dict):
        plain = {key: _written(entry) for key, entry in value.items() if entry is not None}
        return {key: entry for key, entry in plain.items() if entry not in ({}, [], "")}
    return [_written(entry) for entry in value] if isinstance(value, list) else value
