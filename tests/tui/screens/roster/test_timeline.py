"""What happened to a record, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from integration_tui.domain.audit.log import Action
from integration_tui.domain.ids import IntegrationId, RecordId, RunId
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_view import RecordCard, RecordEvent, RecordLine, RecordView
from integration_tui.domain.sync.conflict import Conflict
from integration_tui.domain.sync.plan import ChangeKind, PlannedChange, Values
from integration_tui.tui.screens.roster.timeline import entries, short_moment, timeline_blocks

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def event(
    kind: ChangeKind, after: Values, *, action: str = "", reason: str = "", by: str = "sis, run 5"
) -> RecordEvent:
    change = PlannedChange(
        run_id=RunId(5),
        collection=Collection.USERS,
        external_id="u1",
        kind=kind,
        after=after,
        names={"primary_org": {2: "Lincoln High"}},
    )
    return RecordEvent(at=NOW, change=change, by=by, action=action, reason=reason)


def card(*events: RecordEvent, conflicts: tuple[Conflict, ...] = ()) -> RecordCard:
    line = RecordLine(
        collection=Collection.USERS,
        id=RecordId(1),
        label="Ada Park",
        status="active",
        origin="sis",
        place="1",
    )
    view = RecordView(
        line=line, fields={}, references={}, said={}, mappings=(), history=events, created_run=None
    )
    return RecordCard(view=view, conflicts=conflicts)


def said(found: RecordEvent) -> tuple[str, str, str]:
    (entry,) = entries(card(found))
    return entry.sign, entry.what, entry.by


def test_every_kind_of_change_has_words_and_a_sign() -> None:
    for kind in ChangeKind:
        sign, what, _ = said(event(kind, {"email": "x"}))

        assert len(sign) == 1
        assert what[:1].isupper()
        assert "_" not in what


def test_an_update_names_its_fields_and_one_alone_its_value() -> None:
    update = ChangeKind.UPDATE

    assert said(event(update, {"email": "a@b.c", "grades": '["06"]'}))[1] == (
        "Email and grades changed"
    )
    assert said(event(update, {"grades": '["06"]'}))[1] == "Grades changed to 6"
    assert said(event(update, {"primary_org": 2}))[1] == "School changed to Lincoln High"
    assert said(event(update, {"email": "x" * 50}))[1] == "Email changed"
    assert said(event(update, {"phone": None}))[1] == "Phone removed"


@pytest.mark.parametrize(
    ("action", "after", "reason", "expected"),
    [
        (Action.EDIT_RECORD, {"phone": "1"}, "asked", ("Phone changed to 1", "ana: asked")),
        (
            Action.PIN_RECORD,
            {"pinned": "True"},
            "",
            ("Pinned: protected from deactivation", "ana"),
        ),
        (Action.PIN_RECORD, {"pinned": "False"}, "", ("Unpinned", "ana")),
        (
            Action.SETTLE_CONFLICT,
            {"phone": "1"},
            "conflict 3 with sis: theirs",
            ("Conflict resolved: phone", "ana: took source value"),
        ),
        (
            Action.MERGE_RECORDS,
            {"phone": "1"},
            "users/12 went into it: twins",
            ("Merged with another record", "ana: local ID 12 merged into this one: twins"),
        ),
    ],
)
def test_acts_of_people_are_told_with_their_reason(
    action: Action, after: Values, reason: str, expected: tuple[str, str]
) -> None:
    found = event(ChangeKind.UPDATE, after, action=action.value, reason=reason, by="ana")

    assert said(found)[1:] == expected


def test_an_open_conflict_is_told_once() -> None:
    conflict = Conflict(
        id=3,
        integration_id=IntegrationId("sis"),
        collection=Collection.USERS,
        record_id=RecordId(1),
        external_id="u1",
        field="phone",
        base="1",
        ours="2",
        theirs="3",
        run_id=RunId(5),
        raised_at=NOW,
    )
    found = entries(card(event(ChangeKind.CONFLICT, {"phone": "3"}), conflicts=(conflict,)))

    assert [entry.what for entry in found] == ["Conflict: phone also changed here"]


def test_a_reason_is_never_cut() -> None:
    reason = "the family called and asked for it, twice, and then wrote a letter to the school"
    found = event(ChangeKind.UPDATE, {"phone": "1"}, action="roster.edit", reason=reason, by="ana")
    (block,) = timeline_blocks(card(found), 50, NOW)

    text = " ".join(line.plain.strip() for line in block.lines)
    assert reason in " ".join(text.split())


def test_moments_are_as_short_as_they_are_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")

    assert short_moment(None, NOW) == "-"
    assert short_moment(NOW - timedelta(days=800), NOW).endswith("2024")
    assert short_moment(NOW - timedelta(minutes=1), NOW).startswith("today ")
