"""Who comes in, who does not, and that nothing is left of a session when it is over."""

from __future__ import annotations

import aiohttp
import pytest

from integration_tui.domain.errors import UsageError
from integration_tui.domain.value import replace
from integration_tui.web.auth import local_access, proxied_access
from integration_tui.web.server import ConsoleSite
from integration_tui.web.sessions import SessionLimits
from tests.web.fixtures import ONE, free_port, gone, pid_of, visiting

PATHS = ("/", "/ws", "/static/js/textual.js", "/assets/console.js", "/download/x", "/none")


async def test_nothing_is_served_without_the_token() -> None:
    async with visiting() as visit:
        answers = [await visit.get(path) for path in PATHS]
        wrong = await visit.enter("not the token")

        assert [status for status, _ in answers] == [401, 403, 401, 401, 401, 401]
        assert "Open the link that" in answers[0][1]
        assert wrong == 401
        assert not visit.client.cookie_jar.filter_cookies(visit.origin)  # type: ignore[arg-type]


async def test_the_token_is_exchanged_for_a_cookie_that_no_script_can_read() -> None:
    async with visiting() as visit:
        async with visit.client.post(
            f"{visit.origin}/enter",
            data=visit.access.token,
            headers={"Origin": visit.origin},
        ) as answer:
            cookie = answer.headers["Set-Cookie"]
        statuses = [(await visit.get(path))[0] for path in PATHS]

        assert visit.access.token not in cookie
        assert {"HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))
        assert statuses == [200, 403, 200, 200, 404, 404]


async def test_a_page_may_load_nothing_from_elsewhere() -> None:
    async with visiting() as visit:
        await visit.enter()
        async with visit.client.get(visit.origin) as answer:
            page, policy = await answer.text(), answer.headers["Content-Security-Policy"]

        assert "https://" not in page
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null"])
async def test_another_page_opens_no_line_even_with_the_cookie(origin: str) -> None:
    async with visiting() as visit:
        await visit.enter()

        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with visit.line(origin=origin):
                pass

        assert refused.value.status == 403
        assert await visit.enter(origin=origin) == 403


async def test_the_cookie_alone_opens_no_line() -> None:
    async with visiting() as visit:
        await visit.enter()  # browsers send what this sets to every port of this machine

        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with visit.line(key="guessed"):
                pass

        assert refused.value.status == 401


async def test_what_is_no_request_is_neither_logged_nor_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with visiting(limits=SessionLimits(sessions=1, idle_s=0, patience_s=0.2)) as visit:
        head = (
            f"Host: {visit.origin.removeprefix('http://')}\r\nOrigin: {visit.origin}\r\n".encode()
        )
        cookie = f"Cookie: {visit.access.cookie}={visit.access.pass_}{'x' * 9000}\r\n\r\n".encode()

        broken = await visit.sent(b"GET / HTTP/1.1\r\n", head, cookie)
        unfinished = await visit.sent(b"GET / HTTP/1.1\r\n", head)
        slow = await visit.sent(
            b"POST /enter HTTP/1.1\r\nConnection: close\r\n", head, b"Content-Length: 9\r\n\r\na"
        )

    assert broken.startswith(b"HTTP/1.0 400 ")
    assert unfinished == b""
    assert slow.startswith(b"HTTP/1.1 408 ")
    assert caplog.text == ""


async def test_a_file_of_a_console_comes_as_a_file_and_once() -> None:
    async with visiting() as visit:
        await visit.enter()
        async with visit.line() as line:
            await pid_of(line)
            await line.send_json(["stdin", "f"])
            _, key = await line.receive_json(timeout=10)
            async with visit.client.get(f"{visit.origin}/download/{key}") as answer:
                text = await answer.text()
            again, _ = await visit.get(f"/download/{key}")

        assert text == "<script>"
        assert answer.content_type == "application/octet-stream"
        disposition = answer.headers["Content-Disposition"]
        assert disposition == 'attachment; filename="a__b_.html"'
        assert again == 404


async def test_a_name_that_was_led_here_is_not_ours() -> None:
    async with visiting() as visit:
        await visit.enter()

        status, page = await visit.get("/", Host="evil.example<b>")

        assert status == 421
        assert "<b>" not in page


async def test_a_session_is_a_process_that_ends_with_its_line() -> None:
    async with visiting() as visit:
        await visit.enter()
        async with visit.line("?width=99&height=10") as line:
            first = await line.receive_bytes(timeout=10)
            await line.send_str("not json")
            await line.send_json(["stdin", "é"])
            echoed = await line.receive_bytes(timeout=10)
        pid = int(first.split()[1])

        assert first.endswith(b"of 99 columns")
        assert echoed == "Dé".encode()
        assert await gone(pid)


async def test_a_console_that_ends_closes_its_line() -> None:
    async with visiting() as visit:
        await visit.enter()
        async with visit.line() as line:
            pid = await pid_of(line)
            await line.send_json(["stdin", "q"])
            last = await line.receive(timeout=10)

        assert last.type is aiohttp.WSMsgType.CLOSE
        assert await gone(pid)


async def test_one_too_many_is_told_so_until_there_is_room() -> None:
    async with visiting(limits=ONE) as visit:
        await visit.enter()
        async with visit.line() as line:
            await pid_of(line)
            async with visit.line() as late:
                refused = await late.receive(timeout=10)
        async with visit.line() as line:
            await pid_of(line)

    assert refused.data == aiohttp.WSCloseCode.TRY_AGAIN_LATER
    assert str(refused.extra).startswith("The only session is in use")


async def test_a_page_that_is_loaded_anew_waits_for_the_console_that_it_left() -> None:
    async with visiting("--lingers", limits=ONE) as visit:
        await visit.enter()
        async with visit.line() as line:
            first = await pid_of(line)
        async with visit.line() as line:
            second = await pid_of(line)

    assert first != second


async def test_a_session_that_nobody_touches_ends() -> None:
    async with visiting(limits=SessionLimits(sessions=1, idle_s=0.2)) as visit:
        await visit.enter()
        async with visit.line() as line:
            pid = await pid_of(line)
            await line.send_json(["ping", "1"])
            pong = await line.receive(timeout=10)
            last = await line.receive(timeout=10)

        assert pong.data == '["pong", "1"]'
        assert last.type is aiohttp.WSMsgType.CLOSE
        assert "Nothing was typed" in str(last.extra)
        assert await gone(pid)


async def test_a_console_that_cannot_start_says_why_and_harmlessly() -> None:
    async with visiting("--fails") as visit:
        await visit.enter()
        async with visit.line() as line:
            await line.receive(timeout=10)

    assert any("cannot start" in text for text in visit.told)
    assert not any("\x1b" in text for text in visit.told)


async def test_a_console_that_hangs_does_not_keep_its_place() -> None:
    async with visiting("--hangs", limits=replace(ONE, patience_s=0.3)) as visit:
        await visit.enter()
        async with visit.line() as line:
            pid = await pid_of(line)
            for _ in range(5):  # more than its pipe holds
                await line.send_json(["stdin", "y" * 60_000])
            last = await line.receive(timeout=10)

        assert last.type is aiohttp.WSMsgType.CLOSE
        assert await gone(pid)


async def test_a_console_that_there_is_not_is_told_to_both_sides() -> None:
    async with visiting(words=["/no/such/program"]) as visit:
        await visit.enter()
        async with visit.line() as line:
            last = await line.receive(timeout=10)

    assert "No console could be started" in str(last.extra)
    assert any("no such file" in text for text in visit.told)


async def test_behind_a_proxy_only_its_name_counts_and_the_cookie_wants_tls() -> None:
    port, proxy = free_port(), "https://Console.example.org:443/"
    async with visiting(site=ConsoleSite(host="127.0.0.1", port=port, public_url=proxy)) as visit:
        address = f"http://127.0.0.1:{port}"
        ours = {"Host": "console.example.org", "Origin": "https://console.example.org"}
        async with visit.client.post(
            f"{address}/enter", data=visit.access.token, headers=ours
        ) as answer:
            cookie = answer.headers["Set-Cookie"]
        async with visit.client.get(address) as direct:
            pass

    assert cookie.startswith("__Host-")
    assert "Secure" in cookie
    assert direct.status == 421


@pytest.mark.parametrize(
    "url",
    [
        *("http://a.example", "https://", "https://a.example/under", "a"),
        *("https://[", "https://me:hunter2@a.example", "https://a.example;x", "https://a:b"),
    ],
)
def test_a_proxy_without_tls_protects_nothing(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        proxied_access(url)

    assert "hunter2" not in f"{refused.value} {refused.value.advice}"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_address_leads_nowhere_else(host: str) -> None:
    # `localhost` would lead to ::1 first, where anybody may listen.
    assert local_access(host, 8765).address.startswith("http://127.0.0.1:8765/#")
