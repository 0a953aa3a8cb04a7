"""What a OneRoster integration is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal, TypeGuard

from pydantic import Field

from integration_tui.domain.config.policies import Policy
from integration_tui.domain.value import replace
from integration_tui.providers.http.config import HttpConfig
from integration_tui.providers.oneroster.dialect import (
    BASE_PATHS,
    Orgs,
    References,
    ServerDialect,
    Since,
    Totals,
    Users,
    Version,
)

_AUTH_KEYS: Final = {"token_url": "token_url", "key": "client_id", "secret": "client_secret"}


def migrate_1_to_2(document: dict[str, object]) -> dict[str, object]:
    """Rename `url` to `base_url`, and `oauth` to `auth` of the only kind there was."""
    upgraded = dict(document)
    if "url" in upgraded and "base_url" not in upgraded:
        upgraded["base_url"] = upgraded.pop("url")
    oauth = upgraded.get("oauth")
    if _is_section(oauth) and "auth" not in upgraded:
        del upgraded["oauth"]
        # Unknown keys go along, so that they are reported.
        renamed = {_AUTH_KEYS.get(key, key): value for key, value in oauth.items()}
        upgraded["auth"] = {"type": "oauth2_client_credentials", **renamed}
    return upgraded


def _is_section(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping)


_SCOPES: Final[dict[Version, str]] = {
    "1.1": "https://purl.imsglobal.org/spec/or/v1p1/scope/",
    "1.2": "https://purl.imsglobal.org/spec/or/v1p2/scope/",
}


class DialectPins(Policy):
    """How the server differs from the specification. What is not set is found out."""

    trailing_slash: bool | None = Field(
        default=None, description="Request collections with a trailing slash: /users/."
    )
    max_limit: int | None = Field(
        default=None, ge=1, le=10_000, description="Maximum page size of the server, in records."
    )
    sorts: bool | None = Field(default=None, description="Server supports sort and orderBy.")
    since: Since | None = Field(
        default=None,
        description="Filter operator for dateLastModified: >=, > or none.",
    )
    nested: bool | None = Field(
        default=None, description="Server has routes such as schools/{id}/classes."
    )
    references: References | None = Field(
        default=None,
        description="Filter by class: class.sourcedId (dotted), classSourcedId (flat), none.",
    )
    totals: Totals | None = Field(
        default=None,
        description="Source of total counts: header, body, any; none if unreliable.",
    )
    users: Users | None = Field(
        default=None, description="students_and_teachers if /users cannot be listed."
    )
    orgs: Orgs | None = Field(default=None, description="schools if /orgs cannot be listed.")


class RosterServerConfig(HttpConfig):
    """A system with the OneRoster REST API."""

    version: Version = Field(default="1.2", description="OneRoster version of the server.")
    base_path: str | None = Field(
        default=None,
        pattern=r"^(/[^?#\s]*)?$",
        description=(
            "Path after base_url. Not set: the specification's path, unless base_url has one."
            " Empty text: none."
        ),
    )

    dialect: DialectPins = Field(
        default_factory=DialectPins, description="Differences from the specification."
    )

    @property
    def service_url(self) -> str:
        """The address in front of `/orgs`, without a slash at its end."""
        return f"{self.base_url}{self.first_dialect.base_path}"

    @property
    def first_dialect(self) -> ServerDialect:
        """The dialect to begin with: the type's, and over it what is pinned."""
        return replace(self.default_dialect, base_path=self._base_path, **self._pins)

    @property
    def pinned(self) -> frozenset[str]:
        """The fields of the dialect that an administrator has written down."""
        paths = {"base_path"} if self.base_path is not None else set[str]()
        return frozenset(paths | self._pins.keys())

    @property
    def default_dialect(self) -> ServerDialect:
        """The dialect of this type of server; its base path is `default_base_path`."""
        return ServerDialect(version=self.version)

    @property
    def default_base_path(self) -> str:
        """The path by the specification."""
        return BASE_PATHS[self.version]

    @property
    def default_scopes(self) -> tuple[str, ...]:
        """The least that reading needs."""
        names = ["roster-core.readonly"]
        if self.sync.demographics:
            names.append("roster-demographics.readonly")
        return tuple(f"{_SCOPES[self.version]}{name}" for name in names)

    @property
    def default_page_size(self) -> int:
        return 500

    @property
    def page_size(self) -> int:
        """How many records to ask for at once."""
        return self.sync.page_size or self.default_page_size

    @property
    def _base_path(self) -> str:
        if self.base_path is not None:
            return self.base_path.rstrip("/")
        return "" if "/ims/oneroster" in self.base_url else self.default_base_path

    @property
    def _pins(self) -> Mapping[str, Any]:
        """The pinned fields by their names in `Dialect`, which has them all."""
        return self.dialect.model_dump(exclude_none=True)


class OneRosterConfig(RosterServerConfig):
    """A OneRoster 1.1 or 1.2 server."""

    SCHEMA_VERSION: ClassVar[int] = 2
    MIGRATIONS = {1: migrate_1_to_2}  # noqa: RUF012 - declared ClassVar by the base

    type: Literal["oneroster"] = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen
        description="OneRoster server."
    )
