"""A real browser, driven over its DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pyte

CHROMIUM = Path("/usr/bin/chromium")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
    "--window-size=1300,700",
)


class Page:
    """One tab: what it asked for, what its console says, and the keys it is given."""

    def __init__(self, line: aiohttp.ClientWebSocketResponse) -> None:
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.is_closed = False
        self.sent: list[str] = []
        self._line = line
        self._answers: dict[int, asyncio.Future[dict[str, object]]] = {}
        self._screen = pyte.Screen(200, 60)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def text(self) -> str:
        """What the console has painted, read from its line."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    async def send(self, method: str, **words: object) -> dict[str, object]:
        number = len(self._answers) + 1
        self._answers[number] = asyncio.get_running_loop().create_future()
        await self._line.send_json({"id": number, "method": method, "params": words})
        return await self._answers[number]

    async def press(self, key: str) -> None:
        await self.send("Input.dispatchKeyEvent", type="keyDown", key=key, text=key)
        await self.send("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def evaluate(self, code: str) -> str:
        answer = await self.send("Runtime.evaluate", expression=code, returnByValue=True)
        match answer["result"]:
            case {"value": str(value)}:
                return value
            case other:
                raise AssertionError(other)

    async def picture(self) -> bytes:
        answer = await self.send("Page.captureScreenshot", format="png")
        return base64.b64decode(str(answer["data"]))

    async def listen(self) -> None:
        async for message in self._line:
            said = json.loads(message.data)
            if "id" in said:
                self._answers[said["id"]].set_result(said.get("result", {}))
            else:
                self._note(said["method"], said["params"])

    def _note(self, method: str, words: dict[str, dict[str, str]]) -> None:
        if method == "Network.requestWillBeSent":
            self.asked.append(words["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.asked.append(str(words["url"]))
        elif method == "Network.webSocketFrameReceived":
            if str(words["response"]["opcode"]) == "2":
                self._stream.feed(base64.b64decode(words["response"]["payloadData"]))
        elif method == "Network.webSocketFrameSent":
            self.sent.append(words["response"]["payloadData"])
        elif method == "Network.webSocketClosed":
            self.is_closed = True
        elif method == "Log.entryAdded":
            self.complaints.append(f"{words['entry']['text']} {words['entry'].get('url')}")


@asynccontextmanager
async def browsing(folder: Path, url: str) -> AsyncGenerator[Page]:
    """Open a browser with a fresh profile in `folder` at `url`."""
    browser = await asyncio.create_subprocess_exec(
        CHROMIUM,
        *_FLAGS,
        f"--user-data-dir={folder}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(
                await _tab(client, folder / "DevToolsActivePort"), max_msg_size=0
            ) as line,
        ):
            page = Page(line)
            listening = asyncio.create_task(page.listen())
            for domain in ("Network", "Page", "Log"):
                await page.send(f"{domain}.enable")
            # As a window in front has it, which there is none of here.
            await page.send("Emulation.setFocusEmulationEnabled", enabled=True)
            await page.send("Page.navigate", url=url)
            yield page
            await page.send("Browser.close")
            await listening
    finally:
        if browser.returncode is None:
            browser.kill()
        await browser.wait()


async def _tab(client: aiohttp.ClientSession, port_file: Path) -> str:
    """Return where the first tab is driven, once the browser has said its port."""
    async with asyncio.timeout(20):
        while True:
            if port_file.exists() and (port := port_file.read_text().splitlines()):
                async with client.get(f"http://127.0.0.1:{port[0]}/json/list") as answer:
                    tabs = [value for value in await answer.json() if value["type"] == "page"]
                if tabs:
                    return str(tabs[0]["webSocketDebuggerUrl"])
            await asyncio.sleep(0.05)
