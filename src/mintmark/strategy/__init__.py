"""Strategies: their grammar, features, labels, models and decisions. Arrays and bytes in and out."""

from mintmark.strategy.columns import feature_names
from mintmark.strategy.compiling import compile_kernels
from mintmark.strategy.decisions import Decision, Held, Targets, decide, decisions, targets, variation
from mintmark.strategy.evidence import evaluate
from mintmark.strategy.facts import PackFacts, SymbolFacts
from mintmark.strategy.features import FeatureMatrix, feature_hash, features
from mintmark.strategy.fitting import Block, Fitted, fit, fit_whole
from mintmark.strategy.grammar import StrategySpec
from mintmark.strategy.labels import Labels, labels
from mintmark.strategy.lookahead import Leak, lookahead_check
from mintmark.strategy.model import Model
from mintmark.strategy.reading import canonical_json, check_spec, read_spec, strategy_hash, to_yaml
from mintmark.strategy.reference import grammar_reference
from mintmark.strategy.resample import resample
from mintmark.strategy.signals import Signals, signals
from mintmark.strategy.spans import Fold, Periods, folds, periods
from mintmark.strategy.training_set import TrainingSet, build_training_set
from mintmark.strategy.verdict import SpecError, SpecWarning, Validation
from mintmark.strategy.warmup import warmup_bars

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
    "canonical_json",
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
    "lookahead_check",
    "periods",
    "read_spec",
    "resample",
    "signals",
    "strategy_hash",
    "targets",
    "to_yaml",
    "variation",
    "warmup_bars",
]
