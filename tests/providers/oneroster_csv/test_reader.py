"""Bytes that are not quite CSV: what is wrong with one row costs no other."""

from __future__ import annotations

import codecs
import tracemalloc
from pathlib import Path

import pytest

from integration_tui.domain.roster import Collection
from integration_tui.providers.oneroster_csv.reader import MAX_LINE
from tests.providers.oneroster_csv.damaged_files import (
    ORGS,
    listed,
    manifest,
    names,
    one,
    only,
    orgs,
    put,
)

TWO = 'a,,,One,school,,\r\nb,,,"Two, Three",school,,\r\n'


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_either_line_break_is_fine(tmp_path: Path, end: str) -> None:
    report = one(tmp_path, "orgs", (ORGS + TWO).replace("\r\n", end))

    assert report.findings == ()
    assert names(tmp_path) == ["One", "Two, Three"]


def test_lines_that_end_with_cr_alone_are_read_and_told(tmp_path: Path) -> None:
    report = one(tmp_path, "orgs", (ORGS + TWO).replace("\r\n", "\r"))

    assert "CR" in only(report).message
    assert names(tmp_path) == ["One", "Two, Three"]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    report = one(tmp_path, "orgs", codecs.BOM_UTF8 + (ORGS + TWO).encode())

    assert only(report).severity == "info"
    assert names(tmp_path) == ["One", "Two, Three"]


def test_a_last_line_without_a_break_is_read_and_told(tmp_path: Path) -> None:
    report = orgs(tmp_path, TWO.removesuffix("\r\n"))

    assert (only(report).severity, only(report).line) == ("info", 3)
    assert names(tmp_path) == ["One", "Two, Three"]


def test_blank_lines_are_passed_over_and_counted(tmp_path: Path) -> None:
    report = orgs(tmp_path, f"\r\n\r\n{TWO}c,,,,school,,\r\n")

    assert only(report).line == 6


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_with_a_warning_that_names_it(tmp_path: Path, encoding: str) -> None:
    text = f"{ORGS}a,,,École,school,,\r\n".encode(encoding)

    report = one(tmp_path, "orgs", text)

    assert "UTF-16" in only(report).message
    assert names(tmp_path) == ["École"]


def test_latin_1_is_read_with_one_warning_that_names_it(tmp_path: Path) -> None:
    rows = "a,,,École,school,,\r\nb,,,Müller,school,,\r\n".encode("cp1252")

    report = orgs(tmp_path, rows)

    assert "Latin-1" in only(report).message
    assert only(report).line == 2
    assert names(tmp_path) == ["École", "Müller"]


def test_bytes_of_two_alphabets_put_their_row_aside(tmp_path: Path) -> None:
    rows = "a,,,École,school,,\r\n".encode() + "b,,,Müller,school,,\r\n".encode("cp1252")

    report = orgs(tmp_path, rows + b"c,,,Three,school,,\r\n")

    assert (only(report).severity, only(report).line) == ("error", 3)
    assert "UTF-8" in only(report).advice
    assert names(tmp_path) == ["École", "Three"]


def test_bytes_of_no_alphabet_put_their_row_aside(tmp_path: Path) -> None:
    report = orgs(tmp_path, b"a,,,\x81\x8d,school,,\r\nb,,,Two,school,,\r\n")

    assert (only(report).severity, only(report).line) == ("error", 2)
    assert names(tmp_path) == ["Two"]


def test_a_nul_puts_its_row_aside(tmp_path: Path) -> None:
    report = orgs(tmp_path, "a,,,O\0ne,school,,\r\nb,,,Two,school,,\r\n")

    assert "NUL" in only(report).message
    assert names(tmp_path) == ["Two"]


def test_a_quote_that_is_never_closed_costs_one_row(tmp_path: Path) -> None:
    many = "".join(f"x{number},,,N{number},school,,\r\n" for number in range(9000))

    report = orgs(tmp_path, f'a,,,"One,school,,\r\n{many}')

    assert (only(report).severity, only(report).line) == ("error", 2)
    assert "quote" in only(report).message
    assert len(names(tmp_path)) == 9000


def test_a_quote_that_is_open_at_the_end_costs_one_row(tmp_path: Path) -> None:
    report = orgs(tmp_path, f'{TWO}c,,,"Three,school,,\r\nd,,,Four,school,,\r\n')

    assert only(report).line == 4
    assert names(tmp_path) == ["One", "Two, Three", "Four"]


def test_a_quote_inside_a_text_is_a_quote_and_told(tmp_path: Path) -> None:
    report = orgs(tmp_path, 'a,,,12" ruler,school,,\r\n')

    assert (only(report).severity, only(report).line) == ("warning", 2)
    assert names(tmp_path) == ['12" ruler']


def test_a_cell_may_hold_line_breaks(tmp_path: Path) -> None:
    report = orgs(tmp_path, 'a,,,"One\r\nTwo",school,,\r\nb,,,,school,,\r\n')

    assert only(report).line == 4
    assert names(tmp_path) == ["One\r\nTwo", ""]


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_line_of_ten_megabytes_costs_one_row_and_little_memory(
    tmp_path: Path, quote: str
) -> None:
    long = f"a,,,{quote}{'x' * 10_000_000},school,,\r\n"
    put(tmp_path, {"manifest.csv": manifest(orgs="bulk"), "orgs.csv": ORGS + long + TWO})

    tracemalloc.start()
    records, rejected = listed(tmp_path, Collection.ORGS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [record.sourced_id for record in records] == ["a", "b"]
    assert [f"{MAX_LINE:,}" in item.reason for item in rejected] == [True]
    assert peak < 3_000_000
