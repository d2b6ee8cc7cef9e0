"""Strategies: their grammar, features, labels, models and decisions. Arrays and bytes in and out."""

from mintmark.strategy.columns import feature_names
from mintmark.strategy.evidence import evaluate
from mintmark.strategy.facts import PackFacts, SymbolFacts
from mintmark.strategy.features import FeatureMatrix, feature_hash, features
from mintmark.strategy.fitting import Block, Fitted, fit, fit_whole
from mintmark.strategy.grammar import StrategySpec
from mintmark.strategy.labels import Labels, labels
from mintmark.strategy.model import Model
from mintmark.strategy.reading import canonical_json, check_spec, read_spec, strategy_hash, to_yaml
from mintmark.strategy.resample import resample
from mintmark.strategy.spans import Fold, Periods, folds, periods
from mintmark.strategy.training_set import TrainingSet, build_training_set
from mintmark.strategy.verdict import SpecError, SpecWarning, Validation
from mintmark.strategy.warmup import warmup_bars

__all__ = [
    "Block",
    "FeatureMatrix",
    "Fitted",
    "Fold",
    "Labels",
    "Model",
    "PackFacts",
    "Periods",
    "SpecError",
    "SpecWarning",
    "StrategySpec",
    "SymbolFacts",
    "TrainingSet",
    "Validation",
    "build_training_set",
    "canonical_json",
    "check_spec",
    "evaluate",
    "feature_hash",
    "feature_names",
    "features",
    "fit",
    "fit_whole",
    "folds",
    "labels",
    "periods",
    "read_spec",
    "resample",
    "strategy_hash",
    "to_yaml",
    "warmup_bars",
]
