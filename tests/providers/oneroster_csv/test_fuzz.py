"""Whatever bytes there are: only errors with words come out, and what is sound is still read."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from integration_tui.domain.errors import ProviderError
from integration_tui.domain.roster import Collection
from integration_tui.providers.oneroster_csv.findings import Findings
from integration_tui.providers.oneroster_csv.formula_injection import guarded, unguarded
from integration_tui.providers.oneroster_csv.manifest import read_manifest
from integration_tui.providers.oneroster_csv.tables import TABLES, Table
from integration_tui.providers.oneroster_csv.validation import check
from integration_tui.providers.paging.id_set import Repeat, SeenRows
from tests.providers.oneroster_csv.damaged_files import ORGS, listed, manifest, put

BYTES = st.binary(max_size=300) | st.text("\",'\r\n\0=-é\ufeffab1/ ", max_size=60).map(str.encode)
CELL = (
    st.text(max_size=12)
    | st.text("\",'\r\n\t =+-@{}:", max_size=6)
    | st.sampled_from(["true", "active", "2026-08-31", "31/12/2026", "{a:b}", '"', "99/99/9999"])
).map(lambda text: text.encode("utf-8", "replace").decode())
TABLE = st.sampled_from([*TABLES["1.1"].values(), *TABLES["1.2"].values()])
SMALL_ZIP = io.BytesIO()
with zipfile.ZipFile(SMALL_ZIP, "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("manifest.csv", manifest(orgs="bulk"))
    archive.writestr("orgs.csv", f"{ORGS}a,,,One,school,,\n" * 20)


def is_told(path: Path) -> bool:
    """Check a path; any other error than one with words is the test's failure."""
    try:
        check(path)
    except ProviderError as error:
        return bool(error.message and error.advice)
    return True


@settings(max_examples=150, deadline=None)
@given(content=BYTES, table=TABLE)
def test_any_bytes_are_a_file(content: bytes, table: Table) -> None:
    with TemporaryDirectory() as folder:
        kinds = manifest(**{table.stem: "bulk"})
        put(Path(folder), {"manifest.csv": kinds, table.file: content})

        assert is_told(Path(folder))


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.lists(CELL, max_size=24), max_size=6), table=TABLE, quote=st.booleans())
def test_any_cells_make_rows_or_findings(
    rows: list[list[str]], table: Table, *, quote: bool
) -> None:
    lines = [table.header, *rows]
    text = "\n".join(",".join(f'"{value}"' if quote else value for value in row) for row in lines)
    with TemporaryDirectory() as folder:
        kinds = manifest(**{table.stem: "bulk"})
        put(Path(folder), {"manifest.csv": kinds, table.file: text.encode()})

        assert is_told(Path(folder))


@settings(max_examples=150, deadline=None)
@given(content=BYTES)
def test_a_sound_row_is_read_whatever_stands_above_it(content: bytes) -> None:
    # A line break ends what is above, unless a quote is open there: that one may take a row.
    rows = b"x1,,,X1,school,,\n" + b"x2,,,X2,school,,\n"
    with TemporaryDirectory() as folder:
        above = content.replace(b'"', b"")
        data = ORGS.encode() + above + b"\n" + rows
        put(Path(folder), {"manifest.csv": manifest(orgs="bulk"), "orgs.csv": data})

        records, _ = listed(Path(folder), Collection.ORGS)

        assert {"x1", "x2"} <= {record.sourced_id for record in records}


@settings(max_examples=150, deadline=None)
@given(content=BYTES)
def test_any_bytes_are_a_manifest(content: bytes) -> None:
    read_manifest(io.BufferedReader(io.BytesIO(content)), "manifest.csv", Findings())


@settings(max_examples=150, deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(SMALL_ZIP.getvalue()) - 1), st.integers(0, 255)), max_size=8
    ),
    cut=st.integers(0, len(SMALL_ZIP.getvalue())),
    tail=st.binary(max_size=30),
)
@example(changes=[], cut=len(SMALL_ZIP.getvalue()), tail=b"")
def test_any_damage_to_a_zip_is_told_in_words(
    changes: list[tuple[int, int]], cut: int, tail: bytes
) -> None:
    data = bytearray(SMALL_ZIP.getvalue())
    for place, value in changes:
        data[place] = value
    with TemporaryDirectory() as folder:
        path = Path(folder) / "roster.zip"
        path.write_bytes(bytes(data[: cut if cut % 3 == 0 else len(data)]) + tail)

        assert is_told(path)


@given(st.text() | CELL)
def test_a_guard_is_taken_off_again(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell


@given(st.text() | CELL)
def test_no_guarded_cell_begins_as_a_formula_does(cell: str) -> None:
    bare = guarded(cell).lstrip(" ")

    assert not bare.startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"))


@settings(max_examples=50)
@given(st.lists(st.tuples(st.text(max_size=2), st.integers(0, 3)), max_size=200))
def test_seen_is_a_set_that_remembers_the_first(ids: list[tuple[str, int]]) -> None:
    seen, model = SeenRows(), dict[str, int]()

    for sourced_id, content in ids:
        expected = Repeat.NEW
        if sourced_id in model:
            expected = Repeat.SAME if model[sourced_id] == content else Repeat.OTHER
        assert seen.add(sourced_id, content) is expected
        model.setdefault(sourced_id, content)

    assert len(seen) == len(model)
    assert all(text in seen for text in model)
