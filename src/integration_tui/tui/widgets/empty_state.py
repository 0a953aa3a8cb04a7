"""What stands in a list or a pane that holds nothing: one sentence, centered on dots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from textual.content import Content

from integration_tui.tui.widgets.roles import line, wrapped

_LEAST_LINES: Final = 3
"""Lines below which there is no room for more than the sentence."""
_EDGE: Final = 2
"""Blank cells on each side of the sentence."""


def empty_lines(sentence: Content, width: int, height: int) -> Iterator[Content]:
    """Yield the same lines for a sentence that is styled already, such as one with a key."""
    for row in empty_rows(sentence.plain, width, height):
        for place, (said, _) in enumerate(row):
            if said.strip() == sentence.plain.strip():
                left = " " * (len(said) - len(said.lstrip()))
                right = " " * (len(said) - len(said.rstrip()))
                yield line(*row[:place], left, sentence, right, *row[place + 1 :])
                break
        else:
            yield line(*row)


def empty_rows(sentence: str, width: int, height: int) -> Iterator[tuple[tuple[str, str], ...]]:
    """Yield a line each, as texts with their roles.

    What says that something is still being read stands alone: dots that are replaced at once
    would only flicker.
    """
    said = [row.plain.strip() for row in wrapped(sentence, max(width - 2 * _EDGE - 2, 1))]
    is_plain = height < max(_LEAST_LINES, len(said)) or sentence.endswith("…")
    if is_plain or not sentence:
        yield from (((f" {row}", "muted"),) for row in said[:height])
        return
    top = (height - len(said)) // 2
    room = max(map(len, said)) + 2 * _EDGE
    left = max((width - room) // 2, 0)
    for y in range(height):
        if not 0 <= y - top < len(said):
            yield (("·" * width, "faint"),)
            continue
        right = "·" * max(width - left - room, 0)
        yield ("·" * left, "faint"), (said[y - top].center(room), "muted"), (right, "faint")
