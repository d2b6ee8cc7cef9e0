"""The bodies of the ledger's routes, as the OpenAPI document tells them."""

from __future__ import annotations

from typing import Any, Literal

from mintmark.api.shapes import Json, OpenShape, Shape
from mintmark.app import ImportRequest
from mintmark.ledger import KINDS


class Entry(OpenShape):
    sequence: int
    hash: str
    id: str
    portfolio: str
    kind: str
    date: str
    postings: list[Json]


class Posted(Shape):
    success: Literal[True]
    data: list[Entry]
    ledger_commit_hash: str


class Entries(Shape):
    success: Literal[True]
    data: list[Entry]
    total_count: int
    ledger_commit_hash: str


class OneEntry(OpenShape):
    success: Literal[True]
    data: Entry


class ImportReport(OpenShape):
    rows: int
    entries: int
    existing: int
    assumed_pay_dates: int
    dry_run: bool
    head: str
    lines: list[Json]


class Imported(Shape):
    success: Literal[True]
    data: ImportReport


class Balance(Shape):
    portfolio: str
    account: str
    commodity: str
    units: str


class Balances(Shape):
    success: Literal[True]
    data: list[Balance]
    ledger_commit_hash: str


class Lot(Shape):
    portfolio: str
    id: str
    symbol: str
    acquired: str
    label: str
    units: str
    cost: str
    currency: str
    fx: str | None
    fee: str
    margin: bool


class Lots(Shape):
    success: Literal[True]
    data: list[Lot]
    asof_date: str
    ledger_commit_hash: str


class Holdings(Shape):
    portfolio: str
    base_currency: str
    positions: list[Json]
    cash: dict[str, str]
    unsettled: dict[str, str]
    receivables: list[Json]
    margin: dict[str, str]
    warnings: list[Json]


class Positions(Shape):
    success: Literal[True]
    data: list[Holdings]
    asof_date: str
    ledger_commit_hash: str


class Verification(Shape):
    valid: bool
    entries: int
    head: str
    anchors: int
    first_bad: Json | None
    expected: Json | None


class Verified(Shape):
    success: Literal[True]
    data: Verification


class VerifyingRun(Shape):
    run: str
    done: int
    total: int
    percentage: float
    entries_per_second: float
    duration_seconds: float
    seconds_left: float | None


class VerifyProgress(Shape):
    success: Literal[True]
    data: VerifyingRun


class StoppedRun(Shape):
    run: str
    stopping: Literal[True]


class VerifyStopped(Shape):
    success: Literal[True]
    data: StoppedRun


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _object(needed: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(needed), "additionalProperties": False, "properties": properties}


def _matching(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": pattern}


_TEXT = {**_matching("^[^\\u0000-\\u001f\\u007f-\\u009f]*$"), "maxLength": 250}
_AMOUNT = _matching(r"^-?[0-9]{1,20}(\.[0-9]{1,18})?$")
_COMMODITY = _matching("^[A-Z][A-Z0-9]{1,22}$")
_DAY = {"type": "string", "format": "date"}
_POSTING = _object(
    ("account", "commodity", "units"),
    account=_matching("^[A-Za-z0-9:-]{1,100}$"),
    commodity=_COMMODITY,
    units=_AMOUNT,
    cost=_object(("acquired", "commodity", "total"), acquired=_DAY, commodity=_COMMODITY, label=_TEXT, total=_AMOUNT),
    price={
        "oneOf": [
            _object(("amount", "commodity"), amount=_AMOUNT, commodity=_COMMODITY),
            _object(("total", "commodity"), total=_AMOUNT, commodity=_COMMODITY),
        ]
    },
)
_KINDS = [kind for kind in KINDS if kind != "reversal"]
_ENTRY = _object(
    ("portfolio", "kind", "date"),
    portfolio=_matching("^[A-Z][A-Z0-9-]{0,31}$"),
    kind={"type": "string", "enum": _KINDS},
    date=_DAY,
    happened_at={"type": "string", "format": "date-time"},
    external_id=_TEXT,
    narration=_TEXT,
    source={**_TEXT, "minLength": 1},
    meta={"type": "object", "description": "What the kind needs; amounts are strings."},
    postings={"type": "array", "items": _POSTING, "maxItems": 1000},
)
ENTRIES_BODY = _body(_object(("entries",), entries={"type": "array", "minItems": 1, "maxItems": 1000, "items": _ENTRY}))
IMPORT_BODY = _body(ImportRequest.model_json_schema())
