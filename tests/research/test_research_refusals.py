"""What no simulation is begun with, whichever is asked for: a code, the remedy, and nothing left behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from mintmark.domain import MintmarkError, Refused
from mintmark.research.operations.room import Research

RULE = {"strategy": "sma_cross", "symbol": "NASDAQ"}
OWN = {
    "backtest": {},
    "montecarlo": {},
    "sweep": {"grid": "fast=5|10,slow=40|60"},
    "walkforward": {"grid": "fast=5|10,slow=40|60"},
    "crossvalidate": {"grid": "fast=5|10,slow=40|60"},
}


def refusal_of(bench, kind, **given):
    """Return why it is refused, after a look that nothing was left."""
    before = files_of(bench.context.home)
    with pytest.raises(Refused) as refused:
        getattr(Research(bench.context), kind)(**{**RULE, **OWN[kind], **given})

    with bench.context.database.read() as connection:
        for table in ("operations", "trials"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0
    assert files_of(bench.context.home) == before
    return refused.value


def files_of(home: Path) -> set[Path]:
    """Return the files below ``home`` but for those the database keeps beside itself."""
    return {path for path in home.rglob("*") if path.is_file() and not path.name.endswith(("-wal", "-shm"))}


@pytest.mark.parametrize("kind", OWN)
def test_a_symbol_in_no_pack_is_refused_with_what_there_is_and_how_to_make_one(bench, kind):
    refused = refusal_of(bench, kind, symbol="GOLD")

    assert refused.code == "no_pack"
    assert "NASDAQ 1d" in refused.details["held"]
    assert "NASDAQ 1d" in refused.message
    assert "mintmark pack seal" in refused.message


@pytest.mark.parametrize("kind", OWN)
def test_a_timeframe_finer_than_the_bars_is_refused_with_what_there_is(bench, kind):
    refused = refusal_of(bench, kind, timeframe="1h")

    assert refused.code == "no_pack"
    assert "NASDAQ 1d" in refused.details["held"]


@pytest.mark.parametrize("kind", OWN)
def test_a_span_without_bars_is_refused_with_needed_and_found(bench, kind):
    refused = refusal_of(bench, kind, start="2030-01-01")

    assert (refused.code, refused.details) == ("not_enough_bars", {"needed": 2, "found": 0})


@pytest.mark.parametrize("kind", OWN)
def test_a_strategy_nobody_saved_is_refused(bench, kind):
    assert refusal_of(bench, kind, strategy="nobody").code == "not_found"


@pytest.mark.parametrize("kind", ["sweep", "walkforward", "crossvalidate"])
def test_an_unknown_grid_key_is_refused_with_the_allowed_ones(bench, kind):
    refused = refusal_of(bench, kind, grid="medium=5:30")

    assert (refused.code, refused.details) == ("unknown_name", {"name": "medium", "allowed": ["fast", "slow"]})


@pytest.mark.parametrize(
    "kind, allowed", [("montecarlo", "omega_ratio"), ("walkforward", "profit_factor"), ("crossvalidate", "omega_ratio")]
)
def test_an_unknown_metric_is_refused_with_the_allowed_ones(bench, kind, allowed):
    refused = refusal_of(bench, kind, metric="luck")

    assert refused.code == "unknown_name"
    assert allowed in refused.details["allowed"]


@pytest.mark.parametrize("kind", ["sweep", "walkforward", "crossvalidate"])
def test_ten_million_combinations_are_refused_with_their_count(bench, kind):
    refused = refusal_of(bench, kind, grid="fast=1:10001,slow=1:1001")

    assert (refused.code, refused.details) == ("grid_too_large", {"observed": 10_000_000, "limit": 1_000_000})


def test_a_changed_byte_in_the_pack_is_refused_before_any_computing(bench):
    pack = bench.context.data.open("PP_2018-12-31_SAMPLE_v1")
    digest = sorted(pack.partition_hashes("NASDAQ"))[0]
    (place,) = [path for path in bench.context.home.rglob(f"*{digest[2:]}*") if path.is_file()]
    content = bytearray(place.read_bytes())
    content[len(content) // 2] ^= 1
    place.chmod(0o600)
    place.write_bytes(bytes(content))

    with pytest.raises(MintmarkError) as damaged:
        Research(bench.context).backtest(**RULE)

    assert damaged.value.code == "pack_damaged"
    with bench.context.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM operations")).scalar() == 0
