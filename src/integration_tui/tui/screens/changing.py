"""What is not there for somebody who may only look. Loaded with the first frame; acts are not."""

from __future__ import annotations

CHANGING = frozenset(
    {"start", "stop", "restart", "check", "plan", "enable", "disable", "able", "remove"}
    | {"edit", "save", "roll_back", "new"}
)
"""What somebody who may only look does not get to see; a check is stored, so it is a change."""
