"""A verification of the ledger under way: how far it is, for whoever started it."""

from __future__ import annotations

from uuid import UUID

import pytest
from doors import Door, error_of

from mintmark.api import create_api
from mintmark.app import App, access_answers, local_owner
from mintmark.app.verifying import Verifying
from mintmark.domain import Refused

RUN = "00000000-0000-4000-8000-0000000000c1"
PATH = f"/api/v1/ledger/verify/{RUN}"


def test_a_verification_tells_its_owner_alone_how_far_it_is_and_is_stopped_by_them(app: App):
    stranger = Door(create_api(app), bearer=access_answers.create_key(app, "s", "admin", "stranger")["data"]["key"])
    door, moment = Door(create_api(app)), [10.0]
    app.verifying = Verifying(lambda: moment[0])

    with app.verifying.watched(local_owner().user_id, UUID(RUN)) as progress:
        moment[0] = 12.0
        progress(5_000, 20_000)
        shown = door.get(PATH).json()["data"]
        theirs = [error_of(stranger.ask(method, PATH), 404) for method in ("GET", "DELETE")]
        stopped = door.delete(PATH).json()["data"]
        with pytest.raises(Refused) as ended:
            progress(10_000, 20_000)
    gone = door.get(PATH)

    assert shown == {
        "run": RUN, "done": 5_000, "total": 20_000, "percentage": 25.0, "entries_per_second": 2_500.0,
        "duration_seconds": 2.0, "seconds_left": 6.0,
    }  # fmt: skip
    assert {one["error"] for one in theirs} == {"not_found"}
    assert stopped == {"run": RUN, "stopping": True}
    assert (ended.value.code, ended.value.details["observed"]) == ("verify_cancelled", 10_000)
    assert error_of(gone, 404)["error"] == "not_found"


def test_two_verifications_of_one_owner_cannot_go_under_one_id(app: App):
    door, owner = Door(create_api(app)), local_owner().user_id
    asked = {"params": {"run": RUN}}

    first = door.get("/api/v1/ledger/verify", **asked)
    with app.verifying.watched(owner, UUID(RUN)):
        second = door.get("/api/v1/ledger/verify", **asked)

    assert first.json()["data"]["valid"]
    assert error_of(second, 400)["details"] == {"path": "run"}
