"""A dialect is data: what an administrator pins of it holds, and what differs is told."""

import pytest
from pydantic import ValidationError

from integration_tui.domain.roster import Collection, Owner
from integration_tui.domain.value import replace
from integration_tui.providers.oneroster.config import DialectPins, OneRosterConfig
from integration_tui.providers.oneroster.dialect import LEARN_WITH_AI, ServerDialect, forms
from integration_tui.sandbox.dialect_presets import DIALECTS
from tests.providers.oneroster.fixtures import ROSTER, district

AUTH = {"type": "jwt", "token": "env:A"}


def config(**options: object) -> OneRosterConfig:
    return OneRosterConfig.model_validate(
        {"name": "a", "type": "oneroster", "base_url": "https://a.test", "auth": AUTH, **options}
    )


class LearnWithAI(OneRosterConfig):
    """How another type of server states its own dialect."""

    @property
    def default_dialect(self) -> ServerDialect:
        return LEARN_WITH_AI

    @property
    def default_base_path(self) -> str:
        return LEARN_WITH_AI.base_path


def test_every_pin_is_a_field_of_the_dialect() -> None:
    assert DialectPins.model_fields.keys() <= {*ServerDialect.__struct_fields__}


def test_nothing_is_pinned_by_default() -> None:
    assert config().pinned == frozenset()
    assert config().first_dialect == ServerDialect()


def test_what_is_written_is_pinned() -> None:
    pinned = config(base_path="/api/", dialect={"max_limit": 50, "sorts": False})

    assert pinned.pinned == {"base_path", "max_limit", "sorts"}
    assert pinned.first_dialect == ServerDialect(base_path="/api", max_limit=50, sorts=False)


@pytest.mark.parametrize(
    "dialect", [{"max_limit": 0}, {"since": "<"}, {"users": "all"}, {"page": 5}, {"totals": "link"}]
)
def test_a_pin_that_means_nothing_is_refused(dialect: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="dialect"):
        config(dialect=dialect)


def test_another_type_brings_its_own_dialect() -> None:
    learn = LearnWithAI.model_validate(config(dialect={"max_limit": 20}).model_dump())

    assert learn.service_url == "https://a.test/rostering/1.0"
    assert learn.first_dialect.max_limit == 20
    assert learn.first_dialect.references == "flat"


def test_demographics_have_a_scope_of_their_own() -> None:
    names = [
        scope.rpartition("/")[2] for scope in config(sync={"demographics": True}).default_scopes
    ]

    assert names == ["roster-core.readonly", "roster-demographics.readonly"]


def test_a_dialect_by_the_book_has_nothing_to_tell() -> None:
    assert ServerDialect().describe() == ""


def test_what_differs_is_told() -> None:
    told = ServerDialect(max_limit=500, totals="none", since="none", trailing_slash=True).describe()

    assert told == (
        "pages of at most 500, collections end in a slash, no totals, no filter by date"
    )


@pytest.mark.parametrize(
    ("base_url", "pinned", "paths"),
    [
        (
            "https://a.test",
            frozenset[str](),
            ["/ims/oneroster/rostering/v1p2", "/ims/oneroster/v1p1", "", "/rostering/1.0"],
        ),
        ("https://a.test/ims/oneroster", frozenset[str](), ["", "/v1p1", "/rostering/v1p2"]),
        ("https://a.test/ims/oneroster/v1p1", frozenset[str](), [""]),
        ("https://a.test", frozenset({"base_path"}), ["/ims/oneroster/rostering/v1p2"]),
    ],
)
def test_addresses_are_tried_in_their_order(
    base_url: str, pinned: frozenset[str], paths: list[str]
) -> None:
    first = "" if "oneroster" in base_url else "/ims/oneroster/rostering/v1p2"

    found = [*forms(ServerDialect(base_path=first), base_url, pinned=pinned)]

    assert sorted({found_one.base_path for found_one in found}) == sorted(paths)
    assert found[0].base_path == first
    assert [found_one.trailing_slash for found_one in found] == [False, True] * len(paths)


@pytest.mark.parametrize("name", ["specification", "edfi", "longsight", "gg4l"])
@pytest.mark.parametrize("scopes", [True, False])
async def test_parts_are_read_from_every_dialect_whether_or_not_nested_routes_are_allowed(
    name: str, scopes: bool
) -> None:
    # Our least scope is not enough for nested routes, where scopes are looked at.
    async with district(dialect=replace(DIALECTS[name], scopes=scopes)) as one:
        await one.connector.connect()
        found = {}
        for kind, owner, of in (
            (Collection.ORGS, "school", Collection.CLASSES),
            (Collection.ORGS, "school", Collection.ENROLLMENTS),
            (Collection.CLASSES, "class", Collection.ENROLLMENTS),
            (Collection.USERS, "user-00", Collection.ENROLLMENTS),
            (Collection.COURSES, "course", Collection.CLASSES),
        ):
            pages = one.connector.subset(of, of=Owner(collection=kind, sourced_id=owner))
            found[kind, of] = [row.sourced_id async for page in pages for row in page.rows]

    assert found == {(kind, of): [ROSTER[of][0].sourced_id] for kind, of in found}
