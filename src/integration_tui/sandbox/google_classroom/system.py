"""Google Classroom and the Directory as a served system."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.domain.errors import UsageError
from integration_tui.files.atomic import write
from integration_tui.sandbox.control_actions import advancing, read_body
from integration_tui.sandbox.fault_middleware import FaultInjection
from integration_tui.sandbox.faults import Faults
from integration_tui.sandbox.google_classroom.api import GoogleFront
from integration_tui.sandbox.google_classroom.conditions import DomainConditions
from integration_tui.sandbox.google_classroom.courses import CourseMethods
from integration_tui.sandbox.google_classroom.directory import DirectoryMethods
from integration_tui.sandbox.google_classroom.domain import ClassroomDomain
from integration_tui.sandbox.google_classroom.invitations import InvitationMethods
from integration_tui.sandbox.google_classroom.people import DISTRICT_OFFICE, PEOPLE, SCHOOLS
from integration_tui.sandbox.google_classroom.rosters import RosterMethods
from integration_tui.sandbox.google_classroom.throttling import (
    SHAPES,
    MinuteQuota,
    ThrottleRequest,
    throttles,
)
from integration_tui.sandbox.google_classroom.token_endpoint import (
    TOKEN_PATH,
    GoogleTokens,
    ServiceAccount,
)
from integration_tui.sandbox.middleware import RecordedRequest, RequestLog
from integration_tui.sandbox.served_system import (
    ControlAction,
    Site,
    SystemAddress,
    integration_name,
)

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

NAME: Final = "google_classroom"
KEY_NAME: Final = "SANDBOX_GOOGLE_KEY"
_SEEN: Final = 1000


@dataclass(frozen=True, slots=True)
class GoogleClassroomKind:
    """There is one Google. The key of its service account is made when it is first needed."""

    account: ServiceAccount = field(default_factory=ServiceAccount)
    name: str = NAME
    summary: str = "Google Classroom with the Directory, for a service account that acts for people"

    def open(self, site: Site) -> GoogleClassroomSystem:
        """Return it over the district of a site."""
        return GoogleClassroomSystem(self, site)


class GoogleClassroomSystem:
    """The system while it is served. The service account stays through every reset."""

    def __init__(self, kind: GoogleClassroomKind, site: Site) -> None:
        self._kind = kind
        self._site = site
        self.account = kind.account
        self.faults = Faults()
        self.visits: deque[RecordedRequest] = deque(maxlen=_SEEN)
        self._begin()

    @property
    def app(self) -> ASGIApp:
        return self._serve

    @property
    def actions(self) -> Mapping[tuple[str, str], ControlAction]:
        return {
            ("GET", "conditions"): lambda _body: self.domain.conditions,
            ("PUT", "conditions"): self._set_conditions,
            ("PUT", "throttle"): self._throttle,
            ("GET", "quota"): lambda _body: self.quota.report(),
            ("DELETE", "quota"): self._clear_quota,
            ("DELETE", "tokens"): self._revoke,
            ("GET", "differences"): lambda _body: self._differing.report(),
            **advancing(lambda: self._differing.base, self.state),
        }

    def state(self) -> Mapping[str, object]:
        """Return tokens, quota and what was written."""
        return {
            "as_of": self.domain.source.snapshot().as_of,
            "tokens": {"minted": self.tokens.minted},
            "quota": self.quota.report(),
            "written": self.domain.written.counts(),
        }

    def reset(self) -> None:
        """Begin anew: no token, nothing written, no odd condition."""
        self.faults.play()
        self.visits.clear()
        self._begin()

    def connection(self, address: str, folder: Path | None) -> SystemAddress:
        """Return where it is. The service account's key file is written to the folder."""
        base_url = f"{address}/{NAME}"
        token_url = base_url + TOKEN_PATH
        secrets: Mapping[str, str] = {}
        if folder is None:
            secrets, reference = {KEY_NAME: self.account.pem}, f"env:{KEY_NAME}"
        else:
            path = folder / f"{integration_name(NAME)}.key"
            content = msgspec.json.format(msgspec.json.encode(self.account.key_file(token_url)))
            write(path, content.decode())
            reference = f"file:{path}"
        return SystemAddress(
            dialect=NAME,
            summary=self._kind.summary,
            base_url=base_url,
            service_url=base_url,
            token_url=token_url,
            client_id=self.account.email,
            document=self._document(base_url, reference),
            secrets=secrets,
        )

    def _document(self, base_url: str, key: str) -> str:
        people = {DISTRICT_OFFICE: "districtAdministrator"} | {
            f"{school}/{unit}": role
            for school in self.domain.accounts.schools()
            for unit, role in PEOPLE.items()
        }
        lines = [
            f"# {self._kind.summary}.",
            f"name: {integration_name(NAME)}",
            "type: google_classroom",
            f"base_url: {base_url}",
            f"directory_url: {base_url}",
            f'schools: ["{SCHOOLS}/*"]',
            "people:",
            *(f'  "{path}": {role}' for path, role in people.items()),
            "aliases: true",
            "auth:",
            "  type: oauth2_jwt_bearer",
            f"  token_url: {base_url}{TOKEN_PATH}",
            f"  issuer: {self.account.email}",
            f"  subject: {self.domain.accounts.administrator().email}",
            f"  private_key: {key}",
        ]
        return "".join(f"{line}\n" for line in lines)

    def _begin(self) -> None:
        source = self._site.source()
        self._differing = self._site.differing(source, NAME)
        self.domain = domain = ClassroomDomain(self._differing, self._site.clock)
        self.quota = MinuteQuota(self._site.monotonic)
        self.tokens = GoogleTokens(
            self.account,
            clock=self._site.clock,
            monotonic=self._site.monotonic,
            conditions=lambda: domain.conditions,
            subject_exists=domain.accounts.may_be_acted_for,
            administrator=lambda: domain.accounts.administrator().email,
        )
        methods = [
            *CourseMethods(domain).methods(),
            *RosterMethods(domain).methods(),
            *InvitationMethods(domain).methods(),
            *DirectoryMethods(domain).methods(),
        ]
        front = GoogleFront(methods, domain, self.tokens, self.quota)
        faulty = FaultInjection(front, self.faults, spared=TOKEN_PATH)
        self._app = RequestLog(faulty, self.visits)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def _set_conditions(self, body: bytes) -> object:
        """Change the conditions that are named; the others stay."""
        named = read_body(body, dict[str, object])
        try:
            self.domain.conditions = msgspec.convert(
                {**msgspec.structs.asdict(self.domain.conditions), **named}, DomainConditions
            )
        except msgspec.ValidationError as error:
            raise UsageError(f"the body does not fit: {error}") from None
        return self.domain.conditions

    def _throttle(self, body: bytes) -> object:
        asked = read_body(body, ThrottleRequest)
        try:
            self.faults.play(*throttles(asked))
        except KeyError as error:
            raise UsageError(
                f"there is no shape {error}", advice=f"take {', '.join(SHAPES)}"
            ) from None
        return {"shapes": asked.shapes}

    def _clear_quota(self, _body: bytes) -> object:
        self.quota.clear()
        return self.quota.report()

    def _revoke(self, _body: bytes) -> object:
        self.tokens.revoke()
        return self.state()
