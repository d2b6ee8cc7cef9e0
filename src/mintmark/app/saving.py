"""Copy what an operation came to into a folder of somebody's own."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mintmark.domain import Refused

if TYPE_CHECKING:
    from mintmark.app.wiring import App


def save_results(app: App, operation_id: str, folder: Path) -> dict[str, Any]:
    """Write ``result.json``, every table and the tear sheet with its pictures into ``folder``/``operation_id``.

    That folder must be new: nothing is written over an old result.

    Raises:
        Refused: ``not_found`` for an operation without result; ``already_exists`` where the folder is taken.
        NotWritable: the disk takes no more.
    """
    from mintmark.store import make_folder, path_within, write_atomic

    result = app.operations.get(operation_id)["result_summary"]
    if not result:
        raise Refused(f"{operation_id} has no result to save", code="not_found", operation_id=operation_id)
    place = folder / operation_id
    if place.exists():
        raise Refused(f"{place} is there already", code="already_exists", path=str(place))
    make_folder(place)
    paths = [path for name, path in result.items() if name.endswith("_path") and str(path).startswith("results/")]
    if result.get("sheet_path"):
        beside = app.research.files(str(PurePosixPath(result["sheet_path"]).parent))
        paths += [path for path in beside if path.endswith(".png")]
    files = {Path(path).name: app.research.file(path) for path in paths}
    files["result.json"] = json.dumps(result, indent=1, allow_nan=False).encode()
    for name, content in files.items():
        write_atomic(path_within(place, name), content)
    return {"operation_id": operation_id, "folder": str(place), "files": sorted(files)}
