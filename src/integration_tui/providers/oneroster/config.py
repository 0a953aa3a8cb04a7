"""What a OneRoster integration is told."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from integration_tui.providers.http.config import HttpConfig
from integration_tui.providers.oneroster.migrations import migrate_1_to_2

Version = Literal["1.1", "1.2"]

_BASE_PATHS: dict[Version, str] = {
    "1.1": "/ims/oneroster/v1p1",
    "1.2": "/ims/oneroster/rostering/v1p2",
}
_SCOPES: dict[Version, tuple[str, ...]] = {
    "1.1": ("https://purl.imsglobal.org/spec/or/v1p1/scope/roster-core.readonly",),
    "1.2": ("https://purl.imsglobal.org/spec/or/v1p2/scope/roster-core.readonly",),
}


class RosterServerConfig(HttpConfig):
    """Any system that speaks OneRoster's REST binding."""

    version: Version = Field(default="1.2", description="The version that the server speaks.")
    base_path: str | None = Field(
        default=None,
        pattern=r"^(/[^?#\s]*)?$",
        description=(
            "What follows base_url; the specification's own path when not set, unless base_url"
            " has it already. An empty text for none."
        ),
    )

    @property
    def service_url(self) -> str:
        """The address in front of `/orgs`, without a slash at its end."""
        if self.base_path is not None:
            return f"{self.base_url}{self.base_path}".rstrip("/")
        if "/ims/oneroster" in self.base_url:
            return self.base_url
        return f"{self.base_url}{self.default_base_path}"

    @property
    def default_base_path(self) -> str:
        """The path by the specification."""
        return _BASE_PATHS[self.version]

    @property
    def default_scopes(self) -> tuple[str, ...]:
        """The least that reading needs."""
        return _SCOPES[self.version]

    @property
    def default_page_size(self) -> int:
        return 500

    @property
    def page_size(self) -> int:
        """How many records to ask for at once."""
        return self.sync.page_size or self.default_page_size


class OneRosterConfig(RosterServerConfig):
    """A OneRoster 1.1 or 1.2 server."""

    SCHEMA_VERSION: ClassVar[int] = 2
    MIGRATIONS = {1: migrate_1_to_2}  # noqa: RUF012 - declared ClassVar by the base

    type: Literal["oneroster"] = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        description="The provider: a OneRoster server."
    )
