"""Every error of the HTTP door as one body, its status from the one table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mintmark.app import invalid_request
from mintmark.domain import Clock, MintmarkError, Refused, iso, outcome_of

_OF_STATUS = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
# What broke inside stays inside: the log has it under the request id.
_SILENT: Mapping[str, str] = {
    "internal": "something broke inside; the log has it under this request id",
    "store_unavailable": "the database does not answer; try again in a moment",
}


class Answer(Response):
    """A JSON body; NaN and Infinity are a fault, not a value."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


class WrittenAnswer(Answer):
    """A body that is written already."""

    def render(self, content: bytes) -> bytes:
        return content


class Faults:
    """Turns errors into answers."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def answer(
        self,
        error: MintmarkError,
        request_id: str,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the error body of ``error``; ``status`` defaults to that of its code."""
        silent = _SILENT.get(error.code)
        body = {
            "error": error.code,
            "message": silent or error.message,
            "details": {} if silent else error.details,
            "request_id": request_id,
            "timestamp": iso(self._clock.now()),
        }
        return Answer(body, status_code=status or outcome_of(error.code).http, headers=headers)

    def of_mintmark(self, request: Request, error: Exception) -> Answer:
        assert isinstance(error, MintmarkError)
        wait = error.details.get("retry_after")
        headers = None if wait is None else {"Retry-After": str(wait)}
        return self.answer(error, request.scope["request_id"], headers=headers)

    def of_validation(self, request: Request, error: Exception) -> Answer:
        assert isinstance(error, RequestValidationError)
        return self.answer(invalid_request(list(error.errors()), skip=1), request.scope["request_id"])

    def of_http(self, request: Request, error: Exception) -> Answer:
        assert isinstance(error, HTTPException)
        code = _OF_STATUS.get(error.status_code, "invalid_request")
        said = {
            404: f"there is nothing at {request.url.path}",
            405: f"{request.method} is not answered at {request.url.path}",
        }.get(error.status_code, str(error.detail))
        refused = Refused(said, code=code)
        return self.answer(refused, request.scope["request_id"], status=error.status_code, headers=error.headers)
