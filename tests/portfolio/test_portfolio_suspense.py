"""A fill that cannot be booked reaches the admins in the transaction that keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from portfolio_house import HandClock

from mintmark.app import App, Settings, local_owner, open_app
from mintmark.ledger import Draft
from mintmark.portfolio import NewPortfolio

MORNING = datetime(2024, 3, 15, 8, tzinfo=UTC)
FILL = {"symbol": "BTC", "units": "-2", "price": "60000", "currency": "USD", "fee": "5"}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    settings = Settings(home=tmp_path / "home", alerts={"admin_channels": ["in_app", "email:desk@example.org"]})
    opened = open_app(settings, clock=HandClock(MORNING))
    opened.portfolio.create(local_owner(), NewPortfolio("COINS", "USD"))
    yield opened
    opened.close()


def sell(app: App, **more: object) -> str:
    fill = Draft("COINS", "trade", date(2024, 3, 15), FILL, external_id="fill 1", source="desk")
    (entry,) = app.ledger.post([fill], suspend=True, **more)  # type: ignore[arg-type]
    return entry.id


def test_a_fill_against_suspense_tells_the_admins_once_what_to_do(app: App):
    entry_id = sell(app)
    app.clock.moment = datetime(2024, 3, 18, 8, tzinfo=UTC)  # type: ignore[attr-defined]
    again = sell(app)

    (told,) = app.alerts.notifications(local_owner())

    assert again == entry_id
    assert told["observed"] == "not_enough_shares"
    assert told["alert_id"] == f"system:suspense:{entry_id}"
    playbook = told["playbook"]
    assert playbook["severity"] == "critical"
    assert f"mintmark ledger reverse {entry_id}" in playbook["action"]
    assert [one["channel"] for one in told["deliveries"]] == ["email:desk@example.org"]


def test_a_fill_whose_transaction_is_taken_back_tells_nobody(app: App):
    def dies() -> None:
        with app.database.write() as connection:
            sell(app, connection=connection)
            raise RuntimeError("the desk died")

    with pytest.raises(RuntimeError, match="the desk died"):
        dies()

    assert app.alerts.notifications(local_owner()) == []
    assert app.ledger.view().sequence == 0
