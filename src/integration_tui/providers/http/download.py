"""A file that a system names, fetched from wherever it is: without proof, and from no own network.

Systems keep their files with others (Canvas: S3, inst-fs), and an address with its signature is
all that those want. So it may lead anywhere but to this machine, to private addresses, or to plain
HTTP; only where the configured host itself is there, its files may be there, too.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit

from integration_tui.domain.config.types import is_loopback
from integration_tui.domain.errors import IncompatibleError, ProviderError, RetryableError
from integration_tui.domain.provider import ProviderContext
from integration_tui.domain.text import visible
from integration_tui.providers.http.config import HttpConfig
from integration_tui.providers.http.models import Request, Response
from integration_tui.providers.http.retry import with_retries
from integration_tui.providers.http.ssrf_guard import AddressGuard
from integration_tui.providers.http.transport import HttpClient

_PATIENCE: Final = 10
"""A file may take so many times as long as an answer."""
_PASSING: Final = frozenset({408, 425, 429})


class FileFetcher:
    """Fetches files for one connection."""

    def __init__(self, config: HttpConfig, context: ProviderContext) -> None:
        self._config = config
        self._context = context
        self._home = urlsplit(config.base_url).hostname or ""

    async def fetch(self, url: str, into: Path, *, most: int) -> None:
        """Write a file into `into`, which only we can read, and repeat what may pass.

        Raises `ProviderError` where it cannot be had, or is larger than `most` bytes; then what
        is in `into` is of no use.
        """
        addresses = AddressGuard(
            monotonic=self._context.monotonic,
            allow_private=self._config.allow_private_network,
            home=self._home,
        )
        client = HttpClient(addresses, timeout_s=self._context.timeout_s * _PATIENCE)
        try:
            with _opened(into) as file:
                sink = _FileSink(file, most)
                request = Request.file(self._checked(url), sink, leads_to=self._is_allowed)
                await with_retries(
                    lambda: _fetched(client, request), self._config.retry, self._context
                )
                sink.end()
        finally:
            await client.close()

    def _checked(self, url: str) -> str:
        try:
            is_allowed, host = self._is_allowed(url), urlsplit(url).netloc.rpartition("@")[2]
        except ValueError:
            is_allowed, host = False, ""
        if not is_allowed:
            where = visible(host, limit=100) or "no host"
            raise IncompatibleError(
                f"the file is at {where}, which is not allowed",
                advice="files must come over https from another machine;"
                " ask the server's administrator",
            )
        return url

    def _is_allowed(self, url: str) -> bool:
        """Return whether a file may be at an address; what its name leads to is judged later.

        Raises `ValueError` where it is no address.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        if is_loopback(host):
            return is_loopback(self._home) and parts.scheme in {"http", "https"}
        return parts.scheme == "https" and bool(host)


async def _fetched(client: HttpClient, request: Request) -> None:
    answer = await client.send(request)
    if answer.status != 200:
        raise _refusal(answer)


def _refusal(answer: Response) -> ProviderError:
    message = f"the file could not be downloaded from {answer.host} (HTTP {answer.status})"
    if answer.status in _PASSING or answer.status >= 500:
        return RetryableError(message, advice="often temporary; try again later")
    return IncompatibleError(
        message, advice="the link may have expired: try again, then ask the server's administrator"
    )


@contextmanager
def _opened(into: Path) -> Generator[IO[bytes]]:
    try:
        file = os.fdopen(os.open(into, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
    except OSError as error:
        raise _unkept(error) from error
    try:
        yield file
    finally:
        try:
            file.close()
        except OSError as error:
            raise _unkept(error) from error


class _FileSink:
    """Writes a body into a file, up to a bound."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file = file
        self._most = most
        self._size = 0

    def begin(self) -> None:
        self._size = 0
        self._file.seek(0)
        self._file.truncate()

    def write(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > self._most:
            raise IncompatibleError(
                f"the file is larger than {self._most / 2**20:,.0f} MB",
                advice="too large for a roster; ask the server's administrator",
            )
        try:
            self._file.write(chunk)
        except OSError as error:
            raise _unkept(error) from error

    def end(self) -> None:
        try:
            self._file.flush()
        except OSError as error:
            raise _unkept(error) from error


def _unkept(error: OSError) -> RetryableError:
    return RetryableError(
        f"the file cannot be written here ({error.strerror})",
        advice="check disk space and permissions on this machine",
    )
