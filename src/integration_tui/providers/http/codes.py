"""The machine codes of refusals, out of closed lists: all that is repeated of what a server says.

A server's own sentences may name a person or echo a secret, and are never shown or stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from integration_tui.providers.http.messages import Answer
from integration_tui.providers.http.server_text import MAX_ERROR_BODY, is_list, is_object

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


def machine_code(answer: Answer) -> str:
    """Return the code by which a refusal calls itself; empty where it is none that we know."""
    challenge = _CHALLENGE.search(answer.headers.get("www-authenticate", "")[:1000])
    told = [*_told(answer), challenge[1] if challenge else ""]
    return next((CODES[code.lower()] for code in told if code.lower() in CODES), "")


def _told(answer: Answer) -> Iterator[str]:
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
