"""What the refusal of a grant means where its text says so: signed assertions, dead consents.

The texts are those of Google's token endpoint, as GAM (Apache-2.0) lists them, and of Canvas. They
are recognized, never repeated. An account of the config is named, since it is what must be changed.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from integration_tui.domain.auth import JwtBearerAuth
from integration_tui.domain.errors import CredentialsError
from integration_tui.domain.text import visible
from integration_tui.providers.http.auth.token_endpoint import TokenRefusal

_NO_SUBJECT: Final = re.compile(
    r"invalid email or user id|not a valid email|account has been deleted|\"sub\" field",
    re.IGNORECASE,
)
_NO_ISSUER: Final = re.compile(r"account not found", re.IGNORECASE)
_TIME: Final = re.compile(r"\biat\b|\bexp\b|timeframe|short-lived", re.IGNORECASE)
_KEY: Final = re.compile(r"signature|no valid verifier", re.IGNORECASE)
_NO_REFRESH_TOKEN: Final = re.compile(r"refresh_token not found", re.IGNORECASE)
_NOT_DELEGATED: Final = frozenset({"unauthorized_client", "access_denied"})
_ABOUT_SUBJECT: Final = frozenset({"invalid_grant", "invalid_request"})
_PREFIX: Final = "https://www.googleapis.com/auth/"
_ROOM: Final = 280
"""Characters that the scopes may take in a sentence before they are shortened."""
_SKEW_S: Final = 60.0


def assertion_error(
    refusal: TokenRefusal,
    auth: JwtBearerAuth,
    *,
    scopes: tuple[str, ...],
    client_id: str,
    now: datetime,
) -> CredentialsError | None:
    """Return why a signed assertion was refused; `None` where the text is not known.

    `client_id` is the number under which an administrator delegates; it may be empty.
    """
    if refusal.code in _NOT_DELEGATED:
        error: CredentialsError | None = _not_delegated(refusal, auth, scopes, client_id)
    elif refusal.code in _ABOUT_SUBJECT and _NO_SUBJECT.search(refusal.text):
        error = CredentialsError(
            f"no active account {auth.subject or 'to act for'} ({refusal.code})",
            advice="set auth.subject to an administrator",
        )
    elif refusal.code == "invalid_grant":
        error = _bad_assertion(refusal, auth, now)
    else:
        return None
    if error is not None:
        error.accounts = (auth.issuer, auth.subject)
        error.names = frozenset({refusal.code})
    return error


def consent_error(refusal: TokenRefusal) -> CredentialsError | None:
    """Return that a refresh token does not work any more; `None` where it is something else."""
    is_dead = refusal.code == "invalid_grant" or (
        refusal.code == "invalid_request" and _NO_REFRESH_TOKEN.search(refusal.text)
    )
    if not is_dead:
        return None
    return CredentialsError(
        f"the consent was revoked or has expired ({refusal.code})",
        advice="have an administrator consent again, then store the new refresh token",
    )


def _not_delegated(
    refusal: TokenRefusal, auth: JwtBearerAuth, scopes: tuple[str, ...], client_id: str
) -> CredentialsError:
    who = "Google" if auth.issuer.endswith(".gserviceaccount.com") else refusal.host
    listed = " ".join(scopes)
    if len(listed) > _ROOM:
        listed = " ".join(scope.removeprefix(_PREFIX) for scope in scopes)
    return CredentialsError(
        f"{who} does not let {auth.issuer} act for {auth.subject or 'nobody (auth.subject)'}"
        ": domain-wide delegation or one of these scopes is missing:"
        f" {visible(listed, limit=_ROOM) or 'none is asked for'} ({refusal.code})",
        advice="in the admin console: Security, API controls, domain-wide delegation, client id"
        f" {client_id or f'of {auth.issuer}'}",
    )


def _bad_assertion(
    refusal: TokenRefusal, auth: JwtBearerAuth, now: datetime
) -> CredentialsError | None:
    if _NO_ISSUER.search(refusal.text):
        return CredentialsError(
            f"unknown service account {auth.issuer} ({refusal.code})",
            advice="set auth.issuer to the client_email of the key file",
        )
    if _KEY.search(refusal.text):
        return CredentialsError(
            f"{refusal.host} does not know the key that {auth.issuer} signs with ({refusal.code})",
            advice="the key may be deleted: download a new key file of this account and store it in"
            f" {auth.private_key}",
        )
    return _wrong_clock(refusal, now) if _TIME.search(refusal.text) else None


def _wrong_clock(refusal: TokenRefusal, now: datetime) -> CredentialsError:
    off_s = _off_s(refusal.date, now)
    if off_s is None or off_s < _SKEW_S:
        return CredentialsError(
            f"{refusal.host} rejected the time of the signed request ({refusal.code}):"
            " this machine's clock may be off",
            advice="synchronize the clock",
        )
    minutes = round(off_s / 60)
    return CredentialsError(
        f"this machine's clock is {minutes:,} {'minute' if minutes == 1 else 'minutes'} off"
        f" ({refusal.code})",
        advice="synchronize the clock",
    )


def _off_s(date: str, now: datetime) -> float | None:
    """Return how far our clock is from the server's (RFC 9110 section 6.6.1)."""
    try:
        told = parsedate_to_datetime(date)
        return abs((told.replace(tzinfo=told.tzinfo or UTC) - now).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
