"""Google, as far as a connector needs it: a sandbox that verifies assertions for real."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache

from joserfc.jwk import RSAKey

from integration_tui.domain.provider import Connector
from integration_tui.providers.google_classroom import SPEC
from integration_tui.providers.google_classroom.config import GoogleClassroomConfig
from integration_tui.providers.google_classroom.connector import GoogleClassroomConnector
from integration_tui.sandbox.server import serve
from tests.providers.google_classroom.fake_server import (
    Account,
    Content,
    GoogleSandbox,
    school_content,
)
from tests.providers.http.fixtures import Here

SCHOOLS = {"schools": ["/Schools/*"]}


@cache
def service_key() -> RSAKey:
    """Return one RSA key for all tests: making one takes a while."""
    return RSAKey.generate_key(2048)


def pem(key: RSAKey) -> str:
    return key.as_pem(private=True).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A running sandbox, what is lent, and a connector that is not connected yet."""

    sandbox: GoogleSandbox
    here: Here
    connector: GoogleClassroomConnector
    config: GoogleClassroomConfig

    def another(self) -> GoogleClassroomConnector:
        """Return a connector that knows nothing, as after a crash."""
        connector = SPEC.build(self.config, self.here.context())
        assert isinstance(connector, GoogleClassroomConnector)
        return connector


@asynccontextmanager
async def domain(
    content: Content | None = None,
    more: Mapping[str, object] | None = None,
    auth: Mapping[str, object] | None = None,
) -> AsyncGenerator[Domain]:
    """Run a domain; `more` are keys of the config, `auth` those of its auth section."""
    here = Here(GOOGLE_KEY=pem(service_key()))
    sandbox = GoogleSandbox(
        Account(key=service_key()),
        content or school_content(),
        clock=here.context().clock,
        monotonic=here.clock.monotonic,
    )
    async with serve(sandbox.app) as address:
        config = config_of(address, auth or {}, more or {})
        connector = SPEC.build(config, here.context())
        assert isinstance(connector, GoogleClassroomConnector)
        try:
            yield Domain(sandbox=sandbox, here=here, connector=connector, config=config)
        finally:
            await connector.disconnect()


@asynccontextmanager
async def google(*, bad_records: bool = False) -> AsyncGenerator[Connector]:
    """Yield a connector as the provider contract wants it."""
    content = school_content()
    if bad_records:
        _, members = content.lists["/v1/courses/101/students"]
        members[2:2] = [{"userId": 12, "profile": {"id": ["x"]}}, {"profile": {"id": None}}]
    async with domain(content, SCHOOLS) as one:
        yield one.connector


def config_of(
    address: str, auth: Mapping[str, object], more: Mapping[str, object]
) -> GoogleClassroomConfig:
    """Return the config of an integration with a sandbox."""
    written = {
        "type": "oauth2_jwt_bearer",
        "token_url": f"{address}/token",
        "issuer": "console@school-project.iam.gserviceaccount.com",
        "subject": "admin@school.example.org",
        "private_key": "env:GOOGLE_KEY",
    }
    return GoogleClassroomConfig.model_validate(
        {
            "name": "classroom",
            "type": "google_classroom",
            "base_url": address,
            "directory_url": address,
            "auth": {**written, **auth},
            # The clock stands still, so that any limit would be reached.
            "rate_limit": {"requests": 100_000},
            **more,
        }
    )
