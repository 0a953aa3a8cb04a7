"""What a OneRoster server does not take: refusals that another way of asking may avoid."""

from __future__ import annotations

import re
from typing import Final

from integration_tui.domain.clock import Clock
from integration_tui.domain.errors import (
    ForbiddenError,
    IncompatibleError,
    ProviderError,
    RemoteNotFoundError,
)
from integration_tui.providers.http.error_bodies import server_text
from integration_tui.providers.http.errors import status_error
from integration_tui.providers.http.models import Request, Response

_USUAL: Final = frozenset({401, 429})
_OF_A_FIELD: Final = re.compile(rb"invalid_(filter|selection|sort)_field")
_NUMBER: Final = re.compile(r"(?<![\w.])\d{1,6}(?![\w.]*\w)")
_LONGEST: Final = 4000
_PARTS: Final = ("filter", "limit", "sort", "orderby")
ROUTE: Final = frozenset({403, 404, 405, 410, 501})
"""This address is not there, or not for us."""
QUERY: Final = frozenset({400, 414, 422, 500})
"""This address does not take what was asked with."""


def meaning(answer: Response, request: Request, clock: Clock) -> ProviderError | None:
    """Return what a refusal means, with its status.

    A failure (500) that names a field is a refusal: Ed-Fi answers so to filters that it lists.
    """
    if answer.status in _USUAL:
        return None
    error = status_error(answer, request, clock=clock)
    if answer.status == 500 and _OF_A_FIELD.search(answer.body[:_LONGEST]):
        error = IncompatibleError(error.message, advice=error.advice)
    error.status = answer.status
    error.names = _names(answer)
    return error


def is_refusal(error: ProviderError) -> bool:
    """Return whether asking in another way may help; a failure that may pass is none."""
    if error.status == 500:
        return True
    refused = isinstance(error, IncompatibleError | ForbiddenError | RemoteNotFoundError)
    return refused and error.status in ROUTE | QUERY


def _names(answer: Response) -> frozenset[str]:
    """Return which parts of a query a refusal names, and the numbers in it; no other word."""
    text = server_text(answer)[:_LONGEST].lower()
    return frozenset({*(word for word in _PARTS if word in text), *_NUMBER.findall(text)})


def bound_in(error: ProviderError, *, below: int) -> int | None:
    """Return the largest page that a refusal names: `limit must be between 1 and 100`."""
    found = [int(name) for name in error.names if name.isdigit()]
    return max((number for number in found if 1 <= number < below), default=None)
