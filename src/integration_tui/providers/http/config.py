"""What the config of every system behind an address has. Loads no HTTP library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from integration_tui.domain.auth import Auth
from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.config.policies import RateLimitPolicy, RetryPolicy, TlsPolicy
from integration_tui.domain.config.sync_policy import ServerReadingPolicy
from integration_tui.domain.config.types import Url
from integration_tui.domain.roster import ROSTER, Collection


class HttpConfig(ProviderConfig):
    """Where the system is, who we are there, and how gently to ask."""

    RETIRED: ClassVar[Mapping[str, str]] = {
        "cache": "each run is a full read",
        "features": "no feature flags",
        "webhook": "webhooks not supported",
    }

    base_url: Url = Field(description="Base URL of the API.")
    auth: Auth = Field(description="Authentication method and credentials.")
    allow_private_network: bool = Field(
        default=False,
        description="Allow private addresses (10.x, 192.168.x).",
    )
    rate_limit: RateLimitPolicy = Field(default_factory=RateLimitPolicy)
    retry: RetryPolicy = Field(default_factory=RetryPolicy)
    tls: TlsPolicy = Field(default_factory=TlsPolicy)
    sync: ServerReadingPolicy = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        default_factory=ServerReadingPolicy
    )

    @property
    def collections(self) -> tuple[Collection, ...]:
        return (*ROSTER, Collection.DEMOGRAPHICS) if self.sync.demographics else ROSTER
