"""Who decides a field: every combination of what we hold, what was said, and what is said."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.sync.merge import (
    Field,
    Held,
    Precedence,
    Rules,
    Said,
    Told,
    Verdict,
    difference,
    joined,
    merged,
    said_after,
)
from integration_tui.domain.sync.plan import ChangeKind

SIS, LMS = IntegrationId("sis"), IntegrationId("lms")
NOW = datetime(2026, 9, 1, tzinfo=UTC)
Bases = dict[str, dict[str, Said]]
values = st.sampled_from(["a", "b", "c", None])


def rules(
    precedence: Precedence = Precedence.ASK, owner: str | None = None, system: IntegrationId = SIS
) -> Rules:
    return Rules(system=system, owner=lambda _: owner, precedence=lambda _: precedence)


def field(ours: str | None, theirs: str | None, said: Said | None = None) -> Field:
    return Field(ours=ours, theirs=theirs, said=said, modified_at=NOW)


@given(values, values)
def test_who_says_what_he_said_has_not_changed_his_mind(ours: str | None, base: str | None) -> None:
    verdict = merged(field(ours, base, Said(base)), is_owner=None, rule=Precedence.SYSTEM)

    assert verdict is (Verdict.AGREE if ours == base else Verdict.SAME)


@given(values, values)
def test_a_change_of_one_side_alone_is_taken(ours: str | None, theirs: str | None) -> None:
    for precedence in Precedence:
        verdict = merged(field(ours, theirs), is_owner=None, rule=precedence)
        assert verdict is (Verdict.SAME if ours == theirs else Verdict.TAKE)


@pytest.mark.parametrize(
    ("precedence", "verdict"),
    [
        (Precedence.SYSTEM, Verdict.TAKE),
        (Precedence.LOCAL, Verdict.KEEP),
        (Precedence.ASK, Verdict.ASK),
    ],
)
def test_what_both_sides_changed_goes_by_the_rule(precedence: Precedence, verdict: Verdict) -> None:
    assert merged(field("ours", "theirs", Said("base")), is_owner=None, rule=precedence) is verdict


@pytest.mark.parametrize(
    ("minutes", "verdict"), [(-1, Verdict.TAKE), (0, Verdict.KEEP), (1, Verdict.KEEP)]
)
def test_the_later_change_stays(minutes: int, verdict: Verdict) -> None:
    said = Said("base", NOW + timedelta(minutes=minutes))

    assert merged(field("ours", "theirs", said), is_owner=None, rule=Precedence.NEWEST) is verdict


def test_what_tells_no_time_is_older() -> None:
    one = Field(ours="o", theirs="t", said=Said("b", NOW), modified_at=None)

    assert merged(one, is_owner=None, rule=Precedence.NEWEST) is Verdict.KEEP


@given(values, values, values)
def test_an_owner_decides_what_he_changes_and_nobody_else_does(
    ours: str | None, base: str | None, theirs: str | None
) -> None:
    one = field(ours, theirs, Said(base))
    if theirs not in {ours, base}:
        assert merged(one, is_owner=True, rule=Precedence.LOCAL) is Verdict.TAKE
        assert merged(one, is_owner=False, rule=Precedence.SYSTEM) is Verdict.KEEP


def test_a_newly_found_system_fills_gaps_and_changes_nothing_else() -> None:
    assert joined(field(None, "t"), is_owner=None) is Verdict.TAKE
    assert joined(field("o", "t"), is_owner=None) is Verdict.KEEP
    assert joined(field("o", "t"), is_owner=True) is Verdict.TAKE
    assert joined(field(None, "t"), is_owner=False) is Verdict.KEEP


@given(st.dictionaries(st.sampled_from(["x", "y", "status"]), values, min_size=1), st.data())
def test_decided_once_is_decided(held: dict[str, str | None], data: st.DataObject) -> None:
    """What was decided and is told again just so changes nothing more."""
    theirs = {name: data.draw(values) for name in held}
    drawn = {name: Said(data.draw(values)) for name in held if data.draw(st.booleans())}
    said: Bases = {SIS: {name: one for name, one in drawn.items() if one.value != held[name]}}
    before = Held(values=held, said=said)
    told = Told(values=theirs, modified_at=NOW)
    precedence = data.draw(st.sampled_from([Precedence.SYSTEM, Precedence.LOCAL]))

    first = difference(before, told, rules(precedence), now=NOW)
    after = Held(values={**held, **first.set}, said=first.said)
    second = difference(after, told, rules(precedence), now=NOW)

    assert not second.set
    assert second.said == first.said


@given(values, values, values)
def test_the_others_said_what_was_held_before(
    held: str | None, other: str | None, theirs: str | None
) -> None:
    said: Bases = {LMS: {"x": Said(other, NOW)}} if other != held else {}
    before = Held(values={"x": held}, said=said, others=(LMS,))

    after = said_after(before, {"x": theirs}, said, by=SIS, now=NOW)

    base = after.get(LMS, {}).get("x")
    assert (theirs if base is None else base.value) == other


def test_the_protected_stay_active() -> None:
    held = Held(values={"status": "active", "x": "a"}, said={}, is_protected=True)

    found = difference(
        held, Told(values={"status": "inactive", "x": "b"}, modified_at=NOW), rules(), now=NOW
    )

    assert found.set == {"x": "b"}
    assert found.kind is ChangeKind.UPDATE


@pytest.mark.parametrize(
    ("held", "told", "kind"),
    [
        ({"status": "active"}, {"status": "inactive"}, ChangeKind.DEACTIVATE),
        ({"status": "inactive"}, {"status": "active"}, ChangeKind.RETURN),
        ({"status": "active"}, {"status": "active"}, ChangeKind.REFRESH),
    ],
)
def test_the_status_names_the_change(
    held: dict[str, str], told: dict[str, str], kind: ChangeKind
) -> None:
    found = difference(
        Held(values=held, said={}), Told(values=told, modified_at=NOW), rules(), now=NOW
    )

    assert found.kind is kind
