"""What a Google Classroom integration is told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from integration_tui.domain.auth import AuthorizationCodeAuth, JwtBearerAuth
from integration_tui.domain.config.policies import RateLimitPolicy
from integration_tui.domain.config.types import Url
from integration_tui.providers.http.config import HttpConfig

GoogleAuth = Annotated[JwtBearerAuth | AuthorizationCodeAuth, Field(discriminator="type")]
"""A service account that acts for an administrator, or an administrator's own consent."""


class GoogleClassroomConfig(HttpConfig):
    """Google Classroom, through a service account or a person's consent."""

    type: Literal["google_classroom"] = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        description="The provider: Google Classroom."
    )
    base_url: Url = Field(
        default="https://classroom.googleapis.com", description="Where Classroom's API is."
    )
    # 1,200 requests a minute and user: https://developers.google.com/workspace/classroom/limits
    rate_limit: RateLimitPolicy = Field(
        default_factory=lambda: RateLimitPolicy(requests=20),
        description="How often we may ask; Google allows 20 requests a second.",
    )
    auth: GoogleAuth = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        description="How to prove who we are."
    )
