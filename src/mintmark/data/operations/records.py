"""Macro series, fundamentals and news come in, and what of them was known at a day."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
from sqlalchemy import Connection, and_, delete, insert, select

from mintmark.data.documents import Fundamental, NewsItem, news_from, read_fundamentals, read_news
from mintmark.data.macro import MacroDeclared, macro_span
from mintmark.data.macro_files import MacroColumns, read_macro
from mintmark.data.operations.shelf import Shelf
from mintmark.data.partitions import content_hash
from mintmark.data.series import known_source, known_symbol
from mintmark.data.tables import documents_table, replace_macro, stored_macro
from mintmark.domain import Clock, Refused, canonical_json
from mintmark.store import Blobs, Database

_COLUMNS = documents_table.c


class Records:
    """Stores facts that are no bars; a refusal leaves nothing behind."""

    def __init__(self, database: Database, blobs: Blobs, shelf: Shelf, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._shelf = shelf
        self._clock = clock

    def macro_file(self, content: bytes, columns: MacroColumns, declared: MacroDeclared) -> list[dict[str, Any]]:
        """Store each series of a file, all or none; return what is held of each now."""
        known_source(declared.source)
        found = []
        for name in columns.series:
            one = replace(declared, name=known_symbol(name))
            found.append((one, *read_macro(content, columns, one)))
        return [self.take_macro(*each) for each in found]

    def take_macro(self, declared: MacroDeclared, frame: pl.DataFrame, empty: int) -> dict[str, Any]:
        """Store one macro series in the place of what was held under its name; twice changes nothing."""
        name = content_hash(frame)
        record = {**declared.as_json(), **macro_span(frame), "dropped": empty, "sha256": name}
        with self._database.read() as connection:
            held = next((one for one in stored_macro(connection) if one["name"] == declared.name), None)
        if held == record:
            return {**record, "stored": "unchanged"}
        self._shelf.keep({name: frame})
        with self._database.write() as connection:
            replace_macro(connection, record, self._clock.now())
        return {**record, "stored": "new" if held is None else "replaced"}

    def fundamentals(
        self, content: bytes, *, source: str, rights: str, currency: str, scale: Decimal = Decimal(1)
    ) -> dict[str, Any]:
        """Store the figures of a file in the place of all that was held for their symbols."""
        figures = read_fundamentals(content, currency, scale)
        return self.take_fundamentals(figures, source=source, rights=rights, currency=currency, scale=scale)

    def take_fundamentals(
        self, figures: Sequence[Fundamental], *, source: str, rights: str, currency: str, scale: Decimal = Decimal(1)
    ) -> dict[str, Any]:
        """Store reported figures in the place of all that was held for their symbols."""
        if not figures:
            raise Refused("the file holds no figures", code="no_values")
        by_symbol: dict[str, list[Fundamental]] = {}
        for one in figures:
            by_symbol.setdefault(one.symbol, []).append(one)
        said = {"currency": currency, "scale": format(scale, "f"), "revised": True}
        with self._database.write() as connection:
            for symbol, held in sorted(by_symbol.items()):
                record = self._document([one.as_json() for one in held], symbol, source, rights, "period_end")
                self._replace(connection, "fundamentals", {**record, **said}, any_source=True)
        return {"figures": len(figures), "symbols": sorted(by_symbol), "source": source, "rights": rights}

    def news(self, content: bytes, *, source: str, rights: str) -> dict[str, Any]:
        """Store the headlines of a file beside those held from this source; the same one twice is one."""
        return self.take_news(read_news(content), source=source, rights=rights)

    def take_news(self, items: Sequence[NewsItem], *, source: str, rights: str) -> dict[str, Any]:
        """Store headlines beside those held from this source."""
        with self._database.write() as connection:
            same = and_(_COLUMNS.kind == "news", _COLUMNS.name == source)
            before = connection.scalar(select(_COLUMNS.sha256).where(same))
            held = [] if before is None else [news_from(one) for one in json.loads(self._blobs.get(before))]
            joined = {(one.published, one.url, one.title): one for one in (*held, *items)}
            if not joined:
                raise Refused("there are no headlines", code="no_values")
            kept = [joined[key].as_json() for key in sorted(joined)]
            self._replace(connection, "news", self._document(kept, source, source, rights, "published"))
        return {"headlines": len(items), "held": len(joined), "source": source, "rights": rights}

    def _document(
        self, rows: Sequence[Mapping[str, Any]], name: str, source: str, rights: str, ordered_by: str
    ) -> dict[str, Any]:
        known_source(source)
        known_source(rights)
        days = sorted(row[ordered_by] for row in rows)
        return {
            "name": name,
            "source": source,
            "rights": rights,
            "rows": len(rows),
            "first": days[0],
            "last": days[-1],
            "sha256": self._blobs.put(canonical_json(list(rows))),
        }

    def _replace(
        self, connection: Connection, kind: str, record: Mapping[str, Any], *, any_source: bool = False
    ) -> None:
        same = and_(_COLUMNS.kind == kind, _COLUMNS.name == record["name"])
        if not any_source:
            same = and_(same, _COLUMNS.source == record["source"])
        connection.execute(delete(documents_table).where(same))
        row = {"kind": kind, "record": dict(record), "imported_at": self._clock.now()}
        named = {name: record[name] for name in ("name", "source", "sha256")}
        connection.execute(insert(documents_table).values({**row, **named}))

    def known_documents(self, as_of: date, sources: Collection[str] | None) -> dict[str, list[dict[str, Any]]]:
        """Return by kind what was released on or before ``as_of``, as a pack lists it; the parts are stored."""
        found: dict[str, list[dict[str, Any]]] = {}
        with self._database.read() as connection:
            asked = select(documents_table).where(_COLUMNS.kind.in_(("fundamentals", "news")))
            held = connection.execute(asked.order_by(_COLUMNS.kind, _COLUMNS.name, _COLUMNS.source))
            rows = [row for row in held if sources is None or row.source in sources]
        for row in rows:
            by, known = ("period_end", "released") if row.kind == "fundamentals" else ("published", "published")
            items = [one for one in json.loads(self._blobs.get(row.sha256)) if one[known][:10] <= as_of.isoformat()]
            if items:
                part = self._document(items, row.name, row.source, row.record["rights"], by)
                found.setdefault(row.kind, []).append({**row.record, **part})
        return found
