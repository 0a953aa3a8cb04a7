"""Pages of a connector: which are called complete, and why the others are not."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from integration_tui.domain.errors import IncompatibleError, ProviderError, RemoteNotFoundError
from integration_tui.domain.health.status import HealthStatus
from integration_tui.domain.paging import Cursor, Duplicate, Page
from integration_tui.domain.provider import Connector, DataSyncProvider
from integration_tui.domain.roster import ROSTER, Collection, Org, Record
from integration_tui.providers.oneroster_csv.writer import zipped
from tests.providers.oneroster_csv.damaged_files import ORGS, manifest, put
from tests.providers.oneroster_csv.fixtures import config, connector, roster, write

OPEN_FILES = Path("/proc/self/fd")


async def pages(
    connector: Connector,
    collection: Collection = Collection.USERS,
    *,
    after: Cursor | None = None,
    since: datetime | None = None,
) -> list[Page[Record]]:
    listing = cast(DataSyncProvider, connector)  # it declares that capability
    return [page async for page in listing.pages(collection, after=after, since=since)]


def of_pages(path: Path, size: int = 10) -> Connector:
    return connector(path, sync={"page_size": size})


@pytest.mark.parametrize("is_zip", [False, True])
async def test_every_collection_of_a_bulk_roster_is_listed_and_complete(
    tmp_path: Path, *, is_zip: bool
) -> None:
    write(tmp_path / "files", roster())
    zipped(tmp_path / "files", tmp_path / "roster.zip")
    files = of_pages(tmp_path / ("roster.zip" if is_zip else "files"))

    for collection, rows in roster().items():
        found = await pages(files, collection)

        assert [row for page in found for row in page.rows] == rows
        assert [page.complete for page in found] == [False] * (len(found) - 1) + [True]


async def test_a_listing_resumes_from_every_cursor(tmp_path: Path) -> None:
    write(tmp_path, roster())
    whole = await pages(of_pages(tmp_path))

    assert len(whole) == 3
    for number, page in enumerate(whole[:-1], start=1):
        assert await pages(of_pages(tmp_path), after=page.next) == whole[number:]


async def test_a_record_that_was_there_before_the_cursor_is_not_listed_again(
    tmp_path: Path,
) -> None:
    rows = "a,,,A,school,,\nb,,,B,school,,\nc,,,C,school,,\na,,,A,school,,\n"
    put(tmp_path, {"manifest.csv": manifest(orgs="bulk"), "orgs.csv": ORGS + rows})
    first, *_ = await pages(of_pages(tmp_path, 2), Collection.ORGS)

    (rest,) = await pages(of_pages(tmp_path, 2), Collection.ORGS, after=first.next)

    assert [row.sourced_id for row in rest.rows] == ["c"]
    assert rest.duplicates == (Duplicate(sourced_id="a"),)
    assert rest.complete


async def test_a_cursor_of_nowhere_is_refused(tmp_path: Path) -> None:
    write(tmp_path, roster())

    with pytest.raises(IncompatibleError):
        await pages(of_pages(tmp_path), after=Cursor("offset=3"))


@pytest.mark.parametrize(
    ("kinds", "reason"),
    [
        ("delta", "only what changed"),
        ("absent", "absent"),
        ("", "whole"),
        ("often", "whole"),
    ],
)
async def test_only_a_bulk_file_is_complete(tmp_path: Path, kinds: str, reason: str) -> None:
    files = {"manifest.csv": manifest(orgs=kinds), "orgs.csv": f"{ORGS}a,,,A,school,,\n"}

    *_, last = await pages(of_pages(put(tmp_path, files)), Collection.ORGS)

    assert not last.complete
    assert reason in last.reason
    assert last.next is None


async def test_a_file_that_the_manifest_lists_but_is_not_there_is_not_complete(
    tmp_path: Path,
) -> None:
    (page,) = await pages(
        of_pages(put(tmp_path, {"manifest.csv": manifest(orgs="bulk")})), Collection.ORGS
    )

    assert (page.rows, page.complete) == ((), False)
    assert "not there" in page.reason


async def test_a_row_without_an_id_makes_a_listing_incomplete_one_with_an_id_does_not(
    tmp_path: Path,
) -> None:
    files = {"manifest.csv": manifest(orgs="bulk"), "orgs.csv": f"{ORGS}a,gone,,A,school,,\n"}
    put(tmp_path, files)

    (known,) = await pages(of_pages(tmp_path), Collection.ORGS)
    put(tmp_path, {"orgs.csv": f"{ORGS},,,A,school,,\n"})
    (unknown,) = await pages(of_pages(tmp_path), Collection.ORGS)

    assert [rejected.sourced_id for rejected in known.rejected] == ["a"]
    assert known.complete
    assert not unknown.complete
    assert "without an id" in unknown.reason


@pytest.mark.parametrize("gone", ["users.csv", "roles.csv"])
async def test_users_need_both_their_files_to_be_complete(tmp_path: Path, gone: str) -> None:
    write(tmp_path, roster())
    (tmp_path / gone).unlink()

    *_, last = await pages(of_pages(tmp_path))

    assert not last.complete


def replaced(path: Path) -> None:
    path.with_suffix(".new").write_bytes(path.read_bytes())
    path.with_suffix(".new").replace(path)


def written_again(path: Path) -> None:
    os.utime(path, ns=(0, 0))


@pytest.mark.parametrize("change", [replaced, written_again, Path.unlink])
async def test_a_file_that_changes_while_it_is_read_makes_the_listing_incomplete(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    write(tmp_path, roster())
    listing = cast(DataSyncProvider, of_pages(tmp_path)).pages(Collection.USERS)
    found = [await anext(listing)]

    change(tmp_path / "users.csv")

    found += [page async for page in listing]
    assert sum(len(page.rows) for page in found) == len(roster()[Collection.USERS])
    assert not found[-1].complete
    assert "changed while" in found[-1].reason


async def test_a_listing_resumed_on_other_files_is_not_complete(tmp_path: Path) -> None:
    write(tmp_path, roster())
    first, *_ = await pages(of_pages(tmp_path))
    replaced(tmp_path / "users.csv")

    *_, last = await pages(of_pages(tmp_path), after=first.next)

    assert "changed while" in last.reason


async def test_since_leaves_out_what_says_that_it_is_older(tmp_path: Path) -> None:
    noon = datetime(2026, 9, 1, 12, tzinfo=UTC)
    moments = [noon - timedelta(hours=1), noon, noon + timedelta(hours=1)]
    orgs = [
        Org(sourced_id=str(number), name="N", type="school", modified_at=moment)
        for number, moment in enumerate(moments)
    ]
    write(tmp_path, {Collection.ORGS: orgs}, delta=True)

    (page,) = await pages(of_pages(tmp_path), Collection.ORGS, since=noon)

    assert [row.sourced_id for row in page.rows] == ["1", "2"]
    assert "only what changed was asked for" in page.reason


@pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="this system does not list open files")
async def test_a_listing_that_is_left_lets_go_of_its_files(tmp_path: Path) -> None:
    write(tmp_path, roster())
    before = len([*OPEN_FILES.iterdir()])

    listing = cast(DataSyncProvider, of_pages(tmp_path)).pages(Collection.USERS)
    async with aclosing(cast("AsyncGenerator[Page[Record]]", listing)):
        await anext(listing)

    assert len([*OPEN_FILES.iterdir()]) == before


async def test_others_get_their_turn_while_a_page_is_read(tmp_path: Path) -> None:
    write(tmp_path, roster())
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(count())
    found = await pages(of_pages(tmp_path))
    counting.cancel()

    assert turns >= len(found) == 3


async def test_connecting_without_a_manifest_is_refused_with_advice(tmp_path: Path) -> None:
    put(tmp_path, {"orgs.csv": ORGS})

    with pytest.raises(IncompatibleError, match=r"has no manifest\.csv"):
        await connector(tmp_path).connect()


async def test_a_check_of_a_path_that_is_gone_says_so(tmp_path: Path) -> None:
    write(tmp_path / "files", roster())
    files = connector(tmp_path / "files")
    await files.connect()

    (tmp_path / "files").rename(tmp_path / "away")

    with pytest.raises(RemoteNotFoundError, match="is not there"):
        await files.check()


async def test_a_check_tells_the_first_thing_that_is_wrong(tmp_path: Path) -> None:
    put(tmp_path, {"manifest.csv": manifest(orgs="bulk", users="bulk"), "orgs.csv": ORGS})
    files = connector(tmp_path)
    await files.connect()

    finding = await files.check()

    assert finding.status is HealthStatus.DEGRADED
    assert "users.csv" in finding.detail


async def test_metadata_names_the_source_and_what_is_whole(tmp_path: Path) -> None:
    write(tmp_path, roster())
    files = connector(tmp_path)
    await files.connect()

    metadata = await files.metadata()

    assert metadata.product == "Test SIS"
    assert metadata.version == "OneRoster 1.2"
    assert metadata.details["enrollments"] == "bulk"


@pytest.mark.parametrize("path", ["roster", "../roster.zip", "a\0b"])
def test_a_path_that_is_not_full_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="full path"):
        config(Path(path))


def test_demographics_are_read_only_where_asked_for(tmp_path: Path) -> None:
    assert config(tmp_path).collections == ROSTER
    asked = config(tmp_path, sync={"demographics": True}).collections
    assert set(asked) - set(ROSTER) == {Collection.DEMOGRAPHICS}


async def test_a_version_may_be_given_where_the_manifest_is_wrong(tmp_path: Path) -> None:
    write(tmp_path, roster(), version="1.1")
    text = (tmp_path / "manifest.csv").read_text().replace('"1.1"', '"2.0"')
    (tmp_path / "manifest.csv").write_text(text)
    files = connector(tmp_path, version="1.1")
    await files.connect()

    assert (await files.metadata()).version == "OneRoster 1.1"


async def test_an_unreadable_member_is_a_provider_error(tmp_path: Path) -> None:
    write(tmp_path / "files", roster())
    zipped(tmp_path / "files", tmp_path / "roster.zip")
    data = bytearray((tmp_path / "roster.zip").read_bytes())
    at = data.index(b"orgs.csv") + 20
    data[at : at + 10] = b"\xff" * 10
    (tmp_path / "roster.zip").write_bytes(data)

    with pytest.raises(ProviderError, match="damaged"):
        await pages(of_pages(tmp_path / "roster.zip"), Collection.ORGS)
