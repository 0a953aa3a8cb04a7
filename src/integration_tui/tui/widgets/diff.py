"""A unified difference, with its signs and colours."""

from __future__ import annotations

from textual.content import Content

from integration_tui.tui.sanitize import plain_lines

_TONES = (("+++", "bold"), ("---", "bold"), ("@@", "$accent"), ("+", "$success"), ("-", "$error"))


def diff_content(text: str) -> Content:
    """Return the text of a unified difference, made visible, each line by its sign."""
    lines = (Content.styled(line, _tone(line)) for line in plain_lines(text).split("\n"))
    return Content("\n").join(lines)


def _tone(line: str) -> str:
    return next((tone for sign, tone in _TONES if line.startswith(sign)), "")
