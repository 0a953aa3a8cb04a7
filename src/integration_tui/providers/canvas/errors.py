"""How Canvas refuses: 401 and 403 have several meanings each.

Sources: Canvas REST API, Throttling and OAuth2. Older servers throttle with 403, newer with 429.
"""

from __future__ import annotations

from typing import Final

from integration_tui.domain.clock import Clock
from integration_tui.domain.errors import ForbiddenError, ProviderError
from integration_tui.providers.http.errors import status_error, status_of, throttled
from integration_tui.providers.http.models import Request, Response

ACCEPT: Final = "application/json+canvas-string-ids, application/json"
"""All ids as texts: those of other shards do not fit into a double."""
FAILURE: Final = 500
"""Of one address as well as of the whole server."""
_TOO_MANY: Final = b"rate limit exceeded"
_NO_SCOPE: Final = b"insufficient scopes"


def meaning(answer: Response, request: Request, clock: Clock) -> ProviderError | None:
    """Return what a refusal means in Canvas; `None` where it means what it means elsewhere."""
    if answer.status == 403 and _is_throttled(answer):
        return throttled(answer, request, clock=clock)
    if answer.status == 401 and not _is_token_refused(answer):
        return ForbiddenError(
            f"{answer.host} accepts the token but does not allow this ({status_of(answer)})",
            advice="ask an administrator of Canvas for the missing scope or permission",
        )
    if answer.status == FAILURE:
        error = status_error(answer, request, clock=clock)
        error.status = FAILURE
        return error
    return None


def remaining(answer: Response) -> float | None:
    """Return what is left of our share; may be negative, `None` where nothing is counted."""
    try:
        return float(answer.headers.get("x-rate-limit-remaining", ""))
    except ValueError:
        return None


def _is_throttled(answer: Response) -> bool:
    left = remaining(answer)
    return _TOO_MANY in _start(answer) or (left is not None and left <= 0)


def _is_token_refused(answer: Response) -> bool:
    return "www-authenticate" in answer.headers and _NO_SCOPE not in _start(answer)


def _start(answer: Response) -> bytes:
    return answer.body[:2000].lower()
