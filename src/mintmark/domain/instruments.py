"""Instruments and what trading them costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any, Literal, TypeVar

from mintmark.domain.errors import Refused

AssetClass = Literal["index", "equity", "etf", "fx", "crypto", "commodity"]
PriceBasis = Literal["mid", "bid", "last"]
FinancingMode = Literal["none", "points", "money", "percent", "interval", "funding"]
TradeMode = Literal["full", "long_only", "short_only", "close_only", "disabled"]


@dataclass(frozen=True)
class CostProfile:
    """What a fill and a night cost. Rates follow simulation section 3.

    ``fee_bps``, ``per_lot``, ``per_unit``, ``per_deal`` are charged on each side and added up, then ``minimum``,
    then ``cap_fraction`` of the notional. Financing rates: negative means the account pays. ``interval`` financing
    counts its rates in basis points of the entry notional: once at the opening, then per full interval.
    """

    fee_bps: Decimal = Decimal(0)
    per_lot: Decimal = Decimal(0)
    per_deal: Decimal = Decimal(0)
    per_unit: Decimal = Decimal(0)
    minimum: Decimal = Decimal(0)
    cap_fraction: Decimal | None = None
    slippage: Literal["none", "fixed_bps", "random"] = "none"
    slippage_size: Decimal = Decimal(0)
    financing: FinancingMode = "none"
    financing_long: Decimal = Decimal(0)
    financing_short: Decimal = Decimal(0)
    triple_day: int | None = 2
    borrow_bps_per_year: Decimal = Decimal(0)
    financing_opening_bps: Decimal = Decimal(0)
    financing_interval_hours: int = 4


@dataclass(frozen=True)
class Instrument:
    """What may be traded, in which steps, and at which cost.

    Sizes are in lots (units where ``contract_size`` is 1); ``spread_ticks`` holds
    where the bars have no spread of their own; ``rollover_time`` is HH:MM in ``rollover_zone``.
    """

    symbol: str
    asset_class: AssetClass
    currency: str
    tick: Decimal
    contract_size: Decimal
    size_min: Decimal
    size_step: Decimal
    size_max: Decimal
    price_basis: PriceBasis
    spread_ticks: Decimal
    costs: CostProfile
    shortable: bool
    leverage: Decimal
    calendar: str
    rollover_time: str
    rollover_zone: str
    stops_level: int = 0
    freeze_level: int = 0
    trade_mode: TradeMode = "full"


@dataclass(frozen=True)
class _Class:
    tick: str
    contract: str
    size_min: str
    size_max: str
    basis: PriceBasis
    spread_ticks: str
    costs: CostProfile
    shortable: bool
    leverage: str
    calendar: str
    rollover: tuple[str, str]


_NEW_YORK = ("17:00", "America/New_York")
_SHARES = _Class(
    "0.01", "1", "0.01", "1000000", "last", "0",
    CostProfile(fee_bps=Decimal("2"), borrow_bps_per_year=Decimal("100")),
    True, "1", "XNYS", _NEW_YORK,
)  # fmt: skip
_CLASSES: Mapping[str, _Class] = {
    "index": _SHARES,
    "equity": _SHARES,
    "etf": _SHARES,
    "fx": _Class(
        "0.00001", "100000", "0.01", "100", "mid", "10",
        CostProfile(fee_bps=Decimal("0.35"), financing="percent",
                    financing_long=Decimal(-1), financing_short=Decimal(-1)),
        True, "30", "24x5", _NEW_YORK,
    ),
    "crypto": _Class(
        "0", "1", "0.000001", "1000000", "last", "0",
        CostProfile(fee_bps=Decimal("10"), triple_day=None),
        False, "1", "24x7", ("00:00", "UTC"),
    ),
    "commodity": _Class(
        "0.01", "1", "0.01", "100000", "mid", "0",
        CostProfile(fee_bps=Decimal("3"), financing="percent",
                    financing_long=Decimal(-3), financing_short=Decimal(-3)),
        True, "10", "24x5", _NEW_YORK,
    ),
}  # fmt: skip


def require_share(share: Decimal) -> None:
    """Raise ``bad_value`` where the share of a bar's volume that may be traded is not above 0 and at most 1."""
    if not (share.is_finite() and 0 < share <= 1):
        message = f"expected max_bar_participation above 0 and at most 1, found {share}"
        raise Refused(message, code="bad_value", field="max_bar_participation", value=str(share))


ASSET_CLASSES: tuple[str, ...] = tuple(_CLASSES)


def default_instrument(symbol: str, asset_class: str, currency: str, calendar: str | None = None) -> Instrument:
    """Return the instrument its asset class implies (research section 7).

    Raises:
        Refused: ``invalid_request`` for an unknown asset class.
    """
    if asset_class not in _CLASSES:
        raise Refused(f"expected an asset class of {', '.join(_CLASSES)}, found {asset_class!r}")
    found = _CLASSES[asset_class]
    yen = asset_class == "fx" and currency == "JPY"
    return Instrument(
        symbol=symbol,
        asset_class=asset_class,  # type: ignore[arg-type]
        currency=currency,
        tick=Decimal("0.001") if yen else Decimal(found.tick),
        contract_size=Decimal(found.contract),
        size_min=Decimal(found.size_min),
        size_step=Decimal(found.size_min),
        size_max=Decimal(found.size_max),
        price_basis=found.basis,
        spread_ticks=Decimal(found.spread_ticks),
        costs=found.costs,
        shortable=found.shortable,
        leverage=Decimal(found.leverage),
        calendar=calendar or found.calendar,
        rollover_time=found.rollover[0],
        rollover_zone=found.rollover[1],
    )


def as_json(instrument: Instrument) -> dict[str, Any]:
    """Return the instrument as JSON values: Decimals as text."""
    plain = {f.name: _plain(getattr(instrument, f.name)) for f in fields(instrument)}
    plain["costs"] = {f.name: _plain(getattr(instrument.costs, f.name)) for f in fields(CostProfile)}
    return plain


def from_json(given: Mapping[str, Any]) -> Instrument:
    """Return the instrument ``as_json`` wrote."""
    base = default_instrument(given["symbol"], given["asset_class"], given["currency"], given["calendar"])
    return with_changes(base, {key: value for key, value in given.items() if key not in ("symbol", "asset_class")})


def with_changes(instrument: Instrument, given: Mapping[str, Any]) -> Instrument:
    """Return ``instrument`` with the fields of ``given`` in place of its own.

    Raises:
        Refused: ``invalid_request`` naming an unknown field or a value of the wrong kind.
    """
    costs = given.get("costs", {})
    if not isinstance(costs, Mapping):
        raise Refused(f"expected the fields of a cost profile at costs, found {costs!r}", path="costs")
    changed = _changed(instrument, {key: value for key, value in given.items() if key != "costs"}, "")
    return replace(changed, costs=_changed(instrument.costs, costs, "costs."))


_Record = TypeVar("_Record", Instrument, CostProfile)


def _changed(record: _Record, given: Mapping[str, Any], path: str) -> _Record:
    kinds = {f.name: str(f.type) for f in fields(record)}
    values = {}
    for key, value in given.items():
        if key not in kinds:
            raise Refused(f"unknown field {path}{key}; allowed: {', '.join(sorted(kinds))}", path=path + key)
        values[key] = _typed(kinds[key], value, path + key)
    return replace(record, **values)


def _typed(kind: str, value: Any, path: str) -> Any:
    if "Decimal" not in kind or value is None:
        return value
    try:
        return Decimal(str(value))
    except ArithmeticError as error:
        raise Refused(f"expected a number at {path}, found {value!r}", path=path) from error


def _plain(value: Any) -> Any:
    return format(value, "f") if isinstance(value, Decimal) else value
