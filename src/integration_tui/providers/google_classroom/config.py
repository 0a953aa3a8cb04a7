"""What a Google Classroom integration is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from integration_tui.domain.auth import AuthorizationCodeAuth, JwtBearerAuth
from integration_tui.domain.config.policies import RateLimitPolicy
from integration_tui.domain.config.sync_policy import ServerReadingPolicy
from integration_tui.domain.config.types import Url
from integration_tui.providers.http.config import HttpConfig

GoogleAuth = Annotated[JwtBearerAuth | AuthorizationCodeAuth, Field(discriminator="type")]
"""A service account that acts for an administrator, or an administrator's own consent."""

OrgUnitPath = Annotated[str, StringConstraints(pattern=r"^/.*$", max_length=2000)]
"""The path of an org unit, as the admin console shows it; a `*` in it is any one name."""
CourseState = Literal["ACTIVE", "PROVISIONED", "ARCHIVED", "DECLINED", "SUSPENDED"]
PersonRole = Literal[
    "administrator", "aide", "counselor", "districtAdministrator", "guardian", "parent",
    "principal", "proctor", "relative", "siteAdministrator", "student", "systemAdministrator",
    "teacher",
]  # fmt: skip
"""OneRoster's roles."""


class ClassroomReadingPolicy(ServerReadingPolicy):
    """How rosters are read, class by class."""

    ahead: int = Field(default=8, ge=0, le=8, description="Class rosters read in parallel.")


class GoogleClassroomConfig(HttpConfig):
    """Google Classroom, through a service account or a person's consent."""

    type: Literal["google_classroom"] = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        description="Google Classroom."
    )
    base_url: Url = Field(
        default="https://classroom.googleapis.com", description="URL of the Classroom API."
    )
    directory_url: Url = Field(
        default="https://admin.googleapis.com",
        description="URL of the Directory API (Admin SDK).",
    )
    customer: str = Field(
        default="my_customer",
        pattern=r"^[\w-]{1,100}$",
        description="Google Workspace customer ID. my_customer: the subject's own.",
    )
    schools: tuple[OrgUnitPath, ...] = Field(
        default=(),
        description="Org units that are schools, such as /Schools/*.",
    )
    people: Mapping[OrgUnitPath, PersonRole] = Field(
        default_factory=dict,
        description="Role by org unit, such as `/Staff: administrator`. Default: from classes.",
    )
    states: tuple[CourseState, ...] = Field(
        default=("ACTIVE",), min_length=1, description="Course states that count as active."
    )
    aliases: bool = Field(
        default=False,
        description="Read course aliases (IDs in other systems); one request per course.",
    )
    # 1,200 requests a minute and user: https://developers.google.com/workspace/classroom/limits
    rate_limit: RateLimitPolicy = Field(
        default_factory=lambda: RateLimitPolicy(requests=18),
        description="Request limit; Google allows 20 requests per second.",
    )
    auth: GoogleAuth = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        description="Authentication method and credentials."
    )
    sync: ClassroomReadingPolicy = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        default_factory=ClassroomReadingPolicy
    )

    @property
    def subject(self) -> str:
        """For whom it acts, as sentences name it."""
        named = self.auth.subject if isinstance(self.auth, JwtBearerAuth) else ""
        return named or "the account that it acts for"

    @property
    def project(self) -> str:
        """Return what Google counts requests by: the project of the account or of the client."""
        if isinstance(self.auth, JwtBearerAuth):
            return self.auth.issuer.rpartition("@")[2].partition(".")[0]
        return self.auth.client_id.partition("-")[0]
