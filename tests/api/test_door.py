"""The outermost layer: ids, sizes, other sites, and what is said when something breaks."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from doors import UNKNOWN, Door, error_of, paths_of

from mintmark.api import create_api
from mintmark.app import MAX_BODY_BYTES, App, open_app

LIMIT = MAX_BODY_BYTES


def test_a_request_keeps_its_id_when_it_is_a_uuid(door: Door):
    asked = str(uuid.uuid4())

    answer = door.get("/health", headers={"X-Request-ID": asked})

    assert answer.headers["x-request-id"] == asked


@pytest.mark.parametrize("asked", ["", "1", "x" * 5000, "not-a-uuid"])
def test_a_request_gets_an_id_when_its_own_is_none(door: Door, asked: str):
    given = door.get("/health", headers={"X-Request-ID": asked}).headers["x-request-id"]

    assert given != asked
    assert str(uuid.UUID(given)) == given


def test_a_body_over_256_kibibytes_is_too_large(door: Door):
    body = error_of(door.post("/api/v1/strategies/validate", json={"yaml": "x" * LIMIT}), 413)

    assert body["error"] == "too_large"


def test_a_body_that_does_not_tell_its_length_is_too_large_too(door: Door):
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"yaml": "'
        for _ in range(20):
            yield b"x" * (LIMIT // 16)
        yield b'"}'

    answer = door.post("/api/v1/strategies/validate", content=chunks(), headers={"Content-Type": "application/json"})

    assert error_of(answer, 413)["error"] == "too_large"


def test_a_body_of_exactly_256_kibibytes_is_read(door: Door):
    frame = len(json.dumps({"yaml": ""}))
    text = json.dumps({"yaml": "x" * (LIMIT - frame)})

    answer = door.post("/api/v1/strategies/validate", content=text, headers={"Content-Type": "application/json"})

    assert len(text) == LIMIT
    assert answer.status_code in (200, 422)
    assert answer.json().get("error") != "too_large"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{", "application/json"),
        (b"[1]", "application/json"),
        (b'"text"', "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"{}", "text/plain"),
        (b'{"yaml": NaN}', "application/json"),
    ],
)
def test_a_body_that_is_no_json_object_is_an_invalid_request(door: Door, content: bytes, kind: str):
    answer = door.post("/api/v1/strategies/validate", content=content, headers={"Content-Type": kind})

    assert error_of(answer, 400)["error"] == "invalid_request"


def test_a_path_nobody_answers_is_not_found(door: Door):
    assert error_of(door.get("/api/v1/nothing"), 404)["error"] == "not_found"


def test_a_method_nobody_answers_says_which_are(door: Door):
    answer = door.put("/api/v1/agent/status")

    assert error_of(answer, 405)["error"] == "method_not_allowed"
    assert answer.headers["allow"] == "GET"


def test_an_unknown_query_key_is_refused_with_its_path(door: Door):
    assert paths_of(error_of(door.get("/api/v1/operations?pae=2"), 400)) == ["pae"]


def test_a_page_of_another_site_may_not_write(door: Door):
    answer = door.post("/api/v1/agent/trigger", headers={"Origin": "http://elsewhere.example"})

    assert error_of(answer, 403)["error"] == "cross_site"
    assert door.get("/api/v1/operations").json()["total_count"] == 0


def test_a_page_of_this_site_may_write(door: Door):
    answer = door.delete(f"/api/v1/operations/{UNKNOWN}", headers={"Origin": "http://testserver"})

    assert error_of(answer, 404)["error"] == "not_found"


def test_a_local_server_answers_to_its_own_names_only(app: App):
    here = Door(create_api(app, hosts=frozenset({"localhost"})), "http://localhost:8000")

    assert here.get("/health").status_code == 200
    assert error_of(here.get("/health", headers={"Host": "rebound.example"}), 403)["error"] == "cross_site"


def test_what_broke_inside_is_not_told(door: Door, app: App, caplog: pytest.LogCaptureFixture):
    class Broken:
        def workers(self):
            raise RuntimeError("SELECT secret FROM /a/path")

    vars(app)["operations"] = Broken()

    body = error_of(door.get("/api/v1/workers"), 500)

    assert body["error"] == "internal"
    assert body["details"] == {}
    assert "secret" not in json.dumps(body)
    assert body["request_id"] in [getattr(record, "request_id", None) for record in caplog.records]


def test_a_database_that_does_not_answer_is_503(tmp_path: Path):
    app = open_app(home=tmp_path / "home")
    _ = app.operations
    (tmp_path / "home" / "mintmark.db").rename(tmp_path / "away.db")
    (tmp_path / "home" / "mintmark.db").mkdir()
    app.database.close()

    for path in ("/health", "/api/v1/operations", "/metrics"):
        body = error_of(Door(create_api(app)).get(path), 503)
        assert body["error"] == "store_unavailable"
        assert str(tmp_path) not in json.dumps(body)
    app.close()


def test_no_answer_names_a_page_of_another_site(door: Door):
    assert error_of(door.get("/docs"), 404)
    assert "http" not in json.dumps(door.get("/openapi.json").json()["paths"])
