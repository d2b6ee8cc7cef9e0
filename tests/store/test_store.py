"""What is stored comes back as it was, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, select
from sqlalchemy.exc import IntegrityError

from mintmark.domain import Damaged, FloatInMoney, NotWritable, Refused, StoreUnavailable
from mintmark.store import (
    Blobs,
    Database,
    Exact,
    Json,
    MissingBlob,
    UtcTime,
    blobs,
    migrate,
    open_database,
    path_within,
    write_atomic,
    write_once,
)

Limit = Callable[[int], AbstractContextManager[None]]

things = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("amount", Exact),
    Column("at", UtcTime),
    Column("said", Json),
)


def stored(database: Database, **values: object) -> object:
    with database.write() as connection:
        things.create(connection, checkfirst=True)
        connection.execute(things.delete())
        connection.execute(things.insert().values(id=1, **values))
    with database.read() as connection:
        return connection.execute(select(things.c[next(iter(values))])).scalar_one()


def test_a_decimal_comes_back_digit_for_digit(database: Database):
    for text in ("0.123456789012345678", "45123.45678901", "-0.00000001", "1000000000000000000000.5"):
        assert stored(database, amount=Decimal(text)) == Decimal(text)


def test_a_float_is_refused_where_money_stands(database: Database):
    with pytest.raises(Exception, match="expected a Decimal") as caught:
        stored(database, amount=0.1)

    assert isinstance(caught.value.__cause__, FloatInMoney)


def test_a_time_comes_back_aware_and_to_the_microsecond(database: Database):
    moment = datetime(2026, 3, 1, 10, 15, 0, 1, tzinfo=UTC)

    assert stored(database, at=moment) == moment


def test_nan_is_refused_in_json(database: Database):
    with pytest.raises(Exception, match="Out of range float"):
        stored(database, said={"sharpe": float("nan")})


def test_migrating_twice_changes_nothing(database: Database):
    migrate(database)

    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM alembic_version").scalar() == 1


def test_a_transaction_that_fails_leaves_nothing(database: Database):
    with database.write() as connection:
        things.create(connection, checkfirst=True)

    def twice() -> None:
        with database.write() as connection:
            connection.execute(things.insert().values(id=7))
            connection.execute(things.insert().values(id=7))

    with pytest.raises(IntegrityError):
        twice()

    with database.read() as connection:
        assert connection.execute(select(things.c.id)).all() == []


def test_a_blob_is_named_by_its_hash_and_found_again(database: Database, tmp_path: Path):
    kept = Blobs(tmp_path / "blobs", database)

    name = kept.put(b"bars")

    assert kept.put(b"bars") == name
    assert kept.get(name) == b"bars"
    with pytest.raises(MissingBlob):
        kept.get("0" * 64)


def test_a_blob_reaches_another_machine_through_postgresql(postgres_url: str, tmp_path: Path):
    database = open_database(postgres_url)
    migrate(database)
    name = Blobs(tmp_path / "here", database).put(b"model")

    assert Blobs(tmp_path / "there", database).get(name) == b"model"
    database.close()


def test_a_blob_damaged_in_the_database_is_not_handed_out(postgres_url: str, tmp_path: Path):
    database = open_database(postgres_url)
    migrate(database)
    name = Blobs(tmp_path / "here", database).put(b"model")
    with database.write() as connection:
        connection.execute(blobs.blobs.update().values(content=b"muddle"))

    with pytest.raises(Damaged):
        Blobs(tmp_path / "there", database).get(name)
    database.close()


def test_a_database_that_is_away_is_named():
    database = open_database("postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")

    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1"), database.read():
        pass
    database.close()


def test_an_unknown_kind_of_database_is_refused():
    with pytest.raises(Refused, match="expected sqlite"):
        open_database("mysql://localhost/x")


def test_an_atomic_write_replaces_the_whole_file(tmp_path: Path):
    write_atomic(tmp_path / "a" / "f", b"one")
    write_atomic(tmp_path / "a" / "f", b"two")

    assert (tmp_path / "a" / "f").read_bytes() == b"two"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["f"]


def test_a_second_writer_of_a_write_once_file_is_told(tmp_path: Path):
    assert write_once(tmp_path / "f", b"one")
    assert not write_once(tmp_path / "f", b"two")
    assert (tmp_path / "f").read_bytes() == b"one"


def test_a_full_disk_is_named_and_the_old_file_stays(tmp_path: Path, no_file_larger_than: Limit):
    write_atomic(tmp_path / "f", b"one")

    with pytest.raises(NotWritable) as caught, no_file_larger_than(1_000):
        write_atomic(tmp_path / "f", b"x" * 100_000)

    assert caught.value.code == "disk_full"
    assert caught.value.details["path"] == str(tmp_path / "f")
    assert caught.value.details["free_bytes"] > 0
    assert (tmp_path / "f").read_bytes() == b"one"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize("asked", ["../x", "/etc/passwd", "a/../../x", "", "out/x"])
def test_a_path_out_of_the_data_root_is_refused(tmp_path: Path, asked: str):
    root = tmp_path / "root"
    root.mkdir()
    (root / "out").symlink_to(tmp_path)

    with pytest.raises(Refused) as caught:
        path_within(root, asked)

    assert caught.value.code == "path_refused"


@given(st.text(alphabet="ab./\\~", max_size=12))
def test_no_path_leads_out_of_the_root(asked: str):
    root = Path("/nowhere/root")

    try:
        found = path_within(root, asked)
    except Refused:
        return

    assert found.resolve().is_relative_to(root)
