"""What ships for the authors of providers: a clock, a host and servers that do as they say."""

import subprocess
import sys
from pathlib import Path

import pytest

from integration_tui.domain.errors import SecretError
from integration_tui.domain.secret import SecretRef
from integration_tui.providers.http.models import Request
from integration_tui.testing.clock import START, FakeClock
from integration_tui.testing.host import FakeHost
from integration_tui.testing.http_server import FixtureServer, Reply, serve
from tests.providers.http.fixtures import client

WITHOUT_PYTEST = """
import sys
sys.modules["pytest"] = sys.modules["pytest_asyncio"] = sys.modules["_pytest"] = None
import integration_tui.__main__
import integration_tui.testing.clock
import integration_tui.testing.host
import integration_tui.testing.http_server
import integration_tui.testing.__main__
"""


async def test_time_passes_only_where_somebody_sleeps() -> None:
    clock = FakeClock()
    before = clock.monotonic()

    await clock.sleep(90)
    await clock.sleep(0)
    clock.advance(30)

    assert (clock.now() - START).total_seconds() == clock.monotonic() - before == 120
    assert clock.slept == [90]


def test_a_host_lends_the_secrets_it_was_given_and_no_others() -> None:
    host = FakeHost({"TOKEN": "s3cret"})
    context = host.context()

    secret = context.secret(SecretRef.parse("env:TOKEN"))
    with pytest.raises(SecretError, match="env:OTHER is not set"):
        context.secret(SecretRef.parse("env:OTHER"))

    assert secret.reveal() == "s3cret"
    assert host.resolved == ["env:TOKEN", "env:OTHER"]


async def test_a_fixture_is_found_by_its_path_and_query_in_any_order() -> None:
    server = FixtureServer({"/people?page=2&size=5": {"people": []}, "/me": {}})

    async with serve(server) as address, client() as http:
        found = await http.send(Request.get(f"{address}/people", {"size": 5, "page": 2}))
        other = await http.send(Request.get(f"{address}/people", {"page": 3}))

    assert (found.status, found.body) == (200, b'{"people":[]}')
    assert other.status == 404
    assert [received_request.query for received_request in server.seen] == [
        "size=5&page=2",
        "page=3",
    ]


async def test_fixtures_behind_a_token_are_served_to_who_has_it() -> None:
    server = FixtureServer({"/me": {"name": "here"}}, token="t0ken")

    async with serve(server) as address, client() as http:
        refused = await http.send(Request.get(f"{address}/me"))
        with_token = Request(
            method="GET", url=f"{address}/me", headers={"Authorization": "Bearer t0ken"}
        )
        allowed = await http.send(with_token)

    assert (refused.status, allowed.status) == (401, 200)


async def test_a_fixture_may_be_replaced_by_a_failure() -> None:
    server = FixtureServer({"/me": {}})
    server.put("/me", Reply.json({"error": "later"}, status=503, headers={"retry-after": "7"}))

    async with serve(server) as address, client() as http:
        answer = await http.send(Request.get(f"{address}/me"))

    assert (answer.status, answer.headers["retry-after"]) == (503, "7")


def test_a_file_of_fixtures_that_is_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "fixtures.json").write_text('["/me"]')

    done = subprocess.run(
        [sys.executable, "-m", "integration_tui.testing", tmp_path / "fixtures.json"],
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert "fixtures.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_all_but_the_contract_suite_works_without_pytest() -> None:
    subprocess.run([sys.executable, "-c", WITHOUT_PYTEST], check=True)
