"""The tables of the data room, and the few questions asked of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)

from mintmark.data.actions import Action
from mintmark.data.series import Series, series_from
from mintmark.store import Exact, Json, UtcTime, metadata, upsert

series_table = Table(
    "series",
    metadata,
    Column("symbol", String(32), primary_key=True),
    Column("timeframe", String(4), primary_key=True),
    Column("source", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("record", Json, nullable=False),
    Column("imported_at", UtcTime, nullable=False),
)
macro_table = Table(
    "macro_series",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("source", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("record", Json, nullable=False),
    Column("imported_at", UtcTime, nullable=False),
)
actions_table = Table(
    "corporate_actions",
    metadata,
    Column("symbol", String(32), primary_key=True),
    Column("ex_date", Date, primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("value", Exact, nullable=False),
    Column("source", Text, nullable=False),
    Column("known_at", UtcTime, nullable=False),
    Column("pay_date", Date),
    Column("announced", Date),
    Column("lead_days", Integer),
)
partitions_table = Table(
    "partitions",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("file_sha256", String(64), nullable=False),
    Column("size", Integer, nullable=False),
)
packs_table = Table(
    "packs",
    metadata,
    Column("pack_id", String(64), primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("policy", String(32), nullable=False),
    Column("version", Integer, nullable=False),
    Column("pack_sha256", String(64), nullable=False),
    Column("superseded_by", String(64)),
    Column("sealed_at", UtcTime, nullable=False),
    UniqueConstraint("as_of", "policy", "version"),
    Index(
        "packs_live_once", "as_of", "policy", unique=True,
        sqlite_where=text("superseded_by IS NULL"), postgresql_where=text("superseded_by IS NULL"),
    ),
)  # fmt: skip
pack_series_table = Table(
    "pack_series",
    metadata,
    Column("pack_id", String(64), primary_key=True),
    Column("symbol", String(32), primary_key=True),
    Column("timeframe", String(4), primary_key=True),
)
pack_states_table = Table(
    "pack_states",
    metadata,
    Column("pack_id", String(64), primary_key=True),
    Column("status", String(16), nullable=False),
    Column("warming_since", UtcTime, nullable=False),
    Column("fresh_at", UtcTime),
    Column("reconciliation", String(16), nullable=False),
    Column("record", Json, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)
pack_events_table = Table(
    "pack_events",
    metadata,
    Column("pack_id", String(64), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("event", String(32), nullable=False),
    Column("actor", Text, nullable=False),
    Column("record", Json, nullable=False),
    Column("happened_at", UtcTime, nullable=False),
)
documents_table = Table(
    "documents",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("record", Json, nullable=False),
    Column("imported_at", UtcTime, nullable=False),
)
dead_letters_table = Table(
    "dead_letters",
    metadata,
    Column("request_key", String(64), primary_key=True),
    Column("queue", String(32), nullable=False),
    Column("payload", Json, nullable=False),
    Column("status", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("next_try_at", UtcTime),
    Column("first_failed_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)
pages_table = Table(
    "fetched_pages",
    metadata,
    Column("exchange", String(32), primary_key=True),
    Column("symbol", String(32), primary_key=True),
    Column("timeframe", String(4), primary_key=True),
    Column("since_ms", BigInteger, primary_key=True),
    Column("rows", Json, nullable=False),
    Column("fetched_at", UtcTime, nullable=False),
)

licences_table = Table(
    "rights_licences",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("profile", String(64), nullable=False),
    Column("source", String(128), nullable=False),
    Column("rights", Json, nullable=False),
    Column("reference", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=False),
    Column("added_at", UtcTime, nullable=False),
    Column("added_by", Text, nullable=False),
)
violations_table = Table(
    "rights_violations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("sources", Json, nullable=False),
    Column("right", Text, nullable=False),
    Column("pattern", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("format", Text, nullable=False),
)


_ACTION = ("symbol", "ex_date", "kind", "value", "source", "pay_date", "announced", "lead_days")


def stored_series(connection: Connection, symbol: str | None = None, timeframe: str | None = None) -> list[Series]:
    """Return the series held now, by symbol and timeframe."""
    found = select(series_table.c.record).order_by(series_table.c.symbol, series_table.c.timeframe)
    if symbol is not None:
        found = found.where(series_table.c.symbol == symbol)
    if timeframe is not None:
        found = found.where(series_table.c.timeframe == timeframe)
    return [series_from(record) for record in connection.scalars(found)]


def replace_series(connection: Connection, series: Series, now: datetime) -> None:
    """Put ``series`` in the place of what was held under its symbol and timeframe."""
    row = {
        "symbol": series.symbol,
        "timeframe": series.timeframe.value,
        "source": series.source,
        "sha256": series.quality["sha256"],
        "record": series.as_json(),
        "imported_at": now,
    }
    _replace(connection, series_table, row)


def stored_macro(connection: Connection) -> list[dict[str, Any]]:
    """Return the macro series held now, by name."""
    return list(connection.scalars(select(macro_table.c.record).order_by(macro_table.c.name)))


def replace_macro(connection: Connection, record: Mapping[str, Any], now: datetime) -> None:
    """Put ``record`` in the place of what was held under its name."""
    row = {"record": dict(record), "imported_at": now, **{key: record[key] for key in ("name", "source", "sha256")}}
    _replace(connection, macro_table, row)


def stored_actions(connection: Connection) -> list[Action]:
    """Return all corporate actions, by symbol and day."""
    columns = actions_table.c
    rows = connection.execute(select(actions_table).order_by(columns.symbol, columns.ex_date, columns.kind))
    return [Action(**{name: getattr(row, name) for name in _ACTION}) for row in rows]


def replace_actions(connection: Connection, actions: Sequence[Action], now: datetime) -> None:
    """Put ``actions`` in the place of all that was held for their symbols."""
    symbols = {action.symbol for action in actions}
    connection.execute(delete(actions_table).where(actions_table.c.symbol.in_(symbols)))
    rows = [{**{name: getattr(action, name) for name in _ACTION}, "known_at": now} for action in actions]
    connection.execute(insert(actions_table), rows)


def file_hashes(connection: Connection, names: Iterable[str]) -> dict[str, str]:
    """Return the sha256 of the file of each partition in ``names`` that is known."""
    wanted = list(names)
    found: dict[str, str] = {}
    columns = partitions_table.c
    for start in range(0, len(wanted), 500):
        rows = connection.execute(
            select(columns.sha256, columns.file_sha256).where(columns.sha256.in_(wanted[start : start + 500]))
        )
        found.update({row.sha256: row.file_sha256 for row in rows})
    return found


_LICENCES = select(licences_table).order_by(licences_table.c.id)
_LICENCES_OF = _LICENCES.where(licences_table.c.profile == bindparam("profile"))


def stored_licences(connection: Connection, profile: str | None = None) -> list[Any]:
    """Return the rows of the licence records, of one profile or of all, oldest first."""
    if profile is None:
        return list(connection.execute(_LICENCES))
    return list(connection.execute(_LICENCES_OF, {"profile": profile}))


def stored_violations(connection: Connection, limit: int) -> list[Any]:
    """Return the rows of the newest refused exports, newest first."""
    return list(connection.execute(select(violations_table).order_by(violations_table.c.id.desc()).limit(limit)))


def declared_words(connection: Connection) -> dict[str, set[str]]:
    """Return for each source of the series held now the words it was declared under."""
    words: dict[str, set[str]] = {}
    for table in (series_table, macro_table):
        for source, record in connection.execute(select(table.c.source, table.c.record)):
            words.setdefault(source, set()).add(str(record["rights"]))
    return words


def add_files(connection: Connection, files: Mapping[str, tuple[str, int]]) -> None:
    """Remember the hash and size of the file each partition lies in now."""
    rows = [{"sha256": name, "file_sha256": file_sha256, "size": size} for name, (file_sha256, size) in files.items()]
    added = upsert(connection, partitions_table)
    lies = {"file_sha256": added.excluded.file_sha256, "size": added.excluded.size}
    connection.execute(added.on_conflict_do_update(index_elements=["sha256"], set_=lies), rows)


def live_pack(connection: Connection, as_of: date, policy: str) -> Any:
    """Return the row of the newest version of (as_of, policy), or None."""
    columns = packs_table.c
    same = and_(columns.as_of == as_of, columns.policy == policy)
    return connection.execute(select(packs_table).where(same).order_by(columns.version.desc()).limit(1)).first()


def pack_row(connection: Connection, pack_id: str) -> Any:
    """Return the row of ``pack_id``, or None."""
    return connection.execute(select(packs_table).where(packs_table.c.pack_id == pack_id)).first()


def add_pack(connection: Connection, row: Mapping[str, Any], series: Sequence[Series], supersedes: str | None) -> bool:
    """Add a pack with what it holds, and say on the one before it that it is superseded.

    The old one goes first, so that at no time two are live. False, and nothing done, when another process has just
    sealed this day.
    """
    if supersedes is not None:
        before = and_(packs_table.c.pack_id == supersedes, packs_table.c.superseded_by.is_(None))
        if connection.execute(update(packs_table).where(before).values(superseded_by=row["pack_id"])).rowcount == 0:
            return False
    added = upsert(connection, packs_table).values(dict(row)).on_conflict_do_nothing()
    if connection.execute(added.returning(packs_table.c.pack_id)).first() is None:
        return False
    held = [{"pack_id": row["pack_id"], "symbol": one.symbol, "timeframe": one.timeframe.value} for one in series]
    connection.execute(insert(pack_series_table), held)
    return True


def all_packs(connection: Connection) -> list[Any]:
    """Return the rows of all packs, newest as-of first, with how many series each holds."""
    columns = packs_table.c
    counted = select(pack_series_table.c.pack_id, func.count().label("series")).group_by(pack_series_table.c.pack_id)
    counts = counted.subquery()
    found = select(packs_table, counts.c.series).join(counts, counts.c.pack_id == columns.pack_id, isouter=True)
    return list(
        connection.execute(
            found.order_by(columns.as_of.desc(), columns.sealed_at.desc(), columns.version.desc(), columns.pack_id)
        )
    )


def held_timeframes(connection: Connection) -> dict[str, dict[str, list[str]]]:
    """Return for each live pack its symbols and their timeframes, newest as-of first."""
    packs, held = packs_table.c, pack_series_table.c
    rows = connection.execute(
        select(packs.pack_id, held.symbol, held.timeframe)
        .join(pack_series_table, held.pack_id == packs.pack_id)
        .where(packs.superseded_by.is_(None))
        .order_by(packs.as_of.desc(), packs.sealed_at.desc(), packs.version.desc(), packs.pack_id)
    )
    found: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        found.setdefault(row.pack_id, {}).setdefault(row.symbol, []).append(row.timeframe)
    return found


def stored_pages(connection: Connection, exchange: str, symbol: str, timeframe: str) -> dict[int, list[Any]]:
    """Return the pages fetched so far: the moment asked for (ms) and the rows that came."""
    columns = pages_table.c
    same = and_(columns.exchange == exchange, columns.symbol == symbol, columns.timeframe == timeframe)
    rows = connection.execute(select(columns.since_ms, columns["rows"]).where(same))
    return {int(row[0]): row[1] for row in rows}


def add_page(connection: Connection, key: Mapping[str, Any], rows: Sequence[Any], now: datetime) -> None:
    """Keep one page; the same page twice is one."""
    _replace(connection, pages_table, {**key, "rows": list(rows), "fetched_at": now})


def _replace(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    keys = [column.name for column in table.primary_key]
    rest = {name: value for name, value in row.items() if name not in keys}
    added = upsert(connection, table).values(dict(row))
    connection.execute(added.on_conflict_do_update(index_elements=keys, set_=rest))
