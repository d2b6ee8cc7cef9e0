"""Notifications on their way: once each, to mail and webhook, over a night of failures."""

from __future__ import annotations

import hashlib
import hmac
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email import message_from_bytes
from pathlib import Path
from typing import Any

import httpx
import pytest
from portfolio_house import GROWTH, NOW, OWNER, STRANGER, HandClock, a_portfolio

from mintmark.data import DeadLetters, PackState
from mintmark.domain import Money, ProviderFailed, Refused
from mintmark.portfolio.context import Actor
from mintmark.portfolio.operations.alerting import Admins, Alerts, NewAlert
from mintmark.portfolio.operations.delivering import Delivering
from mintmark.portfolio.operations.sending import MailSettings, Sender, WebhookSettings
from mintmark.portfolio.tables import add_portfolio
from mintmark.store import Database

VIX = {"type": "macro", "entity": "VIXCLS", "metric": "level", "op": ">", "value": "30"}
AT_RISK = {"type": "metric", "entity": "GROWTH", "metric": "drawdown_at_risk", "op": ">", "value": "0.15"}


@dataclass
class Post:
    """What takes notifications; it may be down."""

    down: bool = False
    got: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def send(self, channel: str, notification: Mapping[str, Any]) -> None:
        if self.down:
            raise ProviderFailed("the mail server does not answer")
        self.got.append((channel, notification))


@dataclass
class Seen:
    """An observer that sees what it is told to."""

    value: Decimal | None = Decimal(31)

    def see(self, _alert: Any) -> tuple[Decimal | None, str | None]:
        return self.value, None if self.value is not None else "value_missing"

    def nav(self, _alert: Any) -> Money:
        return Money(Decimal(1_000_000), "EUR")

    def heaviest(self, _alert: Any) -> tuple[str, ...]:
        return ("AAPL",)


def a_state(day: date = date(2025, 10, 21), version: int = 1) -> PackState:
    return PackState(f"PP_{day}_EOD_v{version}", "a" * 64, day, "EOD", "fresh", "passed", NOW, NOW, NOW)


@dataclass
class House:
    alerts: Alerts
    post: Post
    clock: HandClock
    letters: DeadLetters

    def look(self, seen: Seen | None = None, state: PackState | None = None) -> dict[str, int]:
        found = self.alerts.evaluate(state or a_state(), seen or Seen())  # type: ignore[arg-type]
        self.alerts.deliver()
        return found.counts

    def spoken(self, actor: Actor = OWNER) -> list[dict[str, Any]]:
        return self.alerts.notifications(actor)


def a_house(database: Database) -> House:
    with database.write() as connection:
        add_portfolio(connection, a_portfolio())
    post, clock = Post(), HandClock()
    letters = DeadLetters(database, clock)
    delivering = Delivering(database, clock, post, letters)  # type: ignore[arg-type]
    return House(Alerts(database, clock, delivering, Admins((OWNER.user_id,))), post, clock, letters)


def test_vix_over_30_at_three_evaluations_of_a_day_is_one_notification_with_its_playbook(database: Database):
    house = a_house(database)
    house.alerts.create(OWNER, NewAlert("Fear", VIX, text="Look at the hedges", channels=["email:ada@example.org"]))

    counts = [house.look(state=a_state(version=version)) for version in (1, 2, 3)]

    (spoken,) = house.spoken()
    assert [one["fired"] for one in counts] == [1, 0, 0]
    assert spoken["playbook"]["action"] == "Look at the hedges"
    assert (spoken["observed"], spoken["pack_id"]) == ("31", "PP_2025-10-21_EOD_v1")
    assert len(house.post.got) == 1


def test_mail_server_down_is_queued_replayed_and_delivered_once(database: Database):
    house = a_house(database)
    house.alerts.create(OWNER, NewAlert("Fear", VIX, channels=["email:ada@example.org"]))
    house.post.down = True

    house.look()
    (queued,) = house.letters.letters("notifications")
    house.post.down = False
    replayed = [house.alerts.replay(queued.request_key).status for _ in range(2)]
    house.clock.moment += timedelta(hours=2)
    house.alerts.retry_due()
    house.look()

    assert (queued.status, queued.attempts) == ("waiting", 1)
    assert queued.payload == {"delivery_id": queued.request_key}
    assert replayed == ["done", "done"]
    assert [channel for channel, _ in house.post.got] == ["email:ada@example.org"]
    assert house.spoken()[0]["deliveries"][0]["status"] == "delivered"


def test_a_delivery_that_fails_five_times_is_dead_and_the_admins_hear_of_it(database: Database):
    house = a_house(database)
    house.alerts.create(OWNER, NewAlert("Fear", VIX, channels=["email:ada@example.org"]))
    house.post.down = True
    house.look()

    dead = 0
    for _ in range(10):
        house.clock.moment += timedelta(hours=1)
        dead += house.alerts.retry_due()

    assert dead == 1
    assert [one["alert_id"] for one in house.spoken()].count("system:dead_letters:notifications") == 1
    assert house.spoken()[-1]["deliveries"][0]["status"] == "dead"


def test_limit_15_at_risk_18_and_nav_1000000_notify_a_notional_of_100000(database: Database):
    house = a_house(database)
    house.alerts.create(OWNER, NewAlert("Depth", AT_RISK, portfolio="GROWTH"))

    house.look(Seen(Decimal("0.18")))

    (spoken,) = house.spoken()
    assert spoken["playbook"]["notional"] == {"amount": "100000", "currency": "EUR"}
    assert spoken["playbook"]["instruments"] == ["AAPL"]
    assert spoken["title"] == "[high] Depth"


def test_a_missing_value_is_told_and_says_nothing(database: Database):
    house = a_house(database)
    house.alerts.create(OWNER, NewAlert("Fear", VIX))

    counts = house.look(Seen(None))

    assert counts["not_evaluated"] == 1
    assert house.alerts.alerts(OWNER)[0].last == {
        "outcome": "not_evaluated",
        "reason": "value_missing",
        "observed": None,
        "pack_id": "PP_2025-10-21_EOD_v1",
    }
    assert house.spoken() == []


def test_what_died_while_sending_is_sent_by_the_next(database: Database):
    house = a_house(database)
    house.alerts.create(OWNER, NewAlert("Fear", VIX, channels=["email:ada@example.org"]))
    house.alerts.evaluate(a_state(), Seen())  # type: ignore[arg-type]

    def die(_channel: str, _notification: Mapping[str, Any]) -> None:
        raise KeyboardInterrupt

    send, house.post.send = house.post.send, die  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        house.alerts.deliver()
    house.post.send = send  # type: ignore[method-assign]
    at_once = house.alerts.deliver()
    house.clock.moment += timedelta(minutes=3)
    later = house.alerts.deliver()

    assert (at_once["delivered"], later["delivered"]) == (0, 1)
    assert len(house.post.got) == 1


def test_alerts_of_another_do_not_exist(database: Database):
    house = a_house(database)
    alert = house.alerts.create(OWNER, NewAlert("Fear", VIX))
    house.look()
    key = house.spoken()[0]["notification_id"]

    asked = (
        lambda: house.alerts.create(STRANGER, NewAlert("Depth", AT_RISK, portfolio=GROWTH)),
        lambda: house.alerts.switch(STRANGER, alert.alert_id, active=False),
        lambda: house.alerts.drop(STRANGER, alert.alert_id),
        lambda: house.alerts.read(STRANGER, key),
    )
    for ask in asked:
        with pytest.raises(Refused) as refused:
            ask()
        assert refused.value.code in ("not_found", "portfolio_not_found")
    assert (house.alerts.alerts(STRANGER), house.spoken(STRANGER)) == ([], [])


def test_the_same_key_makes_one_alert_and_a_dropped_one_is_quiet(database: Database):
    house = a_house(database)

    made = {house.alerts.create(OWNER, NewAlert("Fear", VIX), key="k").alert_id for _ in range(2)}
    house.alerts.drop(OWNER, *made)

    assert len(made) == 1
    assert sum(house.look().values()) == 0


def test_a_viewer_makes_no_alert(database: Database):
    house = a_house(database)

    with pytest.raises(Refused) as refused:
        house.alerts.create(Actor(OWNER.user_id, "viewer"), NewAlert("Fear", VIX))

    assert refused.value.code == "forbidden"


NOTE = {
    "notification_id": "f" * 64,
    "title": "[low] Fear",
    "day": "2025-10-21",
    "told": "level of VIXCLS > 30",
    "observed": "31",
    "pack_id": "PP_2025-10-21_EOD_v1",
    "playbook": {
        "action": "Look",
        "instruments": [],
        "notional": None,
        "rationale": "VIX",
        "alternatives": [],
        "severity": "low",
    },
}


def a_webhook(answer: httpx.Response, address: str = "93.184.216.34", **how: Any) -> tuple[Sender, list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer

    settings = WebhookSettings(secret="key", **how)
    return Sender(None, settings, resolve=lambda *_: [address], transport=httpx.MockTransport(take)), asked


def test_a_webhook_is_signed_and_called_at_the_address_that_was_looked_at():
    sender, asked = a_webhook(httpx.Response(204))

    sender.send("webhook:https://hooks.example.org/a?b=1", NOTE)

    (request,) = asked
    signed = hmac.new(b"key", request.content, hashlib.sha256).hexdigest()
    assert request.headers["X-Mintmark-Signature"] == f"sha256={signed}"
    assert str(request.url) == "https://93.184.216.34/a?b=1"
    assert (request.headers["Host"], request.extensions["sni_hostname"]) == ("hooks.example.org", "hooks.example.org")
    assert request.extensions["timeout"]["read"] == 5.0


def test_a_webhook_that_redirects_or_fails_is_not_followed():
    for answer in (httpx.Response(302, headers={"Location": "https://10.0.0.1/"}), httpx.Response(500)):
        sender, asked = a_webhook(answer)

        with pytest.raises(ProviderFailed):
            sender.send("webhook:https://hooks.example.org/", NOTE)

        assert len(asked) == 1


def test_a_webhook_to_a_private_address_is_called_only_when_listed():
    refused, never = a_webhook(httpx.Response(204), "10.0.0.1")
    listed, once = a_webhook(httpx.Response(204), "10.0.0.1", private_hosts=["hooks.example.org"])

    with pytest.raises(ProviderFailed, match="private address"):
        refused.send("webhook:https://hooks.example.org/", NOTE)
    listed.send("webhook:https://hooks.example.org/", NOTE)

    assert (len(never), len(once)) == (0, 1)


class Inbox:
    def __init__(self) -> None:
        self.letters: list[bytes] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.letters.append(envelope.content)
        return "250 taken"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of localhost and its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain, form = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    path.write_bytes(pem + key.private_bytes(serialization.Encoding.PEM, form, plain))
    return path


@pytest.fixture
def mail_server(certificate: Path) -> Iterator[tuple[Inbox, int]]:
    """A mail server that speaks inside TLS alone."""
    from aiosmtpd.controller import Controller

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    inbox = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(inbox, hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True)
    server.start()
    try:
        yield inbox, port
    finally:
        server.stop()


def test_an_email_goes_through_tls_with_the_playbook_in_it(mail_server: tuple[Inbox, int], certificate: Path):
    inbox, port = mail_server
    mail = MailSettings("localhost", port, sender="mintmark@example.org", ca_file=certificate)

    Sender(mail).send("email:ada@example.org", NOTE)

    letter = message_from_bytes(inbox.letters[0])
    assert (letter["Subject"], letter["To"]) == ("[low] Fear", "ada@example.org")
    assert letter["Message-ID"] == f"<{'f' * 40}@mintmark>"
    assert "Action:    Look" in letter.get_payload()


def test_a_mail_server_nobody_can_vouch_for_gets_nothing(mail_server: tuple[Inbox, int]):
    inbox, port = mail_server

    with pytest.raises(ProviderFailed):
        Sender(MailSettings("localhost", port, sender="mintmark@example.org")).send("email:ada@example.org", NOTE)

    assert inbox.letters == []
