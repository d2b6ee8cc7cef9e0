"""Exports: four formats with their mark, equal bytes for equal inputs, and nothing a spreadsheet would run."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import pypdf
import pytest

from mintmark.data import Licence, Licensing
from mintmark.domain import Money, Refusal, Refused
from mintmark.portfolio import Exports, Reading, RequestCtx, Services, Wanted, sources_of_export
from mintmark.portfolio.capabilities.reports import AGENT
from mintmark.portfolio.capability import Notes
from mintmark.portfolio.export_gate import ExportGate
from mintmark.portfolio.exports import METADATA, ExportMark, safe_text, sheets_of
from mintmark.portfolio.operations.room import DisplayRights
from mintmark.portfolio.question import FORMATS
from mintmark.store import Blobs, Database, migrate, open_database

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
OWNER, OTHER = UUID(int=1), UUID(int=2)
LEDGER = "d87b2758073f4cf1e10e32beba638ec8b995d38e7ae5129b921924aec20e3e31"
FRED = "Source: FRED, Federal Reserve Bank of St. Louis"
DAYS = [(date(2025, 1, 1) + timedelta(days=at)).isoformat() for at in range(60)]
ANSWER = {
    "result": {
        "perf_strip": {"value": Money(Decimal("47322.9339236758"), "EUR"), "total_return": 0.0196639, "beta": None},
        "valued": {
            "positions": [
                {"symbol": "AAPL", "units": Decimal(100), "value": Money(Decimal("47322.93"), "EUR"), "note": "=2+2"},
                {"symbol": "@SUM", "units": Decimal("-0.5"), "value": Money(Decimal("-12.5"), "EUR"), "note": None},
            ]
        },
        "charts": {"nav": {"day": DAYS, "nav": [100.0 + at for at in range(60)]}},
    },
    "undefined": {"perf_strip.beta": "rf_missing"},
}
CTX = RequestCtx(
    pricing_pack_id="PP_2014-06-06_EOD_v1",
    pack_sha256="ab" * 32,
    ledger_commit_hash=LEDGER,
    trace_id="1" * 32,
    user_id=OWNER,
    request_id="0f0e0d0c-0000-4000-8000-000000000001",
    timestamp=NOW,
    asof_date=date(2014, 6, 6),
    policy="EOD",
    rights_profile="default",
    require_fresh=True,
)
FOOTER = "Pack:PP_2014-06-06_EOD_v1 • Ledger:d87b2758073f • 2026-03-01T12:30:00Z"


class Standing:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[Exports, Licensing, Standing]]:
    """Exports over a new store, the rights behind them, and their clock."""
    database: Database = open_database(f"sqlite:///{tmp_path / 'mintmark.db'}")
    migrate(database)
    clock = Standing()

    def no_manifest(pack_id: str) -> dict[str, Any]:
        raise Refused(f"there is no pack {pack_id}", code="not_found")

    licensing = Licensing(database, clock, no_manifest)
    yield Exports(database, Blobs(tmp_path / "blobs", database), clock, licensing, "0.9.0"), licensing, clock
    database.close()


def wanted(form: str = "json", *sources: str, key: str = "r:1") -> Wanted:
    return Wanted(ANSWER, form, CTX, "portfolio_overview", "Growth", sources or ("fred:DGS10", "sample:arch"), key)


def exported(house: tuple[Exports, Licensing, Standing], form: str) -> bytes:
    made = house[0].export(wanted(form, key=form))
    assert isinstance(made, dict)
    return house[0].fetch(OWNER, UUID(made["artifact_id"])).content


def test_a_json_export_is_the_answer_with_what_it_says_of_itself(house):
    body = json.loads(exported(house, "json"))

    assert body["result"]["perf_strip"]["value"] == {"amount": "47322.9339236758", "currency": "EUR"}
    assert body["undefined"] == {"perf_strip.beta": "rf_missing"}
    said = body[METADATA]
    assert set(said) == {
        "exported_at", "exported_by", "format", "sources", "attributions", "watermarks", "pattern_id", "request_id",
        "mark",
    }  # fmt: skip
    assert said["attributions"] == [FRED, "Sample data of the Python package arch"]
    assert said["watermarks"] == ["SAMPLE DATA"]
    assert said["mark"]["ledger_commit_hash"] == LEDGER
    assert said["exported_at"] == "2026-03-01T12:30:00Z"


def test_a_csv_export_begins_with_its_mark_and_keeps_every_digit(house):
    text = exported(house, "csv").decode()

    head = text.split("\n\n")[0].splitlines()
    assert all(line.startswith("# ") for line in head)
    assert f"# attribution: {FRED}" in head
    assert "# watermark: SAMPLE DATA" in head
    table = text.split("# table: valued.positions\n")[1].split("\n\n")[0]
    rows = list(csv.reader(io.StringIO(table)))
    assert rows[0] == ["symbol", "units", "value", "value.currency", "note"]
    assert rows[1] == ["AAPL", "100", "47322.93", "EUR", "'=2+2"]
    assert rows[2] == ["'@SUM", "-0.5", "-12.5", "EUR", ""]


def test_a_workbook_has_its_mark_on_a_sheet_and_no_formula(house):
    book = openpyxl.load_workbook(io.BytesIO(exported(house, "xlsx")))

    marked = {row[0].value: row[1].value for row in book["Mark"].iter_rows()}
    assert marked["mark.ledger_commit_hash"] == LEDGER
    assert marked["watermark"] == "SAMPLE DATA"
    positions = book["valued.positions"]
    assert [cell.value for cell in positions[2]] == ["AAPL", 100, 47322.93, "EUR", "'=2+2"]
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert [cell.value for cell in book["undefined"][2]] == ["perf_strip.beta", "rf_missing"]


def test_a_number_no_cell_could_hold_stays_text_digit_for_digit(house):
    book = openpyxl.load_workbook(io.BytesIO(exported(house, "xlsx")))
    long = {"result": {"value": Decimal("123456789012345678.12345")}}

    made = house[0].export(dataclasses.replace(wanted("xlsx"), answer=long, key="long"))
    other = openpyxl.load_workbook(io.BytesIO(house[0].fetch(OWNER, UUID(made["artifact_id"])).content))

    assert book["perf_strip"]["B2"].value == 47322.9339236758
    assert other["values"]["B2"].value == "123456789012345678.12345"


def test_a_pdf_has_its_mark_and_watermark_on_each_page(house):
    many = [{"symbol": f"S{at}", "units": at} for at in range(120)]
    answer = {**ANSWER, "result": {**ANSWER["result"], "valued": {"positions": many}}}
    made = house[0].export(dataclasses.replace(wanted("pdf"), answer=answer))

    pdf = pypdf.PdfReader(io.BytesIO(house[0].fetch(OWNER, UUID(made["artifact_id"])).content))

    assert len(pdf.pages) > 2
    for page in pdf.pages:
        text = page.extract_text()
        assert FOOTER in text
        assert "SAMPLE DATA" in text
        assert FRED in text
        assert 0.3 in [one.get_object().get("/ca") for one in page["/Resources"]["/ExtGState"].values()]


def test_a_pdf_writes_figures_as_the_pages_do_and_no_names_for_machines(house):
    held = {"symbol": "AAPL", "security_id": "00000000-0000-4000-8000-0000000000a1", "weight": "0.9602",
            "cost_base": {"amount": "40000", "currency": "EUR"}}  # fmt: skip
    answer = {**ANSWER, "result": {"perf_strip": {"twr": -0.0312}, "strip": {"twr": 0.1}, "valued": [held]}}

    made = house[0].export(dataclasses.replace(wanted("pdf"), answer=answer))

    pages = pypdf.PdfReader(io.BytesIO(house[0].fetch(OWNER, UUID(made["artifact_id"])).content)).pages
    text = " ".join(page.extract_text() for page in pages)
    assert all(said in text for said in ("Time-weighted return", "−3.12%", "96.02%", "40,000.00 EUR", "Cost in base"))
    assert held["security_id"] not in text


@pytest.mark.parametrize("form", FORMATS)
def test_equal_answers_at_one_time_give_equal_bytes(house, form: str):
    first = house[0].export(wanted(form, key="one"))
    second = house[0].export(wanted(form, key="two"))

    assert first["artifact_id"] != second["artifact_id"]
    assert first["sha256"] == second["sha256"]


def test_an_export_tried_again_is_the_same_artifact(house):
    first = house[0].export(wanted("pdf"))
    house[2].moment += timedelta(minutes=1)

    assert house[0].export(wanted("pdf")) == first


@pytest.mark.parametrize(
    ("sources", "blocked"),
    [
        (("ledger", "newsapi"), ["newsapi"]),
        (("fmp", "ledger", "newsapi"), ["fmp", "newsapi"]),
        (("acme",), ["acme"]),
    ],
)
def test_what_the_sources_forbid_leaves_no_file_and_one_violation(house, tmp_path: Path, sources, blocked):
    refused = house[0].export(wanted("pdf", *sources))

    assert isinstance(refused, Refusal)
    assert refused.code == "export_not_permitted"
    assert refused.details["blocked_sources"] == blocked
    assert [one["sources"] for one in house[1].violations()] == [blocked]
    assert list((tmp_path / "blobs").rglob("*")) == []


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_can_be_asked_for_its_sources(house, form: str):
    assert sources_of_export(exported(house, form)) == ["fred:DGS10", "sample:arch"]


@pytest.mark.parametrize("content", [b"", b"{}", b"%PDF-1.4", b"PK\x03\x04", b"a,b\n1,2\n", b"\xff\xfe"])
def test_a_file_without_a_mark_says_so(content: bytes):
    with pytest.raises(Refused) as caught:
        sources_of_export(content)

    assert caught.value.code == "no_export_mark"


def test_figures_without_a_source_do_not_leave(house):
    refused = house[0].export(dataclasses.replace(wanted("json"), sources=()))

    assert isinstance(refused, Refusal)
    assert refused.details["blocked_sources"] == ["pack:PP_2014-06-06_EOD_v1"]


def test_an_artifact_is_its_owners_for_thirty_days(house):
    exports, _, clock = house
    artifact_id = UUID(exports.export(wanted())["artifact_id"])

    for user, late in ((OTHER, timedelta()), (OWNER, timedelta(days=30))):
        clock.moment = NOW + late
        with pytest.raises(Refused) as caught:
            exports.fetch(user, artifact_id)
        assert caught.value.code == "not_found"
    clock.moment = NOW + timedelta(days=29, hours=23)
    assert exports.fetch(OWNER, artifact_id).file_name.startswith("portfolio_overview_")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(start: str):
    assert safe_text(f"{start}cmd()") == f"'{start}cmd()"


def test_series_become_columns_and_nothing_of_an_answer_is_lost():
    sheets = {sheet.name: sheet for sheet in sheets_of(ANSWER)}

    assert list(sheets) == ["perf_strip", "valued.positions", "charts.nav", "undefined"]
    assert sheets["charts.nav"].rows[0] == ("2025-01-01", 100.0)
    assert sheets["perf_strip"].rows[2] == ("beta", None, "")


def test_attributions_and_watermarks_are_carried_once():
    mark = ExportMark(NOW, "me", "json", ("a",), ("x", "x", "y"), ("A", "B", "A"), "p", "r")

    assert mark.watermark == "A | B"
    assert mark.as_json()["attributions"] == ["x", "y"]


def test_the_agent_renders_with_the_sources_of_what_it_was_given(house):
    reading = Reading(
        ctx=CTX,
        pack=None,
        ledger=None,
        reads=type("Nothing", (), {"sources": ()})(),
        services=Services(house[2], {ExportGate: house[0]}),
        notes=Notes(),
        idempotency_key="r:report",
        inherited=("ledger", "sample:arch"),
    )
    capability = next(one for one in AGENT.capabilities if one.name == "reports.render_pdf")
    parts: dict[str, Any] = {"valued": ANSWER["result"]["valued"], "regime": None}
    arguments = capability.arguments(title="Growth", parts=parts)

    report = capability.run(reading, arguments)
    refused = capability.run(dataclasses.replace(reading, inherited=("newsapi",)), arguments)

    assert capability.effects
    assert report.format == "pdf"
    assert house[0].fetch(OWNER, UUID(report.artifact_id)).content.startswith(b"%PDF")
    assert refused.code == "export_not_permitted"


def test_the_id_of_an_old_request_brings_no_file_of_another_and_none_of_another_answer(house):
    exports, other = house[0], dataclasses.replace(CTX, user_id=OTHER)
    first = exports.export(wanted())

    changed = exports.export(dataclasses.replace(wanted(), answer={"result": {"value": 1}}))
    anothers = exports.export(dataclasses.replace(wanted(), ctx=other))

    assert len({one["artifact_id"] for one in (first, changed, anothers)}) == 3
    assert json.loads(exports.fetch(OWNER, UUID(changed["artifact_id"])).content)["result"] == {"value": 1}
    assert exports.fetch(OTHER, UUID(anothers["artifact_id"])).content
    assert exports.export(wanted()) == first


def test_the_id_of_an_old_request_does_not_bring_back_its_rights(tmp_path: Path):
    (tmp_path / "rights.yaml").write_text("sources: {acme: {display: licence}}")
    database, clock = open_database(f"sqlite:///{tmp_path / 'mintmark.db'}"), Standing()
    migrate(database)
    licensing = Licensing(database, clock, lambda _: {"sources": [], "series": [], "macro": [], "actions": []},
                          tmp_path / "rights.yaml")  # fmt: skip
    day = NOW.date()
    licensing.add_licence(Licence("acme", frozenset({"display"}), "contract 7", day, day), "admin")
    display = DisplayRights(licensing)

    today = [display(CTX, ["acme"]).allowed for _ in range(2)]
    clock.moment += timedelta(days=1)
    tomorrow = display(dataclasses.replace(CTX, timestamp=clock.moment), ["acme"]).allowed

    database.close()
    assert (today, tomorrow) == ([True, True], False)
