"""What providers give becomes series, actions, figures and headlines; what fails waits among the dead letters."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from mintmark.data.macro import macro_frame
from mintmark.data.operations.dead_letters import DeadLetter, DeadLetters
from mintmark.data.operations.intake import Intake, declare
from mintmark.data.operations.records import Records
from mintmark.data.operations.usage import Usage
from mintmark.data.providers.aliases import Aliases
from mintmark.data.providers.door import ProviderAccess, ProviderDoor, Uniform, opened
from mintmark.data.quotas import Quota
from mintmark.domain import Clock, MintmarkError, ProviderFailed, Refused, Timeframe, canonical_json, from_iso

QUEUE = "provider"
KINDS: Mapping[str, tuple[str, ...]] = {
    "fmp": ("fundamentals",),
    "polygon": ("bars", "actions"),
    "fred": ("macro",),
    "newsapi": ("news",),
}


def request_key(job: Mapping[str, Any], day: date) -> str:
    """Return the key of a job on a day: the same one lies in the queue once."""
    return hashlib.sha256(canonical_json({"job": dict(job), "day": day})).hexdigest()


class Harvesting:
    """Asks providers and stores what they answer, validated; a failure stores nothing.

    ``accesses`` gives how each provider with a key is reached. A job is plain JSON without any secret: provider, kind,
    symbol and what the kind needs besides.
    """

    def __init__(
        self,
        intake: Intake,
        records: Records,
        letters: DeadLetters,
        clock: Clock,
        accesses: Callable[[str], ProviderAccess | None],
        aliases: Aliases,
        random: Callable[[], Uniform],
        usage: Usage,
        quotas: Mapping[str, Quota],
    ) -> None:
        self._intake = intake
        self._records = records
        self._letters = letters
        self._clock = clock
        self._accesses = accesses
        self._aliases = aliases
        self._random = random
        self._usage = usage
        self._quotas = quotas

    def run(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """Do ``job`` now; what fails after its last try goes to the dead letters, named in the error.

        Refuses: ``provider_key_missing``, ``symbol_unmapped``, and what the provider does not have.
        Raises: ``provider_failed``, ``provider_timeout``, ``circuit_open``.
        """
        try:
            return self.act(job)
        except ProviderFailed as error:
            key = request_key(job, self._clock.now().date())
            self._letters.put(QUEUE, key, job, f"{error.code}: {error.message}")
            error.details["dead_letter"] = key
            raise

    def replay(self, key: str) -> DeadLetter:
        """Do the job of a dead letter again, whenever; one that is done is not done twice.

        Raises: ``provider_failed`` when it fails again, saying why; the letter has then failed once more.
        """
        letter = self._letters.retry(key, self._again, by_hand=True)
        if letter.status != "done":
            message = f"the replay failed: {letter.last_error}"
            raise ProviderFailed(message, dead_letter=key, attempts=letter.attempts, status=letter.status)
        return letter

    def retry_due(self) -> list[DeadLetter]:
        """Do the jobs whose time to be tried again has come; return how each letter stands then."""
        return [self._letters.retry(key, self._again) for key in self._letters.due(QUEUE)]

    def _again(self, job: Mapping[str, Any]) -> None:
        try:
            self.act(job)
        except MintmarkError as error:
            raise ProviderFailed(f"{error.code}: {error.message}", code=error.code) from error

    def act(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """Do ``job``, leaving the dead letters alone."""
        provider, kind = str(job.get("provider")), str(job.get("kind"))
        if kind not in KINDS.get(provider, ()):
            known = "; ".join(f"{name}: {', '.join(kinds)}" for name, kinds in KINDS.items())
            raise Refused(f"expected a provider and what it gives ({known}), found {provider} {kind}", path="kind")
        access = self._accesses(provider)
        if access is None:
            message = f"{provider} needs a key: set MINTMARK_PROVIDERS__{provider.upper()}_KEY"
            raise Refused(message, code="provider_key_missing", provider=provider)
        return asyncio.run(self._asked(access, kind, job))

    async def _asked(self, access: ProviderAccess, kind: str, job: Mapping[str, Any]) -> dict[str, Any]:
        symbol = str(job["symbol"])
        ticker = self._aliases.name_at(access.name, symbol)
        quota, period = self._quota(access.name)
        warnings: list[dict[str, Any]] = []
        async with opened(access, self._random()) as door:
            try:
                found = await _ACTS[kind](self, door, ticker, symbol, job)
            finally:
                self._usage.note(access.name, door.answered)
                if quota is not None:
                    amount = door.requests if quota.unit == "requests" else door.bytes_read
                    warnings = quota.warnings(self._usage.add(access.name, period, amount))
        told = {"warnings": warnings} if warnings else {}
        return {"provider": access.name, "kind": kind, "symbol": symbol, "bytes": door.bytes_read, **found, **told}

    def _quota(self, provider: str) -> tuple[Quota | None, str]:
        quota = self._quotas.get(provider)
        if quota is None:
            return None, ""
        period = quota.period_of(self._clock.now())
        used = self._usage.used(provider, period)
        if quota.ended(used):
            limit = int(quota.stops * quota.most)
            message = (
                f"{provider} is not asked any more this {quota.period}: {used} of {quota.most} {quota.unit} are used"
            )
            raise Refused(message, code="provider_quota", provider=provider, observed=used, limit=limit)
        return quota, period

    async def _bars(self, door: ProviderDoor, ticker: str, symbol: str, job: Mapping[str, Any]) -> dict[str, Any]:
        from mintmark.data.providers import polygon

        first, last = date.fromisoformat(job["since"]), date.fromisoformat(job["until"])
        frame = await polygon.daily_bars(door, ticker, first, last)
        declared = declare(
            symbol, Timeframe.D1, str(job.get("asset_class", "equity")), polygon.NAME, rights=polygon.RIGHTS
        )
        report = self._intake.take_frame(frame, declared, volume_kind="shares")
        return {name: report[name] for name in ("rows", "first", "last", "stored")}

    async def _actions(self, door: ProviderDoor, ticker: str, symbol: str, _job: Mapping[str, Any]) -> dict[str, Any]:
        from mintmark.data.providers import polygon

        return self._intake.keep_actions(await polygon.actions(door, ticker, symbol))

    async def _macro(self, door: ProviderDoor, ticker: str, symbol: str, job: Mapping[str, Any]) -> dict[str, Any]:
        from mintmark.data.providers import fred

        declared, rows, released = await fred.series(door, ticker, vintages=bool(job.get("vintages", False)))
        named = replace(declared, name=symbol)
        record = self._records.take_macro(named, *macro_frame(named, rows, released))
        return {name: record[name] for name in ("unit", "frequency", "rows", "first", "last", "dropped", "stored")}

    async def _fundamentals(
        self, door: ProviderDoor, ticker: str, symbol: str, job: Mapping[str, Any]
    ) -> dict[str, Any]:
        from mintmark.data.providers import fmp

        frequency = "quarterly" if job.get("frequency") == "quarterly" else "annual"
        figures = await fmp.fundamentals(door, ticker, symbol, frequency)  # type: ignore[arg-type]
        currency = next((one.unit for one in figures if one.unit != "fraction"), "USD")
        return self._records.take_fundamentals(figures, source=fmp.NAME, rights=fmp.RIGHTS, currency=currency)

    async def _news(self, door: ProviderDoor, ticker: str, symbol: str, job: Mapping[str, Any]) -> dict[str, Any]:
        from mintmark.data.providers import newsapi

        since = from_iso(job["since"]) if "since" in job else None
        items = await newsapi.headlines(door, ticker, [symbol], since=since)
        return self._records.take_news(items, source=newsapi.NAME, rights=newsapi.RIGHTS)


_ACTS: Mapping[str, Any] = {
    "bars": Harvesting._bars,
    "actions": Harvesting._actions,
    "macro": Harvesting._macro,
    "fundamentals": Harvesting._fundamentals,
    "news": Harvesting._news,
}
