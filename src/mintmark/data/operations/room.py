"""The front of the data room."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from numpy.random import default_rng

from mintmark.data.actions import Action
from mintmark.data.macro import MacroDeclared
from mintmark.data.macro_files import MacroColumns
from mintmark.data.operations.dead_letters import DeadLetters
from mintmark.data.operations.fetching import Fetching, Progress
from mintmark.data.operations.harvesting import Harvesting
from mintmark.data.operations.intake import Intake, declare, file_bytes
from mintmark.data.operations.packing import Packing, Restatement, restatement
from mintmark.data.operations.records import Records
from mintmark.data.operations.sampling import Sampling
from mintmark.data.operations.shelf import Shelf
from mintmark.data.operations.states import PackStates
from mintmark.data.operations.usage import Usage
from mintmark.data.pack import Pack
from mintmark.data.providers.aliases import Aliases
from mintmark.data.providers.door import ProviderAccess, Uniform
from mintmark.data.providers.exchange import open_exchange
from mintmark.data.quotas import quotas
from mintmark.data.series import Series, known_timeframe
from mintmark.data.tables import stored_actions, stored_series
from mintmark.data.valuation import POLICY_CALENDARS, Needs
from mintmark.domain import Clock, Refused, Timeframe
from mintmark.runtime import declare as declare_metric
from mintmark.runtime import mark_span, observe, span
from mintmark.store import Blobs, Database

KEPT_OPEN = 4
BUILD_SECONDS = "mintmark_pack_build_seconds"

declare_metric(
    BUILD_SECONDS, "Seconds to build or restate a pack that values.", summary=True, policy=tuple(POLICY_CALENDARS)
)


class DataRoom:
    """Market data in, packs out.

    ``stablecoins_as_usd`` reads USDT and USDC as USD when a pack is sealed; the manifest says so.
    ``exchanges`` gives the client of an exchange by its name, ``accesses`` how a provider is reached where its key
    is set, ``aliases`` what providers call our symbols; ``random`` spreads the waits between tries.
    ``fmp_monthly_bytes``: the bandwidth of the plan there.
    """

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        clock: Clock,
        *,
        stablecoins_as_usd: bool = True,
        exchanges: Callable[[str], Any] = open_exchange,
        accesses: Callable[[str], ProviderAccess | None] = lambda _: None,
        aliases: Mapping[str, Mapping[str, str]] | None = None,
        random: Callable[[], Uniform] = lambda: default_rng(0),
        fmp_monthly_bytes: int = 500_000_000,
    ) -> None:
        self._database = database
        self._clock = clock
        self._shelf = Shelf(database, blobs)
        self._intake = Intake(database, self._shelf, clock)
        self._fetching = Fetching(database, self._shelf, self._intake, clock, exchanges)
        self.records = Records(database, blobs, self._shelf, clock)
        self._packing = Packing(
            database, blobs, self._shelf, self.records, clock, stablecoins_as_usd=stablecoins_as_usd
        )
        self.letters = DeadLetters(database, clock)
        self.harvesting = Harvesting(
            self._intake,
            self.records,
            self.letters,
            clock,
            accesses,
            Aliases(aliases or {}),
            random,
            Usage(database, clock),
            quotas(fmp_monthly_bytes),
        )
        self._sampling = Sampling(database, self._intake, self.records, self._packing)
        self._opened = lru_cache(maxsize=KEPT_OPEN)(self._packing.open)
        self.states = PackStates(database, clock, self._opened)

    def import_file(
        self,
        path: Path | str,
        *,
        symbol: str,
        timeframe: Timeframe | str,
        asset_class: str,
        source: str,
        currency: str | None = None,
        instrument_file: Path | str | None = None,
        layout: str = "auto",
        timezone: str | None = None,
        calendar: str | None = None,
        rights: str = "research_only",
        start: date | None = None,
        drop: Sequence[str] = (),
        price_basis: str = "raw",
    ) -> dict[str, Any]:
        """Judge the bars of a CSV, JSON or parquet file and store them; return the quality report.

        Safe to run again: the same file changes nothing. A series of the same symbol and timeframe is
        replaced; sealed packs keep the old one. Leaves on a refusal: nothing.
        Refuses: ``not_found``, ``layout_unknown``, ``layout_ambiguous``, ``timezone_required``, and the
        codes of ``data.rules`` with their rows in ``details.problems``.
        """
        declared = declare(
            symbol,
            timeframe,
            asset_class,
            source,
            currency=currency,
            calendar=calendar,
            rights=rights,
            price_basis=price_basis,
            instrument_file=None if instrument_file is None else Path(instrument_file),
        )
        content = file_bytes(Path(path))
        return self._intake.take_file(content, declared, layout=layout, timezone=timezone, start=start, drop=drop)

    def fetch(
        self,
        exchange: str,
        symbol: str,
        timeframe: Timeframe | str,
        since: date,
        until: date | None = None,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Fetch public bars of an exchange and store them with what was held; return the quality report.

        ``progress`` gets a share from 0 to 1 and a step. A second call goes on where the first ended.
        Raises: ``provider_failed``, ``provider_timeout``: no series was changed.
        """
        return self._fetching.fetch(exchange, symbol, timeframe, since, until, progress)

    def sample(self) -> dict[str, Any]:
        """Store the series bundled with ``arch`` and seal them as of 2018-12-31; twice changes nothing.

        Refuses: ``sample_unavailable``, ``series_exists`` when another source holds one of its names.
        """
        return self._sampling.sample()

    def portfolio_sample(self) -> dict[str, Any]:
        """Store the bundled shares and macro series and seal the packs of two days; see ``Sampling``."""
        return self._sampling.portfolio_sample()

    def import_macro(self, path: Path | str, columns: MacroColumns, declared: MacroDeclared) -> list[dict[str, Any]]:
        """Store the macro series of a CSV, JSON or parquet file; ``declared`` tells of all of them but their names.

        Safe to run again. Leaves on a refusal: nothing.
        Refuses: ``not_found``, ``layout_unknown``, ``wrong_type`` with line and column, ``duplicate_period``.
        """
        return self.records.macro_file(file_bytes(Path(path)), columns, declared)

    def import_fundamentals(
        self, path: Path | str, *, source: str, rights: str, currency: str, scale: Decimal
    ) -> dict[str, Any]:
        """Store the reported figures of a CSV, JSON or parquet file, all or none; see ``read_fundamentals``."""
        content = file_bytes(Path(path))
        return self.records.fundamentals(content, source=source, rights=rights, currency=currency, scale=scale)

    def import_news(self, path: Path | str, *, source: str, rights: str) -> dict[str, Any]:
        """Store the headlines of a CSV, JSON or parquet file, all or none; see ``read_news``."""
        return self.records.news(file_bytes(Path(path)), source=source, rights=rights)

    def actions(
        self, path: Path | str, *, source: str | None = None, announce_lead_days: int | None = None
    ) -> dict[str, Any]:
        """Store the splits and dividends of a CSV in the place of all that was held for their symbols."""
        file = Path(path)
        return self._intake.take_actions(file_bytes(file), source or f"file:{_plain_name(file)}", announce_lead_days)

    def known_actions(self, symbol: str) -> list[Action]:
        """Return the splits and dividends of ``symbol`` that were imported, oldest first."""
        with self._database.read() as connection:
            return [action for action in stored_actions(connection) if action.symbol == symbol]

    def series(self) -> list[dict[str, Any]]:
        """Return the series held now, with what matters of their quality."""
        with self._database.read() as connection:
            return [_line(one) for one in stored_series(connection)]

    def quality(self, symbol: str, timeframe: Timeframe | str) -> dict[str, Any]:
        """Return the quality report of a series; refuses ``not_found``."""
        wanted = known_timeframe(str(timeframe))
        with self._database.read() as connection:
            found = stored_series(connection, symbol, wanted.value)
        if not found:
            message = f"there is no series {symbol} {wanted.value}: see `mintmark data list`"
            raise Refused(message, code="not_found", symbol=symbol, timeframe=wanted.value)
        return dict(found[0].quality)

    def seal(self, as_of: date, policy: str) -> dict[str, Any]:
        """Seal all that was known at ``as_of``; see ``Packing.seal``."""
        return self._packing.seal(as_of, policy)

    def build(self, as_of: date, policy: str, needs: Iterable[Needs] = ()) -> dict[str, Any]:
        """Seal the pack of a day that portfolios are valued by, and judge it by what they need.

        Safe to run again: the same content gives the same id. Refuses: as ``seal``; ``not_a_valuation_policy``.
        """
        return self._built(as_of, _valuation_policy(policy), needs, None)

    def restate(
        self, as_of: date, policy: str, *, reason: str, text: str, actor: str, needs: Iterable[Needs] = ()
    ) -> dict[str, Any]:
        """Seal the day of a pack again with what is known of it now; the version before is superseded.

        Refuses: ``restatement_reason_required`` without a reason of ``RESTATEMENT_REASONS`` and a text.
        """
        why = restatement(reason, text, actor)
        return self._built(as_of, _valuation_policy(policy), needs, why)

    def _built(self, as_of: date, policy: str, needs: Iterable[Needs], why: Restatement | None) -> dict[str, Any]:
        begun = time.monotonic()
        with span("pack.build", asof_date=as_of.isoformat(), policy=policy):
            record = self._judged(self._packing.seal(as_of, policy, restatement=why), needs)
            mark_span(pricing_pack_id=record["pack_id"])
        with self._database.write() as connection:
            observe(connection, BUILD_SECONDS, time.monotonic() - begun, policy=policy)
        return record

    def _judged(self, record: dict[str, Any], needs: Iterable[Needs]) -> dict[str, Any]:
        state = self.states.judge(record["pack_id"], needs)
        holds = [hold.as_json() for hold in state.holds]
        return {**record, "status": state.status, "missing": list(state.missing), "holds": holds}

    def opened(self, pack_id: str) -> Pack:
        """Return a pack opened once in this process and then kept; as ``open``."""
        return self._opened(pack_id)

    def packs(self) -> list[dict[str, Any]]:
        """Return all packs, newest as-of first."""
        return self._packing.packs()

    def manifest(self, pack_id: str) -> dict[str, Any]:
        """Return the manifest of a pack; refuses ``not_found``."""
        return self._packing.manifest(pack_id)

    def pack_quality(self, pack_id: str) -> list[dict[str, Any]]:
        """Return the quality report of each series of a pack."""
        return [one["quality"] for one in self._packing.manifest(pack_id)["series"]]

    def verify(self, pack_id: str) -> dict[str, Any]:
        """Compute every hash of a pack again; raises ``pack_damaged``."""
        return self._packing.verify(pack_id)

    def open(self, pack_id: str) -> Pack:
        """Open a pack as arrays; refuses ``not_found``, raises ``pack_damaged``."""
        return self._packing.open(pack_id)

    def newest(self, symbols: Sequence[str] | None = None, timeframe: Timeframe | str | None = None) -> str | None:
        """Return the id of the newest live pack that gives bars of ``timeframe`` for all ``symbols``, or None."""
        return self._packing.newest(symbols, None if timeframe is None else known_timeframe(str(timeframe)))

    def held(self) -> list[str]:
        """Return each series that live packs hold, as symbol and timeframe, in order."""
        return self._packing.held()


def _valuation_policy(policy: str) -> str:
    if policy not in POLICY_CALENDARS:
        allowed = ", ".join(POLICY_CALENDARS)
        message = f"expected a policy portfolios are valued by, {allowed}, found {policy!r}"
        raise Refused(message, code="not_a_valuation_policy", policy=policy)
    return policy


def _plain_name(path: Path) -> str:
    return "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in path.stem)[:50]


def _line(series: Series) -> dict[str, Any]:
    same = ("symbol", "asset_class", "currency", "calendar", "price_basis", "volume_kind", "source", "rights")
    return {
        **{name: getattr(series, name) for name in same},
        "timeframe": series.timeframe.value,
        **{name: series.quality[name] for name in ("rows", "first", "last", "completeness")},
        "warnings": [warning["code"] for warning in series.quality["warnings"]],
        "sha256": series.quality["sha256"],
    }
