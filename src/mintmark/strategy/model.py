"""A trained model: what it was shown, its weights, its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from mintmark.domain import Damaged, Refused
from mintmark.strategy.archive import digest, pack, unpack
from mintmark.strategy.arrays import FloatArray
from mintmark.strategy.columns import columns_of, feature_names, split_reference
from mintmark.strategy.feature_matrix import feature_hash
from mintmark.strategy.grammar import StrategySpec
from mintmark.strategy.network import CLIP, dense, forward, softmax

HEADER_FILE = "model.json"
ARRAYS_FILE = "weights.npz"
TEXT_FILE = "weights.txt"
_CHUNK = 65_536


@dataclass(frozen=True, eq=False)
class Scaling:
    """Column x becomes (x - centre) / width; both (n_columns,), width > 0."""

    centre: FloatArray
    width: FloatArray

    def applied(self, matrix: FloatArray) -> FloatArray:
        """Return ``matrix`` scaled."""
        return (matrix - self.centre) / self.width


@dataclass(frozen=True, eq=False)
class Model:
    """Weights with everything needed to use them.

    ``arrays`` holds layers w0, b0, w1, ... of logistic and mlp; ``text`` the trees of gbdt. ``found`` are the classes
    the trees know, as positions in ``classes``. ``label_scale`` is (mean, deviation) of regression labels.
    """

    kind: str
    output: str
    classes: tuple[str, ...]
    names: tuple[str, ...]
    parameters: Mapping[str, Any]
    scaling: Scaling
    label_scale: tuple[float, float] = (0.0, 1.0)
    found: tuple[int, ...] = ()
    arrays: Mapping[str, FloatArray] = field(default_factory=dict)
    text: str = ""

    def predict(self, matrix: FloatArray) -> FloatArray:
        """Return class probabilities (n_rows, n_classes), or predicted returns (n_rows,).

        Each row is judged by itself, so one row gives the same bits as many.
        """
        if len(matrix) == 0:
            return np.zeros((0, len(self.classes)) if self.classes else 0)
        return np.concatenate([self._chunk(matrix[at : at + _CHUNK]) for at in range(0, len(matrix), _CHUNK)])

    def _chunk(self, matrix: FloatArray) -> FloatArray:
        scaled = self.scaling.applied(matrix)
        scores = self._trees(scaled) if self.text else forward(np.clip(scaled, -CLIP, CLIP), self._layers)
        if self.output == "regression":
            mean, deviation = self.label_scale
            return scores[:, 0] * deviation + mean
        known = softmax(scores)
        if not self.found or len(self.found) == len(self.classes):
            return known
        probabilities = np.zeros((len(matrix), len(self.classes)))
        probabilities[:, list(self.found)] = known
        return probabilities

    @cached_property
    def _layers(self) -> list[tuple[FloatArray, FloatArray]]:
        return [(self.arrays[f"w{at}"], self.arrays[f"b{at}"]) for at in range(len(self.arrays) // 2)]

    @cached_property
    def _booster(self) -> Any:
        import lightgbm

        return lightgbm.Booster(model_str=self.text)

    def _trees(self, scaled: FloatArray) -> FloatArray:
        raw = np.asarray(self._booster.predict(scaled, raw_score=True, num_threads=1), dtype=np.float64)
        return two_scores(raw) if self.output == "classification" and raw.ndim == 1 else raw.reshape(len(scaled), -1)

    @cached_property
    def model_hash(self) -> str:
        """The sha256 over weights, feature list, indicator parameters and scaling; not over pack or time."""
        return hashlib.sha256(json.dumps(self._header(), sort_keys=True).encode()).hexdigest()

    def _header(self) -> dict[str, Any]:
        return {
            "format": 1,
            "kind": self.kind,
            "output": self.output,
            "classes": list(self.classes),
            "found": list(self.found),
            "feature_names": list(self.names),
            "feature_hash": feature_hash(self.names),
            "parameters": self.parameters,
            "centre": self.scaling.centre.tolist(),
            "width": self.scaling.width.tolist(),
            "label_scale": list(self.label_scale),
            "weights": digest(self.arrays),
            "text": hashlib.sha256(self.text.encode()).hexdigest(),
        }

    def to_files(self) -> dict[str, bytes]:
        """Return the model's files by name: a JSON header, and its weights as arrays or text."""
        name, content = (TEXT_FILE, self.text.encode()) if self.text else (ARRAYS_FILE, pack(self.arrays))
        file = {"name": name, "sha256": hashlib.sha256(content).hexdigest()}
        header = {**self._header(), "model_hash": self.model_hash, "weights_file": file}
        return {HEADER_FILE: (json.dumps(header, indent=1, sort_keys=True) + "\n").encode(), name: content}

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> Model:
        """Return the model ``to_files`` wrote.

        Raises:
            Damaged: ``model_damaged`` when a file is missing or anything differs from the hash.
        """
        try:
            header = json.loads(files[HEADER_FILE])
            file = header["weights_file"]
            content = files[file["name"]]
            text = content.decode() if file["name"] == TEXT_FILE else ""
            arrays = {} if text else unpack(content, "model_damaged")[0]
            made = cls._of(header, arrays, text)
            whole = hashlib.sha256(content).hexdigest() == file["sha256"]
            matches = whole and made.model_hash == header["model_hash"]
        except (KeyError, ValueError, TypeError) as error:
            raise Damaged(f"the model's files do not read: {error}", code="model_damaged") from error
        if not matches:
            message = f"expected model {header['model_hash']}, found {made.model_hash}"
            raise Damaged(message, code="model_damaged", expected=header["model_hash"], found=made.model_hash)
        return made

    @classmethod
    def _of(cls, header: Mapping[str, Any], arrays: Mapping[str, FloatArray], text: str) -> Model:
        mean, deviation = header["label_scale"]
        return cls(
            kind=header["kind"],
            output=header["output"],
            classes=tuple(header["classes"]),
            names=tuple(header["feature_names"]),
            parameters=header["parameters"],
            scaling=Scaling(np.array(header["centre"]), np.array(header["width"])),
            label_scale=(mean, deviation),
            found=tuple(header["found"]),
            arrays=arrays,
            text=text,
        )

    @property
    def feature_hash(self) -> str:
        return feature_hash(self.names)

    def require_features(self, spec: StrategySpec) -> None:
        """Check that ``spec`` makes the very columns this model was trained on.

        Raises:
            Refused: ``feature_mismatch`` with the first differing position, or the indicators that differ.
        """
        names = feature_names(spec)
        pairs = enumerate(zip((*self.names, None), (*names, None), strict=False))
        at = next((at for at, (mine, theirs) in pairs if mine != theirs), None)
        if at is not None:
            expected, found = _at(self.names, at), _at(names, at)
            message = f"column {at}: expected {expected}, found {found}"
            raise Refused(message, code="feature_mismatch", position=at, expected=expected, found=found)
        if json.dumps(feature_parameters(spec), sort_keys=True) != json.dumps(self.parameters, sort_keys=True):
            message = "expected the indicator parameters of the model, found others"
            raise Refused(message, code="feature_mismatch", expected=self.parameters, found=feature_parameters(spec))


def two_scores(raw: FloatArray) -> FloatArray:
    """Return the log odds of the second class as scores of two classes."""
    return np.column_stack([np.zeros(len(raw)), raw])


def _at(names: tuple[str, ...], position: int) -> str | None:
    return names[position] if position < len(names) else None


def feature_parameters(spec: StrategySpec) -> dict[str, Any]:
    """Return what the columns of ``spec`` are computed with: the indicators and fuzzy sets they read."""
    columns = columns_of(spec)
    indicators = {split_reference(column.reference)[0] for column in columns if column.source == "indicator"}
    fuzzy_sets = {column.membership[0] for column in columns if column.membership is not None}
    return {
        "indicators": {
            key: value.model_dump(mode="json") for key, value in spec.indicators.items() if key in indicators
        },
        "fuzzy_sets": {
            key: value.model_dump(mode="json") for key, value in spec.fuzzy_sets.items() if key in fuzzy_sets
        },
    }


def compile_prediction() -> None:
    """Compile the loops of prediction into the cache."""
    one = np.ones((1, 1))
    softmax(dense(one, one, np.ones(1), True))
