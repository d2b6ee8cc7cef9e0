"""Parts in time order that never touch, and the periods and folds they lie in."""

from __future__ import annotations

import numpy as np
import pytest
from strategy_builders import a_spec, a_walk, bars_of

from mintmark.domain import Refused
from mintmark.strategy import (
    build_training_set,
    folds,
    labels,
    periods,
)


def test_parts_lie_in_time_order_and_no_label_reaches_the_next():
    spec, bars = a_spec(labels={"kind": "triple_barrier", "max_bars": 40}), a_walk(1_000)

    given = build_training_set(spec, {"X": bars})

    found = labels(spec, bars)
    parts = ("train", "validation", "test")
    rows = {name: np.searchsorted(bars.stamps, given.stamps[getattr(given, name)]) for name in parts}
    reaches = {name: found.reaches[at] for name, at in rows.items()}
    assert reaches["train"].max() < 700 <= rows["validation"].min() - 10
    assert reaches["validation"].max() < 850 <= rows["test"].min() - 10
    assert given.samples["warmup"] == 14
    usable = int((found.reaches[14:] >= 0).sum())
    assert sum(len(at) for at in rows.values()) + given.purged == usable
    assert given.purged > 20


def test_a_number_of_purge_bars_only_widens_the_reach():
    rows = {
        bars: build_training_set(
            a_spec(labels={"kind": "forward_return"}, training={"purge_bars": bars}), {"X": a_walk(1_000)}
        ).samples
        for bars in ("auto", 0, 50)
    }

    assert rows[0] == rows["auto"]
    assert [rows["auto"][part] - rows[50][part] for part in ("train", "validation", "test")] == [44, 44, 44]


def test_later_bars_are_not_read():
    spec, bars = a_spec(), a_walk(1_000)

    cut = build_training_set(spec, {"X": bars}, stop=int(bars.stamps[700]))
    never = build_training_set(spec, {"X": bars.part(0, 700)})

    assert cut.matrix.tobytes() == never.matrix.tobytes()
    assert cut.targets.tobytes() == never.targets.tobytes()
    assert cut.end == bars.stamps[699]


def test_several_symbols_are_stacked_by_time_and_cut_at_one_moment():
    spec = a_spec(universe={"symbols": ["A", "B"], "timeframe": "1d"})
    late = a_walk(1_000, seed=2, symbol="B").part(200, 1_000)

    given = build_training_set(spec, {"A": a_walk(1_000, seed=1, symbol="A"), "B": late})

    assert (np.diff(given.stamps) >= 0).all()
    assert given.stamps[given.train].max() < given.stamps[given.validation].min()
    assert given.stamps[given.validation].max() < given.stamps[given.test].min()
    assert given.stamps.min() >= late.stamps[0]
    assert np.unique(given.stamps[given.train], return_counts=True)[1].max() == 2


def test_a_fold_has_no_test_part():
    given = build_training_set(a_spec(), {"X": a_walk(600)}, tested=False)

    assert len(given.test) == 0
    assert len(given.train) > 4 * len(given.validation) > 0


def test_a_reach_that_purges_the_whole_test_part_is_a_data_error():
    spec = a_spec(
        labels={"kind": "forward_return", "horizon": 150}, training={"train": 0.5, "validation": 0.35, "test": 0.15}
    )

    with pytest.raises(Refused) as caught:
        build_training_set(spec, {"X": a_walk(1_000)}, stop=int(a_walk(1_000).stamps[750]))

    assert caught.value.code == "training_data_error"
    assert caught.value.details == {"part": "test"}


def test_a_class_the_train_part_lacks_is_a_data_error():
    rising = bars_of([100.0 + at for at in range(400)])
    spec = a_spec(labels={"kind": "forward_return"})

    with pytest.raises(Refused) as caught:
        build_training_set(spec, {"X": rising})

    assert caught.value.code == "training_data_error"
    assert caught.value.details == {"part": "train", "class": "down"}


def test_labels_without_variation_are_a_data_error():
    still = bars_of([100.0] * 400)
    spec = a_spec(model={"kind": "logistic", "output": "regression"}, labels={"kind": "forward_return"})

    with pytest.raises(Refused) as caught:
        build_training_set(spec, {"X": still})

    assert caught.value.details == {"part": "train"}


def test_balanced_weights_give_every_class_the_same_say():
    spec = a_spec(labels={"kind": "triple_barrier", "take": 3.0}, training={"sample_weights": "balanced"})

    given = build_training_set(spec, {"X": a_walk(800)})

    targets = given.targets[given.train]
    says = [given.weights[targets == at].sum() for at in np.unique(targets)]
    assert says == pytest.approx([says[0]] * len(says))
    assert given.weights.mean() == pytest.approx(1.0)


def test_uniqueness_weighs_labels_by_the_inverse_of_their_overlap():
    from mintmark.strategy.label_kernels import uniqueness

    # The first label reads bars 1 and 2, the second 2 and 3, the third 9 alone.
    shares = uniqueness(np.array([0, 1, 8]), np.array([2, 3, 9]), 10)

    assert shares.tolist() == pytest.approx([0.75, 0.75, 1.0])


def test_periods_keep_the_holdout_behind_an_embargo():
    bars = a_walk(1_000)

    found = periods(a_spec(training={"embargo": 0.02}), {"X": bars.stamps})

    assert (found.start, found.training_end, found.holdout_start) == tuple(bars.stamps[[0, 749, 750]])
    assert (found.holdout_from, found.embargo_bars) == (bars.stamps[765], 15)
    assert found.stop == bars.stamps[-1] + 1


def test_folds_test_the_quarters_of_the_second_half():
    bars = a_walk(1_000)
    found = periods(a_spec(), {"X": bars.stamps})

    quarters = folds(found, {"X": bars.stamps})

    at = {int(stamp): position for position, stamp in enumerate(bars.stamps)}
    assert [at[fold.border] for fold in quarters] == [375, 468, 562, 656]
    assert [at[fold.test_from] for fold in quarters] == [383, 476, 570, 664]
    assert [at[fold.test_stop] for fold in quarters] == [468, 562, 656, 750]
