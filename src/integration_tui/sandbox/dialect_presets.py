"""The dialects by name: each was seen on a real server, or stands in a vendor's document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from integration_tui.domain.errors import NotFoundError
from integration_tui.sandbox.dialect import (
    BASE_PATH_1P1,
    Counts,
    Dialect,
    Errors,
    Login,
    RateLimitRule,
)
from integration_tui.sandbox.serializer import SPELLING_1P1, Spelling

_ALL: Final = (
    Dialect(),
    Dialect(
        name="v1p1",
        summary="OneRoster 1.1 by the book; OAuth 2, or OAuth 1 signed by HMAC-SHA1 or -SHA256",
        version="1.1",
        base_path=BASE_PATH_1P1,
        spelling=SPELLING_1P1,
        errors=Errors.OLD,
        logins=(Login.OAUTH2, Login.OAUTH1),
    ),
    Dialect(
        name="edfi",
        summary="No totals, pages clamped to 500 in silence, no order; who leaves just vanishes",
        errors=Errors.LOWER,
        trailing_slash="accepted",
        school_client="school-client",
        totals=False,
        max_limit=500,
        clauses=20,
        broken_filters=frozenset({"roles"}),
        doubled_quotes=False,
        sorts="ignored",
        soft_deletes=False,
    ),
    Dialect(
        name="longsight",
        summary="Strict: unknown parameters, a third clause, a slash at the end are refused",
        errors=Errors.WRAPPED,
        strict=True,
    ),
    Dialect(
        name="timeback_beyond_ai",
        summary="TimeBack's BeyondAI: totals in the body, moments for dates, bare references",
        provider="timeback",
        token_path="/oauth2/token",  # noqa: S106 - a path, no secret
        spelling=Spelling(
            days="moments",
            years="numbers",
            refs="bare",
            gaps="null",
            old_roles=True,
            grades="numbers",
        ),
        errors=Errors.DETAILED,
        trailing_slash="accepted",
        scopes=False,
        counts=Counts.BODY,
        refused_above=3000,
        nested_filters=False,
        sorts="any",
        flat_ids=True,
    ),
    Dialect(
        name="timeback_learnwith_ai",
        summary="TimeBack's LearnWithAI: pages of 1 to 100, tokens only for scopes that are named",
        provider="timeback",
        base_path="/rostering/1.0",
        spelling=Spelling(grades="numbers"),
        token_path="/auth/1.0/token",  # noqa: S106 - a path, no secret
        errors=Errors.DETAILED,
        trailing_slash="accepted",
        asks_scopes=True,
        counts=Counts.TOTAL,
        default_limit=10,
        refused_above=100,
        nested_filters=False,
        sorts="any",
    ),
    Dialect(
        name="classlink",
        summary="1.2 at the path of 1.1, custom counts, a key that changes now and then",
        base_path=BASE_PATH_1P1,
        logins=(Login.KEY,),
        counts=Counts.X_COUNT,
    ),
    Dialect(
        name="gg4l",
        summary="Links without angle brackets that skip a record when they are followed",
        counts=Counts.BARE_LINK,
    ),
    Dialect(
        name="html429",
        summary="Ten requests a second, then 429 as a web page with Retry-After",
        throttle=RateLimitRule(per_s=10, burst=10, header_prefix="RateLimit-", html=True),
    ),
    Dialect(
        name="shortlived",
        summary="Tokens that live 5 s, and say so",
        lifetime_s=5.0,
    ),
)

DIALECTS: Final[Mapping[str, Dialect]] = {dialect.name: dialect for dialect in _ALL}


def dialect(name: str) -> Dialect:
    """Return a dialect by its name. Raises `NotFoundError`."""
    if name not in DIALECTS:
        raise NotFoundError(f"there is no dialect {name}", advice=f"take {', '.join(DIALECTS)}")
    return DIALECTS[name]
