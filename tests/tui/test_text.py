"""Nothing that cannot be seen gets through the one door for outside text."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Static

from integration_tui.tui.text import plain, plain_lines, safe, same_length

ANYTHING = st.text(st.characters())  # lone surrogates included


def dangerous(text: str) -> list[str]:
    """Return the characters of `text` that steer a terminal, or that no one sees."""
    return [
        one
        for one in text
        if unicodedata.category(one) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and one not in ALLOWED
    ]


ALLOWED = frozenset(
    # Format characters that belong to the text of their script, and have a shape of their own.
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
) | {chr(code) for code in range(0x13430, 0x13440)}


@given(ANYTHING)
def test_one_line_holds_nothing_that_steers_a_terminal(text: str) -> None:
    assert dangerous(plain(text)) == []


@given(ANYTHING)
def test_several_lines_hold_line_breaks_only(text: str) -> None:
    assert dangerous(plain_lines(text).replace("\n", "")) == []


@given(st.text(st.characters(exclude_characters="\n\r")))
def test_a_line_of_a_document_keeps_every_place(text: str) -> None:
    assert len(same_length(text)) == len(text)


def test_markup_is_literal() -> None:
    assert safe("[bold]x[/] [/y]").plain == "[bold]x[/] [/y]"


def test_what_is_shown_is_bounded() -> None:
    assert len(plain("x" * 5_000)) == 512
    assert plain("x" * 5_000).endswith("…")


def test_a_line_break_is_a_sign_unless_lines_are_asked_for() -> None:
    assert plain("a\nb") == "a␊b"
    assert plain_lines("a\nb") == "a\nb"


def test_safe_content_is_what_a_widget_takes() -> None:
    assert str(Static(safe("\x1b[2J")).content) == "␛[2J"
