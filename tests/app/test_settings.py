"""Settings: every one documented and read, every unknown one refused by name."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from mintmark.app import FILE_NAME, Settings, leaves, load_settings, open_app, variable_of
from mintmark.domain import NotWritable, Refused

SOURCE = Path(__file__).resolve().parents[2] / "src" / "mintmark"
PATHS = [".".join(path) for path, _ in leaves()]


@pytest.fixture(autouse=True)
def _no_settings_of_whoever_runs_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.upper().startswith("MINTMARK_")]:
        monkeypatch.delenv(name)


def write(home: Path, text: str) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / FILE_NAME).write_text(text)


def refusal(home: Path) -> Refused:
    with pytest.raises(Refused) as caught:
        load_settings(home)
    assert caught.value.code == "usage"
    return caught.value


def test_the_defaults_are_those_of_the_house(tmp_path: Path):
    settings = load_settings(tmp_path)

    assert settings.database_url == f"sqlite:///{tmp_path / 'mintmark.db'}"
    assert settings.research.poll_seconds == 30.0
    assert settings.research.gate_policy == "fail"
    assert settings.research.gates.model_dump() == {
        "min_accuracy": 0.45,
        "max_loss": 0.8,
        "min_loss_decrease": 0.20,
        "min_directional_accuracy": 0.50,
        "min_trades": 10,
        "min_win_rate": 0.45,
        "max_drawdown": 0.40,
        "min_sharpe": -0.5,
        "min_total_return": 0.0,
    }
    assert settings.llm.daily_limit_usd == Decimal("5.00")
    assert settings.llm.prices["claude-opus-4-5"].output == Decimal(25)
    assert settings.data.stablecoins_as_usd is True


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write(tmp_path, "[research]\npoll_seconds = 5\nrandom_state = 3\n[research.gates]\nmin_trades = 4\n")
    monkeypatch.setenv("MINTMARK_RESEARCH__POLL_SECONDS", "0.5")
    monkeypatch.setenv("MINTMARK_RESEARCH__GATES__MIN_SHARPE", "-99")

    settings = load_settings(tmp_path)

    assert settings.research.poll_seconds == 0.5
    assert settings.research.random_state == 3
    assert settings.research.gates.min_trades == 4
    assert settings.research.gates.min_sharpe == -99.0
    assert settings.research.gates.max_loss == 0.8


def test_the_home_comes_from_its_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write(tmp_path, '[research]\ngate_policy = "assess"\n')
    monkeypatch.setenv("MINTMARK_HOME", str(tmp_path))

    settings = load_settings()

    assert settings.home == tmp_path
    assert settings.research.gate_policy == "assess"


@pytest.mark.parametrize(
    "name", ["MINTMARK_RESEARCH__POL_SECONDS", "MINTMARK_FOO", "MINTMARK_RESEARCH", "MINTMARK_LLM__PRICES__X"]
)
def test_an_unknown_variable_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setenv(name, "3")

    refused = refusal(tmp_path)

    assert refused.details["problems"][0]["setting"] == name
    assert name in refused.message


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[research]\npol_seconds = 3", "research.pol_seconds"),
        ("[research.gates]\nmin_acuracy = 0.5", "research.gates.min_acuracy"),
        ("[resarch]\npoll_seconds = 3", "resarch.poll_seconds"),
        ("research = 3", "research"),
        ('home = "elsewhere"', "home"),
        ('[llm]\nanthropic_api_key = "secret"', "llm.anthropic_api_key"),
        ('[llm.prices."m"]\ninput = 1\noutput = 2\nthird = 3', "llm.prices.m.third"),
    ],
)
def test_a_key_that_has_no_place_in_the_file_is_refused_by_name(tmp_path: Path, text: str, named: str):
    write(tmp_path, text)

    refused = refusal(tmp_path)

    assert [problem["setting"] for problem in refused.details["problems"]] == [named]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MINTMARK_RESEARCH__POLL_SECONDS", "0.05"),
        ("MINTMARK_RESEARCH__POLL_SECONDS", "301"),
        ("MINTMARK_RESEARCH__GATE_POLICY", "ignore"),
        ("MINTMARK_RESEARCH__RANDOM_STATE", "-1"),
        ("MINTMARK_RESEARCH__GATES__MAX_LOSS", "nan"),
        ("MINTMARK_LLM__DAILY_LIMIT_USD", "-1"),
        ("MINTMARK_DATA__STABLECOINS_AS_USD", "perhaps"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
):
    monkeypatch.setenv(name, value)

    assert [problem["setting"] for problem in refusal(tmp_path).details["problems"]] == [name]


def test_a_file_that_is_no_toml_is_refused_by_name(tmp_path: Path):
    write(tmp_path, "research = ")

    assert refusal(tmp_path).details["problems"][0]["setting"] == str(tmp_path / FILE_NAME)


def test_the_word_none_takes_the_daily_limit_away(tmp_path: Path):
    write(tmp_path, '[llm]\ndaily_limit_usd = "none"\n')

    assert load_settings(tmp_path).llm.daily_limit_usd is None


def test_a_price_joins_the_known_ones(tmp_path: Path):
    write(tmp_path, '[llm.prices."some-model"]\ninput = 0.3\noutput = 1.2\n')

    prices = load_settings(tmp_path).llm.prices

    assert prices["some-model"].input == Decimal("0.3")
    assert prices["deepseek-chat"].output == Decimal("0.42")


def test_a_key_shows_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MINTMARK_LLM__ANTHROPIC_API_KEY", "do-not-show")

    settings = load_settings(tmp_path)

    assert isinstance(settings.llm.anthropic_api_key, SecretStr)
    assert "do-not-show" not in f"{settings!r} {settings} {settings.model_dump()}"


@pytest.mark.parametrize("path", PATHS)
def test_every_setting_is_read_by_the_wiring(path: str):
    readers = [file for file in SOURCE.rglob("*.py") if file.name not in ("settings.py", "loading.py")]
    last = ".".join(path.split(".")[-2:])
    by = {"store.url": "database_url", "home": "settings.home"}.get(path, last)

    found = [file.name for file in readers if re.search(rf"\b{re.escape(by)}\b", file.read_text())]

    assert len(readers) > 30
    assert found, f"nothing reads {path}"


@pytest.mark.parametrize("path", PATHS)
def test_every_setting_is_documented(path: str):
    page = (SOURCE.parents[1] / "docs" / "configuration.md").read_text()

    assert f"`{path}`" in page
    assert f"`{variable_of(tuple(path.split('.')))}`" in page


def test_every_setting_has_words():
    assert [path for path, field in zip(PATHS, leaves(), strict=True) if not field[1].description] == []


def test_the_home_folder_is_made_at_first_use(tmp_path: Path):
    home = tmp_path / "a" / "b"

    open_app(home=home).close()

    assert home.is_dir()


def test_a_home_that_is_a_file_is_named(tmp_path: Path):
    home = tmp_path / "taken"
    home.write_text("")

    with pytest.raises(NotWritable) as caught:
        open_app(home=home)

    assert caught.value.code == "not_writable"
    assert str(home) in caught.value.message


def test_settings_cannot_be_changed(tmp_path: Path):
    with pytest.raises(ValueError, match="frozen"):
        load_settings(tmp_path).research.random_state = 8  # type: ignore[misc]


def test_the_tree_has_the_settings_this_house_needs():
    assert len(PATHS) == len(set(PATHS)) == 48
    assert set(Settings.model_fields) == {
        "home", "rights_file", "store", "research", "runtime", "llm", "data", "access", "alerts", "providers",
        "telemetry", "hedging",
    }  # fmt: skip
