"""What is said of a pull: nothing is complete that has a doubt."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_export import (
    ExportedCollection,
    ExportResult,
    FileFormat,
    warnings,
)

WHOLE = ExportedCollection(collection=Collection.USERS, records=3, complete=True)


def outcome(*collections: ExportedCollection, failure: str = "") -> ExportResult:
    return ExportResult(
        integration_id=IntegrationId("sis"),
        folder=Path("out"),
        format=FileFormat.CSV,
        started_at=datetime(2026, 11, 2, tzinfo=UTC),
        since=None,
        collections=collections,
        failure=failure,
    )


def test_a_pull_is_complete_when_every_collection_is() -> None:
    assert outcome(WHOLE, WHOLE).complete


@pytest.mark.parametrize(
    "one",
    [
        ExportedCollection(collection=Collection.USERS, records=3),
        ExportedCollection(collection=Collection.USERS, complete=True, quarantined=1),
        ExportedCollection(
            collection=Collection.USERS, complete=True, less="fewer records than before"
        ),
    ],
    ids=["unfinished", "quarantined", "less"],
)
def test_one_collection_with_a_doubt_makes_it_incomplete(one: ExportedCollection) -> None:
    assert one.trouble
    assert not outcome(WHOLE, one).complete


def test_files_that_could_not_be_finished_are_not_complete() -> None:
    assert not outcome(WHOLE, failure="disk full").complete


@pytest.mark.parametrize(
    ("reason", "left"),
    [
        ("only what changed since 2026-11-02T00:00:00.000Z; absence means nothing", ""),
        (
            "the server does not filter by date: all was read, and of it only what changed since"
            " 2026-11-02T00:00:00.000Z; absence means nothing",
            "",
        ),
        ("only what changed was asked for", ""),
        (
            "only what changed since 2026-11-02T00:00:00.000Z; absence means nothing;"
            " 3 of 4 announced records were listed",
            "3 of 4 announced records were listed",
        ),
        ("it was stopped: more than 10 pages", "it was stopped: more than 10 pages"),
    ],
)
def test_that_a_delta_is_one_is_no_doubt_about_it(reason: str, left: str) -> None:
    assert warnings(reason) == left
