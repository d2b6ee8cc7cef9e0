"""The sample of portfolios with its packs, sealed once for all tests that ask about it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from portfolio_house import HandClock

from mintmark.app import App, local_owner, open_app, portfolio_answers
from mintmark.data import PREWARM_STEPS
from mintmark.measures import compile_kernels
from mintmark.store import Database, migrate, open_database

LATE = datetime(2025, 10, 22, 5, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def fresh_sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The sample portfolio over its two packs, both fresh, hedged with shares of the sample."""
    compile_kernels()
    home = tmp_path_factory.mktemp("sample") / "home"
    home.mkdir()
    (home / "mintmark.toml").write_text('[hedging]\ninstruments = ["JNJ", "KO", "NOPE"]\n')
    app = open_app(home=home, clock=HandClock(LATE))
    for pack_id in portfolio_answers.sample(app, local_owner())["data"]["packs"]:
        app.data.states.reconciled(pack_id, passed=True)
        for step in PREWARM_STEPS:
            app.data.states.prewarmed(pack_id, step)
        app.data.states.mark_fresh(pack_id)
    yield app
    app.close()


@pytest.fixture
def one_database(sqlite_url: str) -> Iterator[Database]:
    """An open SQLite database at the newest schema."""
    database = open_database(sqlite_url)
    migrate(database)
    yield database
    database.close()
