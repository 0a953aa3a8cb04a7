"""How a refused query is asked again: without the sort, or for a smaller page.

Only what has never been taken is suspected; what fixes a refusal is remembered.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from integration_tui.domain.errors import ProviderError
from integration_tui.domain.value import replace
from integration_tui.providers.oneroster.dialect import ServerDialect
from integration_tui.providers.oneroster.errors import bound_in
from integration_tui.providers.oneroster.server_profile import ServerProfile

_LIMITS: Final = (3000, 1000, 500, 200, 100, 50, 10)
_ORDER: Final = frozenset({"sort", "orderby"})
_REFUSED: Final = frozenset({400, 414, 422})


class QueryForm(msgspec.Struct, frozen=True):
    """What of a query may be given up."""

    sorts: bool
    limit: int


class QueryFallbacks:
    """The forms in which one query is asked."""

    def __init__(self, form: QueryForm, profile: ServerProfile, *, has_filter: bool) -> None:
        self._profile = profile
        self._has_filter = has_filter
        self._may_lose_sort = (
            form.sorts and not profile.takes_sort and "sorts" not in profile.pinned
        )
        self._may_shrink = form.limit > profile.largest and "max_limit" not in profile.pinned
        self._rest = self._blind(form)

    def another(self, form: QueryForm, error: ProviderError) -> QueryForm | None:
        """Return the next form to ask in; `None` where it must be something else."""
        names = error.names
        if error.status not in _REFUSED or (self._has_filter and "filter" in names):
            return None
        if "limit" in names and self._may_shrink and (bound := self._bound(form, error)):
            return replace(form, limit=bound)
        if not names.isdisjoint(_ORDER) and form.sorts and self._may_lose_sort:
            return replace(form, sorts=False)
        return next(self._rest, None)

    def keep(self, dialect: ServerDialect, asked: QueryForm, taken: QueryForm) -> None:
        """Learn from a query that was answered at last, in the dialect that it was asked in."""
        profile = self._profile
        profile.takes_sort = profile.takes_sort or taken.sorts
        profile.largest = max(profile.largest, taken.limit)
        if not profile.is_found or dialect.trailing_slash != profile.dialect.trailing_slash:
            profile.dialect = replace(
                profile.dialect,
                version=dialect.version,
                base_path=dialect.base_path,
                trailing_slash=dialect.trailing_slash,
            )
        if taken.sorts != asked.sorts:
            profile.dialect = replace(profile.dialect, sorts=False)
        if taken.limit != asked.limit:
            profile.dialect = replace(profile.dialect, max_limit=taken.limit)
        profile.is_found = True

    def _bound(self, form: QueryForm, error: ProviderError) -> int | None:
        smaller = (limit for limit in _LIMITS if limit < form.limit)
        return bound_in(error, below=form.limit) or next(smaller, None)

    def _blind(self, form: QueryForm) -> Iterator[QueryForm]:
        """Yield what to try where the server does not say what it refuses.

        With a filter, that is suspected sooner than the limit.
        """
        limits = [limit for limit in _LIMITS if limit < form.limit] if self._may_shrink else []
        if self._may_lose_sort:
            yield replace(form, sorts=False)
        if self._has_filter:
            return
        for limit in limits:
            yield replace(form, limit=limit)
        if self._may_lose_sort:
            for limit in limits:
                yield QueryForm(sorts=False, limit=limit)
