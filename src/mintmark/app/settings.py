"""Every setting of the house: one tree, read from the environment and from ``mintmark.toml``."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from mintmark.llm import DEFAULT_PRICES

PREFIX = "MINTMARK_"
DELIMITER = "__"
FILE_NAME = "mintmark.toml"

# Series of FRED that answers about the economy ask for; their names there are ours.
FRED_SERIES = (
    "DGS10", "DGS2", "DGS3MO", "DTB3", "GS10", "UNRATE", "CPIAUCNS", "CPIAUCSL", "CPILFESL", "AAA", "BAA", "VIXCLS",
    "DFII10", "T10YIE", "BAMLC0A0CM", "DTWEXBGS", "GFDEGDQ188S", "FEDFUNDS",
)  # fmt: skip

Finite = Annotated[float, Field(allow_inf_nan=False)]


def _none_word(value: Any) -> Any:
    # Neither TOML nor the environment has a null.
    return None if isinstance(value, str) and value.strip().lower() in {"none", "null"} else value


class Part(BaseModel):
    """One group of settings; a key it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSettings(Part):
    url: str = Field(
        "",
        description="Database of everything: `sqlite:///<path>` or `postgresql://...`. "
        "Empty means `sqlite:///<home>/mintmark.db`.",
    )


class GateSettings(Part):
    min_accuracy: Finite = Field(0.45, description="Training gate: lowest test accuracy of a classifier.")
    max_loss: Finite = Field(0.8, description="Training gate: highest final loss, and test loss.")
    min_loss_decrease: Finite = Field(0.20, description="Training gate: lowest fall of the loss, a fraction.")
    min_directional_accuracy: Finite = Field(
        0.50, description="Training gate of a regression: directional accuracy must lie above it."
    )
    min_trades: int = Field(10, description="Backtest gate: fewest trades.")
    min_win_rate: Finite = Field(0.45, description="Backtest gate: lowest share of winning trades.")
    max_drawdown: Finite = Field(0.40, description="Backtest gate: deepest drawdown, a fraction of the peak.")
    min_sharpe: Finite = Field(-0.5, description="Backtest gate: lowest yearly Sharpe ratio.")
    min_total_return: Finite = Field(
        0.0, description="Backtest gate of a regression: lowest return after all costs, a fraction."
    )


class ResearchSettings(Part):
    poll_seconds: float = Field(
        30.0, ge=0.1, le=300.0, description="How long an ended child may wait before its cycle is looked at again."
    )
    max_concurrent: int = Field(
        0, ge=0, le=1000, description="Cycles at a time. 0: live training slots + live backtesting slots + 1."
    )
    gate_policy: Literal["fail", "assess"] = Field(
        "fail", description="What a gate's no does to a cycle: end it failed, or go on to the assessment."
    )
    random_state: int = Field(7, ge=0, le=2**32 - 1, description="Seed of a cycle that names none.")
    gates: GateSettings = Field(default_factory=GateSettings)


class RuntimeSettings(Part):
    engine_poll_seconds: float = Field(0.25, ge=0.05, le=60.0, description="How often a worker asks its queues.")
    heartbeat_seconds: float = Field(2.0, ge=0.1, le=5.0, description="How often a worker says that it lives.")


class Price(Part):
    """USD per million tokens."""

    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)


def _known_prices() -> dict[str, Price]:
    return {name: Price(input=price.input, output=price.output) for name, price in DEFAULT_PRICES.items()}


class LanguageModelSettings(Part):
    daily_limit_usd: Annotated[Decimal | None, BeforeValidator(_none_word)] = Field(
        Decimal("5.00"),
        ge=0,
        description="USD a UTC day may cost. 0 refuses every call; `none` takes the limit away.",
    )
    prices: dict[str, Price] = Field(
        default_factory=_known_prices,
        description="USD per million tokens, by model: `{input, output}`. Models given here join the known ones.",
    )
    deepseek_api_key: SecretStr | None = Field(
        None, description="Key of DeepSeek, the first model asked. From the environment only.", repr=False
    )
    anthropic_api_key: SecretStr | None = Field(
        None, description="Key of Anthropic, the model asked next. From the environment only.", repr=False
    )

    @field_validator("prices", mode="before")
    @classmethod
    def _join_the_known(cls, value: Any) -> Any:
        return {**_known_prices(), **value} if isinstance(value, dict) else value


class DataSettings(Part):
    stablecoins_as_usd: bool = Field(True, description="Take USDT and USDC as USD; manifests and marks say so.")


class AccessSettings(Part):
    requests_per_minute: int = Field(3_000, ge=1, le=10_000_000, description="Requests a minute of one identity.")
    bad_attempts: int = Field(10, ge=1, le=1_000, description="Wrong keys a minute of one address.")
    running: int = Field(20, ge=1, le=1_000, description="Requests of the API a process answers at a time.")
    waiting: int = Field(100, ge=1, le=10_000, description="Requests that may wait for that; more are refused.")


def _known_aliases() -> dict[str, dict[str, str]]:
    return {"fred": {name: name for name in FRED_SERIES}}


class ProviderSettings(Part):
    fmp_key: SecretStr | None = Field(
        None, description="Key of Financial Modeling Prep. From the environment only.", repr=False
    )
    polygon_key: SecretStr | None = Field(None, description="Key of Polygon. From the environment only.", repr=False)
    fred_key: SecretStr | None = Field(None, description="Key of FRED. From the environment only.", repr=False)
    newsapi_key: SecretStr | None = Field(None, description="Key of NewsAPI. From the environment only.", repr=False)
    per_minute: dict[str, Annotated[float, Field(gt=0, le=6000, allow_inf_nan=False)]] = Field(
        default_factory=dict,
        description="Requests a minute by provider, where a plan differs: fmp 120, polygon 5, fred 60, newsapi 30.",
    )
    fmp_monthly_megabytes: int = Field(
        500, ge=1, le=10_000_000, description="Bandwidth of the plan at Financial Modeling Prep; 95 % of it is used."
    )
    aliases: dict[str, dict[str, str]] = Field(
        default_factory=_known_aliases,
        description='What each provider calls our symbols: `{polygon = {AAPL = "AAPL"}}`. Those given join the known.',
    )

    @field_validator("aliases", mode="before")
    @classmethod
    def _join_the_known(cls, value: Any) -> Any:
        if not isinstance(value, dict) or not all(isinstance(names, dict) for names in value.values()):
            return value
        known = _known_aliases()
        return {name: {**known.get(name, {}), **value.get(name, {})} for name in {**known, **value}}


class TelemetrySettings(Part):
    otlp_endpoint: str = Field(
        "", description="Collector of spans, OTLP over HTTP, such as `http://127.0.0.1:4318`. Empty sends none."
    )
    sample: float = Field(
        0.1, ge=0.0, le=1.0, description="Share of traces that are sent; those with an error always are."
    )
    sentry_dsn: SecretStr | None = Field(
        None, description="Where faults are told to, scrubbed. From the environment only.", repr=False
    )


class AlertSettings(Part):
    smtp_host: str = Field("", description="Mail server alerts are sent through. Empty: e-mails wait and then fail.")
    smtp_port: int = Field(587, ge=1, le=65_535, description="Its port.")
    smtp_tls: Literal["starttls", "tls"] = Field(
        "starttls", description="How TLS begins: asked for after the greeting (587), or at once (465)."
    )
    smtp_user: str = Field("", description="Name it knows us by. Empty: it asks for none.")
    smtp_password: SecretStr | None = Field(None, description="Password for it. From the environment only.", repr=False)
    smtp_ca_file: Path | None = Field(None, description="A certificate to trust beside those of the system.")
    email_from: str = Field("", description="Address that e-mails come from.")
    webhook_secret: SecretStr | None = Field(
        None, description="Key that signs the bodies of webhooks. From the environment only.", repr=False
    )
    private_webhook_hosts: tuple[str, ...] = Field(
        (), description="Hosts a webhook may call although their address is private."
    )
    admin_channels: tuple[str, ...] = Field(
        ("in_app",), description="Where the house tells that a night stopped, such as `email:ops@example.org`."
    )


class HedgingSettings(Part):
    instruments: tuple[str, ...] = Field(
        (), description="Symbols a portfolio may be hedged with, such as an index fund. Empty: currencies alone."
    )


class Settings(BaseSettings):
    """What may be set, by ``MINTMARK_<PART>__<KEY>`` or in ``mintmark.toml`` of the home folder.

    The environment wins over the file. ``MINTMARK_HOME`` cannot stand in the
    file it leads to, nor may a secret.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=DELIMITER,
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    rights_file: Path | None = Field(
        None, description="A file that says what each source allows, in the place of the one of the house."
    )
    home: Path = Field(Path("~/.mintmark"), description="The data root: database, blobs, strategies, models, reports.")
    store: StoreSettings = Field(default_factory=StoreSettings)
    research: ResearchSettings = Field(default_factory=ResearchSettings)
    runtime: RuntimeSettings = Field(default_factory=RuntimeSettings)
    llm: LanguageModelSettings = Field(default_factory=LanguageModelSettings)
    data: DataSettings = Field(default_factory=DataSettings)
    access: AccessSettings = Field(default_factory=AccessSettings)
    providers: ProviderSettings = Field(default_factory=ProviderSettings)
    telemetry: TelemetrySettings = Field(default_factory=TelemetrySettings)
    alerts: AlertSettings = Field(default_factory=AlertSettings)
    hedging: HedgingSettings = Field(default_factory=HedgingSettings)

    @field_validator("home")
    @classmethod
    def _whole(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @property
    def database_url(self) -> str:
        """Return ``store.url``, or that of the file in the home folder."""
        return self.store.url or f"sqlite:///{self.home / 'mintmark.db'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings
        file = _home_of(init_settings, env_settings) / FILE_NAME
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)


def _home_of(*sources: PydanticBaseSettingsSource) -> Path:
    found = [source().get("home") for source in sources]
    named = next((home for home in found if home), Settings.model_fields["home"].default)
    return Path(str(named)).expanduser().absolute()


def leaves(model: type[BaseModel] = Settings, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the path and field of every setting, depth first, as declared.

    >>> [".".join(path) for path, _ in leaves()][:2]
    ['home', 'store.url']
    """
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Part):
            yield from leaves(inner, (*path, name))
        else:
            yield (*path, name), field


def variable_of(path: tuple[str, ...]) -> str:
    """Return the environment variable of a setting.

    >>> variable_of(("research", "gates", "max_loss"))
    'MINTMARK_RESEARCH__GATES__MAX_LOSS'
    """
    return PREFIX + DELIMITER.join(path).upper()
