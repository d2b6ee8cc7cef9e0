"""Signing in on an address others reach: every "no", and how long a yes lasts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from doors import Door, error_of
from starlette.responses import PlainTextResponse
from starlette.routing import Mount

from mintmark.api import create_api
from mintmark.app import App, Settings, access_answers, open_app
from mintmark.ui import KeyEntry

UNKNOWN = "mmk_000000000000_" + "A" * 43
PAGES = PlainTextResponse("the pages")


@dataclass
class Moving:
    moment: datetime = datetime(2026, 3, 2, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


@dataclass
class House:
    """An application as others reach it, pages that say one word, and a key."""

    app: App
    clock: Moving
    door: Door
    guarded: Any
    key: str

    def sign_in(self, key: str, **more: Any) -> httpx.Response:
        return self.door.post("/signin", data={"key": key}, **more)

    def session(self, key: str) -> dict[str, str]:
        """Return the cookie of a browser that signed in."""
        return {"Cookie": self.sign_in(key).headers["set-cookie"].split(";")[0]}


def a_house(home: Path, bad_attempts: int) -> House:
    clock = Moving()
    app = open_app(Settings(home=home, access={"bad_attempts": bad_attempts}), clock=clock)
    made = access_answers.create_key(app, "browser", "trader", None)["data"]
    api, entry = create_api(app), KeyEntry(app)
    entry.add_to(api)
    guarded = entry.guarding(PAGES)
    api.router.routes.append(Mount("/", app=guarded))
    return House(app, clock, Door(api, "https://testserver", bearer=None), guarded, made["key"])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that minds no wrong key."""
    found = a_house(tmp_path_factory.mktemp("signing") / "home", 1_000)
    yield found
    found.app.close()


def test_whoever_did_not_sign_in_is_led_to_it_and_gets_nothing_else(house: House):
    page, written = house.door.get("/portfolio"), house.door.post("/portfolio")
    forged = house.door.get("/", headers={"Cookie": "mintmark_session=mmt_" + "A" * 43})
    form = house.door.get("/signin")

    for led in (page, forged):
        assert (led.status_code, led.headers["location"]) == (303, "/signin")
    assert (written.status_code, written.text) == (401, "sign in first")
    assert form.status_code == 200
    assert 'name="key" type="password"' in form.text


def test_the_live_channel_of_the_pages_is_closed_to_whoever_did_not_sign_in(house: House):
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/socket", "headers": []}
    asyncio.run(house.guarded(scope, None, send))

    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_what_is_no_live_key_signs_nobody_in(house: House):
    shown = {"Authorization": f"Bearer {house.key}"}
    token = house.door.post("/api/v1/tokens", headers=shown).json()["data"]["token"]
    gone = access_answers.create_key(house.app, "gone", "admin", None)["data"]
    access_answers.revoke_key(house.app, gone["key_id"])

    tried = [house.sign_in(key) for key in (UNKNOWN, "", "nonsense", token, gone["key"], house.key + " " * 5_000)]
    tried.append(house.door.post("/signin", json={"key": house.key}))

    for answer in tried:
        assert answer.status_code == 401
        assert "This key is not known, or was revoked." in answer.text
        assert "set-cookie" not in answer.headers


def test_ten_wrong_keys_in_a_minute_close_the_sign_in_to_a_right_one(tmp_path: Path):
    house = a_house(tmp_path, 10)
    wrong = [house.sign_in(UNKNOWN).status_code for _ in range(10)]

    right = house.sign_in(house.key)

    assert wrong == [401] * 10
    house.app.close()
    assert right.status_code == 429
    assert "Too many wrong keys; wait a minute." in right.text
    assert "set-cookie" not in right.headers


def test_a_page_of_another_site_signs_nobody_in(house: House):
    answer = house.sign_in(house.key, headers={"Origin": "https://elsewhere.example"})

    assert error_of(answer, 403)["error"] == "cross_site"


def test_a_right_key_opens_the_pages_and_lets_the_browser_read_but_not_write(house: House):
    signed = house.sign_in(house.key)
    session = {"Cookie": signed.headers["set-cookie"].split(";")[0]}

    page = house.door.get("/portfolio", headers=session)
    read = house.door.get("/api/v1/portfolios", headers=session)
    write = house.door.post("/api/v1/portfolios", headers=session, json={"code": "A", "base_currency": "EUR"})

    assert (signed.status_code, signed.headers["location"]) == (303, "/")
    said = {one.strip().lower() for one in signed.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "secure", "samesite=strict", "max-age=43200"} <= said
    assert house.key not in signed.headers["set-cookie"]
    assert (page.text, read.status_code) == ("the pages", 200)
    assert error_of(write, 401)["error"] == "unauthorized"


@pytest.mark.parametrize("ended", ["signed out", "key revoked", "twelve hours later"])
def test_a_session_ends_for_every_copy_of_its_cookie(house: House, ended: str):
    made = access_answers.create_key(house.app, "other", "trader", None)["data"]
    session = house.session(made["key"])
    before = house.door.get("/", headers=session).status_code

    if ended == "signed out":
        house.door.post("/signout", headers=session)
    elif ended == "key revoked":
        access_answers.revoke_key(house.app, made["key_id"])
    else:
        house.clock.moment += timedelta(hours=12)

    assert before == 200
    assert house.door.get("/", headers=session).status_code == 303
    assert house.door.get("/api/v1/portfolios", headers=session).status_code == 401


def test_signing_out_without_a_session_changes_nothing(house: House):
    left = house.door.post("/signout")

    assert (left.status_code, left.headers["location"]) == (303, "/signin")
    assert house.sign_in(house.key).status_code == 303
