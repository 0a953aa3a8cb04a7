"""Google, as far as a connector needs it: a sandbox that verifies assertions for real."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache

from joserfc.jwk import RSAKey

from integration_tui.domain.provider import Connector
from integration_tui.providers.google_classroom import SPEC
from integration_tui.providers.google_classroom.config import GoogleClassroomConfig
from integration_tui.providers.google_classroom.connector import GoogleClassroomConnector
from integration_tui.sandbox.server import serve
from tests.providers.google_classroom.fake_server import Account, GoogleSandbox
from tests.providers.http.fixtures import Here


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


@asynccontextmanager
async def domain(**auth: object) -> AsyncGenerator[Domain]:
    """Run a domain; `auth` are keys of the config's auth section."""
    here = Here(GOOGLE_KEY=pem(service_key()))
    sandbox = GoogleSandbox(
        Account(key=service_key()), clock=here.context().clock, monotonic=here.clock.monotonic
    )
    async with serve(sandbox.app) as address:
        connector = SPEC.build(_config(address, auth), here.context())
        assert isinstance(connector, GoogleClassroomConnector)
        yield Domain(sandbox=sandbox, here=here, connector=connector)
        await connector.disconnect()


@asynccontextmanager
async def google(*, bad_records: bool = False) -> AsyncGenerator[Connector]:
    """Yield a connector as the provider contract wants it; there are no records."""
    async with domain() as one:
        yield one.connector


def _config(address: str, auth: dict[str, object]) -> GoogleClassroomConfig:
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
            "auth": written | auth,
            # The clock stands still, so that any limit would be reached.
            "rate_limit": {"requests": 100_000},
        }
    )
