"""Folders and zips of strangers: what is not safe is refused in words, nothing is unpacked."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from integration_tui.domain.errors import (
    ConsoleError,
    IncompatibleError,
    ProviderError,
    RemoteNotFoundError,
)
from integration_tui.providers.oneroster_csv.archive import MAX_FILES
from integration_tui.providers.oneroster_csv.roster import Roster, open_archive
from integration_tui.providers.oneroster_csv.validation import check
from integration_tui.providers.oneroster_csv.writer import zipped
from tests.providers.oneroster_csv.damaged_files import ORGS, manifest, names, put
from tests.providers.oneroster_csv.fixtures import roster, write

FILES = {"manifest.csv": manifest(orgs="bulk"), "orgs.csv": f"{ORGS}a,,,One,school,,\n"}


def packed(path: Path, members: dict[str, str], *, folder: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{folder}{name}", content)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ProviderError) as caught:
        check(path)
    assert caught.value.advice
    return str(caught.value)


def test_a_zip_is_read_as_the_folder_it_was_made_of(tmp_path: Path) -> None:
    write(tmp_path / "files", roster())
    zipped(tmp_path / "files", tmp_path / "roster.zip")

    assert check(tmp_path / "roster.zip") == check(tmp_path / "files")


def test_reading_a_zip_unpacks_nothing(tmp_path: Path) -> None:
    path = packed(tmp_path / "roster.zip", FILES)

    check(path)

    assert [path.name for path in tmp_path.iterdir()] == ["roster.zip"]


@pytest.mark.parametrize("clutter", ["__MACOSX/._orgs.csv", ".DS_Store", "readme.txt"])
def test_one_folder_around_the_files_is_fine_and_so_is_clutter(
    tmp_path: Path, clutter: str
) -> None:
    path = packed(tmp_path / "roster.zip", FILES, folder="export/")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(clutter, "x")

    assert names(path) == ["One"]


def test_one_folder_inside_a_folder_is_fine(tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    put(tmp_path / "export", FILES)
    (tmp_path / "__MACOSX").mkdir()

    assert names(tmp_path) == ["One"]


@pytest.mark.parametrize(
    "name",
    [
        "../orgs.csv", "a/../../orgs.csv", "/etc/orgs.csv", "C:/orgs.csv", "c:orgs.csv",
        "..\\orgs.csv", "export\\..\\..\\orgs.csv", "\\\\server\\orgs.csv", "C:\\orgs.csv",
        "\\orgs.csv", "a/..", "..",
    ],
)  # fmt: skip
def test_a_zip_that_leads_out_of_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / "roster.zip", {**FILES, name: "x"})

    assert "leads out of its folder" in refusal(path)


def test_a_zip_of_windows_with_backslashes_is_read_with_a_warning(tmp_path: Path) -> None:
    path = packed(tmp_path / "roster.zip", FILES, folder="export\\")

    report = check(path)

    assert names(path) == ["One"]
    assert [(finding.severity, finding.file) for finding in report.findings] == [
        ("warning", "roster.zip")
    ]
    assert "backslashes" in report.findings[0].message


def test_a_file_named_with_slashes_of_both_kinds_is_there_twice(tmp_path: Path) -> None:
    path = packed(tmp_path / "roster.zip", {"a/orgs.csv": "x", "a\\orgs.csv": "y"})

    assert "a file twice" in refusal(path)


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "roster.zip", FILES)
    link = zipfile.ZipInfo("users.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")

    assert "is a link" in refusal(path)


def test_an_encrypted_zip_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = packed(tmp_path / "roster.zip", {"orgs.csv": "x"})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)

    assert "encrypted" in refusal(path)
    assert "no password" in refusal(path)


def test_a_zip_packed_in_an_unusual_way_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "roster.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("orgs.csv", "x")

    assert "unusual way" in refusal(tmp_path / "roster.zip")


def test_a_zip_of_zeros_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "roster.zip", {**FILES, "users.csv": "0" * 40_000_000})

    assert "times its size" in refusal(path)


def test_a_zip_that_claims_to_be_huge_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "roster.zip", {f"{number}.csv": "x" for number in range(3)})
    data = bytearray(path.read_bytes())
    at = -1
    for _ in range(3):
        at = data.index(b"PK\x01\x02", at + 1)
        struct.pack_into("<LL", data, at + 20, 2_000_000_000, 2_000_000_000)
    path.write_bytes(data)

    assert "more than 4 GB" in refusal(path)


def test_a_zip_of_too_many_files_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "roster.zip", {f"{number}.csv": "" for number in range(MAX_FILES + 1)})

    assert f"more than {MAX_FILES} files" in refusal(path)


def test_a_list_of_members_without_end_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = packed(tmp_path / "roster.zip", FILES)
    data = bytearray(path.read_bytes())
    struct.pack_into("<L", data, data.rindex(b"PK\x05\x06") + 12, 2_000_000)
    path.write_bytes(data)

    assert "too many files" in refusal(path)


@pytest.mark.parametrize("second", ["other/orgs.csv", "ORGS.csv"])
def test_a_zip_with_two_rosters_in_it_is_refused(tmp_path: Path, second: str) -> None:
    path = packed(tmp_path / "roster.zip", {**FILES, second: "x"})

    refusal(path)


def test_a_damaged_member_is_told_in_words(tmp_path: Path) -> None:
    text = ORGS + "".join(f"o{number},,,N{number},school,,\n" for number in range(5000))
    path = packed(tmp_path / "roster.zip", {**FILES, "orgs.csv": text})
    data = bytearray(path.read_bytes())
    middle = data.index(b"orgs.csv") + 2000
    data[middle : middle + 50] = b"\xff" * 50
    path.write_bytes(data)

    assert "damaged" in refusal(path)


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x05\x06", b"no zip at all" * 100])
def test_what_is_no_zip_is_told_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "roster.zip").write_bytes(content)

    assert "is no zip" in refusal(tmp_path / "roster.zip")


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RemoteNotFoundError, match="is not there"):
        check(tmp_path / "nowhere")


def test_a_folder_without_a_roster_is_told(tmp_path: Path) -> None:
    with pytest.raises(IncompatibleError, match="holds no OneRoster files"):
        check(tmp_path)


def test_a_link_in_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(f"{ORGS}a,,,Secret,school,,\n")
    folder = put(tmp_path, {"manifest.csv": manifest(orgs="bulk")})
    (folder / "orgs.csv").symlink_to(tmp_path / "secret.txt")

    report = check(folder)

    assert {finding.file for finding in report.findings} == {"orgs.csv"}
    assert "link" in report.findings[0].message
    assert report.files[0].records == 0


def test_a_link_put_in_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path, FILES)
    archive = open_archive(tmp_path)
    (tmp_path / "orgs.csv").rename(tmp_path / "away")
    (tmp_path / "orgs.csv").symlink_to(tmp_path / "away")

    with pytest.raises(ConsoleError):
        archive.open("orgs.csv")

    archive.close()


def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    put(tmp_path, {"manifest.csv": manifest(orgs="bulk")})
    os.mkfifo(tmp_path / "orgs.csv")

    report = check(tmp_path)

    assert report.files[0].records == 0


def test_a_folder_of_too_many_files_is_refused(tmp_path: Path) -> None:
    for number in range(MAX_FILES + 1):
        (tmp_path / f"{number}.csv").touch()

    assert f"more than {MAX_FILES} files" in refusal(tmp_path)


def test_a_file_that_vanishes_is_told_when_it_is_opened(tmp_path: Path) -> None:
    put(tmp_path, FILES)
    roster = Roster(tmp_path)
    (tmp_path / "orgs.csv").unlink()

    with pytest.raises(RemoteNotFoundError, match="is not there"):
        roster.open("orgs")

    roster.close()
