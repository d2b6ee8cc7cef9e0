"""What a provider's plan allows, counted so that it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from data_builders import NOW, FixedClock

from mintmark.data import DataRoom
from mintmark.data.operations.usage import Usage
from mintmark.data.quotas import quotas
from mintmark.store import Blobs, Database


@pytest.mark.parametrize(("used", "said"), [(69, None), (70, "70%"), (85, "85%"), (95, None)])
def test_the_bandwidth_of_a_month_warns_twice_and_then_stops(used: int, said: str | None):
    quota = quotas(100)["fmp"]

    told = [warning["message"] for warning in quota.warnings(used)]

    assert quota.ended(used) is (used >= 95)
    assert said is None or told[0].endswith(f"over {said}")
    assert bool(told) is (used >= 70)


def test_what_was_used_is_counted_on_both_databases_and_is_in_no_pack(database: Database, tmp_path: Path):
    clock = FixedClock(NOW)
    usage = Usage(database, clock)
    room = DataRoom(database, Blobs(tmp_path / "blobs", database), clock)

    found = [usage.add("fmp", "2026-03", amount) for amount in (5, 7)]

    assert found == [5, 12]
    assert (usage.used("fmp", "2026-03"), usage.used("fmp", "2026-04")) == (12, 0)
    assert room.records.known_documents(NOW.date(), None) == {}
