"""Colours for three formats: a wrong guess costs a colour, never a line, a place or the time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration_tui.tui.widgets.syntax_highlight import LONGEST, spans

FORMATS = ("yaml", "toml", "json")


@pytest.mark.parametrize(
    ("format_", "line", "expected"),
    [
        ("yaml", "name: lincoln # why", "name=key # why=comment"),
        ("yaml", '  - "a b": 7.5', '"a b"=key 7.5=number'),
        ("yaml", "url: https://x/y:8#z", "url=key"),
        ("yaml", "s: env:SIS", "s=key env:SIS=reference"),
        ("yaml", "l: [1, 'two', true]", "l=key 1=number 'two'=text true=word"),
        ("toml", "[a.b] # why", "[a.b]=key # why=comment"),
        ("toml", 'x.y = "file:/a" # why', 'x.y=key "file:/a"=reference # why=comment'),
        ("toml", '  ["a", 1],', '"a"=text 1=number'),
        ("json", '"a": [1, null, "x: y"],', '"a"=key 1=number null=word "x: y"=text'),
        ("xml", "<a>1</a>", ""),
    ],
)
def test_parts_of_a_line_have_their_kinds(format_: str, line: str, expected: str) -> None:
    found = [f"{line[start:end]}={kind}" for start, end, kind in spans(line, format_)]

    assert " ".join(found) == expected


@settings(max_examples=200)
@given(st.text(alphabet=st.sampled_from("\"'#:=[]{}, -\\a1\t\x1b\u202e\ud800"), max_size=80))
def test_any_line_is_read_from_left_to_right_without_failing(line: str) -> None:
    for format_ in FORMATS:
        places = [place for start, end, _ in spans(line, format_) for place in (start, end)]

        assert places == sorted(places)
        assert all(0 <= place <= len(line) for place in places)


@pytest.mark.parametrize("piece", ['"', "'", "\\", '"\\', "[", " ", "a ", ":", "[[[ ]", "#", "a:"])
def test_a_line_of_any_length_takes_no_time(piece: str) -> None:
    line = piece * 200_000
    began = time.perf_counter()
    for format_ in FORMATS:
        assert all(end <= LONGEST for _, end, _ in spans(line, format_))

    assert time.perf_counter() - began < 5
