"""Addresses of Canvas' REST API. Only first pages are built here: Canvas' links are followed."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import msgspec

Query = Sequence[tuple[str, str]]
"""Parameters in their order; a list has its name with `[]`, once for each value."""


class CanvasUrls(msgspec.Struct, frozen=True, kw_only=True):
    """Builds addresses below `service`. `as_user` is whom to act as, if anybody."""

    service: str
    page_size: int
    as_user: str | None = None

    def listing(self, path: str, query: Query = ()) -> str:
        """Return the address of a listing's first page."""
        return self.single(path, [*query, ("per_page", f"{self.page_size}")])

    def single(self, path: str, query: Query = ()) -> str:
        """Return the address of one object."""
        acting = [] if self.as_user is None else [("as_user_id", self.as_user)]
        pairs = [f"{escape(name)}={escape(value)}" for name, value in [*query, *acting]]
        return f"{self.service}/{path}{'?' if pairs else ''}{'&'.join(pairs)}"


def escape(text: str) -> str:
    """Return a text as a part of a path or query.

    A dot is escaped, too: Canvas takes what is behind it for the format of the answer.
    """
    return quote(text, safe="").replace(".", "%2E")
