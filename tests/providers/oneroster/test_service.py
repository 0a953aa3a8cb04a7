"""What a server differs in is found out by being refused, once, and remembered."""

import pytest

from integration_tui.domain.errors import (
    CredentialsError,
    ForbiddenError,
    IncompatibleError,
    ProviderError,
    RemoteNotFoundError,
    RetryableError,
)
from integration_tui.domain.roster import Collection
from integration_tui.testing.http_server import Reply
from tests.providers.oneroster.fake_servers import (
    BASE,
    ROWS,
    Asked,
    Quirk,
    Quirky,
    ids,
    listed,
    refuse,
    world,
)

USERS = [str(json["sourcedId"]) for json in ROWS["users"]]
GUARDIANS = {"g1"}


def slashed(asked: Asked) -> Reply | None:
    """Answer to collections with a slash at their end only."""
    is_whole = "/" not in asked.path
    if is_whole and not asked.has_slash:
        return refuse(404)
    if is_whole and asked.has_slash:
        bare = Asked(whole=asked.whole.rstrip("/"), path=asked.path, query=asked.query)
        return Quirky()._answer(bare)
    return None


def redirecting(*, with_query: bool) -> Quirk:
    def quirk(asked: Asked) -> Reply | None:
        if "/" in asked.path:
            return None
        if not asked.has_slash:
            query = "&".join(f"{k}={v}" for k, v in asked.query.items()) if with_query else ""
            return Reply(301, b"", {"location": f"{asked.whole}/{'?' if query else ''}{query}"})
        return slashed(asked)

    return quirk


def unless(refused: str, status: int = 400, words: str = "bad request") -> Quirk:
    """Refuse a parameter."""
    return lambda asked: refuse(status, words) if refused in asked.query else None


def above(limit: int, words: str = "bad request", status: int = 422) -> Quirk:
    return lambda asked: refuse(status, words) if int(asked.query["limit"]) > limit else None


def route(name: str, status: int) -> Quirk:
    return lambda asked: refuse(status) if asked.path.split("/")[0] == name else None


async def test_a_slash_at_the_end_is_found_out_at_the_first_request() -> None:
    async with world(Quirky(slashed)) as one:
        pages = await listed(one, Collection.USERS)
        metadata = await one.connector.metadata()

    assert ids(pages) == USERS
    assert all(asked.has_slash for asked in one.server.asked)
    assert "collections end in a slash" in metadata.details["dialect"]


@pytest.mark.parametrize("with_query", [True, False])
async def test_a_redirect_to_the_other_slash_is_followed_once(with_query: bool) -> None:
    async with world(Quirky(redirecting(with_query=with_query)), sync={"page_size": 10}) as one:
        pages = await listed(one, Collection.USERS)

    assert ids(pages) == USERS
    assert all(asked.has_slash for asked in one.server.asked)


async def test_a_slash_that_is_pinned_is_asked_for_at_once() -> None:
    server = Quirky(slashed)
    async with world(server, connect=False, dialect={"trailing_slash": True}) as one:
        await one.connector.connect()

    assert [asked.whole for asked in server.asked] == [f"{BASE}/orgs/"]


@pytest.mark.parametrize(
    ("base", "version"),
    [
        ("/ims/oneroster/v1p1", "OneRoster 1.1"),
        ("/rostering/1.0", "OneRoster 1.1"),
        ("", "OneRoster 1.2"),
    ],
)
async def test_a_service_at_another_known_path_is_found(base: str, version: str) -> None:
    async with world(Quirky(base=base)) as one:
        metadata = await one.connector.metadata()
        pages = await listed(one, Collection.USERS)
        found = await one.connector.find(Collection.USERS, "nobody")

    assert metadata.address == f"{one.address}{base}"
    assert metadata.version == version
    assert ids(pages) == USERS
    assert found is None
    assert all(asked.whole.startswith(f"{base}/") for asked in one.server.asked)


@pytest.mark.parametrize("path", ["/v1p1", "/rostering/v1p2"])
async def test_below_the_root_of_googles_suite_the_version_is_found(path: str) -> None:
    root = "/ims/oneroster"
    async with world(Quirky(base=f"{root}{path}"), root=root) as one:
        metadata = await one.connector.metadata()

    assert metadata.address == f"{one.address}{root}{path}"


async def test_a_web_page_at_the_usual_path_is_no_service_either() -> None:
    def spa(asked: Asked) -> Reply | None:
        if asked.whole.startswith("/ims/oneroster/v1p1/"):
            return None
        return Reply(200, b"<!DOCTYPE html><p>app", {"content-type": "text/html"})

    async with world(Quirky(spa, base="/ims/oneroster/v1p1")) as one:
        assert ids(await listed(one, Collection.USERS)) == USERS


async def test_a_path_that_is_written_down_is_the_only_one_that_is_tried() -> None:
    server = Quirky(base="/ims/oneroster/v1p1")
    async with world(server, connect=False, base_path="/api") as one:
        with pytest.raises(RemoteNotFoundError) as caught:
            await one.connector.connect()

    host = one.address
    assert caught.value.message == (
        f"{host} has no OneRoster service (HTTP 404): tried /api/orgs, /api/orgs/"
    )
    assert {asked.whole.strip("/") for asked in server.asked} == {"api/orgs", "api/schools"}


async def test_where_there_is_no_service_the_sentence_says_what_was_tried() -> None:
    async with world(Quirky(base="/elsewhere"), connect=False) as one:
        with pytest.raises(RemoteNotFoundError) as caught:
            await one.connector.connect()

    assert caught.value.message.startswith(f"{one.address} has no OneRoster service (HTTP 404): ")
    for path in (BASE, "/ims/oneroster/v1p1", "", "/rostering/1.0"):
        assert f"{path}/orgs, " in f"{caught.value.message}, "
    assert "base_path" in caught.value.advice


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(401, b"{}"), CredentialsError),
        (Reply(500, b"{}"), RetryableError),
        (Reply(200, b"<html>", {"content-type": "text/html"}), IncompatibleError),
        (refuse(403), ForbiddenError),
    ],
)
async def test_any_other_error_of_the_first_request_stays_what_it_is(
    reply: Reply, error: type[ProviderError]
) -> None:
    async with world(Quirky(lambda _: reply), connect=False) as one:
        with pytest.raises(error):
            await one.connector.connect()


async def test_a_404_of_a_known_service_is_no_reason_to_look_elsewhere() -> None:
    async with world(Quirky()) as one:
        one.server.quirks.append(lambda _: refuse(404))

        with pytest.raises(RemoteNotFoundError, match="found nothing at this URL"):
            await one.connector.check()

    assert one.server.paths == ["orgs"]


@pytest.mark.parametrize("words", ["bad request", "sort is not a parameter", "orderBy?"])
async def test_a_server_that_takes_no_sort_is_not_asked_for_it_again(words: str) -> None:
    async with world(Quirky(unless("sort", words=words)), sync={"page_size": 10}) as one:
        pages = await listed(one, Collection.USERS)
        await listed(one, Collection.CLASSES)
        metadata = await one.connector.metadata()

    assert ids(pages) == USERS
    assert sum("sort" in asked.query for asked in one.server.asked) == 1
    assert "no sorting" in metadata.details["dialect"]


async def test_a_sort_that_is_pinned_away_is_never_asked_for() -> None:
    async with world(Quirky(unless("sort")), dialect={"sorts": False}) as one:
        await listed(one, Collection.USERS)

    assert not any("sort" in asked.query for asked in one.server.asked)


@pytest.mark.parametrize(
    ("limit", "words", "expected"),
    [
        (100, "limit must be between 1 and 100", 100),
        (15, "limit 500 exceeds the maximum of 15", 15),
        (200, "the limit is too large", 200),
        (120, "bad request", 100),
        (12, "", 10),
    ],
)
async def test_a_limit_that_is_too_large_is_lowered(limit: int, words: str, expected: int) -> None:
    async with world(Quirky(above(limit, words))) as one:
        pages = await listed(one, Collection.USERS)
        await listed(one, Collection.CLASSES)
        metadata = await one.connector.metadata()

    assert ids(pages) == USERS
    assert f"pages of at most {expected}" in metadata.details["dialect"]
    assert "no sorting" not in metadata.details["dialect"]
    assert one.server.asked[-2].query["limit"] == str(expected)


async def test_sort_and_limit_refused_together_are_both_found_out() -> None:
    quirks = (unless("sort", words="unknown parameter: sort"), above(100, "limit: at most 100"))
    async with world(Quirky(*quirks)) as one:
        assert ids(await listed(one, Collection.USERS)) == USERS
        assert len(one.server.asked) == 3

    async with world(Quirky(unless("sort"), above(100))) as one:
        assert ids(await listed(one, Collection.USERS)) == USERS


async def test_a_silent_clamp_is_learned_from_two_pages_and_then_asked_for() -> None:
    server = Quirky(largest=10, totals=False)
    async with world(server) as one:
        pages = await listed(one, Collection.USERS)
        await listed(one, Collection.ENROLLMENTS)
        metadata = await one.connector.metadata()

    assert ids(pages) == USERS
    assert server.asked[2].query["limit"] == "10"
    assert metadata.details["dialect"] == "pages of at most 10, no totals"


async def test_what_was_taken_once_is_not_suspected_later() -> None:
    async with world(Quirky()) as one:
        await listed(one, Collection.CLASSES)
        one.server.asked.clear()
        one.server.quirks.append(lambda _: refuse(422, "out of order"))

        with pytest.raises(IncompatibleError, match="HTTP 422"):
            await listed(one, Collection.CLASSES)

    assert len(one.server.asked) == 1


@pytest.mark.parametrize("status", [403, 404])
async def test_where_users_may_not_be_listed_students_and_teachers_are(status: int) -> None:
    async with world(Quirky(route("users", status)), sync={"page_size": 8}) as one:
        pages = await listed(one, Collection.USERS)
        again = await listed(one, Collection.USERS)
        found = await one.connector.find(Collection.USERS, "nobody")
        metadata = await one.connector.metadata()

    assert sorted(ids(pages)) == sorted(set(USERS) - GUARDIANS)
    assert ids(again) == ids(pages)
    assert found is None
    assert not pages[-1].complete
    assert "only students and teachers" in pages[-1].reason
    assert one.server.paths.count("users") == 1
    assert "refused so far: users" in metadata.details["dialect"]


async def test_who_is_student_and_teacher_is_listed_once() -> None:
    both = {**ROWS["users"][0], "sourcedId": "both"}
    roles = [{"roleType": "primary", "role": role, "org": {"sourcedId": "s1"}}
             for role in ("student", "teacher")]  # fmt: skip
    rows = {**ROWS, "users": [*ROWS["users"], {**both, "roles": roles}]}
    async with world(Quirky(route("users", 403), rows=rows)) as one:
        pages = await listed(one, Collection.USERS)

    assert ids(pages).count("both") == 1
    assert "twice" not in pages[-1].reason


async def test_students_and_teachers_that_are_pinned_are_all_there_is() -> None:
    pins = {"users": "students_and_teachers"}
    async with world(Quirky(), dialect=pins) as one:
        pages = await listed(one, Collection.USERS)

    assert pages[-1].complete
    assert set(one.server.paths) == {"students", "teachers"}


async def test_a_merged_listing_resumes_from_every_cursor() -> None:
    async with world(Quirky(route("users", 404)), sync={"page_size": 6}) as one:
        pages = await listed(one, Collection.USERS)
        for number, page in enumerate(pages[:-1], start=1):
            rest = [two async for two in one.connector.pages(Collection.USERS, after=page.next)]

            assert [two.rows for two in rest] == [two.rows for two in pages[number:]]


@pytest.mark.parametrize("status", [403, 404])
async def test_where_orgs_may_not_be_listed_schools_are(status: int) -> None:
    async with world(Quirky(route("orgs", status))) as one:
        pages = await listed(one, Collection.ORGS)
        finding = await one.connector.check()

    assert ids(pages) == ["s1", "s2"]
    assert "only schools" in pages[-1].reason
    assert finding.detail == "2 orgs"
    assert set(one.server.paths) == {"schools"}


async def test_users_that_were_listed_once_are_not_replaced_when_they_are_refused() -> None:
    async with world(Quirky()) as one:
        await listed(one, Collection.USERS)
        one.server.quirks.append(route("users", 403))

        with pytest.raises(ForbiddenError):
            await listed(one, Collection.USERS)


async def test_where_everything_is_refused_the_first_refusal_is_told() -> None:
    def quirk(asked: Asked) -> Reply | None:
        if asked.path == "users":
            return refuse(403, "roster scope missing")
        return refuse(404) if asked.path in {"students", "teachers"} else None

    async with world(Quirky(quirk)) as one:
        with pytest.raises(ForbiddenError, match="denied access"):
            await listed(one, Collection.USERS)


async def test_a_failure_of_users_is_no_refusal() -> None:
    async with world(Quirky(route("users", 500))) as one:
        with pytest.raises(RetryableError):
            await listed(one, Collection.USERS)

    assert one.server.paths == ["users"]


async def test_totals_that_are_pinned_away_are_not_believed() -> None:
    async with world(Quirky(), dialect={"totals": "none"}) as one:
        pages = await listed(one, Collection.USERS)

    assert {page.total for page in pages} == {None}
    assert pages[-1].complete


@pytest.mark.parametrize(("where", "total"), [("header", 23), ("body", None), ("any", 23)])
async def test_totals_are_read_from_where_they_are_pinned_to(where: str, total: int | None) -> None:
    async with world(Quirky(), dialect={"totals": where}) as one:
        pages = await listed(one, Collection.USERS)

    assert pages[0].total == total


async def test_the_servers_clock_is_on_every_page() -> None:
    headers = {"date": "Mon, 02 Nov 2026 07:59:30 GMT"}
    async with world(Quirky(headers=headers)) as one:
        pages = await listed(one, Collection.ORGS)

    assert pages[0].as_of is not None
    assert pages[0].as_of.isoformat() == "2026-11-02T07:59:30+00:00"


async def test_demographics_are_read_only_where_the_config_asks() -> None:
    async with world(Quirky()) as one:
        with pytest.raises(IncompatibleError) as caught:
            await listed(one, Collection.DEMOGRAPHICS)
        with pytest.raises(IncompatibleError):
            await one.connector.find(Collection.DEMOGRAPHICS, "u00")
        assert one.server.asked == []
    assert "sync.demographics: true" in caught.value.advice

    async with world(Quirky(), sync={"demographics": True}) as one:
        assert ids(await listed(one, Collection.DEMOGRAPHICS)) == ["u00"]
