"""What a Canvas integration is told."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from integration_tui.domain.auth import ApiKeyAuth, AuthorizationCodeAuth, JwtAuth
from integration_tui.providers.http.config import HttpConfig

_API: Final = "/api/v1"

CanvasAuth = Annotated[JwtAuth | ApiKeyAuth | AuthorizationCodeAuth, Field(discriminator="type")]
"""An access token as `jwt`, one in a header as `api_key`, or a consent's refresh token."""


class CanvasConfig(HttpConfig):
    """Canvas LMS, in the cloud or on a server of one's own."""

    type: Literal["canvas"] = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        description="The provider: Canvas LMS."
    )
    auth: CanvasAuth = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        description="How to prove who we are."
    )

    @property
    def service_url(self) -> str:
        """The address in front of `/users`."""
        return f"{self.base_url.removesuffix(_API)}{_API}"
