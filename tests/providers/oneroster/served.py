"""A small district on a OneRoster sandbox, and a connector to it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date

from integration_tui.domain.roster import (
    AcademicSession,
    Class,
    Collection,
    Course,
    Enrollment,
    Org,
    Record,
    Role,
    User,
)
from integration_tui.providers.oneroster.config import OneRosterConfig
from integration_tui.providers.oneroster.connector import OneRosterConnector
from integration_tui.sandbox.oneroster import Dialect, OneRosterSandbox
from integration_tui.sandbox.server import serve
from tests.providers.http.world import CANARY, World

CLIENT = "integration-tui"
USERS = 25

ROSTER: dict[Collection, tuple[Record, ...]] = {
    Collection.ORGS: (
        Org(sourced_id="district", name="Lincoln", type="district"),
        Org(sourced_id="school", name="Lincoln High", type="school", parent="district"),
    ),
    Collection.ACADEMIC_SESSIONS: (
        AcademicSession(
            sourced_id="term",
            title="Fall",
            type="term",
            starts_on=date(2026, 8, 17),
            ends_on=date(2026, 12, 19),
        ),
    ),
    Collection.COURSES: (Course(sourced_id="course", title="Algebra", org="school"),),
    Collection.CLASSES: (
        Class(
            sourced_id="class",
            title="Algebra, period 1",
            course="course",
            school="school",
            terms=("term",),
        ),
    ),
    Collection.USERS: tuple(
        User(
            sourced_id=f"user-{number:02}",
            given_name="Ann",
            family_name=f"D'Angelo {number}",
            roles=(Role(role="student", org="school"),),
            primary_org="school",
        )
        for number in range(USERS)
    ),
    Collection.ENROLLMENTS: (
        Enrollment(
            sourced_id="enrollment",
            user="user-00",
            class_="class",
            school="school",
            role="student",
            primary=True,
        ),
    ),
}

BAD_USERS = (
    b'{"sourcedId":"user-97","givenName":5,"password":"canary-password"}',
    b'{"sourcedId":"user-98","status":"gone","givenName":"A","familyName":"B","roles":[]}',
)


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    """A running sandbox, what it is lent, and a connector that is not connected yet."""

    sandbox: OneRosterSandbox
    world: World
    address: str
    connector: OneRosterConnector

    def other(self, **options: object) -> OneRosterConnector:
        """Return another connector to the same sandbox; `options` are keys of its config."""
        return connector(self.address, self.world, **options)


@asynccontextmanager
async def district(
    *, dialect: Dialect | None = None, **options: object
) -> AsyncGenerator[District]:
    world = World()
    sandbox = OneRosterSandbox(ROSTER, monotonic=world.monotonic, dialect=dialect)
    sandbox.issuer.clients = {CLIENT: CANARY}
    async with serve(sandbox.app) as address:
        ours = connector(address, world, **options)
        yield District(sandbox=sandbox, world=world, address=address, connector=ours)
        await ours.disconnect()


def config(address: str, **options: object) -> OneRosterConfig:
    """Return the config of a minimal file; `options` are keys of it."""
    written: dict[str, object] = {
        "name": "lincoln",
        "type": "oneroster",
        "schema_version": 2,
        "base_url": address,
        "auth": {
            "type": "oauth2_client_credentials",
            "token_url": f"{address}/token",
            "client_id": CLIENT,
            "client_secret": "env:SECRET",
        },
        # The clock stands still, so that any limit would be reached.
        "rate_limit": {"requests": 100_000},
    }
    return OneRosterConfig.model_validate(written | options)


def connector(
    address: str, world: World, *, timeout_s: float = 5.0, max_retries: int = 0, **options: object
) -> OneRosterConnector:
    context = world.context(timeout_s=timeout_s, max_retries=max_retries)
    return OneRosterConnector(config(address, **options), context, product="OneRoster server")
