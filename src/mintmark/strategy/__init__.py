"""Strategies: their grammar, features, labels, models and decisions. Arrays and bytes in and out.

What reads and judges strategy files is imported at once, what computes when first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mintmark.strategy.columns import feature_names
from mintmark.strategy.facts import PackFacts, SymbolFacts
from mintmark.strategy.grammar import StrategySpec
from mintmark.strategy.reading import check_spec, read_spec, strategy_hash, to_yaml
from mintmark.strategy.reference import grammar_reference
from mintmark.strategy.resampling import resample
from mintmark.strategy.spans import Fold, Periods, folds, periods, stamps_between
from mintmark.strategy.verdict import SpecError, SpecWarning, Validation
from mintmark.strategy.warmup import warmup_bars

if TYPE_CHECKING:
    from mintmark.strategy.answering import Signals, signals
    from mintmark.strategy.compiling import compile_kernels
    from mintmark.strategy.deciding import Decision, Held, Targets, decide, decisions, targets, variation
    from mintmark.strategy.evidence import evaluate
    from mintmark.strategy.feature_matrix import FeatureMatrix, feature_hash, features
    from mintmark.strategy.fitting import Block, Fitted, fit, fit_whole
    from mintmark.strategy.labelling import Labels, labels
    from mintmark.strategy.loading import load_indicators, load_trees
    from mintmark.strategy.lookahead import Leak, lookahead_check, signals_check
    from mintmark.strategy.model import Model
    from mintmark.strategy.training_set import TrainingSet, build_training_set

_HOMES = {
    "Block": "fitting",
    "Decision": "deciding",
    "FeatureMatrix": "feature_matrix",
    "Fitted": "fitting",
    "Held": "deciding",
    "Labels": "labelling",
    "Leak": "lookahead",
    "Model": "model",
    "Signals": "answering",
    "Targets": "deciding",
    "TrainingSet": "training_set",
    "build_training_set": "training_set",
    "compile_kernels": "compiling",
    "decide": "deciding",
    "decisions": "deciding",
    "evaluate": "evidence",
    "feature_hash": "feature_matrix",
    "features": "feature_matrix",
    "fit": "fitting",
    "fit_whole": "fitting",
    "labels": "labelling",
    "load_indicators": "loading",
    "load_trees": "loading",
    "lookahead_check": "lookahead",
    "signals": "answering",
    "signals_check": "lookahead",
    "targets": "deciding",
    "variation": "deciding",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"mintmark.strategy has no {name}")
    return getattr(import_module(f"mintmark.strategy.{_HOMES[name]}"), name)


__all__ = [
    "Block",
    "Decision",
    "FeatureMatrix",
    "Fitted",
    "Fold",
    "Held",
    "Labels",
    "Leak",
    "Model",
    "PackFacts",
    "Periods",
    "Signals",
    "SpecError",
    "SpecWarning",
    "StrategySpec",
    "SymbolFacts",
    "Targets",
    "TrainingSet",
    "Validation",
    "build_training_set",
    "check_spec",
    "compile_kernels",
    "decide",
    "decisions",
    "evaluate",
    "feature_hash",
    "feature_names",
    "features",
    "fit",
    "fit_whole",
    "folds",
    "grammar_reference",
    "labels",
    "load_indicators",
    "load_trees",
    "lookahead_check",
    "periods",
    "read_spec",
    "resample",
    "signals",
    "signals_check",
    "stamps_between",
    "strategy_hash",
    "targets",
    "to_yaml",
    "variation",
    "warmup_bars",
]
