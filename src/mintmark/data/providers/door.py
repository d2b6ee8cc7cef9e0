"""One way to ask a provider: its rate kept, faults tried again, its key told to nobody."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, NamedTuple, Protocol

from mintmark.domain import ProviderFailed

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
WAITS = (1.0, 2.0, 4.0)
LONGEST_WAIT = 60.0
BREAKS_AFTER = 3
BREAKS_SECONDS = 60.0
_SPREAD = 0.2
HIDDEN = "***"
STATUSES = ("ok", "rate_limited", "server_error", "refused", "timeout", "connection")


class Uniform(Protocol):
    """What waits are spread by: a ``numpy.random.Generator``."""

    def uniform(self, low: float, high: float) -> float: ...


@dataclass(frozen=True)
class ProviderAccess:
    """How a provider is reached. ``key_as``: the name of the parameter or header that carries the key."""

    name: str
    base_url: str
    key: str
    key_as: str
    key_in: Literal["parameter", "header", "bearer"]
    per_minute: float
    waits: tuple[float, ...] = WAITS
    read_seconds: float = READ_SECONDS

    def __repr__(self) -> str:
        return f"ProviderAccess({self.name!r}, {self.base_url!r}, key={HIDDEN!r})"


class Answered(NamedTuple):
    """How one request ended, one of ``STATUSES``, and after how many seconds."""

    status: str
    seconds: float


class _Again(Exception):
    """A fault that may pass: 429, 5xx, a timeout, a broken connection."""

    def __init__(self, message: str, *, timeout: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.timeout = timeout
        self.retry_after = retry_after


class _Final(Exception):
    """An answer that asking again will not change."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class ProviderDoor:
    """Asks one provider over one connection; made for one batch of requests by ``opened``."""

    def __init__(self, access: ProviderAccess, client: Any, random: Uniform) -> None:
        from aiolimiter import AsyncLimiter
        from purgatory import AsyncCircuitBreakerFactory

        self.access = access
        self.bytes_read = 0
        self.requests = 0
        self.answered: list[Answered] = []
        self._client = client
        self._random = random
        # A burst of a tenth of a minute's requests, then evenly.
        burst = max(access.per_minute / 10, 1.0)
        self._limiter = AsyncLimiter(burst, 60.0 * burst / access.per_minute)
        self._breakers = AsyncCircuitBreakerFactory(BREAKS_AFTER, BREAKS_SECONDS, exclude=[_Final])

    async def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Any:
        """Return the JSON at ``path``, its numbers exact; tried 4 times in all where the fault may pass.

        Raises:
            ProviderFailed: ``provider_timeout``, ``provider_failed``, ``provider_key_refused``,
                ``provider_answer_invalid``, ``circuit_open`` after three requests in a row have failed.
        """
        from purgatory.domain.model import OpenedState

        name = self.access.name
        breaker = await self._breakers.get_breaker(name)
        try:
            async with breaker:
                return await self._tried(path, dict(parameters or {}))
        except OpenedState as error:
            message = f"{name} failed {BREAKS_AFTER} times in a row and is not asked for {BREAKS_SECONDS:g} s"
            raise ProviderFailed(message, code="circuit_open", provider=name) from error
        except _Final as error:
            raise ProviderFailed(self._scrubbed(f"{name} {error}"), code=error.code, provider=name) from None
        except _Again as error:
            code = "provider_timeout" if error.timeout else "provider_failed"
            message = f"{name} failed {len(self.access.waits) + 1} times: {error}"
            raise ProviderFailed(self._scrubbed(message), code=code, provider=name) from None

    async def _tried(self, path: str, parameters: dict[str, str]) -> Any:
        import stamina

        left = list(self.access.waits)

        def wait(error: Exception) -> bool | float:
            if not isinstance(error, _Again) or not left:
                return False
            usual = left.pop(0) * (1 + self._random.uniform(-_SPREAD, _SPREAD))
            asked = usual if error.retry_after is None else max(error.retry_after, usual)
            return max(min(asked, LONGEST_WAIT), 0.001)

        async for attempt in stamina.retry_context(on=wait, attempts=len(left) + 1, timeout=None):
            with attempt:
                return await self._once(path, parameters)
        raise AssertionError("a retry ends with an answer or an error")

    async def _once(self, path: str, parameters: dict[str, str]) -> Any:
        import httpx

        headers = {}
        if self.access.key_in == "parameter":
            parameters = {**parameters, self.access.key_as: self.access.key}
        else:
            headers[self.access.key_as] = ("Bearer " if self.access.key_in == "bearer" else "") + self.access.key
        async with self._limiter:
            self.requests += 1
            begun = time.monotonic()
            try:
                answer = await self._client.get(path, params=parameters, headers=headers)
            except httpx.TimeoutException as error:
                self._note("timeout", begun)
                raise _Again("it did not answer in time", timeout=True) from error
            except httpx.HTTPError as error:
                self._note("connection", begun)
                raise _Again(f"the connection broke ({type(error).__name__})") from error
        self.bytes_read += len(answer.content)
        self._note(_status(answer.status_code), begun)
        return _read(answer.status_code, answer.headers.get("Retry-After"), answer.content)

    def _note(self, status: str, begun: float) -> None:
        self.answered.append(Answered(status, time.monotonic() - begun))

    def _scrubbed(self, text: str) -> str:
        return text.replace(self.access.key, HIDDEN)[:500] if self.access.key else text[:500]


def _status(code: int) -> str:
    if code == 429:
        return "rate_limited"
    if code >= 500:
        return "server_error"
    return "ok" if code == 200 else "refused"


def _read(status: int, retry_after: str | None, content: bytes) -> Any:
    if status == 429 or status >= 500:
        raise _Again(f"it answered {status}", retry_after=_seconds(retry_after))
    if status in (401, 403):
        raise _Final(f"refused the key ({status})", "provider_key_refused")
    if status != 200:
        raise _Final(f"answered {status}", "provider_failed")
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_no_constant)
    except ValueError as error:
        raise _Final("gave an answer that is no JSON", "provider_answer_invalid") from error


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _seconds(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


@asynccontextmanager
async def opened(access: ProviderAccess, random: Uniform) -> AsyncIterator[ProviderDoor]:
    """Give the door of a provider and close its connection at the end."""
    import httpx

    timeout = httpx.Timeout(access.read_seconds, connect=CONNECT_SECONDS)
    # Without TLS there is no certificate to check, and reading the authorities takes longer than the request.
    checked = not access.base_url.startswith("http:")
    async with httpx.AsyncClient(
        base_url=access.base_url, timeout=timeout, follow_redirects=False, verify=checked, trust_env=checked
    ) as client:
        yield ProviderDoor(access, client, random)


def invalid(provider: str, what: str) -> ProviderFailed:
    """Return the fault of an answer that does not hold what the provider promises."""
    return ProviderFailed(f"{provider} gave {what}", code="provider_answer_invalid", provider=provider)


def validated(provider: str, shape: Any, rows: Any) -> Sequence[Any]:
    """Return each of ``rows`` as ``shape``, a pydantic model; raises ``provider_answer_invalid`` naming the field."""
    from pydantic import ValidationError

    if not isinstance(rows, list):
        raise invalid(provider, f"{type(rows).__name__} where a list was expected")
    try:
        return [shape.model_validate(row) for row in rows]
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise invalid(provider, f"a row whose {where} is wrong: {first['msg']}") from None
