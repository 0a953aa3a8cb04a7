"""A served domain, and two who ask it: by hand, and through Google's own client library."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from integration_tui.providers.http.models import Request, Response
from integration_tui.providers.http.transport import HttpClient
from integration_tui.providers.mock.config import DistrictSize
from integration_tui.sandbox.district_differences import Differences
from integration_tui.sandbox.google_classroom import scopes
from integration_tui.sandbox.google_classroom.system import (
    GoogleClassroomKind,
    GoogleClassroomSystem,
)
from integration_tui.sandbox.multi_server import MultiServer, Plan
from integration_tui.sandbox.served_system import SystemAddress
from integration_tui.sandbox.server import serve
from tests.providers.http.fixtures import client

T = TypeVar("T")
KIND = GoogleClassroomKind()
"""One for all tests: making a key takes a while."""
NAME = "google_classroom"


def real_now() -> datetime:
    """Return the moment: Google's library signs it, and asks nobody for it."""
    return datetime.now(UTC)  # noqa: TID251 - see above


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain that is served, and somebody who asks it with a token for everything."""

    system: GoogleClassroomSystem
    address: str
    http: HttpClient
    control_key: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def connection(self) -> SystemAddress:
        return self.system.connection(self.address, None)

    @property
    def base_url(self) -> str:
        return self.connection.base_url

    @property
    def administrator(self) -> str:
        return self.system.domain.accounts.administrator().email

    def service_account(self) -> Mapping[str, str]:
        return self.system.account.key_file(self.connection.token_url)

    def with_conditions(self, **conditions: object) -> None:
        """Change conditions as the control endpoint does."""
        self.system.actions["PUT", "conditions"](msgspec.json.encode(conditions))

    async def call(self, method: str, path: str, body: object = None, **query: object) -> Response:
        """Ask with the token."""
        text = urlencode(
            [(k, v) for k, vs in query.items() for v in (vs if isinstance(vs, list) else [vs])]
        )
        request = Request(
            method=method,  # type: ignore[arg-type]  # one of those that there are
            url=f"{self.base_url}/{path}" + (f"?{text}" if text else ""),
            headers=self.headers,
            body=b"" if body is None else msgspec.json.encode(body),
        )
        return await self.http.send(request)

    async def get(self, path: str, **query: object) -> Any:
        answer = await self.call("GET", path, **query)
        assert answer.status == 200, answer.body
        return msgspec.json.decode(answer.body)

    async def post(self, path: str, body: object, **query: object) -> Any:
        answer = await self.call("POST", path, body, **query)
        assert answer.status == 200, answer.body
        return msgspec.json.decode(answer.body)

    async def refusal(self, method: str, path: str, body: object = None, **query: object) -> Any:
        """Return the error of a call that is refused."""
        answer = await self.call(method, path, body, **query)
        assert answer.status >= 400, answer.body
        error = msgspec.json.decode(answer.body)["error"]
        assert error["code"] == answer.status
        return error

    async def control(self, method: str, path: str, body: object = None) -> Any:
        request = Request(
            method=method,  # type: ignore[arg-type]  # one of those that there are
            url=f"{self.address}/_control/{NAME}/{path}",
            headers={"Authorization": f"Bearer {self.control_key}"},
            body=b"" if body is None else msgspec.json.encode(body),
        )
        answer = await self.http.send(request)
        assert answer.status == 200, answer.body
        return msgspec.json.decode(answer.body)

    def sign_in(self, subject: str = "", granted: Sequence[str] = scopes.ALL) -> "Domain":
        """Return one who asks with another token: for somebody else, or for less."""
        answer = self.system.tokens._grant(subject or self.administrator, scopes.whole(granted))
        token = msgspec.json.decode(answer.body)["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        return Domain(self.system, self.address, self.http, self.control_key, headers)


@asynccontextmanager
async def domain(
    size: DistrictSize = DistrictSize.SMALL,
    *,
    differences: Differences | None = None,
    kind: GoogleClassroomKind | None = None,
    monotonic: Callable[[], float] = time.monotonic,
    clock: Callable[[], datetime] = real_now,
) -> AsyncGenerator[Domain]:
    plan = Plan(systems=[kind or KIND], size=size, differences=differences or Differences())
    estate = MultiServer(plan, clock=clock, monotonic=monotonic)
    system = estate.systems[NAME]
    assert isinstance(system, GoogleClassroomSystem)
    async with serve(estate.app) as address, client(timeout_s=30) as http:
        yield Domain(system, address, http, estate.control_key).sign_in()


@contextmanager
def library(one: Domain, *granted: str, subject: str = "") -> Iterator[tuple[Any, Any]]:
    """Yield Google's own clients of Classroom and the Directory, signed in by a key file."""
    from google.oauth2.service_account import Credentials
    from googleapiclient.discovery import build

    credentials = Credentials.from_service_account_info(
        dict(one.service_account()),
        scopes=scopes.whole(granted or scopes.ALL),
        subject=subject or one.administrator,
    )
    options = {"api_endpoint": one.base_url + "/"}
    with (
        build(
            "classroom", "v1", credentials=credentials, client_options=options,
            static_discovery=True,
        ) as classroom,
        build(
            "admin", "directory_v1", credentials=credentials, client_options=options,
            static_discovery=True,
        ) as directory,
    ):  # fmt: skip
        yield classroom, directory


def everything(resource: Any, key: str, **parameters: object) -> list[Any]:
    """Return the rows of all pages, as Google's library turns them."""
    rows: list[Any] = []
    request = resource.list(**parameters)
    while request is not None:
        answer = request.execute(num_retries=0)
        rows += answer.get(key, [])
        request = resource.list_next(request, answer)
    return rows


async def by_library(
    one: Domain, read: Callable[[Any, Any], T], *granted: str, subject: str = ""
) -> T:
    """Run what asks through Google's library, beside the loop that serves it."""

    def go() -> T:
        with library(one, *granted, subject=subject) as (classroom, directory):
            return read(classroom, directory)

    return await asyncio.to_thread(go)
