"""What a Canvas integration is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field

from integration_tui.domain.auth import ApiKeyAuth, AuthorizationCodeAuth, JwtAuth
from integration_tui.domain.config.sync_policy import ServerReadingPolicy
from integration_tui.providers.http.config import HttpConfig

_API: Final = "/api/v1"
_PAGE_SIZE: Final = 100

CanvasAuth = Annotated[JwtAuth | ApiKeyAuth | AuthorizationCodeAuth, Field(discriminator="type")]
"""An access token as `jwt`, one in a header as `api_key`, or a consent's refresh token."""
AccountId = Annotated[
    str, Field(pattern=r"^(self|\d{1,20}(~\d{1,20})?|sis_account_id:\S.{0,254})$")
]
UserIdText = Annotated[
    str,
    Field(
        pattern=r"^(self|\d{1,20}(~\d{1,20})?|sis_(user_id|login_id|integration_id):\S.{0,254})$"
    ),
]
MappedRole = Literal["student", "teacher", "aide", "proctor", "administrator"]


class CanvasReadingPolicy(ServerReadingPolicy):
    """How rosters are read from Canvas."""

    way: Literal["auto", "report", "listing"] = Field(
        default="auto",
        description="Reading method: report, listing, or auto (report if permitted).",
    )


class CanvasConfig(HttpConfig):
    """Canvas LMS, in the cloud or on a server of one's own."""

    type: Literal["canvas"] = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        description="Canvas LMS."
    )
    auth: CanvasAuth = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        description="Authentication method and credentials."
    )
    account: AccountId | None = Field(
        default=None,
        description="Account to read: number or sis_account_id:ID. Empty: the top account.",
    )
    as_user_id: UserIdText | None = Field(
        default=None,
        description="User to act as: number or sis_user_id:ID. Empty: the token's user.",
    )
    roles: Mapping[str, MappedRole] = Field(
        default_factory=dict,
        description="OneRoster role by Canvas role or type: `DesignerEnrollment: teacher`.",
    )
    sync: CanvasReadingPolicy = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        default_factory=CanvasReadingPolicy
    )

    @property
    def service_url(self) -> str:
        """The address in front of `/users`."""
        return f"{self.base_url.removesuffix(_API)}{_API}"

    @property
    def per_page(self) -> int:
        """How many rows to ask for at once; Canvas may send fewer."""
        return min(self.sync.page_size or _PAGE_SIZE, _PAGE_SIZE)
