"""What the body of a refusal says: its machine code, out of closed lists, and its text.

The text is only looked through for names of parameters, never repeated: it may name people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from integration_tui.providers.http.models import Response, is_list, is_object

MAX_ERROR_BODY: Final = 64 * 1024
_WORDS: Final = (
    "imsx_description",  # OneRoster 1.1 and 1.2
    "error_description",  # OAuth2, RFC 6749 section 5.2
    "message",  # Google, Canvas
    "detail",  # RFC 9457
    "title",
    "error",
)
_WRAPPERS: Final = ("imsx_StatusInfo", "imsx_statusInfo", "statusInfoSet", "error", "errors")
_MAX_DEPTH: Final = 4


def server_text(answer: Response) -> str:
    """Return the server's own words, raw and of any length; empty where it has none."""
    body = answer.body[:MAX_ERROR_BODY]
    if "html" in answer.media_type or body.lstrip()[:1] == b"<":
        return ""
    if answer.media_type == "text/plain":
        return body.decode(errors="replace").strip()
    try:
        return _message_of(msgspec.json.decode(body), _MAX_DEPTH).strip()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _message_of(value: object, depth: int) -> str:
    if isinstance(value, str):
        return value
    if depth == 0:
        return ""
    if is_list(value):
        return _message_of(value[0], depth - 1) if value else ""
    return _message_in(value, depth) if is_object(value) else ""


def _message_in(value: Mapping[str, object], depth: int) -> str:
    for key in _WORDS:
        if isinstance(words := value.get(key), str) and words:
            return words
    for key in _WRAPPERS:
        if words := _message_of(value.get(key), depth - 1):
            return words
    return ""


_OAUTH: Final = """
    invalid_request invalid_client invalid_grant unauthorized_client unsupported_grant_type
    invalid_scope access_denied unsupported_response_type server_error temporarily_unavailable
    invalid_token insufficient_scope insufficient_user_authentication invalid_target
    slow_down expired_token unsupported_token_type invalid_dpop_proof use_dpop_nonce
    interaction_required login_required consent_required account_selection_required
    invalid_client_metadata invalid_assertion invalid_authorization_details
"""
"""IANA's registry of OAuth extensions errors, RFC 6749, 6750, 8628, 8707, 9449, 9470, OIDC Core."""
_ONEROSTER: Final = """
    invaliddata invalid_data unauthorisedrequest unauthorizedrequest forbidden server_busy
    unknownobject internal_server_error invalid_filter_field invalid_selection_field
    invalid_blank_selection_field invalid_sort_field deletefailure targetreadfailure
    targetwritefailure savepointerror savepointsyncerror unsupported unsupportedLISoperation
    idallocfail idallocinusefail overflowfail partialdatastorage nosourcedids invalidsourcedid
    unknownquery unknownvocabulary targetisbusy linkfailure
"""
"""imsx_codeMinor, REST bindings of 1.1 and 1.2; two of them as Ed-Fi and 1.1 spell them."""
_GOOGLE: Final = """
    INVALID_ARGUMENT FAILED_PRECONDITION OUT_OF_RANGE UNAUTHENTICATED PERMISSION_DENIED NOT_FOUND
    ABORTED ALREADY_EXISTS RESOURCE_EXHAUSTED CANCELLED DATA_LOSS UNKNOWN INTERNAL UNIMPLEMENTED
    UNAVAILABLE DEADLINE_EXCEEDED ACCESS_TOKEN_SCOPE_INSUFFICIENT ACCESS_TOKEN_EXPIRED
    ACCESS_TOKEN_TYPE_UNSUPPORTED SERVICE_DISABLED ACCOUNT_STATE_INVALID CREDENTIALS_MISSING
    RATE_LIMIT_EXCEEDED RESOURCE_QUOTA_EXCEEDED BILLING_DISABLED CONSUMER_INVALID API_KEY_INVALID
    accessNotConfigured authError badRequest backendError conflict dailyLimitExceeded domainPolicy
    forbiddenForServiceAccounts insufficientPermissions invalidParameter keyInvalid notFound
    invalidPageToken parseError quotaExceeded rateLimitExceeded required userRateLimitExceeded
    admin_policy_enforced deleted_client disabled_client internal_failure org_internal
    rate_limit_exceeded
"""
"""google.rpc.Code, reasons of google.rpc.ErrorInfo, of the older errors, and of its OAuth."""
_CANVAS: Final = "unauthenticated unauthorized insufficient_scopes"

CODES: Final = {
    code.lower(): code
    for code in f"{_OAUTH} {_ONEROSTER} {_GOOGLE} {_CANVAS}".split()
    if code not in {"required", "conflict", "unsupported"}
}
_KEYS: Final = frozenset(
    {"error", "code", "error_code", "errorcode", "reason", "status", "imsx_codeminor",
     "imsx_codeminorfieldvalue"}
)  # fmt: skip
_MOST: Final = 200
_CHALLENGE: Final = re.compile(r"\berror=\"?([a-z_]{3,40})")


def machine_code(answer: Response) -> str:
    """Return the code by which a refusal calls itself; empty where it is none that we know."""
    challenge = _CHALLENGE.search(answer.headers.get("www-authenticate", "")[:1000])
    codes = [*_codes_in(answer), challenge[1] if challenge else ""]
    return next((CODES[code.lower()] for code in codes if code.lower() in CODES), "")


def _codes_in(answer: Response) -> Iterator[str]:
    try:
        value: object = msgspec.json.decode(answer.body[:MAX_ERROR_BODY])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    left = [value]
    for _ in range(_MOST):
        if not left:
            return
        found = left.pop(0)
        if is_list(found):
            left += found
        elif is_object(found):
            yield from (
                text for key, text in found.items()
                if key.lower() in _KEYS and isinstance(text, str)
            )  # fmt: skip
            left += found.values()
