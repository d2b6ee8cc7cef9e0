"""What a caller may ask of the ledger."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError

from mintmark.app.requests import MAX_IMPORT_BYTES, Request, invalid_request, whole

PORTFOLIO = r"^[A-Z][A-Z0-9-]{0,31}$"


class ImportRequest(Request):
    """Import a broker's CSV into a portfolio."""

    portfolio: Annotated[str, StringConstraints(pattern=PORTFOLIO)]
    csv: Annotated[str, StringConstraints(min_length=1, max_length=MAX_IMPORT_BYTES)]
    map: Annotated[str, StringConstraints(max_length=100_000)] | None = Field(
        None, description="TOML that says how the columns, types and numbers read. Default: the plain layout."
    )
    source: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(
        "csv", description="Where the file comes from; ids are unique within it."
    )
    pay_lag_days: Annotated[int, Field(ge=0, le=365, strict=True), BeforeValidator(whole)] | None = Field(
        None, description="Assume this many days from ex-date to pay date where a dividend names none."
    )
    dry_run: bool = Field(False, strict=True, description="Do all of it and keep nothing.")


class ReverseRequest(Request):
    """Reverse an entry."""

    narration: Annotated[str, StringConstraints(max_length=500)] = ""


def read_import(text: bytes) -> ImportRequest:
    """Return the request of a JSON body; raises ``invalid_request``."""
    from mintmark.ledger import strict_json

    try:
        return ImportRequest.model_validate(strict_json(text))
    except ValidationError as error:
        raise invalid_request(list(error.errors()), skip=0) from None
