"""A function of the user's own that makes signals, by its name on the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mintmark.domain import Refused

if TYPE_CHECKING:
    from mintmark.domain import Bars


def read_signals(name: str, folder: Path) -> Callable[[Bars], Any]:
    """Return the function ``name`` (module:function, modules of ``folder`` too) as one of bars.

    It is called as in a notebook, with the frame of the bars, and gives one number for each, null for no change.

    Raises:
        Refused: ``not_found`` for a module that cannot be found, ``unknown_name`` for a function that is not in it;
            when called ``bad_value`` with what the function raised.
    """
    module, _, function = name.partition(":")
    if not module or not function:
        raise Refused(
            f"expected module:function, such as ideas:signals, found {name!r}", code="bad_value", field="signals"
        )
    sys.path.insert(0, str(folder))
    try:
        found = getattr(import_module(module), function, None)
    except ModuleNotFoundError as error:
        raise Refused(f"{error} here or among the installed packages", code="not_found", name=module) from error
    finally:
        sys.path.remove(str(folder))
    if not callable(found):
        raise Refused(f"{module} has no function {function}", code="unknown_name", name=function)
    return lambda bars: _called(name, found, bars)


def _called(name: str, function: Callable[..., Any], bars: Bars) -> Any:
    from mintmark.notebook import weights_of

    try:
        return weights_of(function, bars)
    except Refused:
        raise
    except Exception as error:
        message = f"{name} raised {type(error).__name__} on {len(bars)} bars: {error}"
        raise Refused(message, code="bad_value", field="signals") from error
