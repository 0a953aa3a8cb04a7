"""The real clock, in the one place of these tests that may look at it."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - real time, as in the program
