"""Account reports as a client meets them: started, asked for, fetched from another origin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final

import msgspec
from starlette.responses import RedirectResponse, Response

from integration_tui.domain.clock import Monotonic
from integration_tui.sandbox.canvas import refusals
from integration_tui.sandbox.canvas.forms import form_of
from integration_tui.sandbox.canvas.handling import CanvasCall, Guard, RefusedError, answered
from integration_tui.sandbox.canvas.report import PARTS, ProvisioningReport, ReportOrder
from integration_tui.sandbox.canvas.routing import CanvasRoute, Parts, id_of

if TYPE_CHECKING:
    from starlette.requests import Request

REPORT: Final = "provisioning_csv"
_FIRST: Final = 77
_FIRST_FILE: Final = 900
_STARTED: Final = "2026-11-30T03:00:00-06:00"
_CREATED_FOR: Final = 0.1
"""The share of its time that a report waits before it runs."""
_PATIENCE_S: Final = 2.0
_TRUE: Final = frozenset({"1", "true", "on"})


@dataclass(slots=True, kw_only=True)
class OrderedReport:
    """One that was started. `file` is its name with the content, once it was made."""

    number: int
    report: ProvisioningReport
    parameters: Mapping[str, str]
    began: float
    made: Future[tuple[str, bytes]]
    verifier: str = field(default_factory=lambda: token_urlsafe(12))
    file: tuple[str, bytes] | None = None

    def finish(self) -> bool:
        """Say whether the file is there; waits a moment for it."""
        if self.file is None:
            try:
                ending, content = self.made.result(_PATIENCE_S)
            except TimeoutError:
                return False
            self.file = f"{REPORT}_30_Nov_2026_{self.number}.{ending}", content
        return True


@dataclass(slots=True, kw_only=True)
class AccountReports:
    """The reports of a server. Each takes `lasts_s` seconds.

    `files_url` is where files are fetched; empty is this server by another name of this machine.
    `with_authorization` counts the requests for files that brought a token along.
    """

    monotonic: Monotonic
    lasts_s: float = 4.0
    files_url: str = ""
    with_authorization: int = 0
    _reports: dict[int, OrderedReport] = field(default_factory=dict[int, OrderedReport])
    _workers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    def routes(self, guard: Guard) -> Sequence[CanvasRoute]:
        """Return the addresses of reports and their files."""
        return [
            guard.route("POST", "accounts/:id/reports/:report", self._start),
            guard.route("GET", "accounts/:id/reports", self._kinds),
            guard.route("GET", "accounts/:id/reports/:report", self._started),
            guard.route("GET", "accounts/:id/reports/:report/:number", self._one),
            CanvasRoute("GET", "accounts/:id/files/:number/download", self._redirect),
            CanvasRoute("GET", "files/:number/download", self._file),
        ]

    def clear(self) -> None:
        """Forget all reports."""
        self._reports.clear()
        self.with_authorization = 0

    def _kinds(self, call: CanvasCall, parts: Parts) -> Response:
        call.account(parts[0])
        names = [f"parameters[{part}]" for part in (*PARTS, "include_deleted")]
        kind = {
            "report": REPORT,
            "title": "Provisioning",
            "parameters": {name: {"required": False} for name in names},
        }
        return answered([kind])

    def _start(self, call: CanvasCall, parts: Parts) -> Response:
        account = call.account(parts[0])
        if parts[1] != REPORT:
            return refusals.not_found()
        if not call.viewer.may_report:
            return refusals.unauthorized()
        asked = _parameters(call)
        wanted = [part for part in PARTS if asked.get(part, "") in _TRUE]
        if not wanted:
            return refusals.invalid_object("parameters", "at least one part must be selected")
        order = ReportOrder(
            parts=wanted,
            account=account.id,
            include_deleted=asked.get("include_deleted", "") in _TRUE,
        )
        number = _FIRST + len(self._reports)
        report = ProvisioningReport(call.tables, order)
        self._reports[number] = OrderedReport(
            number=number,
            report=report,
            made=self._workers.submit(report.write),
            parameters=asked,
            began=self.monotonic(),
        )
        return answered(self._shown(call, self._reports[number]))

    def _started(self, call: CanvasCall, parts: Parts) -> Response:
        account = call.account(parts[0])
        found = [
            number
            for number, ordered in sorted(self._reports.items(), reverse=True)
            if ordered.report.order.account == account.id
        ]
        return call.listing(found, lambda number: self._shown(call, self._reports[number]))

    def _one(self, call: CanvasCall, parts: Parts) -> Response:
        call.account(parts[0])
        found = self._reports.get(id_of(parts[2]) or 0)
        if found is None or parts[1] != REPORT:
            return refusals.not_found()
        if not call.viewer.may_report:
            return refusals.unauthorized()
        return answered(self._shown(call, found))

    def _shown(self, call: CanvasCall, ordered: OrderedReport) -> dict[str, object]:
        done = (self.monotonic() - ordered.began) / self.lasts_s if self.lasts_s else 1.0
        if done >= 1 and not ordered.finish():
            done = 0.99
        attachment = None if ordered.file is None else self._attachment(call, ordered)
        id_ = call.renderer.id
        return {
            "id": id_(ordered.number),
            "report": REPORT,
            "file_url": None if attachment is None else self._own_address(call, ordered),
            "attachment": attachment,
            "status": _status(done),
            "created_at": _STARTED,
            "started_at": _STARTED if done >= _CREATED_FOR else None,
            "ended_at": _STARTED if done >= 1 else None,
            "parameters": ordered.parameters,
            "progress": min(100, round(done * 100)),
            "current_line": None if attachment is None else 0,
        }

    def _attachment(self, call: CanvasCall, ordered: OrderedReport) -> dict[str, object] | None:
        if ordered.file is None:
            return None
        name, content = ordered.file
        return {
            "id": call.renderer.id(_FIRST_FILE + ordered.number),
            "uuid": ordered.verifier,
            "folder_id": None,
            "display_name": name,
            "filename": name,
            "upload_status": "success",
            "content-type": "application/zip" if name.endswith(".zip") else "text/csv",
            "url": self._address(call.request, ordered),
            "size": len(content),
            "created_at": _STARTED,
        }

    def _own_address(self, call: CanvasCall, ordered: OrderedReport) -> str:
        account, number = ordered.report.order.account, _FIRST_FILE + ordered.number
        return f"{_base(call.request)}/accounts/{account}/files/{number}/download"

    def _address(self, request: Request, ordered: OrderedReport) -> str:
        base = self.files_url or _base(request, host="localhost")
        number, verifier = _FIRST_FILE + ordered.number, ordered.verifier
        return f"{base}/files/{number}/download?download_frd=1&verifier={verifier}"

    def _ordered(self, text: str) -> OrderedReport | None:
        return self._reports.get((id_of(text) or 0) - _FIRST_FILE)

    async def _redirect(self, request: Request, _route: CanvasRoute, parts: Parts) -> Response:
        ordered = self._ordered(parts[1])
        if ordered is None or ordered.file is None:
            return refusals.not_found()
        return RedirectResponse(self._address(request, ordered), 302)

    async def _file(self, request: Request, _route: CanvasRoute, parts: Parts) -> Response:
        """Give the file to whoever has the verifier, but to nobody who brings a token along."""
        if "authorization" in request.headers:
            self.with_authorization += 1
            return Response("only one authentication mechanism is allowed", 400)
        ordered = self._ordered(parts[0])
        if ordered is None or request.query_params.get("verifier") != ordered.verifier:
            return Response("not found", 404)
        if ordered.file is None:
            return Response("not found", 404)
        name, content = ordered.file
        kind = "application/zip" if name.endswith(".zip") else "text/csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type=kind, headers=headers)


def _status(done: float) -> str:
    if done >= 1:
        return "complete"
    return "running" if done >= _CREATED_FOR else "created"


def _base(request: Request, *, host: str = "") -> str:
    """Return the address of the server, by another name of its machine where one is given."""
    url = request.url
    place = url.netloc if not host else f"{host}:{url.port}" if url.port else host
    return f"{url.scheme}://{place}{request.scope.get('root_path', '')}"


class _JsonOrder(msgspec.Struct):
    parameters: dict[str, object] = {}


def _parameters(call: CanvasCall) -> dict[str, str]:
    """Return `parameters[users]=1` of a form, an address, or JSON as `users: 1`."""
    kind = call.request.headers.get("content-type", "")
    form = form_of(kind, call.body)
    pairs = [*form.fields.items(), *call.request.query_params.multi_items()]
    found = {
        name.removeprefix("parameters[").removesuffix("]"): value
        for name, value in pairs
        if name.startswith("parameters[")
    }
    if kind.startswith("application/json"):
        try:
            order = msgspec.json.decode(call.body, type=_JsonOrder)
        except msgspec.DecodeError:
            raise RefusedError(refusals.bad_request("the body is no JSON")) from None
        found |= {name: str(value) for name, value in order.parameters.items()}
    return {name: value.casefold() for name, value in found.items()}
