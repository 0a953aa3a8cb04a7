"""A small district on a OneRoster sandbox, and a connector to it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date

import msgspec

from integration_tui.domain.roster import (
    AcademicSession,
    Class,
    Collection,
    Course,
    Demographics,
    Enrollment,
    Org,
    Record,
    Role,
    User,
)
from integration_tui.providers.http.models import Request
from integration_tui.providers.oneroster.config import OneRosterConfig
from integration_tui.providers.oneroster.connector import OneRosterConnector
from integration_tui.sandbox.oneroster import BASE_PATH, Dialect, OneRosterSandbox
from integration_tui.sandbox.server import serve
from tests.providers.http.fixtures import CANARY, Here, client

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
    Collection.DEMOGRAPHICS: (
        Demographics(sourced_id="user-00", birth_date=date(2012, 3, 4), sex="female"),
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
    here: Here
    address: str
    connector: OneRosterConnector

    @property
    def connector_url(self) -> str:
        """The address in front of `/orgs`."""
        return f"{self.address}{BASE_PATH}"

    async def token(self) -> str:
        """Return a valid access token, for requests by hand."""
        form = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": CANARY}
        async with client() as http:
            answer = await http.send(Request.form(f"{self.address}/token", form))
        token: str = msgspec.json.decode(answer.body)["access_token"]
        return token

    def other(self, *, timeout_s: float = 5.0, max_retries: int = 0) -> OneRosterConnector:
        """Return another connector to the same sandbox."""
        context = self.here.context(timeout_s=timeout_s, max_retries=max_retries)
        return OneRosterConnector(config(self.address), context, product="OneRoster server")


@asynccontextmanager
async def district(
    *, dialect: Dialect | None = None, **options: object
) -> AsyncGenerator[District]:
    here = Here()
    sandbox = OneRosterSandbox(ROSTER, monotonic=here.clock.monotonic, dialect=dialect)
    sandbox.issuer.clients = {CLIENT: CANARY}
    async with serve(sandbox.app) as address:
        ours = OneRosterConnector(
            config(address, **options), here.context(), product="OneRoster server"
        )
        yield District(sandbox=sandbox, here=here, address=address, connector=ours)
        await ours.disconnect()


def config(address: str, /, **options: object) -> OneRosterConfig:
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
            "client_secret": "env:SIS_SECRET",
        },
        # The clock stands still, so that any limit would be reached.
        "rate_limit": {"requests": 100_000},
    }
    return OneRosterConfig.model_validate(written | options)
