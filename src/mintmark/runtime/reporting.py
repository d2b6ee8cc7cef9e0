"""Faults told to Sentry, scrubbed; silent when no address was set."""

from __future__ import annotations

import logging
from typing import Any

from mintmark.domain import Refused
from mintmark.runtime.scrubbing import scrubbed


def start_reporting(dsn: str, release: str, *, transport: Any = None) -> None:
    """Tell faults to the Sentry project at ``dsn`` from here on, scrubbed.

    Raises:
        Refused: ``extra_missing`` without the extra ``otel``.
    """
    try:
        import sentry_sdk
        from sentry_sdk.integrations.logging import LoggingIntegration
    except ModuleNotFoundError as error:
        raise Refused("reports of faults need the extra: pip install mintmark[otel]", code="extra_missing") from error
    more = {} if transport is None else {"transport": transport}
    sentry_sdk.init(
        dsn=dsn,
        release=release,
        default_integrations=False,
        integrations=[LoggingIntegration(level=None, event_level=logging.ERROR)],
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=0.0,
        auto_session_tracking=False,
        before_send=scrubbed,  # type: ignore[arg-type]
        **more,
    )
