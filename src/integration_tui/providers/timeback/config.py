"""What a TimeBack integration is told. The platform and stage say where it is by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeGuard

from pydantic import Field, model_validator
from pydantic.config import JsonDict

from integration_tui.domain.auth import (
    ApiKeyAuth,
    AuthorizationCodeAuth,
    BasicAuth,
    ClientCredentialsAuth,
    CustomHeadersAuth,
    JwtAuth,
    JwtBearerAuth,
    OAuth1Auth,
)
from integration_tui.domain.config.policies import WebhookPolicy
from integration_tui.domain.config.types import Url
from integration_tui.providers.oneroster.config import RosterServerConfig
from integration_tui.providers.oneroster.dialect import BEYOND_AI, LEARN_WITH_AI, ServerDialect

Platform = Literal["beyond_ai", "learnwith_ai"]
Stage = Literal["production", "staging"]

ADDRESSES: Final[Mapping[tuple[object, object], tuple[str, str]]] = {
    ("beyond_ai", "production"): (
        "https://api.alpha-1edtech.ai",
        "https://prod-beyond-timeback-api-2-idp.auth.us-east-1.amazoncognito.com/oauth2/token",
    ),
    ("beyond_ai", "staging"): (
        "https://api.staging.alpha-1edtech.ai",
        "https://staging-beyond-timeback-api-2-idp.auth.us-east-1.amazoncognito.com/oauth2/token",
    ),
    ("learnwith_ai", "production"): (
        "https://platform.timeback.com",
        "https://platform.timeback.com/auth/1.0/token",
    ),
    ("learnwith_ai", "staging"): (
        "https://platform.dev.timeback.com",
        "https://platform.dev.timeback.com/auth/1.0/token",
    ),
}
"""System and token endpoint, as in TimeBack's own SDK (timeback-common 0.4.0).

Older documents name other hosts; that is why each may be written in a config.
"""


_CALIPER: Final[Mapping[str, str]] = {
    "https://api.alpha-1edtech.ai": "https://caliper.alpha-1edtech.ai",
    "https://api.staging.alpha-1edtech.ai": "https://caliper.staging.alpha-1edtech.ai",
}
"""BeyondAI keeps webhooks where its events are."""
_CREATE: Final = "https://purl.imsglobal.org/spec/or/v1p2/scope/roster.createput"
"""LearnWithAI's scope for writing rosters, https://docs.platform.timeback.com."""


def _without_default(schema: JsonDict) -> None:
    schema.pop("default", None)


class TimeBackCredentialsAuth(ClientCredentialsAuth):
    """OAuth2 client credentials at TimeBack's own token endpoint."""

    token_url: Url = Field(
        default="",
        validate_default=True,  # where nobody filled it in, it is missing after all
        description="Token URL. Empty: from platform and stage.",
        json_schema_extra=_without_default,
    )


TimeBackAuth = Annotated[
    TimeBackCredentialsAuth
    | AuthorizationCodeAuth
    | JwtBearerAuth
    | ApiKeyAuth
    | BasicAuth
    | JwtAuth
    | OAuth1Auth
    | CustomHeadersAuth,
    Field(discriminator="type"),
]


class TimeBackConfig(RosterServerConfig):
    """TimeBack: OneRoster with its own addresses and page sizes."""

    type: Literal["timeback"] = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        description="TimeBack platform."
    )
    platform: Platform = Field(
        default="beyond_ai", description="TimeBack platform: beyond_ai or learnwith_ai."
    )
    stage: Stage = Field(default="production", description="Stage of the platform.")
    base_url: Url = Field(
        default="",
        description="Base URL of the API. Empty: from platform and stage.",
        json_schema_extra=_without_default,
    )

    auth: TimeBackAuth = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        description="Authentication method and credentials."
    )

    @model_validator(mode="before")
    @classmethod
    def _with_addresses(cls, data: object) -> object:
        """Write the addresses that the document leaves out."""
        if not _is_section(data):
            return data
        where = (data.get("platform", "beyond_ai"), data.get("stage", "production"))
        # Where they name no place, their own errors are told and not another about the address.
        found = [urls for place, urls in ADDRESSES.items() if place == where]
        base_url, token_url = found[0] if found else ADDRESSES["beyond_ai", "production"]
        auth = data.get("auth")
        is_elsewhere = "base_url" in data  # then the secret is no business of TimeBack's
        if (
            not is_elsewhere
            and _is_section(auth)
            and auth.get("type") == "oauth2_client_credentials"
        ):
            data = {**data, "auth": {"token_url": token_url, **auth}}
        return {"base_url": base_url, **data}

    writes: bool = Field(
        default=False,
        description="Allow writing users, classes and enrollments.",
    )
    webhooks_url: Url = Field(
        default="",
        description="Webhook API URL. Empty: from platform and stage.",
        json_schema_extra=_without_default,
    )
    webhook: WebhookPolicy = Field(default_factory=WebhookPolicy, description="Webhook settings.")
    app_id: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9_-]*$",
        description="Application ID at LearnWithAI; required for its webhooks.",
    )

    @property
    def default_dialect(self) -> ServerDialect:
        return BEYOND_AI if self._is_beyond_ai else LEARN_WITH_AI

    @property
    def webhook_policy(self) -> WebhookPolicy:
        return self.webhook

    @property
    def issues_secrets(self) -> bool:
        """LearnWithAI signs deliveries with a secret of its own."""
        return not self._is_beyond_ai

    @property
    def webhooks_address(self) -> str:
        """The address in front of `/webhooks`, without a slash at its end."""
        if self.webhooks_url:
            return self.webhooks_url
        if not self._is_beyond_ai:
            return self.base_url
        return _CALIPER.get(self.base_url, self.base_url)

    @property
    def default_base_path(self) -> str:
        return super().default_base_path if self._is_beyond_ai else "/rostering/1.0"

    @property
    def default_scopes(self) -> tuple[str, ...]:
        """Cognito, in front of BeyondAI, knows no scopes of OneRoster's."""
        if self._is_beyond_ai:
            return ()
        return (*super().default_scopes, *([_CREATE] if self.writes else []))

    @property
    def default_page_size(self) -> int:
        return 1000 if self._is_beyond_ai else 100

    @property
    def _is_beyond_ai(self) -> bool:
        return self.platform == "beyond_ai"


def _is_section(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping)
