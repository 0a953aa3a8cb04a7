"""How Google refuses: what concerns the whole account is told apart from what concerns one course.

Too many requests come as 403 and 503, too, in JSON and in plain text. Sources: discovery document
classroom.v1; developers.google.com/workspace/classroom/troubleshooting/common-errors; the reasons
and texts as GAM (Apache-2.0) lists them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec

from integration_tui.domain.clock import Clock
from integration_tui.domain.errors import (
    ForbiddenError,
    IncompatibleError,
    ProviderError,
    RemoteNotFoundError,
)
from integration_tui.providers.google_classroom.scopes import scope_for, short
from integration_tui.providers.http.errors import status_error, throttled
from integration_tui.providers.http.exchange import Dialect
from integration_tui.providers.http.models import Request, Response

ACCOUNT: Final = "account"
"""Among an error's `names`: the account as a whole is refused, not this one record."""
_REASONS: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"})
_AS_TEXT: Final = re.compile(
    rb"Request rate higher than configured|Quota exceeded for quota metric"
    rb"|quota exceeded for the current request",
    re.IGNORECASE,
)
_THROTTLING: Final = frozenset({403, 503})
_LOOKED_AT: Final = 2000
_DISABLED: Final = ("@ClassroomApiDisabled", "@ClassroomDisabled")
_NOT_AUTHORIZED: Final = "Not Authorized to access this resource"
_CODE: Final = re.compile(r"@[A-Za-z]{3,60}\b")
_CODES: Final = frozenset(
    {"@CourseNotFound", "@ProjectPermissionDenied", "@MissingGrant", *_DISABLED}
)
_PROJECT: Final = re.compile(
    r"(?:projects?/|project[ _a-z:]*?)([0-9]{4,20}|[a-z][a-z0-9-]{4,28}[a-z0-9])\b"
)
_NO_SCOPE: Final = "insufficient authentication scopes"


class _Reason(msgspec.Struct, gc=False):
    reason: str = ""


class _Detail(msgspec.Struct, gc=False):
    reason: str = ""
    metadata: Mapping[str, str] = {}


class _Error(msgspec.Struct, gc=False):
    message: str = ""
    status: str = ""
    errors: Sequence[_Reason] = ()
    details: Sequence[_Detail] = ()


class _Refusal(msgspec.Struct, gc=False):
    error: _Error


def dialect_for(subject: str) -> Dialect:
    """Return what refusals mean for an account."""

    def meaning(answer: Response, request: Request, clock: Clock) -> ProviderError | None:
        error = _error_in(answer.body)
        if _is_throttling(answer, error):
            return throttled(answer, request, clock=clock)
        if answer.status == 401 or answer.status >= 500 or answer.status == 429:
            return None
        of_account = _of_account(answer, error, subject, request) if answer.status == 403 else None
        found = of_account or status_error(answer, request, clock=clock)
        found.status, found.accounts = answer.status, (subject,)
        code = _CODE.match(error.message)
        found.names = frozenset(
            ([ACCOUNT] if of_account else []) + ([code[0]] if code and code[0] in _CODES else [])
        )
        return found

    return meaning


def is_refused(error: ProviderError) -> bool:
    """Return whether one record is refused or not there, and all others may still be read."""
    if ACCOUNT in error.names:
        return False
    return isinstance(error, ForbiddenError | RemoteNotFoundError | IncompatibleError)


def refusal_reason(error: ProviderError) -> str:
    """Return in a few words what the system said of one record."""
    code = next((name for name in sorted(error.names) if name.startswith("@")), "")
    status = f"HTTP {error.status}" if error.status else ""
    return ", ".join(text for text in (status, code) if text) or error.message


def without_account(error: ProviderError | None) -> str:
    """Return an error as it may be kept with a listing: its account by the setting's name."""
    text = "" if error is None else f"{error}"
    for account in error.accounts if error is not None else ():
        text = text.replace(account, "auth.subject")
    return text


def _is_throttling(answer: Response, error: _Error) -> bool:
    if answer.status not in _THROTTLING:
        return False
    is_counted = error.status == "RESOURCE_EXHAUSTED" or any(
        found.reason in _REASONS for found in error.errors
    )
    return is_counted or _AS_TEXT.search(answer.body[:_LOOKED_AT]) is not None


def _of_account(
    answer: Response, error: _Error, subject: str, request: Request
) -> ForbiddenError | None:
    reasons = {found.reason for found in error.details}
    reasons |= {found.reason for found in error.errors}
    if _lacks_scope(answer, error, reasons):
        return ForbiddenError(
            f"the token lacks {short(scope_for(urlsplit(request.url).path))}",
            advice="grant it where the others are granted",
        )
    if error.message.startswith(_DISABLED):
        return ForbiddenError(
            f"{subject} may not use Classroom's API",
            advice="Apps, Google Workspace, Classroom, Data access",
        )
    if reasons & {"SERVICE_DISABLED", "accessNotConfigured"}:
        return ForbiddenError(
            f"the API is switched off in project {_project_in(error)}", advice="enable it there"
        )
    if _NOT_AUTHORIZED in error.message:
        return ForbiddenError(
            f"{subject} may not list users",
            advice="give the account the right to read users and org units."
            " Classes are read; people only as far as rosters name them",
        )
    return None


def _lacks_scope(answer: Response, error: _Error, reasons: set[str]) -> bool:
    challenge = answer.headers.get("www-authenticate", "")[:_LOOKED_AT]
    return (
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT" in reasons
        or "insufficient_scope" in challenge
        or _NO_SCOPE in error.message
    )


def _project_in(error: _Error) -> str:
    texts = [detail.metadata.get("consumer", "") for detail in error.details]
    found = next(
        (match for text in (*texts, error.message) if (match := _PROJECT.search(text))), None
    )
    return found[1] if found else "of the service account"


def _error_in(body: bytes) -> _Error:
    try:
        return msgspec.json.decode(body, type=_Refusal).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Error()
