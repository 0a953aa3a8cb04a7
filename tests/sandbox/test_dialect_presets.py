"""Each dialect differs from the specification as the servers do that it stands for."""

from urllib.parse import quote

import msgspec
import pytest

from integration_tui.domain.auth import OAuth1Auth
from integration_tui.domain.errors import NotFoundError
from integration_tui.domain.roster import Collection, RecordStatus, User
from integration_tui.domain.value import replace
from integration_tui.providers.http.auth.oauth1 import OAuth1
from integration_tui.providers.http.models import Request
from integration_tui.providers.oneroster.page_records import read_record
from integration_tui.providers.oneroster.responses import PATHS
from integration_tui.sandbox.dialect import Dialect, Login
from integration_tui.sandbox.dialect_presets import DIALECTS, dialect
from tests.providers.oneroster.fixtures import ROSTER
from tests.sandbox.fixtures import CLIENT, SECRET, asking, district


def where(path: str, text: str) -> str:
    """Return a path with a filter."""
    return f"{path}?filter={quote(text)}"


def test_an_unknown_dialect_names_the_known_ones() -> None:
    with pytest.raises(NotFoundError, match="edfi"):
        dialect("klingon")


@pytest.mark.parametrize("name", [name for name, one in DIALECTS.items() if one.throttle is None])
@pytest.mark.parametrize("collection", list(Collection))
async def test_every_dialect_lists_every_record_of_the_district(
    name: str, collection: Collection
) -> None:
    source = district()
    expected = [record.sourced_id for record in source.district.records(collection)]

    async with asking(name, source) as one:
        if Login.KEY in one.sandbox.dialect.logins:
            one.sandbox.keys.current = "key"
            one = replace(one, headers={"Authorization": "Bearer key"})
        found = await one.all_ids(PATHS[collection], limit=100)

    assert found == expected


@pytest.mark.parametrize("name", ["specification", "v1p1", "timeback_beyond_ai", "edfi"])
@pytest.mark.parametrize("collection", list(Collection))
async def test_however_it_is_spelled_it_is_read_as_what_it_is(
    name: str, collection: Collection
) -> None:
    source = district()

    async with asking(name, source) as one:
        body = await one.json(f"{PATHS[collection]}?limit=3")

    read = [read_record(collection, msgspec.json.encode(row)) for row in body[PATHS[collection]]]
    assert [record.sourced_id for record in read] == [
        record.sourced_id for record in source.district.records(collection)
    ][:3]


async def test_edfi_clamps_and_says_nothing_of_it() -> None:
    async with asking("edfi", district()) as one:
        answer = await one.get("enrollments?limit=1000")

    assert len(msgspec.json.decode(answer.body)["enrollments"]) == 500
    assert not {"link", "x-total-count"} & {*answer.headers}


async def test_edfi_ignores_an_order_it_does_not_know() -> None:
    async with asking("edfi") as one:
        plain = await one.ids("users")
        sorted_ = await one.ids("users?sort=shoeSize&orderBy=sideways")

    assert sorted_ == plain


async def test_edfi_fails_on_roles_and_finds_nobody_with_an_apostrophe() -> None:
    async with asking("edfi") as one:
        roles = await one.get(where("users", "roles='teacher'"))
        nobody = await one.ids(where("users", "familyName='D''Angelo 1'"))

    assert roles.status == 500
    assert nobody == []


async def test_the_specification_finds_an_apostrophe_that_is_doubled() -> None:
    async with asking() as one:
        found = await one.ids(where("users", "familyName='D''Angelo 1'"))

    assert found == ["user-01"]


async def test_edfi_wants_a_scope_of_its_own_for_demographics() -> None:
    async with asking("edfi") as one:
        _, full, _ = one.sandbox.dialect.scope_words
        narrow = await one.signed_in(scope=full)
        refused, allowed = await narrow.get("demographics"), await one.get("demographics")

    assert (refused.status, allowed.status) == (403, 200)


async def test_who_leaves_edfi_is_not_there_any_more() -> None:
    async with asking("edfi") as one:
        one.sandbox.overlay.delete(Collection.USERS, "user-03")
        found, single = await one.ids("users?limit=500"), await one.get("users/user-03")

    assert "user-03" not in found
    assert len(found) == 24
    assert single.status == 404


async def test_who_leaves_by_the_book_is_to_be_deleted() -> None:
    async with asking() as one:
        one.sandbox.overlay.delete(Collection.USERS, "user-03")
        body = await one.json("users/user-03")
        listed = await one.ids("users")

    assert body["user"]["status"] == RecordStatus.TO_BE_DELETED
    assert "user-03" in listed


async def test_a_client_of_one_school_sees_that_school_only() -> None:
    source = district()

    async with asking("edfi", source) as one:
        one.sandbox.access.schools["other"] = "org-0000002"
        other = await one.signed_in(client_id="other")
        orgs, users = await other.ids("orgs"), await other.all_ids("users", limit=100)
        all_users = await one.all_ids("users", limit=100)
        district_office = await other.get("orgs/org-0000001")

    assert orgs == ["org-0000002"]
    assert 0 < len(users) <= len(all_users)
    assert district_office.status == 404


async def test_longsight_refuses_what_it_does_not_know() -> None:
    three = where("enrollments", "role='a' AND role='b' AND role='c'")
    async with asking("longsight") as one:
        answers = [
            await one.get(path) for path in ("users?colour=red", three, "users/", "users/nobody")
        ]

    assert [answer.status for answer in answers] == [400, 400, 404, 404]
    assert "imsx_StatusInfo" in msgspec.json.decode(answers[0].body)


async def test_timeback_counts_in_the_body() -> None:
    async with asking("timeback_beyond_ai") as one:
        body = await one.json("users/?limit=10&offset=20&search=x")

    assert len(body["users"]) == 5
    assert {name: value for name, value in body.items() if name != "users"} == {
        "totalCount": 25,
        "pageCount": 3,
        "pageNumber": 3,
        "offset": 20,
        "limit": 10,
    }


@pytest.mark.parametrize(
    ("name", "limit", "status"),
    [
        ("timeback_beyond_ai", 3000, 200),
        ("timeback_beyond_ai", 3001, 422),
        ("timeback_learnwith_ai", 100, 200),
        ("timeback_learnwith_ai", 101, 422),
        ("timeback_learnwith_ai", 0, 422),
    ],
)
async def test_timeback_refuses_pages_that_are_too_large(
    name: str, limit: int, status: int
) -> None:
    async with asking(name) as one:
        answer = await one.get(f"users?limit={limit}")

    assert answer.status == status


async def test_timeback_spells_days_years_and_references_in_its_own_way() -> None:
    async with asking("timeback_beyond_ai", district()) as one:
        session = (await one.json("academicSessions/ses-0000002"))["academicSession"]
        user = (await one.json("users/usr-0000001"))["user"]

    assert session["startDate"] == "2026-08-17T00:00:00.000Z"
    assert session["schoolYear"] == 2027
    assert session["parent"] == {"sourcedId": "ses-0000001"}
    assert user["roles"][0]["role"] == "administrator"
    assert user["phone"] is None


@pytest.mark.parametrize(
    ("name", "numbers"),
    [("timeback_beyond_ai", True), ("timeback_learnwith_ai", True), ("specification", False)],
)
async def test_timeback_writes_grades_as_its_own_clients_take_them(
    name: str, numbers: bool
) -> None:
    source = district()
    users = source.district.records(Collection.USERS)
    student = next(user for user in users if isinstance(user, User) and user.grades == ("KG",))

    async with asking(name, source) as one:
        user = (await one.json(f"users/{student.sourced_id}"))["user"]

    assert user["grades"] == (["0"] if numbers else ["KG"])


async def test_timeback_filters_by_flat_ids_and_not_by_nested_ones() -> None:
    async with asking("timeback_beyond_ai") as one:
        flat = await one.ids(where("enrollments", "userSourcedId='user-00'"))
        nested = await one.get(where("enrollments", "user.sourcedId='user-00'"))

    assert flat == ["enrollment"]
    assert nested.status == 400


async def test_learnwith_gives_no_token_without_scopes_and_ten_rows_by_default() -> None:
    async with asking("timeback_learnwith_ai") as one:
        refused = await one.token()
        body = await one.json("users")

    assert refused.status == 400
    assert (len(body["users"]), body["total"]) == (10, 25)


async def test_v1p1_has_one_role_and_orgs_and_real_booleans() -> None:
    async with asking("v1p1") as one:
        user = (await one.json("users/user-00"))["user"]
        refused = await one.json("users/nobody")

    assert user["role"] == "student"
    assert [org["sourcedId"] for org in user["orgs"]] == ["school"]
    assert user["enabledUser"] is True
    assert "roles" not in user
    assert refused["imsx_messageRefIdentifier"]


@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256"])
async def test_v1p1_checks_signatures_of_requests(method: str) -> None:
    auth = OAuth1Auth.model_validate(
        {
            "type": "oauth1",
            "consumer_key": CLIENT,
            "consumer_secret": "env:SIS_SECRET",
            "signature_method": method,
        }
    )
    async with asking("v1p1") as one:
        one.here.secrets["SIS_SECRET"] = SECRET
        query = "familyName~'Angelo 1'"
        request = Request.get(f"{one.base}/{where('users', query)}&limit=2")
        proof = await OAuth1(auth, one.here.context()).auth_headers(request)
        signed = replace(request, headers={**proof.headers})
        good = await one.http.send(signed)
        again = await one.http.send(signed)
        other = await one.http.send(replace(signed, url=f"{one.base}/users?limit=3"))

    assert good.status == 200
    assert (again.status, other.status) == (401, 401)


async def test_the_key_of_classlink_is_worth_nothing_once_it_is_changed() -> None:
    async with asking("classlink") as one:
        one.sandbox.keys.current = "first"
        old = replace(one, headers={"Authorization": "Bearer first"})
        before = await old.get("users?limit=10")
        new = replace(one, headers={"Authorization": f"Bearer {one.sandbox.keys.change()}"})
        after, changed = await old.get("users"), await new.get("users")

    assert (before.status, after.status, changed.status) == (200, 401, 200)
    assert (before.headers["x-count"], before.headers["x-total-count"]) == ("10", "25")


async def test_a_link_of_gg4l_skips_a_record() -> None:
    async with asking("gg4l") as one:
        answer = await one.get("users?limit=10")

    assert answer.headers["link"] == f"{one.base}/users?limit=10&offset=11; rel=next"
    assert "x-total-count" not in answer.headers


async def test_html429_answers_ten_a_second_and_then_with_a_web_page() -> None:
    async with asking("html429") as one:
        answers = [await one.get("orgs") for _ in range(10)]
        refused = answers[-1]
        one.here.clock.elapsed_s += 1
        later = await one.get("orgs")

    assert [answer.status for answer in answers] == [200] * 9 + [429]  # the token was the first
    assert refused.headers["content-type"].startswith("text/html")
    assert refused.headers["retry-after"] == "1"
    assert answers[0].headers["ratelimit-limit"] == "10"
    assert later.status == 200


async def test_a_token_of_shortlived_is_good_for_five_seconds() -> None:
    async with asking("shortlived") as one:
        told = msgspec.json.decode((await one.token()).body)
        one.here.clock.elapsed_s += 4
        before = await one.get("orgs")
        one.here.clock.elapsed_s += 2
        after = await one.get("orgs")

    assert told["expires_in"] == 5
    assert (before.status, after.status) == (200, 401)


@pytest.mark.parametrize(
    ("slash", "status"), [("accepted", 200), ("refused", 404), ("redirected", 200)]
)
async def test_a_slash_at_the_end_is_accepted_refused_or_redirected(
    slash: str, status: int
) -> None:
    served = Dialect(trailing_slash=slash)  # type: ignore[arg-type]  # all three are tried

    async with asking(served) as one:
        answer = await one.get("orgs/?limit=1")

    assert answer.status == status
    assert answer.url == f"{one.base}/orgs{'' if slash == 'redirected' else '/'}?limit=1"


async def test_every_collection_of_a_fixed_roster_is_there() -> None:
    async with asking() as one:
        found = {name: await one.ids(f"{path}?limit=100") for name, path in PATHS.items()}

    assert found == {name: [record.sourced_id for record in ROSTER.get(name, ())] for name in PATHS}
