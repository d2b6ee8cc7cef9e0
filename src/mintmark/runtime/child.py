"""The computing process: ``python -m mintmark.runtime.child <folder>``.

It ends with its worker, however that ends, and leaves one result file.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from mintmark.domain import MintmarkError
from mintmark.runtime.folder import WorkFolder
from mintmark.runtime.killpoints import arm, reached
from mintmark.runtime.owner import end_with_owner
from mintmark.runtime.task import Task

log = logging.getLogger(__name__)


def main(folder: Path) -> int:
    """Compute what ``folder`` asks for; return 0 when there is a result, 1 when there is an error."""
    work = WorkFolder(folder)
    inputs = work.inputs()
    end_with_owner(inputs["worker_pid"])
    arm(inputs["kill_at"], Path(inputs["home"]))
    reached("child.started")
    result = _computed(work, inputs["compute"])
    reached("child.before_result")
    work.put_result(result)
    reached("child.after_result")
    return 1 if "error" in result else 0


def _computed(work: WorkFolder, compute: str) -> dict[str, Any]:
    try:
        task = Task(work)
        module, _, name = compute.partition(":")
        function = getattr(import_module(module), name)
        reached("child.loaded")
        result = function(task)
        task.flush()
        return {"result": _plain(result), "warnings": task.warnings}
    except MintmarkError as error:
        return {"error": {"code": error.code, "message": error.message}}
    except Exception as error:
        log.exception("the computation failed")
        return {"error": {"code": "internal", "message": str(error) or type(error).__name__}}


def _plain(result: Any) -> dict[str, Any]:
    """Return ``result`` when it is a JSON object without NaN."""
    if not isinstance(result, dict):
        raise TypeError(f"expected a result that is a dict, found {type(result).__name__}")
    json.dumps(result, allow_nan=False)
    return result


if __name__ == "__main__":
    code = main(Path(sys.argv[1]))
    sys.stdout.flush()
    sys.stderr.flush()
    # A library's threads or exit hooks must not keep or change the end of a finished computation.
    os._exit(code)
