"""A house with the sample pack, sealed once and copied for each test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from doors import Door

from mintmark.api import create_api
from mintmark.app import App, open_app


@pytest.fixture(autouse=True, scope="session")
def _no_settings_of_whoever_runs_the_tests() -> None:
    for name in [name for name in os.environ if name.upper().startswith("MINTMARK_")]:
        del os.environ[name]


@pytest.fixture(scope="session")
def shared_app(sealed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A house that tests may fill but not break: whatever they leave, the next one finds."""
    home = tmp_path_factory.mktemp("shared") / "home"
    shutil.copytree(sealed_home, home)
    opened = open_app(home=home)
    yield opened
    opened.close()


@pytest.fixture
def app(sealed_home: Path, tmp_path: Path) -> Iterator[App]:
    """The wired house of this test alone."""
    shutil.copytree(sealed_home, tmp_path / "home")
    opened = open_app(home=tmp_path / "home")
    yield opened
    opened.close()


@pytest.fixture
def door(app: App) -> Door:
    """The HTTP door of ``app``."""
    return Door(create_api(app))
