"""What of a text proves that it was damaged, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.text_damage import (
    ADVICE,
    Damage,
    damage_of,
    may_be_damaged,
    means_nothing,
    without_invisible,
)

DAMAGED = {
    Damage.SPREADSHEET_ERROR: ["#N/A", "#REF!", "#DIV/0!", "#NAME?",
                               " #VALUE! ", "########", "#NV"],
    Damage.NULL_WORD: ["NULL", "null", "\\N", "N/A", "(null)"],
    Damage.SHORTENED_NUMBER: ["1.00235E+11", "1E+10", "1,00235E+11", "9.9e+9"],
    Damage.DECODED_TWICE: ["Jos\u00c3\u00a9", "M\u00c3\u00bcller", "O\u00e2\u20ac\u2122Neil",
                           "Nov\u00c3\u00a1k", "\u00c5\u00a0imek", "\u00ef\u00bb\u00bfa"],
    Damage.LETTERS_LOST: ["Jos\ufffd", "\ufffd\ufffd"],
}  # fmt: skip
SOUND = [
    "", "Jos\u00e9", "Null", "Nulle", "Nan Lee", "S\u00c3O JO\u00c3O", "\u00c4rger", "\u00c5sa",
    "#1", "# 7", "E+", "C+E+",
    "\u00abCAF\u00c9\u00bb", "12E", "1e5", "A1.5E+7",
    "\u0424\u0451\u0434\u043e\u0440",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "R\\N",
    "N/A-7", "\u201dG\u00c5\u201d", "a#N/A",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "damage"), [(text, damage) for damage, texts in DAMAGED.items() for text in texts]
)
def test_damage_is_known_by_its_kind(text: str, damage: Damage) -> None:
    assert damage_of(text) is damage
    assert may_be_damaged(f"x,{text},y")
    assert ADVICE[damage].remedy


@pytest.mark.parametrize("text", SOUND)
def test_what_people_write_is_sound(text: str) -> None:
    assert damage_of(text) is None


@given(st.text() | st.sampled_from(sum(DAMAGED.values(), start=list[str]())))
def test_the_quick_look_never_misses(text: str) -> None:
    if damage_of(text) is not None or without_invisible(text) != text:
        assert may_be_damaged(text)


@pytest.mark.parametrize(
    "sign", ["\u200b", "\ufeff", "\u00ad", "\u2060", "\u200e", "\u200f", "\u200d", "\u202e"]
)
def test_characters_that_nobody_sees_are_taken_out_of_ids(sign: str) -> None:
    assert without_invisible(f"{sign}U1{sign}005{sign}") == "U1005"
    assert may_be_damaged(f"U1{sign}005")


def test_a_word_for_nothing_is_nothing_but_in_a_name() -> None:
    assert means_nothing(Damage.NULL_WORD)
    assert not means_nothing(Damage.NULL_WORD, is_name=True)
    assert means_nothing(Damage.SPREADSHEET_ERROR, is_name=True)
    assert not means_nothing(Damage.LETTERS_LOST)
    assert not means_nothing(None)
