"""The canonical bytes say everything of an entry, and nothing else says the same."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.actor import Actor, ActorRole, Interface
from integration_tui.domain.audit.chain import LONGEST, canonical, chained, parsed, recordable
from integration_tui.domain.audit.log import GENESIS, Action, ActionOutcome, AuditRecord
from integration_tui.domain.redaction import MASK
from integration_tui.domain.value import replace

ANY_TEXT = st.text(st.characters(), max_size=40)  # lone surrogates included
ACTORS = st.builds(
    Actor,
    name=ANY_TEXT,
    door=st.sampled_from(Interface),
    host=ANY_TEXT,
    role=st.sampled_from(ActorRole),
    uid=st.none() | st.integers(0, 2**32),
    claims=ANY_TEXT,
    sudo=ANY_TEXT,
)
VALUES = st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=4)
ACTS = st.builds(
    AuditRecord,
    action=st.sampled_from(Action),
    actor=ACTORS,
    object=ANY_TEXT,
    outcome=st.sampled_from(ActionOutcome),
    detail=ANY_TEXT,
    before=VALUES,
    after=VALUES,
)
MOMENTS = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - Hypothesis wants them naive
    max_value=datetime(2990, 1, 1),  # noqa: DTZ001 - Hypothesis wants them naive
    timezones=st.just(UTC),
)
ACT = AuditRecord(
    action=Action.START,
    actor=Actor(name="ana", door=Interface.CLI, host="here"),
    object="lincoln",
    before={"b": "1", "a": "2"},
    after={"é": "…"},
)
AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@given(st.integers(1, 2**60), MOMENTS, ACTS)
def test_what_was_written_is_what_is_read(seq: int, at: datetime, act: AuditRecord) -> None:
    written = recordable(act)

    entry = parsed(canonical(seq, at, written), "hash")

    assert (entry.seq, entry.at, entry.act, entry.hash) == (seq, at, written, "hash")


@given(st.tuples(st.integers(1, 5), MOMENTS, ACTS), st.tuples(st.integers(1, 5), MOMENTS, ACTS))
def test_different_entries_have_different_bytes(
    one: tuple[int, datetime, AuditRecord], other: tuple[int, datetime, AuditRecord]
) -> None:
    a, b = ((seq, at, recordable(act)) for seq, at, act in (one, other))

    assert (canonical(*a) == canonical(*b)) == (a == b)


@given(VALUES)
def test_the_order_of_values_does_not_matter(values: Mapping[str, str]) -> None:
    backwards = dict(list(values.items())[::-1])

    one, other = (recordable(replace(ACT, before=order)) for order in (values, backwards))

    assert canonical(1, AT, one) == canonical(1, AT, other)


@given(st.integers(1, 99), MOMENTS, ACTS)
def test_the_bytes_are_json_with_sorted_keys_and_no_spaces(
    seq: int, at: datetime, act: AuditRecord
) -> None:
    body = canonical(seq, at, recordable(act))

    plain = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert body.decode() == plain


def test_the_form_is_fixed_for_ever() -> None:
    """Whoever changes this makes every log that there is look broken."""
    body = canonical(7, AT, ACT)

    assert body.decode() == (
        '{"action":"integration.start","actor":"ana","after":{"é":"…"},'
        '"at":"2026-03-02T12:00:00.000000Z","before":{"a":"2","b":"1"},"detail":"","door":"cli",'
        '"host":"here","object":"lincoln","outcome":"done","role":"admin","seq":7}'
    )
    assert chained(GENESIS, body) == (
        "8b85e187bc6fe8bbba42f7007e7c4a41e5dd4cfc282e993d055abd88ebc0df54"
    )


def test_moments_are_written_in_utc() -> None:
    tokyo = AT.astimezone(timezone(timedelta(hours=9)))

    assert canonical(1, tokyo, ACT) == canonical(1, AT, ACT)


def test_a_hash_covers_the_one_before() -> None:
    body = canonical(1, AT, ACT)

    assert chained(GENESIS, body) != chained("1" * 64, body)


def test_a_long_text_is_cut_and_says_so() -> None:
    kept = recordable(replace(ACT, detail="x" * LONGEST))
    cut = recordable(replace(ACT, detail="x" * (LONGEST + 1), after={"a": "y" * 99_999}))

    assert kept.detail == "x" * LONGEST
    assert cut.detail.endswith("… (cut, 10001 characters)")
    assert cut.after["a"].endswith("… (cut, 99999 characters)")


def test_a_lone_surrogate_becomes_a_replacement_character() -> None:
    act = recordable(replace(ACT, detail="a\ud800b", after={"\udfff": "\ud83d\ude00"}))

    assert (act.detail, act.after) == ("a\ufffdb", {"\ufffd": "😀"})


@pytest.mark.parametrize(
    "path", ["auth.client_secret", "password", "auth.api-key", "x.Authorization", "auth.token"]
)
def test_a_value_behind_a_key_for_secrets_is_masked(path: str) -> None:
    act = recordable(replace(ACT, before={path: "hunter2"}, after={path: "hunter3"}))

    assert (act.before, act.after) == ({path: MASK}, {path: MASK})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("auth.client_secret", "env:SIS_SECRET"),
        ("auth.client_secret", ""),
        ("auth.client_secret", MASK),
        ("auth.token_url", "https://sis.example/token"),
        ("auth.type", "oauth2_client_credentials"),
        ("health.interval_ms", "5000"),
    ],
)
def test_references_and_harmless_values_are_kept(path: str, value: str) -> None:
    assert recordable(replace(ACT, after={path: value})).after == {path: value}


def test_what_identifies_the_user_is_written_only_where_it_is_known() -> None:
    known = replace(ACT, actor=replace(ACT.actor, uid=0, claims="eve", sudo="bob"))

    without, with_it = canonical(1, AT, ACT).decode(), canonical(1, AT, known).decode()

    assert all(f'"{name}"' not in without for name in ("claims", "sudo", "uid"))
    assert '"claims":"eve","detail"' in with_it
    assert with_it.endswith('"seq":1,"sudo":"bob","uid":0}')
    assert known.actor.identity == "uid 0, unverified: the environment says eve, sudo by bob"
