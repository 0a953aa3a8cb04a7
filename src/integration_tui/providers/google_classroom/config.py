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

    ahead: int = Field(default=8, ge=0, le=8, description="Rosters of classes read at once.")


class GoogleClassroomConfig(HttpConfig):
    """Google Classroom, through a service account or a person's consent."""

    type: Literal["google_classroom"] = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        description="The provider: Google Classroom."
    )
    base_url: Url = Field(
        default="https://classroom.googleapis.com", description="Where Classroom's API is."
    )
    directory_url: Url = Field(
        default="https://admin.googleapis.com",
        description="Where the Directory API of the Admin SDK is.",
    )
    customer: str = Field(
        default="my_customer",
        pattern=r"^[\w-]{1,100}$",
        description="The Workspace account that is the district; my_customer is the subject's own.",
    )
    schools: tuple[OrgUnitPath, ...] = Field(
        default=(),
        description="The org units that are schools, such as /Schools/*; others belong to the"
        " one above them.",
    )
    people: Mapping[OrgUnitPath, PersonRole] = Field(
        default_factory=dict,
        description="What people of an org unit are: `/Staff: administrator`. Who teaches a class"
        " is a teacher, all others are students.",
    )
    states: tuple[CourseState, ...] = Field(
        default=("ACTIVE",), min_length=1, description="In which states a course is active."
    )
    aliases: bool = Field(
        default=False,
        description="Whether the domain's aliases of courses are read, one request a course:"
        " other systems' ids, to match by.",
    )
    # 1,200 requests a minute and user: https://developers.google.com/workspace/classroom/limits
    rate_limit: RateLimitPolicy = Field(
        default_factory=lambda: RateLimitPolicy(requests=18),
        description="How often we may ask; Google allows 20 requests a second.",
    )
    auth: GoogleAuth = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        description="How to prove who we are."
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
