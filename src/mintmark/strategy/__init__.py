"""Strategies: their grammar, features, labels, models and decisions. Arrays and bytes in and out."""

from mintmark.strategy.columns import feature_names
from mintmark.strategy.facts import PackFacts, SymbolFacts
from mintmark.strategy.grammar import StrategySpec
from mintmark.strategy.reading import canonical_json, check_spec, read_spec, strategy_hash, to_yaml
from mintmark.strategy.resample import resample
from mintmark.strategy.verdict import SpecError, SpecWarning, Validation
from mintmark.strategy.warmup import warmup_bars

__all__ = [
    "PackFacts",
    "SpecError",
    "SpecWarning",
    "StrategySpec",
    "SymbolFacts",
    "Validation",
    "canonical_json",
    "check_spec",
    "feature_names",
    "read_spec",
    "resample",
    "strategy_hash",
    "to_yaml",
    "warmup_bars",
]
