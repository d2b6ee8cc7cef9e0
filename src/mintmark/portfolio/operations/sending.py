"""Send a notification by e-mail or webhook."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from mintmark.domain import ProviderFailed
from mintmark.portfolio.channels import (
    EMAIL,
    SIGNATURE,
    WEBHOOK,
    address_to_call,
    body_of,
    letter_of,
    signature_of,
)

if TYPE_CHECKING:
    import httpx

MAIL_SECONDS = 10.0
WEBHOOK_SECONDS = 5.0
Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True)
class MailSettings:
    """The server e-mail goes through, always inside TLS; ``ca_file`` adds a certificate to those trusted."""

    host: str = ""
    port: int = 587
    tls: Literal["starttls", "tls"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    ca_file: Path | None = None


@dataclass(frozen=True)
class WebhookSettings:
    """``secret`` signs every body; ``private_hosts`` may have a private address."""

    secret: str = field(default="", repr=False)
    private_hosts: Collection[str] = ()


def resolved(host: str, port: int) -> Sequence[str]:
    """Return the IP addresses of ``host``; raises ``ProviderFailed``."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise ProviderFailed(f"{host} is not known: {error.strerror or error}") from error
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class Sender:
    """Sends to the channels of a notification; whatever goes wrong is ``ProviderFailed``.

    ``transport`` takes the place of the network for webhooks, ``resolve`` that of the name servers.
    """

    def __init__(
        self,
        mail: MailSettings | None = None,
        webhook: WebhookSettings | None = None,
        *,
        resolve: Resolve = resolved,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._mail = mail or MailSettings()
        self._webhook = webhook or WebhookSettings()
        self._resolve = resolve
        self._transport = transport

    def send(self, channel: str, notification: Mapping[str, Any]) -> None:
        """Send ``notification`` to ``channel``.

        A receiver knows one that comes twice by its Message-ID or Idempotency-Key.
        Raises: ``ProviderFailed``.
        """
        if channel.startswith(EMAIL):
            self._send_mail(channel.removeprefix(EMAIL), notification)
        elif channel.startswith(WEBHOOK):
            self._post(channel.removeprefix(WEBHOOK), notification)
        else:
            raise ValueError(f"expected email or webhook, found {channel!r}")

    def _send_mail(self, to: str, notification: Mapping[str, Any]) -> None:
        mail = self._mail
        if not mail.host or not mail.sender:
            raise ProviderFailed("no mail server is set: MINTMARK_ALERTS__SMTP_HOST and MINTMARK_ALERTS__EMAIL_FROM")
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = mail.sender, to, notification["title"]
        message["Message-ID"] = f"<{notification['notification_id'][:40]}@mintmark>"
        message.set_content(letter_of(notification))
        try:
            with self._server(mail) as server:
                if mail.user:
                    server.login(mail.user, mail.password)
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            # The words of a server may repeat what it was sent.
            raise ProviderFailed(f"the mail server {mail.host} failed: {type(error).__name__}") from error

    @staticmethod
    def _server(mail: MailSettings) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if mail.ca_file is not None:
            context.load_verify_locations(mail.ca_file)
        if mail.tls == "tls":
            return smtplib.SMTP_SSL(mail.host, mail.port, timeout=MAIL_SECONDS, context=context)
        server = smtplib.SMTP(mail.host, mail.port, timeout=MAIL_SECONDS)
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
        return server

    def _post(self, url: str, notification: Mapping[str, Any]) -> None:
        import httpx

        if not self._webhook.secret:
            raise ProviderFailed("no secret signs webhooks: MINTMARK_ALERTS__WEBHOOK_SECRET")
        parts = urlsplit(url)
        host = parts.hostname or ""
        address = address_to_call(host, self._resolve(host, parts.port or 443), self._webhook.private_hosts)
        if address is None:
            raise ProviderFailed(f"{host} has a private address: list it in MINTMARK_ALERTS__PRIVATE_WEBHOOK_HOSTS")
        body = body_of(notification)
        headers = {
            "Host": parts.netloc,
            "Content-Type": "application/json",
            "Idempotency-Key": str(notification["notification_id"]),
            SIGNATURE: signature_of(body, self._webhook.secret),
        }
        # The address that was looked at is the one that is called: a second answer of the name server counts nothing.
        called = httpx.URL(url).copy_with(host=address)
        named = {"sni_hostname": host}
        try:
            with httpx.Client(
                timeout=WEBHOOK_SECONDS, follow_redirects=False, trust_env=False, transport=self._transport
            ) as client:
                asked = client.build_request("POST", called, content=body, headers=headers, extensions=named)
                answer = client.send(asked, stream=True)
                # What it says beside its status is never read.
                with closing(answer):
                    status = answer.status_code
        except httpx.HTTPError as error:
            raise ProviderFailed(f"{host} failed: {type(error).__name__}") from error
        if not 200 <= status < 300:
            raise ProviderFailed(f"{host} answered {status}")
