"""How ids and names read."""

from __future__ import annotations

import re
from datetime import date

from mintmark.domain import Refused

OPERATION_ID = r"^op_[a-z]+(_[a-z]+)*_[0-9]{8}_[0-9]{6}_[0-9a-f]{8}$"
PACK_ID = r"^PP_[0-9]{4}-[0-9]{2}-[0-9]{2}_[A-Z0-9]+_v[1-9][0-9]{0,8}$"
STRATEGY_NAME = r"^[a-z][a-z0-9_]{2,63}$"

_PATTERNS = {
    "operation_id": (OPERATION_ID, "an operation id such as op_training_20260301_101502_5d0c1f77"),
    "pack_id": (PACK_ID, "a pack id such as PP_2018-12-31_SAMPLE_v1"),
    "name": (STRATEGY_NAME, "a name of 3 to 64 small letters, digits and underscores, such as starting_1"),
}


def one_of_pattern(kind: str, text: str) -> str:
    """Return ``text`` when it reads like an id of ``kind``: operation_id, pack_id or name.

    Raises:
        Refused: ``invalid_request``.
    """
    pattern, expected = _PATTERNS[kind]
    if re.fullmatch(pattern, text):
        return text
    message = f"expected {expected}, found {text[:96]!r}"
    raise Refused(message, code="invalid_request", problems=[{"path": kind, "message": message, "code": "pattern"}])


def one_day(field: str, text: str, code: str = "invalid_asof_date") -> date:
    """Return the day that ``text`` writes as 2025-12-31.

    Raises:
        Refused: ``code``, naming ``field`` and what was found.
    """
    try:
        if len(text) != len("2025-12-31"):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        found = text[:40]
        message = f"expected a day such as 2025-12-31, found {found!r}"
        problems = [{"path": field, "message": message, "code": "wrong_value"}]
        raise Refused(message, code=code, problems=problems, expected="YYYY-MM-DD", found=found) from None
