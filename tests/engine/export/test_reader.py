"""A pull into files: page by page, contained, complete or marked, whatever a connector does."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.errors import (
    ConflictError,
    ConsoleError,
    ForbiddenError,
    IncompatibleError,
    RetryableError,
    UsageError,
)
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.paging import Cursor, Duplicate, Page, RecordFinding, Rejected
from integration_tui.domain.provider import Capability, Connector, ProviderContext
from integration_tui.domain.roster import Collection, Org, Record, User
from integration_tui.domain.roster_export import (
    ExportedCollection,
    ExportProgress,
    ExportRequest,
    ExportResult,
    FileFormat,
)
from integration_tui.domain.sync.volume import VolumeSnapshot
from integration_tui.engine.connectors.factory import ConnectorFactory
from integration_tui.engine.connectors.pool import ConnectionPool
from integration_tui.engine.engine import Engine
from integration_tui.engine.export.job import ExportJob
from integration_tui.providers.catalog import Catalog
from integration_tui.providers.http.config import HttpConfig
from integration_tui.settings import load_settings
from tests.engine.fake_connectors import Puppet, PuppetConnector, host, spec, world

SIS = IntegrationId("sis")
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
ORGS, USERS = Collection.ORGS, Collection.USERS
Listing = Callable[[], AsyncIterator[Page[Record]]]
LISTS = frozenset({Capability.EXTERNAL_SYSTEM, Capability.DATA_SYNC})


def org(number: int) -> Org:
    return Org(sourced_id=f"org-{number}", name=f"School {number}", type="school")


def user(number: int, **more: object) -> User:
    return User(sourced_id=f"user-{number}", given_name="Ann", family_name="Bell", **more)  # type: ignore[arg-type]  # fields of it


def last(*rows: Record, **more: object) -> Page[Record]:
    return Page(rows=rows, complete=True, **more)  # type: ignore[arg-type]  # fields of it


def more(*rows: Record) -> Page[Record]:
    return Page(rows=rows, next=Cursor("on"))


def listing(*pages: Page[Record] | ConsoleError | Exception) -> Listing:
    async def listed() -> AsyncGenerator[Page[Record]]:
        for page in pages:
            if isinstance(page, Exception):
                raise page
            yield page

    return listed


class Lister(PuppetConnector):
    """Lists what its test says."""

    def __init__(self, listings: Mapping[Collection, Listing]) -> None:
        super().__init__(Puppet())
        self._listings = listings

    def pages(
        self,
        collection: Collection,
        *,
        after: Cursor | None = None,  # noqa: ARG002 - the contract's
        since: datetime | None = None,  # noqa: ARG002 - the contract's
    ) -> AsyncIterator[Page[Record]]:
        return self._listings.get(collection, listing(last()))()


@asynccontextmanager
async def puller(
    folder: Path, listings: Mapping[Collection, Listing]
) -> AsyncGenerator[tuple[Engine, ProviderConfig]]:
    def build(_config: ProviderConfig, _context: ProviderContext) -> Connector:
        return Lister(listings)

    async with world(folder, spec("lister", build, LISTS)) as made:
        yield made.engine, ProviderConfig.model_validate({"name": SIS, "type": "lister"})


def order(folder: Path, *collections: Collection, **asked: object) -> ExportJob:
    request = ExportRequest(integration_id=SIS, folder=folder / "out", **asked)  # type: ignore[arg-type]  # fields of it
    return ExportJob(
        request=request,
        collections=collections or (ORGS, USERS),
        since=None,
        known={},
        started_at=NOON,
    )


async def pull(
    folder: Path, listings: Mapping[Collection, Listing], wanted: ExportJob | None = None
) -> ExportResult:
    async with puller(folder / "store", listings) as (engine, config):
        exported = await engine.pull(config, wanted or order(folder), lambda _progress: None)
    return exported.outcome


def note(folder: Path) -> str:
    return (folder / "out" / "INCOMPLETE.txt").read_text()


def lines(folder: Path, name: str) -> list[str]:
    text = (folder / "out" / name).read_text()
    return [json.loads(line)["sourcedId"] for line in text.splitlines()]


async def test_every_page_is_in_the_files_and_the_folder_is_whole(tmp_path: Path) -> None:
    listings = {ORGS: listing(last(org(1))), USERS: listing(more(user(1)), last(user(2)))}

    outcome = await pull(tmp_path, listings, order(tmp_path, format=FileFormat.JSONL))

    assert outcome.complete
    assert lines(tmp_path, "users.jsonl") == ["user-1", "user-2"]
    assert lines(tmp_path, "orgs.jsonl") == ["org-1"]
    assert not (tmp_path / "out/INCOMPLETE.txt").exists()
    assert json.loads((tmp_path / "out/pull.json").read_text())["complete"] is True


async def test_folder_and_files_are_for_their_owner_only(tmp_path: Path) -> None:
    await pull(
        tmp_path,
        {
            ORGS: listing(
                Page(rows=(), rejected=(Rejected(sourced_id="x", reason="y"),), complete=True)
            )
        },
    )

    out = tmp_path / "out"
    assert out.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o600}
    assert (out / "rejected.jsonl").exists()


async def test_the_note_is_there_before_the_first_page_and_what_was_before_is_not(
    tmp_path: Path,
) -> None:
    await pull(tmp_path, {})
    found: list[set[str]] = []

    async def looking() -> AsyncGenerator[Page[Record]]:
        found.append({path.name for path in (tmp_path / "out").iterdir()})
        yield last(org(1))

    outcome = await pull(tmp_path, {ORGS: looking})

    assert found == [{"INCOMPLETE.txt"}]
    assert outcome.complete


async def test_an_incomplete_roster_has_no_manifest_no_zip_and_says_why(tmp_path: Path) -> None:
    listings = {
        USERS: listing(Page(rows=(user(1),), reason="1 of 2 announced records were listed"))
    }

    outcome = await pull(tmp_path, listings, order(tmp_path, is_zipped=True))

    assert not outcome.complete
    assert "users: 1 of 2 announced records were listed" in note(tmp_path)
    assert "do not treat it as deleted" in note(tmp_path)
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert "users.csv" in names
    assert not names & {"manifest.csv", "roster.zip"}


@pytest.mark.parametrize(
    "error",
    [ForbiddenError("no", advice="ask"), IncompatibleError("what is this"), ValueError("s3cret")],
)
async def test_a_collection_that_fails_does_not_stop_the_others(
    tmp_path: Path, error: Exception
) -> None:
    outcome = await pull(tmp_path, {ORGS: listing(error), USERS: listing(last(user(1)))})

    orgs, users = outcome.collections
    assert orgs.trouble
    assert users == ExportedCollection(collection=USERS, records=1, complete=True)
    assert "s3cret" not in note(tmp_path)


async def test_an_outage_ends_it_and_keeps_what_is_there(tmp_path: Path) -> None:
    listings = {ORGS: listing(more(org(1)), RetryableError("no answer within 5 s"))}

    outcome = await pull(tmp_path, listings, order(tmp_path, format=FileFormat.JSONL))

    orgs, users = outcome.collections
    assert (orgs.records, orgs.reason) == (1, "no answer within 5 s")
    assert users.reason == "not attempted: no answer within 5 s"
    assert lines(tmp_path, "orgs.jsonl") == ["org-1"]
    assert "no answer within 5 s" in note(tmp_path)


@pytest.mark.parametrize(
    "page",
    [
        last(user(1)),
        Page(rows=[org(1)], complete=True),  # type: ignore[arg-type]  # on purpose
        Page(rows=(org(1),), rejected=("x",), complete=True),  # type: ignore[arg-type]  # on purpose
        Page(rows=(org(1),), complete=True, total="many"),  # type: ignore[arg-type]  # on purpose
        last(org(1), as_of=datetime(2026, 11, 2)),  # noqa: DTZ001 - on purpose
        "a page",
        None,
    ],
    ids=["another collection", "list", "rejected", "total", "naive", "text", "nothing"],
)
async def test_what_no_page_can_be_is_the_connectors_bug(
    tmp_path: Path, page: Page[Record]
) -> None:
    outcome = await pull(tmp_path, {ORGS: listing(page), USERS: listing(last(user(1)))})

    orgs, users = outcome.collections
    assert orgs.reason.startswith("its connector failed")
    assert users.complete


async def test_a_record_that_is_none_is_the_connectors_bug_and_no_traceback(
    tmp_path: Path,
) -> None:
    listings = {USERS: listing(last(user(1, roles=5))), ORGS: listing(last(org(1)))}

    outcome = await pull(tmp_path, listings)

    orgs, users = outcome.collections
    assert users.reason == "its connector failed: a record of users raised TypeError"
    assert orgs.complete


async def test_a_listing_without_a_last_page_is_not_complete(tmp_path: Path) -> None:
    outcome = await pull(tmp_path, {ORGS: listing(more(org(1)))})

    assert outcome.collections[0].trouble == "listing incomplete"


async def test_a_record_that_no_csv_can_carry_is_quarantined(tmp_path: Path) -> None:
    outcome = await pull(tmp_path, {USERS: listing(last(user(1, username="a\0b"), user(2)))})

    users = outcome.collections[1]
    assert (users.records, users.quarantined) == (1, 1)
    assert not outcome.complete
    assert any("invalid or too many characters for CSV" in remark for remark in outcome.remarks)


async def test_what_could_not_be_read_is_named_without_its_content(tmp_path: Path) -> None:
    bad = Rejected(sourced_id="user-9", reason="givenName is no text", raw='{"password":"s3cret"}')

    outcome = await pull(tmp_path, {USERS: listing(last(user(1), rejected=(bad,)))})

    text = (tmp_path / "out/rejected.jsonl").read_text()
    assert json.loads(text) == {
        "collection": "users",
        "sourcedId": "user-9",
        "reason": "givenName is no text",
    }
    assert outcome.collections[1].trouble == "1 record quarantined"
    assert not outcome.complete


async def test_duplicates_and_losses_are_in_the_receipt_and_lose_nobody(tmp_path: Path) -> None:
    lost = RecordFinding(
        sourced_id="user-1",
        rule="role-without-org",
        field="roles.org",
        message="has a role without an org",
        is_loss=True,
    )
    page = last(user(1), duplicates=(Duplicate(sourced_id="user-1"),), findings=(lost, lost))

    outcome = await pull(tmp_path, {USERS: listing(page)})

    users = outcome.collections[1]
    told = json.loads((tmp_path / "out/pull.json").read_text())["collections"][1]
    assert (users.records, users.quarantined, users.duplicates) == (1, 0, 1)
    assert outcome.complete
    assert users.remarks == (
        "1 duplicate: user-1",
        "1 record was read with data loss: 1 x role-without-org (roles.org)",
    )
    assert (told["records"], told["quarantined"], told["duplicates"]) == (1, 0, 1)
    assert told["doubled"] == [{"sourced_id": "user-1", "differs": False}]
    assert (told["findings"][0]["count"], told["findings"][0]["samples"]) == (1, ["user-1"])


async def test_two_people_under_one_id_leave_the_folder_incomplete(tmp_path: Path) -> None:
    page = last(user(1), duplicates=(Duplicate(sourced_id="user-1", differs=True),))

    outcome = await pull(tmp_path, {USERS: listing(page)})

    assert not outcome.complete
    assert "1 ID listed twice with different data" in note(tmp_path)
    assert "user-1" in note(tmp_path)


async def test_a_collection_that_was_not_asked_for_is_absent_and_not_empty(tmp_path: Path) -> None:
    await pull(tmp_path, {USERS: listing(last(user(1)))}, order(tmp_path, USERS))

    manifest = (tmp_path / "out/manifest.csv").read_text()
    assert '"file.users","bulk"' in manifest
    assert '"file.orgs","absent"' in manifest
    assert not (tmp_path / "out/orgs.csv").exists()


async def test_stopped_in_the_middle_the_folder_says_so(tmp_path: Path) -> None:
    reached = asyncio.Event()

    async def hanging() -> AsyncGenerator[Page[Record]]:
        yield more(user(1))
        reached.set()
        await asyncio.Event().wait()

    pulling = asyncio.create_task(pull(tmp_path, {USERS: hanging}))
    await asyncio.wait_for(reached.wait(), 30)
    pulling.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.wait_for(pulling, 30)

    assert pulling.cancelled()
    assert "is not finished" in note(tmp_path).replace("\n", " ")
    assert (await pull(tmp_path, {USERS: listing(last(user(1)))})).complete


async def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.doc").write_text("mine")

    with pytest.raises(UsageError, match=r"not from an earlier pull: thesis\.doc"):
        await pull(tmp_path, {})

    assert [path.name for path in out.iterdir()] == ["thesis.doc"]


async def test_csv_files_that_no_pull_made_are_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "users.csv").write_text("mine")

    with pytest.raises(UsageError, match=r"not from an earlier pull: users\.csv"):
        await pull(tmp_path, {})

    assert (out / "users.csv").read_text() == "mine"


async def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(UsageError, match="is not a separate folder"):
        await pull(tmp_path, {})

    assert not any((tmp_path / "elsewhere").iterdir())


async def test_a_link_in_an_earlier_pull_is_not_written_through(tmp_path: Path) -> None:
    await pull(tmp_path, {})
    precious = tmp_path / "precious"
    precious.write_text("mine")
    for name in ("users.csv", "INCOMPLETE.txt", "rejected.jsonl"):
        (tmp_path / "out" / name).unlink(missing_ok=True)
        (tmp_path / "out" / name).symlink_to(precious)

    outcome = await pull(tmp_path, {USERS: listing(last(user(1)))})

    assert outcome.complete
    assert precious.read_text() == "mine"
    assert not (tmp_path / "out/users.csv").is_symlink()


async def test_two_pulls_into_one_folder_exclude_each_other(tmp_path: Path) -> None:
    reached, goes_on = asyncio.Event(), asyncio.Event()

    async def waiting() -> AsyncGenerator[Page[Record]]:
        reached.set()
        await goes_on.wait()
        yield last(org(1))

    async with asyncio.TaskGroup() as group:
        first = group.create_task(pull(tmp_path, {ORGS: waiting}))
        await asyncio.wait_for(reached.wait(), 30)
        with pytest.raises(ConflictError, match="another pull"):
            await pull(tmp_path, {})
        goes_on.set()

    assert first.result().complete


async def test_a_system_that_cannot_be_reached_leaves_the_earlier_pull_alone(
    tmp_path: Path,
) -> None:
    await pull(tmp_path, {ORGS: listing(last(org(1)))})

    def build(_config: ProviderConfig, _context: ProviderContext) -> Connector:
        lister = Lister({})
        lister._puppet.fails_with(RetryableError("nobody is there"))
        return lister

    async with world(tmp_path / "other", spec("lister", build, LISTS)) as made:
        config = ProviderConfig.model_validate({"name": SIS, "type": "lister"})
        with pytest.raises(RetryableError, match="nobody is there"):
            await made.engine.pull(config, order(tmp_path), lambda _progress: None)

    assert not (tmp_path / "out/INCOMPLETE.txt").exists()
    assert "org-1" in (tmp_path / "out/orgs.csv").read_text()


async def test_a_type_that_lists_nothing_is_told_before_anything_is_written(
    tmp_path: Path,
) -> None:
    blind = spec("blind", lambda _config, _context: PuppetConnector(Puppet()))
    async with world(tmp_path / "store", blind) as made:
        config = ProviderConfig.model_validate({"name": SIS, "type": "blind"})
        with pytest.raises(UsageError, match="no roster to pull"):
            await made.engine.pull(config, order(tmp_path), lambda _progress: None)

    assert not (tmp_path / "out").exists()


async def test_a_delta_says_that_it_is_one(tmp_path: Path) -> None:
    changed = "only what changed since 2026-11-02; absence means nothing"
    listings = {USERS: listing(Page(rows=(user(1), user(2, modified_at=NOON)), reason=changed))}
    wanted = order(tmp_path, USERS)
    delta = ExportJob(
        request=wanted.request, collections=[USERS], since=NOON, known={}, started_at=NOON
    )

    outcome = await pull(tmp_path, listings, delta)

    assert outcome.complete
    assert outcome.collections[0].undated == 1
    assert (
        "This is not the full roster: people missing here may still exist."
        in (tmp_path / "out/DELTA.txt").read_text()
    )
    assert '"file.users","delta"' in (tmp_path / "out/manifest.csv").read_text()


async def test_how_far_it_is_is_told_page_by_page(tmp_path: Path) -> None:
    listings = {
        ORGS: listing(more(org(1)), last(org(2))),
        USERS: listing(Page(rows=(user(1),), next=Cursor("on"), total=2), last(user(2), total=2)),
    }
    known = VolumeSnapshot(integration_id=SIS, collection=ORGS, records=7, complete=True, at=NOON)
    wanted = order(tmp_path)
    asked = ExportJob(
        request=wanted.request,
        collections=wanted.collections,
        since=None,
        known={ORGS: known},
        started_at=NOON,
    )
    heard: list[ExportProgress] = []

    async with puller(tmp_path / "store", listings) as (engine, config):
        await engine.pull(config, asked, heard.append)

    told = [
        (
            export_progress.collection,
            export_progress.records,
            export_progress.expected,
            export_progress.is_over,
        )
        for export_progress in heard
    ]
    assert told == [
        (ORGS, 0, 7, False),
        (ORGS, 1, 7, False),
        (ORGS, 2, 7, False),
        (ORGS, 2, 7, True),
        (USERS, 0, None, False),
        (USERS, 1, 2, False),
        (USERS, 2, 2, False),
        (USERS, 2, 2, True),
    ]


async def test_a_page_that_never_comes_ends_in_time_and_lets_go_of_the_listing(
    tmp_path: Path,
) -> None:
    closed = asyncio.Event()

    async def hanging() -> AsyncGenerator[Page[Record]]:
        try:
            yield more(org(1))
            await asyncio.Event().wait()
        finally:
            closed.set()

    async with lined(tmp_path, {ORGS: hanging}) as pool:
        config = ProviderConfig.model_validate({"name": SIS, "type": "lister"})
        async with pool.temporary(config) as line:
            pages = line.pages(ORGS, page_timeout_s=0.1)
            first = await anext(pages)
            with pytest.raises(RetryableError, match=r"no answer within 0\.1 s"):
                await anext(pages)

        assert first.rows == (org(1),)
        await asyncio.wait_for(closed.wait(), 30)
        names = [task.get_name() for task in asyncio.all_tasks()]
        assert not [name for name in names if name.startswith("connector ")]


@pytest.mark.parametrize("max_wait_s", [1, 60, 3600])
def test_a_page_may_take_longer_than_its_connector_keeps_trying(
    tmp_path: Path, max_wait_s: float
) -> None:
    config = HttpConfig.model_validate(
        {
            "name": SIS,
            "type": "lister",
            "base_url": "https://sis.example.org",
            "auth": {"type": "jwt", "token": "env:TOKEN"},
            "retry": {"max_wait_s": max_wait_s},
        }
    )
    settings = load_settings(environ={"INTEGRATION_CONFIG_DIR": str(tmp_path)})

    bound_s = ConnectorFactory(Catalog(), settings, host()).page_timeout_s(config)

    assert bound_s > max_wait_s + settings.provider_timeout / 1000


@asynccontextmanager
async def lined(
    folder: Path, listings: Mapping[Collection, Listing]
) -> AsyncGenerator[ConnectionPool]:
    def build(_config: ProviderConfig, _context: ProviderContext) -> Connector:
        return Lister(listings)

    environ = {"INTEGRATION_CONFIG_DIR": str(folder), "INTEGRATION_DATA_DIR": str(folder)}
    catalog = Catalog(extra=[spec("lister", build, LISTS)])
    factory = ConnectorFactory(catalog, load_settings(environ=environ), host())
    pool = ConnectionPool(factory, close_s=0.2)
    yield pool
    await pool.close_all()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    wanted = order(tmp_path / "closed")

    with pytest.raises(UsageError, match="cannot be written"):
        await pull(tmp_path, {}, wanted)
