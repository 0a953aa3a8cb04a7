"""The control endpoint and the estate: steered with the key, and with nothing else."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from integration_tui.domain.auth import OAuth1Auth
from integration_tui.domain.roster import Collection
from integration_tui.domain.value import replace
from integration_tui.providers.http.auth.oauth1 import OAuth1
from integration_tui.providers.http.models import Request, Response
from integration_tui.providers.http.transport import HttpClient
from integration_tui.sandbox.control_api import Control
from integration_tui.sandbox.dialect_presets import dialect
from integration_tui.sandbox.faults import Fault
from integration_tui.sandbox.google_classroom.conditions import DomainConditions
from integration_tui.sandbox.google_classroom.throttling import SHAPES
from integration_tui.sandbox.multi_server import MultiServer, Plan
from integration_tui.sandbox.sample_configs import address_of
from integration_tui.sandbox.served_system import CLIENT, SECRET
from integration_tui.sandbox.server import serve
from integration_tui.sandbox.systems import SYSTEMS, system
from tests.providers.http.fixtures import NOW, Here, client

NAMES = ("specification", "edfi", "classlink", "v1p1")


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody with the control key, and a client of the dialects."""

    estate: MultiServer
    address: str
    http: HttpClient

    async def control(self, method: str, path: str, body: object = None) -> Any:
        answer = await self.send(method, path, body, key=self.estate.control_key)
        assert answer.status == 200, answer.body
        return msgspec.json.decode(answer.body)

    async def send(self, method: str, path: str, body: object = None, *, key: str) -> Response:
        request = Request(
            method=method,  # type: ignore[arg-type]  # one of those that there are
            url=f"{self.address}/_control{path}",
            headers={"Authorization": f"Bearer {key}"},
            body=b"" if body is None else msgspec.json.encode(body),
        )
        return await self.http.send(request)

    async def token(self, name: str, *, client_id: str = CLIENT) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": SECRET,
        }
        answer = await self.http.send(
            Request.form(address_of(dialect(name), self.address).token_url, form)
        )
        found: str = msgspec.json.decode(answer.body)["access_token"]
        return found

    async def get(self, name: str, path: str, token: str) -> Response:
        url = f"{address_of(dialect(name), self.address).service_url}/{path}"
        return await self.http.send(
            Request(method="GET", url=url, headers={"Authorization": f"Bearer {token}"})
        )


@asynccontextmanager
async def desk() -> AsyncGenerator[Desk]:
    plan = Plan(systems=[system(name) for name in NAMES])
    estate = MultiServer(plan, clock=lambda: NOW, monotonic=Here().clock.monotonic)
    async with serve(estate.app) as address, client() as http:
        yield Desk(estate, address, http)


async def total(one: Desk, name: str, path: str) -> int:
    answer = await one.get(name, path, await one.token(name))
    return int(answer.headers["x-total-count"])


@pytest.mark.parametrize("path", ["", "/edfi", "/edfi/requests", "/nobody"])
@pytest.mark.parametrize("key", ["x", "a-guess-as-long-as-a-key"])
async def test_without_the_key_nothing_is_told_and_nothing_happens(path: str, key: str) -> None:
    async with desk() as one:
        answer = await one.send("GET", path, key=key)

    assert answer.status == 401
    assert one.estate.control_key not in answer.body.decode()


async def test_every_estate_has_a_key_of_its_own() -> None:
    async with desk() as one, desk() as other:
        keys = {one.estate.control_key, other.estate.control_key}

    assert len(keys) == 2
    assert all(len(key) >= 20 for key in keys)


async def test_links_and_references_lead_back_to_where_they_are_from() -> None:
    async with desk() as one:
        token = await one.token("specification")
        answer = await one.get("specification", "users?limit=1", token)
        link = answer.headers["link"].partition(">")[0][1:]
        row = msgspec.json.decode(answer.body)["users"][0]
        headers = {"Authorization": f"Bearer {token}"}
        followed = [
            await one.http.send(Request(method="GET", url=url, headers=headers))
            for url in (link, row["primaryOrg"]["href"])
        ]

    assert link.startswith(f"{one.address}/specification/")
    assert [answer.status for answer in followed] == [200, 200]


async def test_a_signature_holds_below_a_path() -> None:
    auth = OAuth1Auth.model_validate(
        {"type": "oauth1", "consumer_key": CLIENT, "consumer_secret": "env:SIS_SECRET"}
    )
    here = Here(SIS_SECRET=SECRET)

    async with desk() as one:
        request = Request.get(
            f"{address_of(dialect('v1p1'), one.address).service_url}/orgs?limit=1"
        )
        proof = await OAuth1(auth, here.context()).auth_headers(request)
        answer = await one.http.send(replace(request, headers={**proof.headers}))

    assert answer.status == 200


async def test_dialects_do_not_share_their_tokens() -> None:
    async with desk() as one:
        token = await one.token("edfi")
        own = await one.get("edfi", "orgs", token)
        other = await one.get("specification", "orgs", token)

    assert (own.status, other.status) == (200, 401)


async def test_faults_are_set_told_and_cleared() -> None:
    async with desk() as one:
        token = await one.token("edfi")
        rules = [{"fault": "status", "status": 503, "path": "*/users", "times": 1}]
        await one.control("PUT", "/edfi/faults", rules)
        statuses = [(await one.get("edfi", "users", token)).status for _ in range(2)]
        told = await one.control("GET", "/edfi/faults")
        cleared = await one.control("DELETE", "/edfi/faults")

    assert statuses == [503, 200]
    assert (told[0]["fault"], told[0]["struck"]) == ("status", 1)
    assert cleared == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/edfi/faults", [{"fault": "gremlins"}]),
        ("PUT", "/edfi/faults", [{"fault": "slow", "colour": "red"}]),
        ("PUT", "/edfi/tokens", {"lifetime_s": "long"}),
        ("POST", "/edfi/advance", {"changes": 0}),
        ("POST", "/edfi/delete", {"count": -1}),
        ("POST", "/edfi/delete", {}),
        ("GET", "/nobody", None),
    ],
)
async def test_what_cannot_be_done_is_one_sentence(method: str, path: str, body: object) -> None:
    async with desk() as one:
        answer = await one.send(method, path, body, key=one.estate.control_key)

    assert answer.status == 400
    assert msgspec.json.decode(answer.body)["error"]


async def test_an_address_that_is_not_there_names_those_that_are() -> None:
    async with desk() as one:
        answer = await one.send("POST", "/edfi/gremlins", {}, key=one.estate.control_key)

    assert answer.status == 404
    assert "PUT tokens" in msgspec.json.decode(answer.body)["error"]


async def test_tokens_are_revoked_shortened_and_narrowed() -> None:
    async with desk() as one:
        old = await one.token("edfi")
        await one.control("DELETE", "/edfi/tokens")
        revoked = await one.get("edfi", "orgs", old)
        await one.control(
            "PUT", "/edfi/tokens", {"lifetime_s": 0, "expires_in": None, "scopes": []}
        )
        dead = await one.get("edfi", "orgs", await one.token("edfi"))
        await one.control("PUT", "/edfi/tokens", {"lifetime_s": 60})
        powerless = await one.get("edfi", "orgs", await one.token("edfi"))
        await one.control("PUT", "/edfi/tokens", {"scopes": None})
        good = await one.get("edfi", "orgs", await one.token("edfi"))

    assert [revoked.status, dead.status, powerless.status, good.status] == [401, 401, 403, 200]


async def test_a_client_is_narrowed_to_a_school_and_back() -> None:
    async with desk() as one:
        everything = await total(one, "specification", "orgs")
        school = {"client": CLIENT, "school": "org-0000002"}
        await one.control("PUT", "/specification/school", school)
        narrowed = await total(one, "specification", "orgs")
        await one.control("PUT", "/specification/school", {"client": CLIENT})
        back = await total(one, "specification", "orgs")

    assert (everything, narrowed, back) == (2, 1, 2)


async def test_the_second_client_of_edfi_sees_one_school_from_the_start() -> None:
    async with desk() as one:
        token = await one.token("edfi", client_id="school-client")
        answer = await one.get("edfi", "orgs", token)

    assert [row["sourcedId"] for row in msgspec.json.decode(answer.body)["orgs"]] == ["org-0000002"]


async def test_changes_are_brought_forward() -> None:
    async with desk() as one:
        before = await one.control("GET", "/specification")
        after = await one.control("POST", "/specification/advance", {"changes": 500})

    assert before["as_of"] == "2026-11-02T08:00:00Z"
    assert after["as_of"] == "2026-11-02T08:00:00.501000Z"
    assert after["counts"]["users"] != before["counts"]["users"]


async def test_users_leave_with_what_is_theirs() -> None:
    async with desk() as one:
        before = (await one.control("GET", "/specification"))["counts"]
        gone = await one.control("POST", "/specification/delete", {"count": 60})
        after = (await one.control("GET", "/specification"))["counts"]
        token = await one.token("specification")
        single = await one.get("specification", f"users/{gone['deleted'][0]}", token)

    assert len(gone["deleted"]) == 60
    assert after["users"] == before["users"] - 60
    assert after["enrollments"] < before["enrollments"]
    assert after["demographics"] < before["demographics"]
    assert msgspec.json.decode(single.body)["user"]["status"] == "tobedeleted"


async def test_a_key_is_changed_for_another() -> None:
    async with desk() as one:
        before = await one.get("classlink", "orgs", SECRET)
        key = (await one.control("POST", "/classlink/key"))["key"]
        old, new = (
            await one.get("classlink", "orgs", SECRET),
            await one.get("classlink", "orgs", key),
        )

    assert [before.status, old.status, new.status] == [200, 401, 200]


async def test_what_was_asked_is_told_without_secrets() -> None:
    async with desk() as one:
        token = await one.token("edfi")
        await one.get("edfi", f"orgs?limit=5&access_token={token}", token)
        told = await one.control("GET", "/edfi/requests")
        await one.control("DELETE", "/edfi/requests")
        nothing = await one.control("GET", "/edfi/requests")

    assert told == [
        {"method": "POST", "path": "/token", "query": "", "status": 200},
        {
            "method": "GET",
            "path": "/ims/oneroster/rostering/v1p2/orgs",
            "query": "limit=5",
            "status": 200,
        },
    ]
    assert nothing == []
    assert SECRET not in str(told)


async def test_a_reset_begins_anew() -> None:
    async with desk() as one:
        before = await one.control("GET", "/edfi")
        await one.control("POST", "/edfi/delete", {"count": 3})
        await one.control("PUT", "/edfi/faults", [{"fault": "login_page", "times": None}])
        after = await one.control("POST", "/edfi/reset")
        answer = await one.get("edfi", "orgs", await one.token("edfi"))

    assert after == before
    assert answer.status == 200


async def test_each_dialect_has_a_district_of_its_own() -> None:
    async with desk() as one:
        await one.control("POST", "/edfi/delete", {"count": 3, "collection": Collection.CLASSES})
        state = await one.control("GET", "/")

    counts = {name: state[name]["counts"]["classes"] for name in NAMES}
    assert counts == {"specification": 36, "edfi": 33, "classlink": 36, "v1p1": 36}


def test_every_fault_and_every_address_of_the_control_endpoint_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs/sandbox.md").read_text()
    plan = Plan(systems=[*SYSTEMS.values()])
    control = Control(MultiServer(plan, clock=lambda: NOW, monotonic=Here().clock.monotonic))

    for fault in Fault:
        assert f"`{fault}`" in page
    for name in SYSTEMS:
        for method, path in control.actions(name):
            assert f"/{path}" in page or not path, (name, method, path)


def test_every_condition_and_every_shape_of_a_throttle_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs/sandbox.md").read_text()

    for name in (*DomainConditions.__struct_fields__, *SHAPES):
        assert f"`{name}`" in page
