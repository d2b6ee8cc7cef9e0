"""Who comes in: every route with no key, a wrong one, and each role; what is bounded; what is written down."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from doors import UNKNOWN, Door, an_export, error_of

from mintmark.api import create_api
from mintmark.api.gatekeeper import SESSION_COOKIE, Room
from mintmark.api.roles import LEAST_ROLE
from mintmark.app import App, Settings, access_answers, open_app
from mintmark.domain import Refused
from mintmark.runtime import ROLES, Limits
from mintmark.runtime.tables import action_log, api_keys

OPEN = {"GET /health", "GET /health/pack", "GET /metrics"}
FILLED = {"operation_id": UNKNOWN, "pack_id": "PP_1999-12-31_NONE_v1", "name": "nobody_wrote_this"}
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Moving:
    """A clock that stands until it is set."""

    moment = NOW

    def now(self) -> datetime:
        return self.moment


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A house in which every role has a key."""
    opened = open_app(Settings(home=tmp_path_factory.mktemp("identity"), access={"bad_attempts": 1_000}))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def keys(house: App) -> dict[str, str]:
    """A key of each role, by role."""
    return {role: access_answers.create_key(house, role, role, None)["data"]["key"] for role in ROLES}


def routes() -> list[str]:
    from mintmark.cli.reference import App as Bare
    from mintmark.domain import SystemClock

    document = create_api(Bare(Settings.model_construct(), SystemClock())).openapi()
    return sorted(f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods)


GUARDED = [route for route in routes() if route not in OPEN]


api_of = cache(create_api)


def ask(house: App, route: str, bearer: str | None) -> httpx.Response:
    method, path = route.split(" ")
    filled = re.sub(r"\{(\w+)\}", lambda part: FILLED.get(part.group(1), "0" * 12), path)
    return Door(api_of(house), bearer=bearer).ask(method, filled)


def test_every_route_has_a_rule():
    assert len(GUARDED) > 30
    assert [route for route in GUARDED if route not in LEAST_ROLE] == []
    assert {route for route in routes() if "/api/v1" not in route} == OPEN


@pytest.mark.parametrize("route", GUARDED)
def test_a_route_answers_nobody_without_a_key(house: App, route: str):
    for bearer in (None, "mmk_000000000000_" + "A" * 43, "nonsense"):
        answer = ask(house, route, bearer)

        assert error_of(answer, 401)["error"] == "unauthorized"
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("route", GUARDED)
def test_a_route_lets_in_its_role_and_those_above(house: App, keys: dict[str, str], route: str):
    for role in ROLES:
        answer = ask(house, route, keys[role])

        enough = ROLES.index(role) >= ROLES.index(LEAST_ROLE[route])
        assert (answer.status_code == 403) is not enough, (role, answer.text)
        assert answer.status_code != 401


@pytest.mark.parametrize("route", sorted(OPEN - {"GET /health/pack"}))
def test_whoever_watches_needs_no_key(house: App, route: str):
    assert ask(house, route, None).status_code == 200


def test_a_bare_user_id_is_no_identity(house: App):
    given = Door(create_api(house), bearer=None).get("/api/v1/packs", headers={"X-User-ID": "1"})

    assert error_of(given, 401)["error"] == "unauthorized"


def test_a_route_without_a_rule_is_for_admins_alone(house: App, keys: dict[str, str]):
    assert ask(house, "GET /api/v1/nowhere", keys["trader"]).status_code == 403
    assert ask(house, "GET /api/v1/nowhere", keys["admin"]).status_code == 404


def moving(tmp_path: Path) -> tuple[App, Moving]:
    clock = Moving()
    return open_app(home=tmp_path / "home", clock=clock), clock


def test_a_key_is_kept_as_its_hash_and_shown_once(tmp_path: Path):
    app, _ = moving(tmp_path)

    made = access_answers.create_key(app, "laptop", "trader", None)["data"]

    assert re.fullmatch(r"mmk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", made["key"])
    with app.database.read() as connection:
        row = connection.execute(sa.select(api_keys)).one()
    assert made["key"] not in str(row)
    assert made["key"].split("_", 2)[2] not in str(access_answers.keys(app))
    assert app.access.known(made["key"]).role == "trader"
    assert app.access.known(made["key"][:-1] + ("A" if made["key"][-1] != "A" else "B")) is None
    app.close()


def test_a_revoked_key_and_its_tokens_are_nobodys_at_once(tmp_path: Path):
    app, _ = moving(tmp_path)
    made = access_answers.create_key(app, "laptop", "viewer", None)["data"]
    token = app.access.create_token(app.access.known(made["key"]))["token"]
    assert app.access.known(token).role == "viewer"

    access_answers.revoke_key(app, made["key_id"])

    assert app.access.known(made["key"]) is None
    assert app.access.known(token) is None
    app.close()


def test_a_token_lives_fifteen_minutes_or_until_it_is_revoked(tmp_path: Path):
    app, clock = moving(tmp_path)
    key = access_answers.create_key(app, "laptop", "viewer", None)["data"]["key"]
    door = Door(create_api(app), bearer=key)
    one, two = (door.post("/api/v1/tokens").json()["data"] for _ in range(2))
    assert one["expires_at"] == "2026-03-01T12:15:00Z"

    gone = door.delete(f"/api/v1/tokens/{one['token_id']}").json()["data"]

    assert gone["token_id"] == one["token_id"]
    assert app.access.known(one["token"]) is None
    clock.moment = NOW + timedelta(minutes=14, seconds=59)
    assert app.access.known(two["token"]) is not None
    clock.moment = NOW + timedelta(minutes=15)
    assert app.access.known(two["token"]) is None
    app.close()


def test_a_token_makes_no_token_and_revokes_none_of_another(tmp_path: Path):
    app, _ = moving(tmp_path)
    mine, other = (access_answers.create_key(app, name, "admin", name)["data"]["key"] for name in ("me", "you"))
    token = Door(create_api(app), bearer=mine).post("/api/v1/tokens").json()["data"]

    again = Door(create_api(app), bearer=token["token"]).post("/api/v1/tokens")
    stolen = Door(create_api(app), bearer=other).delete(f"/api/v1/tokens/{token['token_id']}")

    assert error_of(again, 403)["error"] == "forbidden"
    assert error_of(stolen, 404)["error"] == "not_found"
    assert app.access.known(token["token"]) is not None
    app.close()


@pytest.mark.parametrize("given", [{"role": "owner"}, {"name": ""}, {"name": "x" * 65}, {"user": "a/b"}])
def test_a_key_that_could_not_be_is_refused(house: App, given: dict[str, str]):
    with pytest.raises(Refused):
        access_answers.create_key(house, **{"name": "one", "role": "viewer", "user": None, **given})


def limited(tmp_path: Path, **access: int) -> App:
    return open_app(Settings(home=tmp_path / "home", access=access))


def test_ten_wrong_keys_in_a_minute_close_the_door_to_an_address(tmp_path: Path):
    app = limited(tmp_path)
    door, right = Door(create_api(app), bearer="wrong"), Door(create_api(app))
    for _ in range(10):
        assert door.get("/api/v1/packs").status_code == 401

    refused = right.get("/api/v1/packs")

    body = error_of(refused, 429)
    assert body["error"] == "rate_limited"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    app.close()


def test_an_identity_has_so_many_requests_a_minute_and_no_more(tmp_path: Path):
    app = limited(tmp_path, requests_per_minute=3)
    door = Door(create_api(app))
    assert [door.get("/api/v1/packs").status_code for _ in range(4)] == [200, 200, 200, 429]

    other = Door(create_api(app), bearer=access_answers.create_key(app, "o", "viewer", None)["data"]["key"])

    assert other.get("/api/v1/packs").status_code == 200
    app.close()


def test_size_then_identity_then_the_limit_then_the_shape_of_a_body_decide(tmp_path: Path):
    app = limited(tmp_path, requests_per_minute=1)
    nobody, owner = (Door(create_api(app), **who) for who in ({"bearer": None}, {}))
    large, shapeless = {"content": b"x" * (256 * 1024 + 1)}, {"content": b"{"}

    codes = [
        error_of(door.post("/api/v1/execute", **body), status)["error"]
        for door, body, status in (
            (nobody, large, 413), (nobody, shapeless, 401), (owner, shapeless, 400), (owner, shapeless, 429),
        )
    ]  # fmt: skip

    assert codes == ["too_large", "unauthorized", "invalid_request", "rate_limited"]
    app.close()


def test_a_minute_later_it_may_go_on():
    now = [0.0]
    limits = Limits(2, 1, lambda: now[0])
    assert limits.request("a") is None
    now[0] = 30.0
    assert limits.request("a") is None

    refused = limits.request("a")
    now[0] = 60.0

    assert refused is not None
    assert refused.details == {"retry_after": 30}
    assert limits.request("a") is None
    assert limits.request("a") is not None


def test_so_many_run_so_many_wait_and_the_rest_is_refused():
    async def story() -> list[str]:
        room = Room(running=1, waiting=1)
        leave = await room.enter()
        second = asyncio.create_task(room.enter())
        await asyncio.sleep(0)
        with pytest.raises(Refused) as caught:
            await room.enter()
        leave()
        (await second)()
        (await room.enter())()
        return [caught.value.code]

    assert asyncio.run(story()) == ["rate_limited"]


def test_writes_are_written_down_with_who_what_where_and_how_it_ended(app: App):
    key = access_answers.create_key(app, "k", "trader", None)["data"]
    door = Door(create_api(app), bearer=key["key"])

    door.post("/api/v1/agent/trigger", json={"strategy": "starting_1"})
    refused = door.post("/api/v1/backtests", json={"strategy": "../../etc"})
    door.get("/api/v1/packs")

    newest = access_answers.actions(app, 10)["data"]
    assert [(one["action"], one["outcome"]) for one in newest] == [
        ("POST /api/v1/backtests", "400"),
        ("POST /api/v1/agent/trigger", "done"),
        ("key.create", "done"),
    ]
    assert newest[0]["key_id"] == key["key_id"]
    assert newest[0]["request_id"] == refused.headers["x-request-id"]
    assert newest[0]["address"] == "127.0.0.1"


def test_whoever_does_without_a_fresh_pack_is_written_down(app: App):
    asked = {"pattern_id": "portfolio_overview", "require_fresh": False}

    answer = Door(create_api(app)).post("/api/v1/execute", json=asked)

    (newest,) = access_answers.actions(app, 1)["data"]
    assert (newest["action"], newest["subject"]) == ("freshness.override", "portfolio_overview")
    assert newest["request_id"] == answer.headers["x-request-id"]


def test_the_log_of_actions_cannot_be_changed(app: App):
    access_answers.create_key(app, "k", "viewer", None)

    for change in (sa.update(action_log).values(outcome="x"), sa.delete(action_log)):
        with pytest.raises(sa.exc.DBAPIError, match="is sealed"), app.database.write() as connection:
            connection.execute(change)


def test_a_cookie_of_a_page_reads_and_never_writes(app: App):
    door = Door(create_api(app), bearer=None)
    shown: dict[str, Any] = {"headers": {"Cookie": f"{SESSION_COOKIE}={app.access.open_local()}"}}

    assert door.get("/api/v1/packs", **shown).status_code == 200
    assert error_of(door.post("/api/v1/agent/trigger", **shown), 401)["error"] == "unauthorized"


def test_an_artifact_is_given_to_its_owner_alone(app: App):
    artifact_id, content = an_export(app)
    stranger = access_answers.create_key(app, "s", "admin", "stranger")["data"]["key"]

    mine = Door(create_api(app)).get(f"/api/v1/artifacts/{artifact_id}")
    theirs = Door(create_api(app), bearer=stranger).get(f"/api/v1/artifacts/{artifact_id}")
    unknown = Door(create_api(app)).get("/api/v1/artifacts/00000000-0000-4000-8000-000000000000")

    assert mine.content == content
    assert "attachment" in mine.headers["content-disposition"]
    bodies = [error_of(answer, 404) for answer in (theirs, unknown)]
    assert [(body["message"], body["details"]) for body in bodies] == [("there is no such artifact", {})] * 2
