"""One line of health over time: what each stretch saw at its worst. No data is a gap."""

from __future__ import annotations

from typing import ClassVar

from textual.strip import Strip

from integration_tui.domain.health.timeseries import Bucket
from integration_tui.tui.widgets.chart import Drawn, Sign

_GAP: Sign = ("·", "quiet")
_GOOD: Sign = ("█", "good")
_WEAK: Sign = ("▒", "weak")
_SOME: Sign = ("!", "bad")
_DOWN: Sign = ("x", "bad")
LEGEND = "█ healthy ▒ degraded ! some failed x half · no check"


def sign_of(bucket: Bucket) -> Sign:
    """Return the sign of one stretch of time."""
    if not bucket.checks:
        return _GAP
    if bucket.failures:
        return _DOWN if 2 * bucket.failures >= bucket.checks else _SOME
    return _WEAK if bucket.is_weak else _GOOD


class UptimeStrip(Drawn):
    """A sign for each stretch of time."""

    DEFAULT_CSS: ClassVar[str] = "UptimeStrip { height: 1; }"

    def render_line(self, y: int) -> Strip:
        if self._course is None or y:
            return Strip.blank(self.size.width, self.rich_style)
        return self.strip("state", map(sign_of, self.buckets(self._course)))
