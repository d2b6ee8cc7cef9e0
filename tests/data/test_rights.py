"""Rights: every source of the table, licences and their days, packs by their providers, and what is kept of a no."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from data_builders import NOW, FixedClock
from hypothesis import given
from hypothesis import strategies as st

from mintmark.data import RIGHTS, DataRoom, Decision, ExportAsked, Licence, Licensing, Rights
from mintmark.data.rights import providers_of
from mintmark.data.rights_registry import Registry, read_registry
from mintmark.data.tables import violations_table
from mintmark.domain import Refusal, Refused
from mintmark.store import Blobs, Database, open_database

TODAY = NOW.date()
EXPORTS = {"export_pdf", "export_csv", "export_json"}
FRED = "Source: FRED, Federal Reserve Bank of St. Louis"
OF_THIRD_PARTIES = ("SP500", "BAMLC0A0CM", "AAA", "BAA", "BAA10Y", "VIXCLS")


@pytest.fixture(scope="module")
def registry() -> Registry:
    import mintmark.data

    return read_registry((Path(mintmark.data.__file__).parent / "rights.yaml").read_text())


def licensed(source: str, *, valid_to: date = date(2026, 12, 31), rights: set[str] = EXPORTS) -> Licence:
    return Licence(source, frozenset(rights), "contract 17", date(2026, 1, 1), valid_to)


def held(rights: Rights, source: str) -> set[str]:
    return {right for right in RIGHTS if rights.decide([source], right).allowed}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("ledger", set(RIGHTS)),
        ("manual", set(RIGHTS)),
        ("fmp", {"display"}),
        ("polygon", {"display"}),
        ("kraken", {"display"}),
        ("binance", {"display"}),
        ("fred", set(RIGHTS)),
        ("fred:DGS10", set(RIGHTS)),
        *((f"fred:{series}", {"display"}) for series in OF_THIRD_PARTIES),
        ("newsapi", {"display"}),
        ("sample:arch", {"display", *EXPORTS}),
        ("file:broker", set()),
        ("acme", set()),
        ("", set()),
    ],
)
def test_a_source_holds_the_rights_of_the_table_and_no_others(registry: Registry, source: str, expected: set[str]):
    assert held(Rights(registry, (), TODAY), source) == expected


def test_a_licence_record_widens_only_its_source_and_only_while_it_is_valid(registry: Registry):
    rights = Rights(registry, (licensed("fmp", valid_to=TODAY),), TODAY)

    assert held(rights, "fmp") == {"display", *EXPORTS}
    assert held(rights, "polygon") == {"display"}
    for day in (date(2025, 12, 31), date(2026, 3, 2)):
        assert held(dataclasses.replace(rights, today=day), "fmp") == {"display"}


def test_an_fmp_record_valid_to_yesterday_is_refused(registry: Registry):
    rights = Rights(registry, (licensed("fmp", valid_to=date(2026, 2, 28)),), TODAY)

    decision = rights.decide(["ledger", "fmp"], "export_pdf")

    assert not decision.allowed
    assert decision.blocked_sources == ("fmp",)


def test_no_record_lets_newsapi_of_the_developer_tier_out(registry: Registry):
    rights = Rights(registry, (licensed("newsapi"),), TODAY)

    assert held(rights, "newsapi") == {"display"}
    assert rights.decide(["newsapi"], "display").metadata_only == ("newsapi",)


def test_an_empty_list_of_sources_has_no_right(registry: Registry):
    for right in RIGHTS:
        decision = Rights(registry, (), TODAY).decide([], right)

        assert (decision.allowed, decision.reason) == (False, "no source is named")


@given(st.text(max_size=20), st.sampled_from(RIGHTS))
def test_one_unknown_source_blocks_everything(registry: Registry, name: str, right: str):
    found = Rights(registry, (), TODAY).decide(["ledger", f"x{name}"], right)

    assert not found.allowed
    assert len(found.blocked_sources) == 1


def test_a_source_is_known_by_its_aliases_in_any_case(registry: Registry):
    decision = Rights(registry, (), TODAY).decide([" Polygon.IO ", "polygon"], "export_csv")

    assert decision.sources == ("polygon",)
    assert decision.blocked_sources == ("polygon",)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("research_only",), {"display"}),
        (("exportable",), {"display", *EXPORTS}),
        (("unrestricted",), set(RIGHTS)),
        (("unrestricted", "research_only"), {"display"}),
        (("whatever",), set()),
        (("none",), set()),
    ],
)
def test_a_file_has_the_rights_all_its_declarations_give(
    registry: Registry, words: tuple[str, ...], expected: set[str]
):
    assert held(Rights(registry, (), TODAY, {"file:broker": words}), "file:broker") == expected


def test_an_export_carries_each_attribution_and_watermark_once_in_the_order_of_its_sources(registry: Registry):
    declared = {"file:bank": ("confidential",)}

    decision = Rights(registry, (), TODAY, declared).decide(
        ["fred:DGS10", "sample:arch", "fred", "sample:arch", "file:bank"], "export_pdf"
    )

    assert decision.allowed
    assert decision.attributions == (FRED, "Sample data of the Python package arch")
    assert decision.watermarks == ("SAMPLE DATA", "CONFIDENTIAL")


def test_a_third_party_of_fred_is_named_beside_it(registry: Registry):
    (said,) = Rights(registry, (), TODAY).decide(["fred:BAA"], "display").attributions

    assert said.startswith(FRED)
    assert "Moody's" in said


def test_a_pack_stands_for_its_providers(registry: Registry):
    packs = {"PP_1": {"fred": ("public_domain",), "fmp": ("research_only",)}}
    rights = Rights(registry, (), TODAY, pack=packs.get)

    assert rights.decide(["pack:PP_1"], "display").sources == ("fred", "fmp")
    assert rights.decide(["pack:PP_1"], "export_csv").blocked_sources == ("fmp",)
    assert rights.decide(["pack:PP_2"], "display").blocked_sources == ("pack:PP_2",)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[1]", ""),
        ("sources: {fmp: {display: maybe}}", "sources.fmp.display"),
        ("sources: {fmp: {dislpay: always}}", "sources.fmp"),
        ("sources: {fmp: {}}\naliases: {x: y}", "aliases.x"),
        ("sources: {fmp: {}}\ndeclarations: {w: {grants: [fly]}}", "declarations.w.grants"),
        ("sources: {fmp: {exports: metadata}}", "sources.fmp.export_pdf"),
        ("sources: {fmp: {}, fmp: {}}", ""),
        ("sources: {'a b': {}}", "sources.a b"),
        ("sources: {fmp: {attribution: ''}}", "sources.fmp.attribution"),
        ("sources: [", ""),
        ("rights: {}", ""),
    ],
)
def test_a_wrong_file_of_rights_is_refused_with_its_place(text: str, place: str):
    with pytest.raises(Refused) as caught:
        read_registry(text)

    assert caught.value.code == "rights_file_invalid"
    assert place in [problem["path"] for problem in caught.value.details["problems"]]


def test_a_file_of_rights_replaces_the_house_one_as_a_whole(tmp_path: Path, room: DataRoom):
    (tmp_path / "rights.yaml").write_text("sources: {acme: {display: always}}")
    licensing = Licensing(room._database, FixedClock(NOW), room.manifest, tmp_path / "rights.yaml")

    assert licensing.check(["acme"], "display").allowed
    assert not licensing.check(["ledger"], "display").allowed


def asked(*sources: str, form: str = "pdf", pack_id: str | None = None) -> ExportAsked:
    return ExportAsked(sources, form, "u-1", "portfolio_overview", "r-1", pack_id=pack_id)


def test_a_refused_export_names_exactly_what_lacks_the_right_and_its_row_survives_a_restart(database_url: str):
    from mintmark.store import migrate

    database = open_database(database_url)
    migrate(database)
    licensing = Licensing(database, FixedClock(NOW), {}.__getitem__)

    refusal = licensing.export(asked("ledger", "newsapi", "fmp"))
    database.close()
    again = open_database(database_url)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "export_not_permitted"
    assert refusal.details["blocked_sources"] == ["newsapi", "fmp"]
    (kept,) = Licensing(again, FixedClock(NOW), {}.__getitem__).violations()
    assert kept["sources"] == ["newsapi", "fmp"]
    assert (kept["user_id"], kept["pattern"], kept["format"]) == ("u-1", "portfolio_overview", "pdf")
    for change in (sa.update(violations_table).values(user_id="x"), sa.delete(violations_table)):
        with pytest.raises(sa.exc.DBAPIError, match="is sealed"), again.write() as connection:
            connection.execute(change)
    again.close()


def test_ledger_and_fred_go_out_with_the_attribution_and_leave_no_row(database: Database):
    licensing = Licensing(database, FixedClock(NOW), {}.__getitem__)

    decision = licensing.export(asked("ledger", "fred"))

    assert isinstance(decision, Decision)
    assert decision.attributions == (FRED,)
    assert licensing.violations() == []


def test_a_record_is_kept_and_counts_from_then_on(database: Database):
    licensing = Licensing(database, FixedClock(NOW), {}.__getitem__)
    assert isinstance(licensing.export(asked("fmp")), Refusal)

    kept = licensing.add_licence(licensed("FMP".lower()), "admin")

    assert kept["valid"] is True
    assert isinstance(licensing.export(asked("fmp")), Decision)
    assert isinstance(licensing.export(dataclasses.replace(asked("fmp"), profile="other")), Refusal)


@pytest.mark.parametrize(
    "record",
    [
        licensed("acme"),
        licensed("sample:*"),
        licensed("fmp", rights={"fly"}),
        licensed("fmp", rights=set()),
        licensed("fmp", valid_to=date(2025, 1, 1)),
        dataclasses.replace(licensed("fmp"), reference=" "),
        dataclasses.replace(licensed("fmp"), profile="A B"),
    ],
)
def test_a_record_that_could_not_count_is_refused(room: DataRoom, record: Licence):
    licensing = Licensing(room._database, FixedClock(NOW), room.manifest)

    with pytest.raises(Refused):
        licensing.add_licence(record, "admin")

    assert licensing.licences() == []


def test_with_no_reads_recorded_the_pack_decides(tmp_path: Path):
    from mintmark.store import migrate

    database = open_database(f"sqlite:///{tmp_path / 'home' / 'mintmark.db'}")
    migrate(database)
    room = DataRoom(database, Blobs(tmp_path / "home" / "blobs", database), FixedClock(NOW))
    pack_id = room.sample()["pack_id"]
    licensing = Licensing(database, FixedClock(NOW), room.manifest)

    decision = licensing.export(asked(pack_id=pack_id))

    assert isinstance(decision, Decision)
    assert decision.sources == ("sample:arch",)
    assert decision.watermarks == ("SAMPLE DATA",)
    assert isinstance(licensing.export(asked()), Refusal)
    database.close()


def test_a_series_of_fred_is_read_and_sealed_under_the_name_of_its_owner(registry: Registry):
    one = {"source": "fred", "rights": "public_domain"}
    manifest = {
        "series": [{**one, "symbol": "SP500"}],
        "macro": [{**one, "name": "DGS10"}],
        "actions": [{"source": "file:splits"}],
        "sources": [{"name": "file:splits", "rights": ["research_only"]}],
    }

    providers = providers_of(registry, manifest)

    assert providers == {
        "fred:SP500": ("public_domain",),
        "fred:DGS10": ("public_domain",),
        "file:splits": ("research_only",),
    }
    assert Rights(registry, (), TODAY, pack=lambda _: providers).decide(["pack:x"], "export_pdf").blocked_sources == (
        "fred:SP500",
        "file:splits",
    )
