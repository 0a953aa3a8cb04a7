"""Trouble that can be switched on, at once or by a script: what goes wrong, where, how often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

import msgspec


class Fault(StrEnum):
    """What goes wrong."""

    STATUS = "status"
    """`status` with `body`, `media_type`, and `retry_after` where one is set."""
    LOGIN_PAGE = "login_page"
    SLOW = "slow"
    """`delay_s` before the answer."""
    DRIP = "drip"
    """The answer in `rows` pieces, `delay_s` before each."""
    DROP = "drop"
    """The connection is closed in the middle of the answer."""
    TRUNCATED = "truncated"
    """Whole HTTP, half JSON."""
    INVALID_JSON = "invalid_json"
    BOMB = "bomb"
    """8 MB of nothing in 8 KB of gzip."""
    ENDLESS = "endless"
    """A body without an end."""
    REDIRECT = "redirect"
    """To `location`; without one, to the same address again."""
    CONTENT_TYPE = "content_type"
    """The right answer, called `media_type`."""
    EMPTY = "empty"
    """200 without a body."""
    FAILURE_200 = "failure_200"
    """200, with a failure in the body."""
    PATCHED = "patched"
    """The members of `patch` replace those of the answer; null takes one away."""
    REPEATED_PAGE = "repeated_page"
    """`offset` is ignored."""
    MISSING_ROWS = "missing_rows"
    """The first `rows` records of the page are left out, and nothing says so."""
    WRONG_TOTAL = "wrong_total"
    """The total is told `by` more, or less where it is negative."""
    GROWING_TOTAL = "growing_total"
    """The total grows `by` so many with each answer."""
    CLAMPED = "clamped"
    """Pages have at most `rows` records."""
    FOREIGN_LINK = "foreign_link"
    """The links of the answer begin with `location` instead of the server's own address."""
    LOOPING_LINK = "looping_link"
    """The next page is the one that was asked for."""
    SHIFTED = "shifted"
    """`rows` records more stand in front: the last ones of the page before come again."""


_FAILURE: Final = b'{"imsx_codeMajor":"failure","imsx_severity":"error"}'


class FaultRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a script.

    `path` is a pattern (`*/users`) of the whole path; without one, everything but the token
    endpoint. `offset` names one page. The first `after` requests that fit are left alone, then
    `times` are spoilt; `None` is for ever.
    """

    fault: Fault
    path: str = ""
    offset: int | None = None
    after: int = 0
    times: int | None = 1
    status: int = 500
    body: str = _FAILURE.decode()
    media_type: str = "application/json"
    retry_after: str = ""
    delay_s: float = 30.0
    location: str = ""
    rows: int = 1
    by: int = 1
    patch: dict[str, object] = {}

    def fits(self, path: str, query: Mapping[str, str], *, spared: bool) -> bool:
        """Say whether a request is one that the rule is about."""
        if self.offset is not None and query.get("offset", "0") != str(self.offset):
            return False
        return fnmatchcase(path, self.path) if self.path else not spared


@dataclass(frozen=True, slots=True)
class AppliedFault:
    """A rule that strikes, for the n-th time (from 1)."""

    rule: FaultRule
    time: int


@dataclass(slots=True)
class Faults:
    """What is wrong now. `left` counts down the answers that are spoilt; `None` is for ever.

    The simple switches stand for one rule; `script` holds any number, which may strike together.
    """

    now: Fault | None = None
    left: int | None = None
    status: int = 500
    body: bytes = _FAILURE
    media_type: str = "application/json"
    retry_after: str = ""
    delay_s: float = 30.0
    location: str = ""
    script: tuple[FaultRule, ...] = ()
    _fitted: list[int] = field(default_factory=list[int])

    def play(self, *rules: FaultRule) -> None:
        """Follow a script from its start; without rules, nothing is wrong any more."""
        self.now = None
        self.script = rules
        self._fitted = [0] * len(rules)

    def struck(self) -> Sequence[int]:
        """Return how often each rule of the script struck so far."""
        return [
            max(0, min(fitted - rule.after, fitted if rule.times is None else rule.times))
            for rule, fitted in zip(self.script, self._fitted, strict=True)
        ]

    def take(self, path: str, query: Mapping[str, str], *, spared: bool) -> list[AppliedFault]:
        """Return what is wrong with the next answer."""
        found = [] if spared else self._switched_on()
        for number, rule in enumerate(self.script):
            if not rule.fits(path, query, spared=spared):
                continue
            self._fitted[number] += 1
            time = self._fitted[number] - rule.after
            if time > 0 and (rule.times is None or time <= rule.times):
                found.append(AppliedFault(rule, time))
        return found

    def _switched_on(self) -> list[AppliedFault]:
        if self.now is None or self.left == 0:
            return []
        if self.left is not None:
            self.left -= 1
        rule = FaultRule(
            fault=self.now,
            status=self.status,
            body=self.body.decode(),
            media_type=self.media_type,
            retry_after=self.retry_after,
            delay_s=self.delay_s,
            location=self.location,
        )
        return [AppliedFault(rule, 1)]
