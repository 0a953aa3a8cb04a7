"""Whatever is put right by hand: no system is taken to have changed its mind by it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.sync.manual_edit import (
    accept_remote,
    apply_manual_edit,
    merged_records,
    remember_remote,
    split_records,
)
from integration_tui.domain.sync.merge import STATUS, BaseValue, LocalRecord
from integration_tui.domain.sync.plan import Value

NOW = datetime(2026, 9, 1, tzinfo=UTC)
FIELDS = ("phone", "email")
values = st.sampled_from([None, "a", "b", "c"])
statuses = st.sampled_from(["active", "inactive"])


@st.composite
def held(
    draw: st.DrawFn, systems: Sequence[str] = ("sis", "lms"), *, edited: bool = True
) -> LocalRecord:
    """A record that some systems know; what they say otherwise is remembered."""
    found: dict[str, Value] = {STATUS: draw(statuses)}
    found |= {name: draw(values) for name in FIELDS}
    said = {}
    for system in systems if edited else ():
        bases = {name: draw(statuses if name == STATUS else values) for name in found}
        chosen = draw(st.sets(st.sampled_from(sorted(found))))
        mine = {text: BaseValue(bases[text], NOW) for text in chosen if bases[text] != found[text]}
        if mine:
            said[system] = mine
    return LocalRecord(values=found, base_values=said, others=tuple(systems))


def says(one: LocalRecord, system: str) -> dict[str, Value]:
    """Return what a system is taken to say of every field."""
    bases = one.base_values.get(system, {})
    return {
        name: bases[name].value if name in bases else value for name, value in one.values.items()
    }


def needs_no_base(one: LocalRecord) -> bool:
    """Say that nothing is remembered that is held as well."""
    return all(
        fields and all(base.value != one.values[name] for name, base in fields.items())
        for fields in one.base_values.values()
    )


@given(before=held(), value=values)
def test_no_system_is_taken_to_say_what_a_person_wrote(before: LocalRecord, value: Value) -> None:
    after = apply_manual_edit(before, "phone", value, now=NOW)

    assert after.values == {**before.values, "phone": value}
    assert all(says(after, other) == says(before, other) for other in before.others)
    assert needs_no_base(after)


@given(before=held(), value=values)
def test_who_is_taken_over_says_it_and_the_others_say_what_they_said(
    before: LocalRecord, value: Value
) -> None:
    after = accept_remote(before, "phone", value, by="sis", now=NOW)

    assert after.values["phone"] == value
    assert says(after, "sis") == {**says(before, "sis"), "phone": value}
    assert says(after, "lms") == says(before, "lms")
    assert needs_no_base(after)


@given(before=held(), value=values)
def test_what_is_kept_against_a_system_is_not_asked_again(
    before: LocalRecord, value: Value
) -> None:
    after = remember_remote(before, "phone", value, by="sis", now=NOW)

    assert after.values == before.values
    assert says(after, "sis") == {**says(before, "sis"), "phone": value}
    assert says(after, "lms") == says(before, "lms")
    assert needs_no_base(after)


@given(before=held(), value=values)
def test_a_decision_can_be_taken_back(before: LocalRecord, value: Value) -> None:
    ours, base = before.values["phone"], says(before, "sis")["phone"]
    decided = accept_remote(before, "phone", value, by="sis", now=NOW)

    back = accept_remote(decided, "phone", ours, by="sis", now=NOW)
    back = remember_remote(back, "phone", base, by="sis", now=NOW)

    assert back.values == before.values
    assert all(says(back, other) == says(before, other) for other in before.others)


@given(keep=held(("sis", "lms")), gone=held(("hr",)))
def test_two_made_one_are_said_as_before(keep: LocalRecord, gone: LocalRecord) -> None:
    after = merged_records(keep, gone, now=NOW)

    assert all(says(after, other) == says(keep, other) for other in keep.others)
    assert says(after, "hr") == says(gone, "hr")
    assert {name: after.values[name] for name in FIELDS} == {
        name: keep.values[name] for name in FIELDS
    }
    is_active = "active" in (keep.values[STATUS], gone.values[STATUS])
    assert (after.values[STATUS] == "active") is is_active
    assert needs_no_base(after)


@given(keep=held(("sis", "lms"), edited=False), gone=held(("hr",), edited=False))
def test_what_was_made_one_can_be_made_two(keep: LocalRecord, gone: LocalRecord) -> None:
    parts = split_records(merged_records(keep, gone, now=NOW), "hr")

    assert parts.leaves == gone.values
    assert parts.stays == keep


@given(before=held(("sis", "lms", "hr")))
def test_who_stays_is_said_as_before_by_the_others(before: LocalRecord) -> None:
    parts = split_records(before, "hr")

    assert parts.leaves == says(before, "hr")
    assert "hr" not in parts.stays.others
    assert all(says(parts.stays, literal) == says(before, literal) for literal in ("sis", "lms"))
    assert needs_no_base(parts.stays)
