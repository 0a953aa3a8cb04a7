"""Canvas' throttle: a leaky bucket for each token, counted in seconds of work.

A request pours in 50 as it begins, and gets them back for its own cost as it ends; 10 a second
leak out. A bucket that holds 600 or more refuses; it never holds more than 800, so that what is
left may read -200. Source: Canvas REST API documentation, "Throttling"; the defaults of
canvas-lms (hwm 600, maximum 800, outflow 10, up-front cost 50).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders

from integration_tui.domain.clock import Monotonic
from integration_tui.sandbox.canvas.refusals import throttled

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

COST: Final = "canvas_rows"
"""The key of a request's scope under which its handler counts the rows that it made."""
_PER_REQUEST: Final = 0.012
_PER_ROW: Final = 0.0003


@dataclass(slots=True, kw_only=True)
class BucketRule:
    """How the buckets are made. `refusal` is 429, or 403 on older servers.

    `cost_factor` makes requests dearer than they are.
    """

    full: float = 600.0
    most: float = 800.0
    outflow_per_s: float = 10.0
    held: float = 50.0
    refusal: int = 429
    cost_factor: float = 1.0

    def cost_of(self, rows: int) -> float:
        """Return what a request costs that made so many rows."""
        return (_PER_REQUEST + _PER_ROW * rows) * self.cost_factor


class LeakyBucket:
    """One token's. `lowest` is the least that was ever left."""

    def __init__(self, rule: BucketRule, monotonic: Monotonic) -> None:
        self._rule = rule
        self._monotonic = monotonic
        self._count = 0.0
        self._at = monotonic()
        self.lowest = rule.full

    @property
    def remaining(self) -> float:
        """Return what is left before the bucket refuses; may be negative."""
        self._leak()
        return self._rule.full - self._count

    def reserve(self) -> bool:
        """Pour in what a request holds; says no where the bucket is full."""
        if self.remaining <= 0:
            return False
        self.add(self._rule.held)
        return True

    def settle(self, cost: float) -> float:
        """Take what a request held for its cost, and return what is left."""
        self.add(cost - self._rule.held)
        return self.remaining

    def add(self, amount: float) -> None:
        """Pour in, or take out where it is negative."""
        self._leak()
        self._count = min(max(self._count + amount, 0.0), self._rule.most)
        self.lowest = min(self.lowest, self._rule.full - self._count)

    def _leak(self) -> None:
        now = self._monotonic()
        self._count = max(0.0, self._count - (now - self._at) * self._rule.outflow_per_s)
        self._at = now


@dataclass(slots=True)
class Buckets:
    """All buckets of a server, by token. `refused` counts the requests that were throttled.

    The tokens themselves are not kept.
    """

    rule: BucketRule
    monotonic: Monotonic
    refused: int = 0
    _kept: dict[str, LeakyBucket] = field(default_factory=dict[str, LeakyBucket])

    def of(self, token: str) -> LeakyBucket:
        """Return the bucket of a token; a new one is empty."""
        key = hashlib.sha256(token.encode()).hexdigest()[:16]
        if key not in self._kept:
            self._kept[key] = LeakyBucket(self.rule, self.monotonic)
        return self._kept[key]

    @property
    def lowest(self) -> float:
        """Return the least that was ever left in any of them."""
        return min((bucket.lowest for bucket in self._kept.values()), default=self.rule.full)

    def empty(self) -> None:
        """Forget all that was counted."""
        self._kept.clear()
        self.refused = 0


class Throttled:
    """Wraps an app. Requests below `spared` are not counted."""

    def __init__(self, app: ASGIApp, buckets: Buckets, *, counts: Callable[[str], bool]) -> None:
        self._app = app
        self._buckets = buckets
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", "")).removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or not self._counts(path):
            await self._app(scope, receive, send)
            return
        bucket = self._buckets.of(token_of(scope))
        if not bucket.reserve():
            self._buckets.refused += 1
            await throttled(self._buckets.rule.refusal, 0.0)(scope, receive, send)
            return
        await self._counted(bucket, scope, receive, send)

    async def _counted(
        self, bucket: LeakyBucket, scope: Scope, receive: Receive, send: Send
    ) -> None:
        rule, is_settled = self._buckets.rule, False

        async def telling(message: Message) -> None:
            nonlocal is_settled
            if message["type"] == "http.response.start":
                cost = rule.cost_of(scope.get(COST, 0))
                is_settled, left = True, bucket.settle(cost)
                headers = MutableHeaders(scope=message)
                headers["X-Request-Cost"] = f"{cost:.4f}"
                headers["X-Rate-Limit-Remaining"] = f"{left:.4f}"
            await send(message)

        try:
            await self._app(scope, receive, telling)
        finally:
            if not is_settled:
                bucket.settle(0.0)


def token_of(scope: Scope) -> str:
    """Return the token of a request, from its header or its query; empty without one."""
    kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return token
    query: bytes = scope.get("query_string", b"")
    return dict(parse_qsl(query.decode("ascii", "replace"))).get("access_token", "")
