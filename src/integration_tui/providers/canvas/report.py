"""A provisioning report of Canvas: started, asked for until it is there, and fetched.

The whole roster of an account comes as one zip of CSV files, from another host than Canvas' own
and without the token: its address has a proof of its own. Source: Canvas REST API, Account
Reports.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from integration_tui.domain.errors import IncompatibleError, ProviderError
from integration_tui.domain.provider import ProviderContext
from integration_tui.domain.text import visible
from integration_tui.domain.waiting import counted_as_waiting
from integration_tui.providers.canvas.links import CanvasApi
from integration_tui.providers.canvas.objects import Id, is_id, text_of
from integration_tui.providers.canvas.urls import CanvasUrls

_REPORT: Final = "provisioning_csv"
_PARTS: Final = (
    "accounts",
    "terms",
    "users",
    "courses",
    "sections",
    "enrollments",
    "xlist",
    "admins",
    "user_observers",
    "include_deleted",
)
"""Without what was deleted, completed courses and enrollments are missing, too."""
_PAUSES_S: Final = (3.0, 5.0, 10.0, 20.0)
"""Then on and on the last one."""
_LONGEST_S: Final = 3600.0
_UNDER_WAY: Final = frozenset({"created", "running", "compiling", "pending", "queued"})
_ENDED: Final = frozenset({"error", "aborted", "deleted", "cancelled"})
_DONE: Final = "complete"
_LARGEST: Final = 512 * 2**20
"""Bytes of a zip; that of 100,000 people has 10 million."""


class ReportFailedError(Exception):
    """There will be no report; `reason` says why in a few words of ours."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Attachment(msgspec.Struct):
    url: str | None = None


class _Status(msgspec.Struct):
    """A report as Canvas tells it; the file is there when it is complete."""

    id: Id
    status: str | None = None
    attachment: _Attachment | None = None


class ReportFile(msgspec.Struct):
    """A report's zip on this machine, readable by its user only; gone when it is closed."""

    report_id: str
    folder: TemporaryDirectory[str]

    @property
    def path(self) -> Path:
        return Path(self.folder.name) / "report.zip"

    def close(self) -> None:
        """Delete it. May be called twice."""
        self.folder.cleanup()


class ReportClient:
    """Orders reports of one Canvas."""

    def __init__(self, api: CanvasApi, urls: CanvasUrls, context: ProviderContext) -> None:
        self._api = api
        self._urls = urls
        self._context = context

    async def start(self, account_id: str) -> str:
        """Order a report; return its number.

        Raises `ReportFailedError` where Canvas answers with something else.
        """
        parts = [(f"parameters[{part}]", "true") for part in _PARTS]
        url = self._urls.single(f"accounts/{account_id}/reports/{_REPORT}", parts)
        try:
            begun = await self._api.post(url, _Status)
        except IncompatibleError:
            raise ReportFailedError("it was not started") from None
        if not is_id(begun.id):
            raise ReportFailedError("it was not started")
        return text_of(begun.id)

    async def wait(self, account_id: str, report_id: str) -> AsyncGenerator[str]:
        """Yield an empty text while it is under way, and the address of its file at last."""
        url = self._urls.single(f"accounts/{account_id}/reports/{_REPORT}/{report_id}")
        waited, number = 0.0, 0
        while waited < _LONGEST_S:
            pause_s = _PAUSES_S[min(number, len(_PAUSES_S) - 1)]
            with counted_as_waiting():
                await self._context.sleep(pause_s)
            waited, number = waited + pause_s, number + 1
            address = _address(await self._api.one(url, _Status))
            yield address
            if address:
                return
        raise ReportFailedError(f"it was not there after {_LONGEST_S / 60:.0f} minutes")

    async def fetch(self, report_id: str, address: str) -> ReportFile:
        """Bring a report's file to this machine. No token goes along."""
        file = ReportFile(report_id, TemporaryDirectory(prefix="integration-tui-"))
        try:
            await self._api.download(address, file.path, most=_LARGEST)
        except BaseException:
            file.close()
            raise
        return file


def _address(found: _Status) -> str:
    """Return where the file is; empty while it is made. Raises `ReportFailedError`."""
    status = (found.status or "").strip().lower()
    if status == _DONE:
        address = found.attachment.url if found.attachment else None
        if not address:
            raise ReportFailedError("it has no file")
        return address
    if status in _ENDED:
        raise ReportFailedError(f"status {status}")
    if status not in _UNDER_WAY:
        raise ReportFailedError("its status is none that Canvas documents")
    return ""


def failure_sentence(error: ReportFailedError | ProviderError) -> str:
    """Return that the roster is read by listing, and why."""
    reason = error.reason if isinstance(error, ReportFailedError) else error.message
    return (
        f"Canvas' report ended with an error ({visible(reason, limit=200)});"
        " the roster is read by listing instead"
    )
