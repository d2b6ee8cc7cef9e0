"""Strategy files, models and results on disk, each also a blob so that any machine finds it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from mintmark.domain import Damaged, Refused
from mintmark.research.starters import starting_strategies
from mintmark.research.tables import artifacts, put_row, strategies
from mintmark.store import path_within, write_atomic, write_once

if TYPE_CHECKING:
    from mintmark.store import Blobs, Database
    from mintmark.strategy import Model

_NAME = re.compile(r"^[a-z][a-z0-9_]{2,63}$")
_NUMBERED = re.compile(r"^(.*)_(\d+)$")


@dataclass(frozen=True)
class StrategyFile:
    """A strategy's file: its text, and its path below the home folder."""

    name: str
    path: str
    text: str


class Library:
    """What research keeps in files. Every path is relative to the home folder."""

    def __init__(self, home: Path, database: Database, blobs: Blobs) -> None:
        self._home = home
        self._database = database
        self._blobs = blobs

    def put(self, connection: Connection, path: str, digest: str, size: int, operation_id: str | None) -> None:
        """Note where a kept file belongs, in the caller's transaction; the same again changes nothing."""
        row = {"path": path, "sha256": digest, "size": size, "operation_id": operation_id}
        put_row(connection, artifacts, row, "path")

    def keep(self, path: str, content: bytes, *, once: bool = False) -> dict[str, Any]:
        """Write a file and its blob; return what ``put`` notes. Safe to run again.

        With ``once``, other content under a path that is taken is refused.

        Raises:
            Refused: ``strategy_exists`` with the path, where ``once`` and it holds other bytes.
            NotWritable: the disk takes no more.
        """
        place = path_within(self._home, path)
        if once:
            if not write_once(place, content) and place.read_bytes() != content:
                raise Refused(f"{path} exists with other content", code="strategy_exists", path=path)
        else:
            write_atomic(place, content)
        return {"path": path, "digest": self._blobs.put(content), "size": len(content)}

    def fetch(self, path: str) -> Path:
        """Return where ``path`` lies on this machine, from the blobs when it is not here yet.

        Raises:
            Refused: ``not_found``; ``path_refused`` for a path that leads out of the home folder.
            Damaged: its blob is not what its name says.
        """
        place = path_within(self._home, path)
        if not place.is_file():
            digest = self._digest(path)
            if digest is None:
                raise Refused(f"there is no file {path}", code="not_found", path=path)
            content = self._blobs.get(digest)
            if hashlib.sha256(content).hexdigest() != digest:
                raise Damaged(f"the kept copy of {path} is damaged", code="blob_damaged", path=path)
            write_once(place, content)
        return place

    def list_files(self, folder: str) -> list[str]:
        """Return the paths of the files known under ``folder``, on disk or kept."""
        with self._database.read() as connection:
            query = select(artifacts.c.path).where(artifacts.c.path.startswith(folder + "/", autoescape=True))
            kept = set(connection.scalars(query))
        place = path_within(self._home, folder)
        here = {f"{folder}/{found.name}" for found in place.iterdir() if found.is_file()} if place.is_dir() else set()
        return sorted(kept | here)

    def model(self, path: str) -> Model:
        """Return the model kept in the folder ``path``.

        Raises:
            Refused: ``model_missing``.
            Damaged: ``model_damaged``.
        """
        from mintmark.strategy import Model

        files = {file.rsplit("/", 1)[-1]: file for file in self.list_files(path)}
        if not files:
            raise Refused(f"there is no model at {path}", code="model_missing", path=path)
        return Model.from_files({name: self.fetch(file).read_bytes() for name, file in files.items()})

    def strategy(self, name: str) -> StrategyFile:
        """Return a saved strategy, or a starting one.

        Raises:
            Refused: ``not_found``; ``path_refused`` for a name that is none.
        """
        if not _NAME.fullmatch(name):
            raise Refused(f"expected the name of a strategy, found {name[:80]!r}", code="path_refused", path=name[:80])
        path = strategy_path(name)
        try:
            return StrategyFile(name, path, self.fetch(path).read_text(encoding="utf-8"))
        except Refused as refused:
            starter = next((found for found in starting_strategies() if found.name == name), None)
            if refused.code != "not_found":
                raise
            if starter is None:
                raise Refused(f"there is no strategy {name}", code="not_found", name=name) from refused
            return StrategyFile(name, path, starter.text)

    def names(self) -> list[str]:
        """Return the names of all strategies: the starting ones, saved files, and rows."""
        with self._database.read() as connection:
            rows = set(connection.scalars(select(strategies.c.name)))
        folder = self._home / "strategies"
        files = {found.stem for found in folder.glob("*.yaml")} if folder.is_dir() else set()
        known = {starter.name for starter in starting_strategies()}
        return sorted(name for name in rows | files | known if _NAME.fullmatch(name))

    def free_name(self, name: str) -> str:
        """Return ``name``, or where it is taken the next free ``<name>_<n>``."""
        taken = set(self.names())
        found, number = name, 2
        while found in taken:
            found, number = f"{name}_{number}", number + 1
        return found

    def _digest(self, path: str) -> str | None:
        with self._database.read() as connection:
            return connection.scalar(select(artifacts.c.sha256).where(artifacts.c.path == path))


def strategy_path(name: str) -> str:
    """Return where the file of strategy ``name`` lies below the home folder."""
    return f"strategies/{name}.yaml"
