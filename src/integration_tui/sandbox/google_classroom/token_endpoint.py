"""Google's token endpoint: assertions of a service account (RFC 7523), and refresh tokens.

Sources: https://developers.google.com/identity/protocols/oauth2/service-account; the texts of
refusals as GAM (Apache-2.0) lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from starlette.responses import JSONResponse

from integration_tui.domain.clock import Clock, Monotonic
from integration_tui.sandbox.google_classroom.conditions import DomainConditions
from integration_tui.sandbox.google_classroom.scopes import whole
from integration_tui.sandbox.served_system import CLIENT, SECRET

if TYPE_CHECKING:
    from starlette.requests import Request

TOKEN_PATH: Final = "/token"  # noqa: S105 - a path, no secret
GOOGLES_AUDIENCE: Final = "https://oauth2.googleapis.com/token"
"""What Google's own library signs, whatever the address of the token endpoint is."""
REFRESH_TOKEN: Final = f"1//{SECRET}"
_JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LONGEST_S: Final = 3_600
_SKEW_S: Final = 300
_NOT_DELEGATED: Final = (
    "Client is unauthorized to retrieve access tokens using this method, or client not"
    " authorized for any of the scopes requested."
)
_NOT_CURRENT: Final = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
    " Check your iat and exp values in the JWT claim."
)


class ServiceAccount:
    """A service account with a key of its own, made when it is first needed."""

    email = "integration-tui@sandbox-school.iam.gserviceaccount.com"
    client_id = "113774264463038321964"
    project = "sandbox-school"
    key_id = "3b6f1d0a9c5e47f2b8d4"

    @cached_property
    def key(self) -> RSAKey:
        return RSAKey.generate_key(2048)

    @property
    def pem(self) -> str:
        return self.key.as_pem(private=True).decode()

    def key_file(self, token_url: str) -> Mapping[str, str]:
        """Return the file that Google's console hands out for a key."""
        return {
            "type": "service_account",
            "project_id": self.project,
            "private_key_id": self.key_id,
            "private_key": self.pem,
            "client_email": self.email,
            "client_id": self.client_id,
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": token_url,
            "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
            "universe_domain": "googleapis.com",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenGrant:
    """For whom a token acts, and what it allows. `subject` is an address; empty is nobody."""

    subject: str
    scopes: tuple[str, ...]
    until: float


class GoogleTokens:
    """Gives tokens and knows them. `subject_exists` says whether an account may be acted for.

    `minted` counts the tokens; `claims` are those of the latest good assertion.
    """

    def __init__(
        self,
        account: ServiceAccount,
        *,
        clock: Clock,
        monotonic: Monotonic,
        conditions: Callable[[], DomainConditions],
        subject_exists: Callable[[str], bool],
        administrator: Callable[[], str],
    ) -> None:
        self.account = account
        self.minted = 0
        self.claims: Mapping[str, object] = {}
        self._clock = clock
        self._monotonic = monotonic
        self._conditions = conditions
        self._subject_exists = subject_exists
        self._administrator = administrator
        self._valid: dict[str, TokenGrant] = {}

    def revoke(self) -> None:
        """Make every token given so far worthless."""
        self._valid.clear()

    def granted_to(self, request: Request) -> TokenGrant | None:
        """Return what a request's token allows; `None` without a valid one."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        granted = self._valid.get(token)
        if kind.lower() != "bearer" or granted is None or self._monotonic() >= granted.until:
            return None
        return granted

    async def answer(self, request: Request) -> JSONResponse:
        """Answer `POST /token`."""
        body = (await request.body()).decode("utf-8", "replace")
        fields = dict(parse_qsl(body))
        match fields.get("grant_type"):
            case "refresh_token":
                return self._refreshed(fields)
            case grant_type if grant_type == _JWT_BEARER:
                return self._by_assertion(request, fields.get("assertion", ""))
            case _:
                return _refused("unsupported_grant_type", "Invalid grant_type")

    def _by_assertion(self, request: Request, assertion: str) -> JSONResponse:
        try:
            claims = jwt.decode(assertion, self.account.key, algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return _refused("invalid_grant", "Invalid JWT Signature.")
        audiences = {GOOGLES_AUDIENCE, str(request.url)}
        return self._refusal(claims, audiences) or self._granted(claims)

    def _refusal(self, claims: Mapping[str, object], audiences: set[str]) -> JSONResponse | None:
        """Return the first reason against a token."""
        subject, asked = str(claims.get("sub") or ""), str(claims.get("scope") or "").split()
        grant = "invalid_grant"
        for is_bad, code, description in (
            (claims.get("iss") != self.account.email, grant, "Invalid grant: account not found"),
            (claims.get("aud") not in audiences, grant, "Invalid JWT: Failed audience check."),
            (not self._is_current(claims), grant, _NOT_CURRENT),
            (
                subject and not self._subject_exists(subject),
                grant,
                "Invalid email or User ID",
            ),
            (not asked, "invalid_scope", "Invalid OAuth scope or ID token audience provided."),
        ):
            if is_bad:
                return _refused(code, description)
        if not self._conditions().delegates(asked):
            return _refused("unauthorized_client", _NOT_DELEGATED, 401)
        return None

    def _is_current(self, claims: Mapping[str, object]) -> bool:
        issued_at, expires_at = claims.get("iat"), claims.get("exp")
        if not isinstance(issued_at, int) or not isinstance(expires_at, int):
            return False
        now = self._clock().timestamp()
        is_short = 0 < expires_at - issued_at <= _LONGEST_S
        return is_short and issued_at - _SKEW_S <= now < expires_at + _SKEW_S

    def _granted(self, claims: Mapping[str, object]) -> JSONResponse:
        self.claims = claims
        return self._grant(str(claims.get("sub") or ""), tuple(str(claims["scope"]).split()))

    def _refreshed(self, fields: Mapping[str, str]) -> JSONResponse:
        if (fields.get("client_id"), fields.get("client_secret")) != (CLIENT, SECRET):
            return _refused("invalid_client", "The OAuth client was not found.", 401)
        is_known = fields.get("refresh_token") == REFRESH_TOKEN
        if not is_known or self._conditions().consent_revoked:
            return _refused("invalid_grant", "Token has been expired or revoked.")
        return self._grant(self._administrator(), whole(self._conditions().delegated))

    def _grant(self, subject: str, scopes: tuple[str, ...]) -> JSONResponse:
        lifetime_s = self._conditions().token_lifetime_s
        self.minted += 1
        token = f"ya29.sandbox-{self.minted}"
        until = self._monotonic() + lifetime_s
        self._valid[token] = TokenGrant(subject=subject, scopes=scopes, until=until)
        reply = {"access_token": token, "expires_in": int(lifetime_s), "token_type": "Bearer"}
        return JSONResponse(reply, headers={"Cache-Control": "no-store"})


def _refused(code: str, description: str, status: int = 400) -> JSONResponse:
    """Return a refusal. Google never says `WWW-Authenticate` here, unlike RFC 6749 section 5.2."""
    body = {"error": code, "error_description": description}
    return JSONResponse(body, status_code=status, headers={"Cache-Control": "no-store"})
