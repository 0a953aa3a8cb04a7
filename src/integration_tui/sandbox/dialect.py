"""How one OneRoster server differs from the specification: data, freely combined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from integration_tui.domain.roster import Collection
from integration_tui.sandbox.serializer import Spelling, Version

BASE_PATH: Final = "/ims/oneroster/rostering/v1p2"
BASE_PATH_1P1: Final = "/ims/oneroster/v1p1"


class Counts(StrEnum):
    """Where a page says how many there are, and where it goes on."""

    BOOK = "book"
    """`X-Total-Count`, and `Link` with next, prev, first and last."""
    BODY = "body"
    """totalCount, pageCount, pageNumber, offset and limit beside the list."""
    TOTAL = "total"
    """`total` beside the list."""
    X_COUNT = "x-count"
    """`x-count` for the page, `x-total-count` for all; no links."""
    BARE_LINK = "bare-link"
    """`Link` without angle brackets, whose offset is one too many; no counts."""


class Errors(StrEnum):
    """The shape of a refusal."""

    FLAT = "1.2"
    OLD = "1.1"
    WRAPPED = "wrapped"
    """All of it in `imsx_StatusInfo`."""
    LOWER = "lower"
    """`imsx_codeMinor` is a text in small letters, and missing from a 404."""
    DETAILED = "detailed"
    """With `imsx_error_details`."""


class Login(StrEnum):
    """How a client proves who it is."""

    OAUTH2 = "oauth2"
    OAUTH1 = "oauth1"
    KEY = "key"
    """A bearer token for good, until it is changed for another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitRule:
    """So many requests a second, of which so many at once; then 429.

    `told` are the headers about it; `html`: the body is a page, as express-rate-limit sends it.
    """

    per_s: float
    burst: int = 1
    retry_after: Literal["seconds", "date", "none"] = "seconds"
    header_prefix: Literal["RateLimit-", "X-RateLimit-", ""] = ""
    html: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How it differs: what is not named is by the book.

    `max_limit` clamps pages in silence, above `refused_above` they are 422; without `totals`
    there are no counts and no links, whatever `counts` says. `raw` are whole JSON objects that
    are listed behind the records, good or bad.

    `clauses` is how many a filter may have; without `nested_filters` a dotted field is 400, with
    `flat_ids` `userSourcedId` is `user.sourcedId`; a filter by a field of `broken_filters` is
    500. Without `doubled_quotes`, a value with an apostrophe finds nothing. `sorts`: by fields
    that are known, the others are 400; by any; not at all. `strict`: a parameter that is not
    known is 400.

    Without `soft_deletes` a record that has left is not there any more. Without `scopes` any
    token reads everything; with `asks_scopes` a token must have been asked for by its scopes.
    `school_client` is a client that sees one school only.
    """

    name: str = "specification"
    summary: str = "OneRoster 1.2 by the book"
    provider: Literal["oneroster", "timeback"] = "oneroster"
    version: Version = "1.2"
    base_path: str = BASE_PATH
    token_path: str = "/token"  # noqa: S105 - a path, no secret
    spelling: Spelling = field(default_factory=Spelling)
    errors: Errors = Errors.FLAT
    trailing_slash: Literal["refused", "accepted", "redirected"] = "refused"

    logins: tuple[Login, ...] = (Login.OAUTH2,)
    scopes: bool = True
    asks_scopes: bool = False
    school_client: str = ""
    lifetime_s: float = 3600.0

    counts: Counts = Counts.BOOK
    totals: bool = True
    default_limit: int = 100
    max_limit: int | None = None
    refused_above: int | None = None

    clauses: int = 2
    nested_filters: bool = True
    flat_ids: bool = False
    broken_filters: frozenset[str] = frozenset()
    doubled_quotes: bool = True
    sorts: Literal["known", "any", "ignored"] = "known"
    strict: bool = False

    soft_deletes: bool = True
    throttle: RateLimitRule | None = None
    raw: Mapping[Collection, Sequence[bytes]] = field(
        default_factory=dict[Collection, Sequence[bytes]]
    )

    @property
    def scope_words(self) -> tuple[str, ...]:
        """Return the scopes of reading: the core, all of it, demographics."""
        return scope_words(self.version)


def scope_words(version: Version) -> tuple[str, ...]:
    """Return the scopes of reading in a version: the core, all of it, demographics."""
    base = f"https://purl.imsglobal.org/spec/or/{'v1p1' if version == '1.1' else 'v1p2'}/scope/"
    names = ("roster-core.readonly", "roster.readonly", "roster-demographics.readonly")
    return tuple(base + name for name in names)
