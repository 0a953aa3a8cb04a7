"""Nothing that cannot be seen gets through the one door for outside text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.widgets import Static

from integration_tui.tui.sanitize import plain, plain_lines, safe, same_length, typed
from integration_tui.tui.widgets.table.cells import fit

ANYTHING = st.text(  # lone surrogates included, joiners more often than by chance
    st.one_of(st.characters(), st.sampled_from("\u200c\u200d\u00ad\u094d\u2194ab "))
)


def dangerous(text: str) -> list[str]:
    """Return the characters of `text` that steer a terminal, or that no one sees."""
    return [
        one
        for place, one in enumerate(text)
        if unicodedata.category(one) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        and one not in ALLOWED
        and not (one in JOINERS and has_neighbours(text, place))
    ]


def has_neighbours(text: str, place: int) -> bool:
    """Return whether a joiner stands between letters, marks or signs, or behind a virama."""
    before, after = text[max(place - 1, 0) : place], text[place + 1 : place + 2]
    if before and (unicodedata.combining(before) == 9 or unicodedata.bidirectional(before) == "AL"):
        return True
    return all(
        one and (unicodedata.category(one)[0] in "LM" or unicodedata.category(one) in SIGNS)
        for one in (before, after)
    )


JOINERS = "\u200c\u200d"
SIGNS = ("So", "Sk", "Sm")  # pictures, skin tones, arrows


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


@pytest.mark.parametrize(
    "name",
    [
        "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",  # Persian
        "ශ්\u200dරී",
        "ക്\u200dഷ",
        "ര\u0d3eജന്\u200d",  # the joiner ends the name
        "👨\u200d👩\u200d👧",
        "👩🏽\u200d🚀",
        "❤\ufe0f\u200d🔥",
        "🙂\u200d↔\ufe0f",
    ],
)
def test_joiners_that_a_script_or_a_picture_needs_stay(name: str) -> None:
    assert plain(name) == name
    assert plain_lines(f"{name}\n{name}") == f"{name}\n{name}"
    assert cell_len(fit(name, 12)) == 12
    assert [cell_len(fit(name, width)) for width in range(1, 12)] == list(range(1, 12))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u200dab", "\ufffdab"),
        ("ab\u200c", "ab\ufffd"),
        ("ab\u200d", "ab\ufffd"),
        ("a\u200d\u200db", "a\ufffd\ufffdb"),
        ("1\u200c2", "1\ufffd2"),
        ("a \u200d b", "a \ufffd b"),
        ("a\u00adb", "a\ufffdb"),
    ],
)
def test_joiners_that_join_nothing_are_shown_as_hidden(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize("name", ["a\u200db\u200dc", "ب\u200dب\u200dب", "ജന്\u200d x", "👨\u200d👩"])
def test_a_name_is_as_wide_as_terminals_draw_it(name: str) -> None:
    drawn = fit(name, 12)

    joined = "👨" in name  # one picture
    cells = (
        2 if joined else sum(unicodedata.combining(text) == 0 and text != "\u200d" for text in name)
    )
    assert len(drawn) - len(drawn.rstrip()) == 12 - cells
    assert cell_len(drawn) == 12
    assert cell_len(safe(f"{name}|").plain) == cells + 1


def test_a_joiner_can_be_typed_before_what_it_joins() -> None:
    value = ""
    for key in "ab\u200cc":
        value = typed(value + key)

    assert value == "ab\u200cc"
    assert typed("1\u200c") == "1\ufffd"


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
