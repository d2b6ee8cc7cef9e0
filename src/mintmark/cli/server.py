"""The HTTP server of ``mintmark serve``."""

from __future__ import annotations

import gc
import ipaddress
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mintmark.cli.output import stderr
from mintmark.domain import Refused

if TYPE_CHECKING:
    from mintmark.app import App

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Transport:
    """How a server that others reach is kept private: its own certificate, or a proxy that has one."""

    certificate: Path | None = None
    private_key: Path | None = None
    behind_proxy: bool = False


def _spare_what_stays() -> None:
    """Leave what is loaded out of the search for garbage, and search less often: an answer is many small values."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def run_server(app: App, host: str, port: int, transport: Transport) -> int:
    """Answer on ``host:port`` until a signal says stop; return the exit code of that signal.

    Raises:
        Refused: ``address_in_use`` when something else listens there; ``exposed`` for an address others reach
            without a key, or without TLS; ``tls_unusable`` for files that are no certificate with its key.
    """
    import uvicorn

    from mintmark.api import create_api
    from mintmark.runtime import start_logging
    from mintmark.ui import KeyEntry, LocalEntry, mount

    local = is_loopback(host)
    if not local:
        _require_protection(app, host, transport)
    _require_readable(transport)
    start_logging(sys.stderr)
    app.observe()
    listener = _listener(host, port)
    app.ready()
    api = create_api(app, hosts=LOOPBACK | {host} if local else None)
    mount(api, LocalEntry(app) if local else KeyEntry(app))
    scheme = "http" if transport.certificate is None else "https"
    stderr().print(f"Mintmark listens on {scheme}://{_shown(host)}:{listener.getsockname()[1]}", markup=False)
    config = uvicorn.Config(
        api,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=transport.behind_proxy,
        ssl_certfile=transport.certificate,
        ssl_keyfile=transport.private_key,
    )
    _spare_what_stays()
    server = uvicorn.Server(config)
    # The server raises its signal again when it is done: we are still to close what is open.
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda found, _frame: stopped.append(found))
    server.run(sockets=[listener])
    return 128 + stopped[0] if stopped else 0


def _require_protection(app: App, host: str, transport: Transport) -> None:
    if not app.access.any_key():
        message = f"{host} can be reached by others, and there is no key: `mintmark key create --name ... --role admin`"
        raise Refused(message, code="exposed", host=host)
    if transport.certificate is None and not transport.behind_proxy:
        message = f"{host} can be reached by others: name --tls-cert and --tls-key, or say --behind-proxy"
        raise Refused(message, code="exposed", host=host)


def _require_readable(transport: Transport) -> None:
    if transport.certificate is None:
        return
    import ssl

    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            transport.certificate, transport.private_key
        )
    except OSError as error:
        message = f"{transport.certificate} and {transport.private_key}: {error.strerror or error}"
        raise Refused(message, code="tls_unusable", certificate=str(transport.certificate)) from error


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach ``host``.

    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
    (True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # From here on a caller waits in the queue, so the address may be told before the first answer.
        listener.listen()
    except OSError as error:
        listener.close()
        raise Refused(f"cannot listen on {host}:{port}: {error.strerror}", code="address_in_use") from error
    return listener


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
