"""``GET /health/pack``: how far the newest pack is on its way."""

from __future__ import annotations

from datetime import date

from doors import Door

from mintmark.app import App, pack_answers
from mintmark.data import PREWARM_STEPS


def test_a_house_without_a_valued_pack_says_so(door: Door):
    answer = door.get("/health/pack")

    assert (answer.status_code, answer.json()["error"]) == (503, "no_pricing_pack")


def test_the_newest_pack_says_that_it_warms_and_then_that_it_is_fresh(app: App, door: Door):
    pack = app.data.build(date(2018, 12, 31), "EOD")["pack_id"]
    warming = door.get("/health/pack").json()
    app.data.states.reconciled(pack, passed=True)
    for step in PREWARM_STEPS:
        app.data.states.prewarmed(pack, step)
    app.data.states.mark_fresh(pack)

    fresh = door.get("/health/pack", params={"policy": "EOD"})

    assert (warming["status"], warming["pack_id"], warming["missing"]) == ("warming", pack, [])
    assert warming["estimated_ready"] is not None
    assert fresh.status_code == 200
    assert fresh.json() == {
        **warming, "status": "fresh", "is_fresh": True, "prewarm_done": True, "reconciliation_passed": True,
        "estimated_ready": None, "updated_at": fresh.json()["updated_at"],
    }  # fmt: skip
    assert pack_answers.health(app) == fresh.json()
    assert door.get("/health/pack", params={"policy": "UTC"}).status_code == 503
