"""Canvas's cheapest question, and how Canvas says no.

Source: Canvas REST API, Users and Throttling; 401 is told apart by `WWW-Authenticate`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from integration_tui.domain.errors import ForbiddenError, ProviderError
from integration_tui.domain.text import visible
from integration_tui.domain.time import Clock
from integration_tui.providers.http.decode import read_json
from integration_tui.providers.http.errors import quoted, throttled
from integration_tui.providers.http.line import Manners
from integration_tui.providers.http.messages import Answer, Request
from integration_tui.providers.http.probe import Probe


class _Self(msgspec.Struct):
    """The user that the token belongs to; the name is not kept."""

    id: int | str


def _read(answer: Answer, request: Request) -> Mapping[str, str]:
    return {"user": visible(read_json(answer, request, _Self).id, limit=40)}


def _dialect(answer: Answer, request: Request, clock: Clock) -> ProviderError | None:
    if answer.status == 403 and b"rate limit exceeded" in answer.body[:2000].lower():
        return throttled(answer, request, clock=clock)
    if answer.status == 401 and not _is_token_refused(answer):
        return ForbiddenError(
            f"{answer.host} accepts the token but does not allow this (HTTP 401)"
            f"{quoted(answer, request.hidden)}",
            advice="give the token's user the right, or the developer key the scope",
        )
    return None


def _is_token_refused(answer: Answer) -> bool:
    return "www-authenticate" in answer.headers and b"Insufficient scopes" not in answer.body[:2000]


PROBE: Final = Probe(
    product="Canvas",
    version="Canvas REST API v1",
    path="/api/v1/users/self",
    read=_read,
    # All ids as texts: those of other shards do not fit into a double.
    manners=Manners(
        accept="application/json+canvas-string-ids, application/json", dialect=_dialect
    ),
)
