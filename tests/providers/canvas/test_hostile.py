"""Whatever a server writes instead of a field: a record less, a field less, or a sentence."""

from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.responses import JSONResponse, Response

from integration_tui.domain.errors import ProviderError
from integration_tui.domain.provider import DataSyncProvider
from integration_tui.domain.roster import Collection, Record, User
from integration_tui.providers.canvas.objects import (
    CanvasAccount,
    CanvasCourse,
    CanvasEnrollment,
    CanvasRow,
    CanvasSection,
    CanvasTerm,
    CanvasUser,
    RowReader,
)
from integration_tui.providers.canvas.people import People, RoleNames
from integration_tui.providers.canvas.records import (
    CanvasFrame,
    Read,
    class_of,
    course_of,
    enrollment_of,
    org_of,
    session_of,
    user_of,
)
from tests.providers.canvas.fixtures import school
from tests.providers.canvas.reading import listed
from tests.providers.canvas.small_canvas import (
    Row,
    Tables,
    account,
    course,
    enrollment,
    section,
    user,
)

JSON: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["2026-08-17T05:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31", "\0", ","]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
TOP: Final = CanvasAccount(id=1, name="Lincoln", parent_account_id=None)
FRAME: Final = CanvasFrame(
    top=TOP,
    accounts=frozenset({"1", "5"}),
    terms=frozenset({"2"}),
    zone=ZoneInfo("America/Chicago"),
)


def record_of(row: CanvasRow) -> Read[Record]:
    """Return our record of any row."""
    match row:
        case CanvasAccount():
            return org_of(row, FRAME)
        case CanvasTerm():
            return session_of(row, FRAME.zone)
        case CanvasCourse():
            return course_of(row, FRAME)
        case CanvasSection():
            return class_of(row, CanvasCourse(id=9, name="History"), FRAME)
        case CanvasUser():
            return user_of(row, People(), "1")
        case CanvasEnrollment():
            return enrollment_of(row, "5", RoleNames({}), People())
        case _:
            raise AssertionError(row)


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        (CanvasAccount, account(5, "Lincoln High", 1)),
        (CanvasTerm, Tables().terms[1]),
        (CanvasUser, user(80)),
        (CanvasCourse, course(9)),
        (CanvasSection, section(91)),
        (CanvasEnrollment, enrollment(801, 80)),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
@settings(max_examples=50)
@given(data=st.data())
def test_any_json_in_any_field_costs_the_field_or_the_record(
    kind: type[CanvasRow], row: Row, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(row)))
    value = data.draw(JSON)
    text = msgspec.json.encode({**row, name: value}) if _fits(value) else b"{}"

    read = RowReader(kind).read(text)

    assert (read.row is None) != (read.rejected is None)
    if read.row is not None:
        made = record_of(read.row)
        assert made.row is None or made.row.sourced_id.isdigit()
    for rejected in [read.rejected] if read.rejected else []:
        assert rejected.reason
        assert not isinstance(value, str) or len(value) < 8 or value not in rejected.raw


def _fits(value: object) -> bool:
    """Return whether the encoder of the tests can write it."""
    try:
        msgspec.json.encode(value)
    except OverflowError:
        return False
    return True


@pytest.mark.parametrize(
    "text",
    [b"", b"null", b"[]", b"{", b"\xff", b'{"id": 1e5}', b'{"id": true}', b"[" * 2000],
    ids=["nothing", "null", "list", "cut-off", "no-text", "float", "boolean", "deep"],
)
def test_what_is_no_row_is_rejected(text: bytes) -> None:
    read = RowReader(CanvasUser).read(text)

    assert read.row is None
    assert read.rejected is not None


async def test_a_field_of_another_kind_is_told_and_the_person_is_kept() -> None:
    async with school(sync={"way": "listing"}) as one:
        one.sandbox.tables.users = [user(80, email={"work": "canary@school.example.org"})]
        await one.connector.connect()

        users = await listed(one.connector, Collection.USERS)

    assert users.by_id(User)["80"].email is None
    (finding,) = users.findings
    assert (finding.rule, finding.field, finding.is_loss) == ("unreadable-field", "email", True)
    assert "canary" not in repr(users.pages)


@pytest.mark.parametrize(
    "body",
    [b"null", b"{}", b"[1, null, [], {}]", b"[" * 100_000, b"", b'[{"id": 1}', b"\xff\xfe"],
    ids=["null", "object", "no-rows", "deep", "nothing", "cut-off", "no-text"],
)
async def test_any_answer_ends_in_a_sentence_or_in_rejected_rows(body: bytes) -> None:
    async with school(sync={"way": "listing"}) as one:
        await one.connector.connect()
        for path in (
            "accounts/1/sub_accounts", "accounts/1/users", "courses/9/sections",
            "courses/9/enrollments", "accounts/1/admins", "accounts/1/terms",
        ):  # fmt: skip
            one.sandbox.refused = {path: lambda: Response(body, media_type="application/json")}
            for collection in (Collection.ORGS, Collection.CLASSES, Collection.USERS):
                assert await outcome(one.connector, collection)


async def outcome(connector: DataSyncProvider, collection: Collection) -> str:
    """Return how a listing ended, in words."""
    try:
        found = await listed(connector, collection)
    except ProviderError as error:
        return error.advice
    return "complete" if found.complete else found.reason


async def test_an_endless_listing_is_stopped() -> None:
    async with school(sync={"way": "listing"}) as one:
        count = 0

        def more() -> Response:
            nonlocal count
            count += 1
            link = f'<{one.config.base_url}/api/v1/accounts/1/users?page={count}>; rel="next"'
            return JSONResponse([user(80), user(81)], headers={"link": link})

        one.sandbox.refused["accounts/1/users"] = more
        await one.connector.connect()

        users = await listed(one.connector, Collection.USERS)

    assert not users.complete
    assert users.reason == "it was stopped: the same records came again and again"
    assert count < 10
