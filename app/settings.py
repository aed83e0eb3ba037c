"""What an operator may set, from the environment alone."""

from functools import lru_cache
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.payouts.accounts import good_bic, iban_fault, squeezed
from governance.complaints import DEADLINES, Deadlines
from governance.consultations import RULES
from governance.consultations import Rules as ConsultationRules
from governance.documents import PUBLISH_DAYS

DEVELOPMENT_SECRET: Final = "for development: keys sealed with this are as good as open"  # noqa: S105 - known to all, on purpose
LEAST_SECRET: Final = 32
"""Characters of a secret that seals keys."""


class PayoutAccount(BaseModel):
    """The bank account that makers and carriers are paid from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    holder: str = Field(min_length=1, max_length=70)
    iban: str
    bic: str = ""

    @field_validator("iban", "bic")
    @classmethod
    def plain(cls, typed: str) -> str:
        return squeezed(typed)

    @model_validator(mode="after")
    def can_be(self) -> Self:
        if fault := iban_fault(self.iban):
            raise ValueError(fault)
        if self.bic and not good_bic(self.bic):
            raise ValueError("a BIC has 8 or 11 signs")
        return self


class Settings(BaseSettings):
    """Each field is an environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    environment: Literal["development", "production"] = "development"
    database_url: str | None = Field(None, description="postgresql+psycopg://...; unset: a server of our own")
    data: Path = Field(Path("data"), description="folder of the embedded database, evidence and mail")
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    base_url: str | None = Field(None, description="address that people see, for links in mail")
    storage_url: str | None = Field(None, description="s3://bucket/prefix; unset: a folder below DATA")
    storage_endpoint: str | None = Field(
        None, description="https://... of an S3 that is not Amazon's; keys come from AWS_ variables"
    )
    scanner: str | None = Field(
        None,
        description="tcp://host:3310 or unix:///path of a clamd; set: only clean files are kept",
    )
    smtp_url: str | None = Field(
        None, description="smtp://user:password@host:587; unset: mail goes to a folder"
    )
    bank_account: str = Field("", description="where buyers pay, as they read it: holder, IBAN, bank")
    payout_account: PayoutAccount | None = Field(
        None,
        description='where payouts leave from, as JSON: {"holder": "", "iban": "", "bic": ""}; unset: each '
        "transfer is typed at the bank",
    )
    stripe_key: SecretStr | None = Field(
        None, description="sk_... or rk_...; unset: nobody is asked for a card, all goes by bank transfer"
    )
    stripe_webhook_secret: SecretStr | None = Field(
        None,
        description="whsec_... of the address BASE_URL/stripe/events; a second one, of events of connected "
        "accounts, after a space",
    )
    stripe_address: str | None = Field(None, description="another address of Stripe's API, for tests")
    card_days: int = Field(3, ge=1, le=28, description="days to mend a card that was declined")
    exchange_rates_url: str = Field(
        "", description="where rates are asked daily, like the European Central Bank's eurofxref-daily.xml"
    )
    mail_from: str = "Fairhaul <no-reply@fairhaul.invalid>"
    demo: bool = Field(
        default=False, description="demo organisations, and their accounts on the sign-in page"
    )
    signing_secret: SecretStr | None = Field(
        None, description="32 characters or more that seal the keys by which certificates are signed"
    )
    log_json: bool = Field(default=False, description="logs as JSON lines instead of for a terminal")
    evidence_limit_bytes: int = Field(50 * 1024 * 1024, ge=1)
    complaint_deadlines: Deadlines = Field(
        DEADLINES, description='days for each stage of a complaint, as JSON: {"acknowledge": 5}'
    )
    consultation_rules: ConsultationRules = Field(
        RULES, description='how long a consultation lasts, as JSON: {"least_days": 30}'
    )
    webhook_private_addresses: bool = Field(
        default=False, description="webhooks may go to http and to this network: on a closed one, or in tests"
    )
    carrier_private_addresses: bool = Field(
        default=False,
        description="carriers may be asked over http and in this network: on a closed one, or in tests",
    )
    publish_days: int = Field(PUBLISH_DAYS, ge=1, description="target from adoption to publication")

    @model_validator(mode="after")
    def production_is_meant(self) -> Self:
        """Production starts only when what development assumes has been set on purpose."""
        if self.environment == "production":
            if self.demo:
                raise ValueError("DEMO=1 shows passwords on the sign-in page: unset it in production")
            if not self.database_url:
                raise ValueError("set DATABASE_URL in production: the embedded server is for one machine")
            if not self.bank_account:
                raise ValueError("set BANK_ACCOUNT: buyers have to know where to pay")
            if not (self.base_url or "").startswith("https://"):
                raise ValueError("set BASE_URL to the https:// address that people see")
            if self.stripe_key and not self.stripe_webhook_secret:
                raise ValueError("set STRIPE_WEBHOOK_SECRET: without it Stripe's events are all refused")
            if len(self.sealing_secret) < LEAST_SECRET or self.sealing_secret == DEVELOPMENT_SECRET:
                raise ValueError("set SIGNING_SECRET to 32 random characters or more, and keep a copy of it")
        return self

    @property
    def sealing_secret(self) -> str:
        """What seals private keys at rest."""
        return self.signing_secret.get_secret_value() if self.signing_secret else DEVELOPMENT_SECRET

    @property
    def pay_to(self) -> str:
        """The account that buyers are told. The demo has one that no bank knows."""
        return self.bank_account or ("Demo Fairhaul, account DEMO 0000 0000, Demo Bank" if self.demo else "")

    @property
    def address(self) -> str:
        """Address for links, without a slash at its end."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def secure_cookies(self) -> bool:
        return self.address.startswith("https://")

    @property
    def mail_folder(self) -> Path:
        return self.data / "mail"


@lru_cache
def settings() -> Settings:
    return Settings()
