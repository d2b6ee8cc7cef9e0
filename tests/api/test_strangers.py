"""What is somebody's own is nobody else's: every route and every capability, asked with a stranger's id."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from doors import Door, an_export
from fastapi import FastAPI
from sqlalchemy import insert

from mintmark.api import create_api
from mintmark.app import App, access_answers, local_owner, open_app
from mintmark.ledger import Draft
from mintmark.portfolio import NewAlert, NewPortfolio, known_agents
from mintmark.portfolio.operations.alert_rows import notifications

NOBODYS = {
    "portfolio_id": "00000000-0000-4000-8000-0000000000aa",
    "portfolio": "NOBODY",
    "entry_id": "00000000-0000-4000-8000-0000000000ab",
    "alert_id": "00000000-0000-4000-8000-0000000000ae",
    "notification_id": "0" * 64,
    "artifact_id": "00000000-0000-4000-8000-0000000000ac",
    "token_id": "0" * 12,
    "run": "00000000-0000-4000-8000-0000000000ad",
}
CONDITION = {"type": "price", "entity": "BTC", "metric": "close", "op": ">", "value": "1"}
ENTRY = {"kind": "deposit", "date": "2024-01-02", "meta": {"amount": "5", "currency": "USD"}}
CSV = "date,type,currency,amount\n2024-01-02,deposit,USD,5\n"
BODIES: dict[str, dict[str, Any]] = {
    "POST /api/v1/ledger/entries": {"portfolio": "", **ENTRY},
    "POST /api/v1/ledger/import": {"portfolio": "", "csv": CSV},
    "POST /api/v1/alerts": {"name": "a", "condition": CONDITION, "portfolio_id": ""},
}
"""The bodies that name something of somebody; what stands empty is filled. ``/execute`` has one for each pattern."""


@dataclass(frozen=True)
class House:
    """A house in which the local owner has one of everything, and a stranger with every role."""

    app: App
    api: FastAPI
    stranger: Door
    owned: dict[str, str]

    def asked(self, route: str, ids: dict[str, str], body: dict[str, Any] | None = None) -> httpx.Response:
        method, path = route.split(" ")
        query = {name: ids[name] for name in self.queries(route) & ids.keys()}
        filled = None if body is None else {name: ids[name] if value == "" else value for name, value in body.items()}
        return self.stranger.ask(method, path.format(**ids), params=query, json=filled)

    def routes(self) -> list[str]:
        """Return the routes that take the id or the code of something of somebody."""
        paths = self.api.openapi()["paths"]
        every = [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]
        named = [one for one in every if any(f"{{{name}}}" in one for name in NOBODYS) or self.queries(one)]
        return sorted({*named, *BODIES})

    def queries(self, route: str) -> set[str]:
        method, path = route.split(" ")
        given = self.api.openapi()["paths"][path][method.lower()].get("parameters", [])
        return {one["name"] for one in given if one["in"] == "query"} & {"portfolio"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    app, owner = open_app(home=tmp_path_factory.mktemp("strangers") / "home"), local_owner()
    mine = app.portfolio.create(owner, NewPortfolio("MINE", "USD"))
    (entry,) = app.ledger.post([Draft("MINE", "deposit", date(2024, 1, 2), {"amount": "1000", "currency": "USD"})])
    alert = app.alerts.create(owner, NewAlert("High", CONDITION, text="Sell", portfolio="MINE"))
    said = {
        "notification_id": "a" * 64, "alert_id": alert.alert_id, "owner": str(owner.user_id), "day": date(2024, 1, 2),
        "title": "High", "body": {"told": "High", "observed": "2", "pack_id": None, "playbook": {}},
        "made_at": datetime(2024, 1, 2, tzinfo=UTC), "read_at": None,
    }  # fmt: skip
    with app.database.write() as connection:
        connection.execute(insert(notifications).values(said))
    api = create_api(app)
    key = access_answers.create_key(app, "mine", "admin", None)["data"]["key"]
    stranger = access_answers.create_key(app, "theirs", "admin", "stranger")["data"]["key"]
    owned = {
        "portfolio_id": str(mine.portfolio_id),
        "portfolio": "MINE",
        "entry_id": entry.id,
        "alert_id": alert.alert_id,
        "notification_id": said["notification_id"],
        "artifact_id": an_export(app)[0],
        "token_id": Door(api, bearer=key).post("/api/v1/tokens").json()["data"]["token_id"],
        "run": NOBODYS["run"].replace("ad", "af"),
    }
    with app.verifying.watched(owner.user_id, UUID(owned["run"])):
        yield House(app, api, Door(api, bearer=stranger), owned)
    app.close()


def unnamed(answer: httpx.Response, ids: dict[str, str]) -> tuple[int, str]:
    """Return an answer without what differs from one request to the next, its own ids among it."""
    text = json.dumps({**answer.json(), "request_id": "", "timestamp": ""}, sort_keys=True)
    for value in ids.values():
        text = text.replace(value, "ID")
    return answer.status_code, text


def test_every_route_answers_a_stranger_about_mine_as_about_nobodys(house: House):
    routes = house.routes()

    differing = []
    for route in routes:
        theirs, nobodys = (house.asked(route, ids, BODIES.get(route)) for ids in (house.owned, NOBODYS))
        if (theirs.status_code, unnamed(theirs, house.owned)) != (404, unnamed(nobodys, NOBODYS)):
            differing.append((route, theirs.text, nobodys.text))

    assert differing == []
    assert len(routes) >= 18


def test_every_pattern_answers_a_stranger_about_mine_as_about_nobodys(house: House):
    patterns = [one for one in house.app.portfolio.patterns.values() if one.asks_of_portfolio]
    inputs = {"security_id": NOBODYS["run"], "tax_year": 2024, "short_rate": "0.3", "long_rate": "0.2"}

    codes = set()
    for pattern in patterns:
        needed = {name: value for name, value in inputs.items() if name in pattern.inputs}
        body = {"pattern_id": pattern.id, "portfolio_id": "", "inputs": needed}
        theirs, nobodys = (house.asked("POST /api/v1/execute", ids, body) for ids in (house.owned, NOBODYS))
        assert unnamed(theirs, house.owned) == unnamed(nobodys, NOBODYS), pattern.id
        codes.add((theirs.status_code, theirs.json()["error"]))

    assert codes == {(404, "portfolio_not_found")}
    assert len(patterns) == 13


def test_no_capability_takes_whose_portfolio_it_is_about_from_its_arguments():
    agents = known_agents()
    words = ("portfolio_id", "portfolio", "code", "owner", "user", "user_id", "alert_id", "artifact_id")

    taken = {name: set(agents[name].arguments.model_fields) & set(words) for name in agents.names()}

    assert len(taken) > 60
    assert {name: found for name, found in taken.items() if found} == {}


@pytest.mark.parametrize("path", ["portfolios", "ledger/entries", "ledger/balances", "ledger/lots", "ledger/positions",
                                  "alerts", "notifications"])  # fmt: skip
def test_no_list_shows_a_stranger_anything_of_mine(house: House, path: str):
    mine, theirs = (door.get(f"/api/v1/{path}").json()["data"] for door in (Door(house.api), house.stranger))

    assert theirs == []
    assert mine != [] or path == "ledger/lots"


def test_what_a_stranger_tried_changed_nothing_of_mine(house: House):
    for route in house.routes():
        house.asked(route, house.owned, BODIES.get(route))
    owner = local_owner()

    (alert,), (said,) = house.app.alerts.alerts(owner), house.app.alerts.notifications(owner)

    assert (alert.active, said["read_at"]) == (True, None)
    assert house.app.ledger.view().cash("MINE", date(2024, 12, 31)) == {"USD": 1000}
    assert house.app.verifying.told(owner.user_id, UUID(house.owned["run"]))["run"] == house.owned["run"]
