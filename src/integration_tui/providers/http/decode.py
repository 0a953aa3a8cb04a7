"""JSON as it comes over the wire: strict, and of the type that was asked for."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from integration_tui.providers.http.errors import not_json
from integration_tui.providers.http.messages import Answer, Request

T = TypeVar("T")


def is_cut_off(answer: Answer) -> bool:
    """Say whether a body is JSON that ends too early: the next answer may be whole."""
    try:
        msgspec.json.decode(answer.body, type=msgspec.Raw)
    except msgspec.DecodeError as error:
        return bool(answer.body) and "truncated" in f"{error}"
    return False


def read_json(answer: Answer, request: Request, of: type[T]) -> T:
    """Return the body as `of`. Raises `IncompatibleError` where it is anything else."""
    if not answer.media_type or "json" in answer.media_type:
        try:
            return msgspec.json.decode(answer.body, type=of)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # not raised from here: what the library raises holds a part of the body
    raise not_json(answer, request)
