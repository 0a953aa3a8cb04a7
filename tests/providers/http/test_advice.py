"""Advice names the cause: the setting that an address is from, and the proxy that is not used."""

import socket

import pytest

from integration_tui.domain.errors import IncompatibleError, ProviderError
from integration_tui.providers.http.models import Request
from integration_tui.providers.http.proxy_environment import proxy_hint
from integration_tui.testing.http_server import Reply, ScriptedServer, serve
from tests.providers.http.auth.test_base import line
from tests.providers.http.auth.test_oauth2 import CLIENT
from tests.providers.http.fixtures import CANARY, Here, client


def dead_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


async def refused_at(token_url: str) -> ProviderError:
    """Return how a line ends whose token endpoint is at fault, with a system that is not."""
    async with (
        serve(ScriptedServer()) as address,
        line(address, {**CLIENT, "token_url": token_url}, Here()) as one,
    ):
        with pytest.raises(ProviderError) as caught:
            await one.ask(f"{address}/orgs")
    return caught.value


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(200, b"<html>Sign in", {"content-type": "text/html"}), "a web page"),
        (Reply(404), "issues no tokens at this URL (HTTP 404)"),
        (Reply(400, b"what?"), "rejected the request (HTTP 400)"),
        (Reply(403, b"what?"), "denied this client a token (HTTP 403)"),
        (Reply(401, b"what?"), "refused the credentials (HTTP 401)"),
        (Reply(302, b"", {"location": "https://login.example.org/"}), "login.example.org"),
        (Reply(302, b"", {"location": "/login"}), "redirects a POST request"),
        (Reply(200, b"a,b", {"content-type": "text/csv"}), "CSV instead of JSON"),
        (Reply(200, b"{}"), "invalid JSON"),
        (Reply(204, b""), "returned no content ("),
    ],
)
async def test_what_goes_wrong_at_token_url_speaks_of_token_url(reply: Reply, said: str) -> None:
    async with serve(ScriptedServer(reply)) as token_url:
        error = await refused_at(token_url)

    assert said in error.message
    assert "token_url" in error.advice
    assert "base_url" not in str(error)
    assert CANARY not in str(error)


async def test_a_dead_port_at_token_url_speaks_of_token_url() -> None:
    error = await refused_at(f"http://127.0.0.1:{dead_port()}/token")

    assert "refused the connection" in error.message
    assert "token_url" in error.advice
    assert "base_url" not in str(error)


async def test_an_unknown_name_at_token_url_speaks_of_token_url() -> None:
    error = await refused_at("https://sis.school.invalid/token")

    assert error.message == "name not found: sis.school.invalid"
    assert "token_url" in error.advice
    assert "base_url" not in str(error)


async def test_tls_to_a_plain_port_at_token_url_speaks_of_token_url() -> None:
    async with serve(ScriptedServer()) as address:
        error = await refused_at(address.replace("http:", "https:"))

    port = address.rpartition(":")[2]
    assert error.message == f"no TLS on port {port} of 127.0.0.1: the server speaks plain HTTP"
    assert error.advice == "use http:// or another port in token_url"


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
async def test_a_proxy_that_is_not_used_is_named(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, f"http://{CANARY}@proxy.district.invalid:8080")

    async with client() as http:
        with pytest.raises(ProviderError) as caught:
            await http.send(Request.get("https://sis.district.invalid/orgs"))

    assert f"{variable} is set but not used" in caught.value.advice
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://127.0.0.1/", ""),
        ("https://localhost:8443/", ""),
        ("https://sis.direct.example.org/", "direct.example.org"),
        ("https://sis.direct.example.org/", ".direct.example.org, other"),
        ("https://sis.direct.example.org/", "*.direct.example.org"),
        ("https://sis.example.org/", "*"),
    ],
)
def test_no_proxy_is_named_where_none_would_be_used(
    url: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org")
    monkeypatch.setenv("NO_PROXY", told)

    assert proxy_hint(url) == ""


def test_a_name_that_only_ends_alike_is_not_taken_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org")
    monkeypatch.setenv("NO_PROXY", "ct.example.org")

    assert "HTTPS_PROXY" in proxy_hint("https://district.example.org/")


async def test_no_proxy_is_named_where_the_server_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org")

    async with serve(ScriptedServer(Reply(200, b"x" * 20, {"location": "x"}))) as address:
        with pytest.raises(IncompatibleError) as caught:
            async with client() as http:
                await http.send(Request.get(address.replace("http:", "https:")))

    assert "PROXY" not in str(caught.value)
