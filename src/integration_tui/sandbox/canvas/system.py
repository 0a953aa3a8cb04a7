"""A Canvas as a served system: the app over its district, with its switches."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response

from integration_tui.domain.errors import UsageError
from integration_tui.domain.value import replace
from integration_tui.sandbox.canvas import numbers, refusals
from integration_tui.sandbox.canvas.access import TOKEN_PATH, CanvasAccess, Viewer
from integration_tui.sandbox.canvas.bucket import BucketRule, Buckets, Throttled, token_of
from integration_tui.sandbox.canvas.edits import Edits
from integration_tui.sandbox.canvas.handling import Guard, answered
from integration_tui.sandbox.canvas.paging import PageRule
from integration_tui.sandbox.canvas.report_service import AccountReports
from integration_tui.sandbox.canvas.resources import resource_routes
from integration_tui.sandbox.canvas.routing import CanvasRoute, CanvasRouter, Parts
from integration_tui.sandbox.canvas.settings import (
    CanvasRights,
    CanvasSettings,
    CanvasTokens,
    given_or,
    narrowed,
)
from integration_tui.sandbox.canvas.sis_import import SisImports
from integration_tui.sandbox.canvas.tables import CanvasTables
from integration_tui.sandbox.control_actions import advancing, read_body
from integration_tui.sandbox.fault_middleware import FaultInjection
from integration_tui.sandbox.faults import Faults
from integration_tui.sandbox.middleware import RecordedRequest, RequestLog
from integration_tui.sandbox.served_system import (
    CLIENT,
    SECRET,
    SECRET_NAME,
    ControlAction,
    Site,
    SystemAddress,
    integration_name,
)
from integration_tui.sandbox.token_endpoint import TokenIssuer

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

REFRESH_TOKEN: Final = f"{SECRET}-refresh"
REFRESH_NAME: Final = "SANDBOX_REFRESH_TOKEN"
WITHOUT_SIS: Final = f"{SECRET}-without-sis"
"""A token whose user may not read SIS data, nor start reports."""
OF_A_SCHOOL: Final = f"{SECRET}-of-a-school"
"""A token whose user administers the first school only."""
OF_A_TEACHER: Final = f"{SECRET}-of-a-teacher"
"""A token whose user administers nothing."""
_SEEN: Final = 100_000
_LOGIN_PAGE: Final = (
    '<!DOCTYPE html><html class="ic-login"><head><title>Log in to Canvas</title></head>'
    "<body><form><input type=password></form></body></html>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CanvasKind:
    """A Canvas in the cloud, or one on a server of a district's own."""

    name: str = "canvas"
    summary: str = "Canvas in the cloud: links with bookmarks, 429, pages of up to 100"
    refusal: int = 429
    per_page: int = 100
    by_consent: bool = False
    """Its configuration signs in with a refresh token."""

    def open(self, site: Site) -> CanvasSystem:
        """Return it over the district of a site."""
        return CanvasSystem(self, site)


CLOUD: Final = CanvasKind()
SELF_HOSTED: Final = CanvasKind(
    name="canvas_self_hosted",
    summary="Canvas on a server of one's own: throttles with 403, pages of up to 50, tokens of 1 h",
    refusal=403,
    per_page=50,
    by_consent=True,
)


class CanvasSystem:
    """A Canvas while it is served. `seen` counts; `buckets`, `reports`, `access` may be changed.

    `has_extras`: there is also what no SIS brought.
    """

    def __init__(self, kind: CanvasKind, site: Site) -> None:
        self._kind = kind
        self._site = site
        self.faults = Faults()
        self.visits: deque[RecordedRequest] = deque(maxlen=_SEEN)
        self.buckets = Buckets(BucketRule(refusal=kind.refusal), site.monotonic)
        self.reports = AccountReports(monotonic=site.monotonic)
        self.imports = SisImports(
            monotonic=site.monotonic, current=self.tables, edits=lambda: self.edits
        )
        issuer = TokenIssuer(monotonic=site.monotonic, prefix="canvas-token")
        issuer.clients = {CLIENT: SECRET}
        self.access = CanvasAccess(issuer=issuer)
        self._begin()
        self.app: ASGIApp = self._wrapped()

    def _begin(self) -> None:
        self._base = self._site.source()
        self._source = self._site.differing(self._base, self._kind.name)
        self.edits = Edits()
        self.has_extras = True
        self.pages = PageRule(most=self._kind.per_page, empty_after=7)
        self._tables: tuple[object, CanvasTables] | None = None
        school = numbers.ROOT + 1
        self.access.manual = {
            SECRET: Viewer(),
            WITHOUT_SIS: Viewer(sees_sis_ids=False, may_report=False, may_import=False),
            OF_A_SCHOOL: Viewer(account=school, may_import=False, may_masquerade=False),
            OF_A_TEACHER: Viewer(
                account=0, sees_sis_ids=False, may_report=False, may_import=False,
                may_masquerade=False,
            ),
        }  # fmt: skip
        self.access.refresh = {REFRESH_TOKEN: Viewer()}

    def tables(self) -> CanvasTables:
        """Return all rows as they are now."""
        snapshot = self._source.snapshot()
        version = (snapshot.version, self.edits.version, self.has_extras)
        if self._tables is None or self._tables[0] != version:
            made = CanvasTables(snapshot, self.edits, extras=self.has_extras)
            self._tables = version, made
        return self._tables[1]

    @property
    def actions(self) -> Mapping[tuple[str, str], ControlAction]:
        """Return what the control endpoint does beyond what it does for every system."""
        return {
            ("PUT", "settings"): self._set,
            ("PUT", "rights"): self._narrow,
            ("PUT", "tokens"): self._set_tokens,
            ("DELETE", "tokens"): self._revoke,
            ("DELETE", "buckets"): self._empty_buckets,
            ("GET", "differences"): lambda _body: self._source.report(),
            **advancing(lambda: self._base, self.state),
        }

    def state(self) -> Mapping[str, object]:
        """Return counts, tokens, and what the throttle saw."""
        tables = self.tables()
        catalog, issuer = tables.catalog, self.access.issuer
        return {
            "counts": {
                "accounts": len(catalog.accounts),
                "terms": len(catalog.terms),
                "courses": len(catalog.courses),
                "sections": len(catalog.sections),
                "users": len(tables.user_ids(numbers.ROOT)),
            },
            "tokens": {"minted": issuer.minted, "lifetime_s": issuer.lifetime_s},
            "rights": msgspec.to_builtins(self.access.manual.get(SECRET)),
            "throttle": {"refused": self.buckets.refused, "lowest": self.buckets.lowest},
            "files_asked_with_authorization": self.reports.with_authorization,
            "extras": self.has_extras,
        }

    def reset(self) -> None:
        """Begin anew, as it was at the start."""
        self.faults.play()
        self.visits.clear()
        self.buckets.empty()
        self.buckets.rule.cost_factor = 1.0
        self.reports.clear()
        self.imports.clear()
        self._begin()

    def connection(self, address: str, folder: Path | None) -> SystemAddress:
        """Return where it is, and as whom to come; it needs no files."""
        del folder
        base_url, by_consent = f"{address}/{self._kind.name}", self._kind.by_consent
        token_url = f"{base_url}{TOKEN_PATH}"
        auth = _consent(token_url) if by_consent else ("type: jwt", f"token: env:{SECRET_NAME}")
        lines = (
            f"# {self._kind.summary}.",
            f"name: {integration_name(self._kind.name)}",
            "type: canvas",
            f"base_url: {base_url}",
            "auth:",
            *(f"  {line}" for line in auth),
        )
        return SystemAddress(
            dialect=self._kind.name,
            summary=self._kind.summary,
            base_url=base_url,
            service_url=f"{base_url}/api/v1",
            token_url=token_url if by_consent else "",
            client_id=CLIENT if by_consent else "",
            document="".join(f"{line}\n" for line in lines),
            secrets={REFRESH_NAME: REFRESH_TOKEN} if by_consent else {},
        )

    def _wrapped(self) -> ASGIApp:
        guard = Guard(self)
        router = CanvasRouter(
            [
                *resource_routes(guard),
                *self.reports.routes(guard),
                *self.imports.routes(guard),
                CanvasRoute("POST", TOKEN_PATH, self._token),
                CanvasRoute("DELETE", TOKEN_PATH, self._forget),
                CanvasRoute("GET", "login", self._login_page),
            ]
        )
        throttled = Throttled(router, self.buckets, counts=lambda path: path.startswith("/api/"))
        faulty = FaultInjection(_UserAgentNeeded(throttled), self.faults, spared=TOKEN_PATH)
        return RequestLog(faulty, self.visits)

    async def _token(self, request: Request, _route: CanvasRoute, _parts: Parts) -> Response:
        return await self.access.token(request)

    async def _forget(self, request: Request, _route: CanvasRoute, _parts: Parts) -> Response:
        if not self.access.revoke(token_of(request.scope)):
            return refusals.invalid_token()
        return answered({"forward_url": None})

    async def _login_page(self, _request: Request, _route: CanvasRoute, _parts: Parts) -> Response:
        return HTMLResponse(_LOGIN_PAGE)

    def _set(self, body: bytes) -> object:
        asked = read_body(body, CanvasSettings)
        pages, rule = self.pages, self.buckets.rule
        pages = replace(
            pages,
            most=given_or(asked.per_page, pages.most),
            empty_after=given_or(asked.empty_after, pages.empty_after),
        )
        cost_factor = given_or(asked.cost_factor, rule.cost_factor)
        report_s = given_or(asked.report_s, self.reports.lasts_s)
        import_s = given_or(asked.import_s, self.imports.lasts_s)
        if pages.most < 1 or min(pages.empty_after, cost_factor, report_s, import_s) < 0:
            raise UsageError("per_page must be 1 or more, and no number negative")
        self.pages, rule.cost_factor = pages, cost_factor
        self.reports.lasts_s, self.imports.lasts_s = report_s, import_s
        self.reports.files_url = given_or(asked.files_url, self.reports.files_url)
        self.has_extras = given_or(asked.extras, self.has_extras)
        return self.state()

    def _narrow(self, body: bytes) -> object:
        asked = read_body(body, CanvasRights)
        self.access.manual[SECRET] = narrowed(self.access.manual.get(SECRET, Viewer()), asked)
        self.access.refresh[REFRESH_TOKEN] = narrowed(self.access.refresh[REFRESH_TOKEN], asked)
        return self.state()

    def _set_tokens(self, body: bytes) -> object:
        asked, issuer = read_body(body, CanvasTokens), self.access.issuer
        issuer.lifetime_s = given_or(asked.lifetime_s, issuer.lifetime_s)
        if not isinstance(asked.expires_in, msgspec.UnsetType):
            issuer.expires_in = asked.expires_in
        return self.state()

    def _revoke(self, _body: bytes) -> object:
        self.access.issuer.revoke()
        return self.state()

    def _empty_buckets(self, _body: bytes) -> object:
        self.buckets.empty()
        return self.state()


class _UserAgentNeeded:
    """Wraps an app: a request to the API must say which program sent it (since 2026)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_http = scope["type"] == "http"
        if is_http and not Headers(scope=scope).get("user-agent", "").strip():
            await refusals.no_user_agent()(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _consent(token_url: str) -> tuple[str, ...]:
    return (
        "type: oauth2_authorization_code",
        f"token_url: {token_url}",
        f"client_id: {CLIENT}",
        f"client_secret: env:{SECRET_NAME}",
        f"refresh_token: env:{REFRESH_NAME}",
    )
