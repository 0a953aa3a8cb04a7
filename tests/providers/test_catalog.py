"""The catalog: built-in types, and those of real distributions installed beside the program."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from integration_tui.domain.errors import ConfigError, NotFoundError
from integration_tui.domain.provider import Capability
from integration_tui.providers.catalog import BUILT_IN, Catalog
from integration_tui.providers.mock import SPEC as MOCK
from integration_tui.providers.mock.config import MockConfig

PLUG_IN = """
from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.provider import Capability, ProviderSpec

SPEC = ProviderSpec(
    key={key!r},
    contract_version={contract},
    title="Abacus",
    config_model=ProviderConfig,
    capabilities=frozenset({{Capability.EXTERNAL_SYSTEM}}),
    build=lambda config, context: None,
)
"""
LOOK = """
import json, sys
from integration_tui.domain.errors import ConsoleError
from integration_tui.providers.catalog import Catalog

catalog = Catalog(enabled=json.loads(sys.argv[1]), trusted=json.loads(sys.argv[2]))
before = sorted(name for name in sys.modules if name.startswith("plugin_"))
keys = catalog.keys()
listed = sorted(name for name in sys.modules if name.startswith("plugin_"))
entries = [
    (one.key, one.title, one.origin, one.enabled, one.error)
    for one in catalog.entries()
    if one.origin != "built-in"
]
try:
    spec = catalog.spec(sys.argv[3]).title
except ConsoleError as error:
    spec = str(error)
model = catalog.model_of(sys.argv[3])
print(json.dumps({
    "keys": keys, "listed": before + listed, "entries": entries, "spec": spec,
    "model": model and model.__name__,
    "imported": sorted(name for name in sys.modules if name.startswith("plugin_")),
}))
"""


class Site:
    """A folder that distributions are installed into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, distribution: str, key: str, code: str, *, attribute: str = "SPEC") -> None:
        module = f"plugin_{distribution.replace('-', '_')}"
        (self.folder / f"{module}.py").write_text(code)
        information = self.folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
        )
        (information / "entry_points.txt").write_text(
            f"[integration_tui.providers]\n{key} = {module}:{attribute}\n"
        )

    def look(
        self, key: str = "abacus", *, trusted: tuple[str, ...] = (), enabled: tuple[str, ...] = ()
    ) -> "Seen":
        done = subprocess.run(
            [sys.executable, "-c", LOOK, json.dumps(enabled), json.dumps(trusted), key],
            env={"PYTHONPATH": str(self.folder)},
            capture_output=True,
            text=True,
            check=True,
        )
        return Seen(json.loads(done.stdout))


class Seen:
    """What a fresh process saw of its catalog."""

    def __init__(self, answer: dict[str, list[object]]) -> None:
        self.keys = answer["keys"]
        self.imported_by_listing = answer["listed"]
        self.imported = answer["imported"]
        self.entries = answer["entries"]
        self.spec = str(answer["spec"])
        self.model: object = answer["model"]

    @property
    def error(self) -> str:
        """The error of the only type from outside."""
        (entry,) = self.entries
        assert isinstance(entry, list)
        return str(entry[4])


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def plug_in(key: str = "abacus", contract: int = 1) -> str:
    return PLUG_IN.format(key=key, contract=contract)


def test_a_trusted_plug_in_is_a_type_like_any_other(site: Site) -> None:
    site.install("abacus-sis", "abacus", plug_in())

    seen = site.look(trusted=("Abacus_SIS",))

    assert seen.entries == [["abacus", "Abacus", "abacus-sis", True, ""]]
    assert seen.keys == [*BUILT_IN, "abacus"]
    assert seen.spec == "Abacus"
    assert seen.model == "ProviderConfig"


def test_one_that_is_not_trusted_is_listed_and_not_imported(site: Site) -> None:
    site.install("abacus-sis", "abacus", plug_in())

    seen = site.look()

    assert "INTEGRATION_TRUSTED_PLUGINS" in seen.error
    assert seen.imported == []
    assert "abacus" not in seen.keys
    assert "not trusted" in seen.spec


def test_a_trusted_one_is_imported_when_somebody_asks_for_it(site: Site) -> None:
    site.install("abacus-sis", "abacus", plug_in())

    seen = site.look(trusted=("abacus-sis",))

    assert seen.imported_by_listing == []
    assert seen.imported == ["plugin_abacus_sis"]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import nowhere_at_all", "ModuleNotFoundError"),
        ("raise RuntimeError('no')", "RuntimeError"),
        ("import sys; sys.exit(3)", "SystemExit"),
        ("def", "SyntaxError"),
        ("OTHER = 1", "AttributeError"),
        ("SPEC = 1", "is not a ProviderSpec"),
        (plug_in(contract=2), "version 2 of the provider contract"),
        (plug_in(key="counting"), "calls itself counting"),
        (plug_in().replace('"Abacus"', "5"), "title is not a text"),
        (plug_in().replace("=ProviderConfig", "=int"), "config_model is not a ProviderConfig"),
        (plug_in().replace("frozenset(", "list("), "capabilities is not a frozenset"),
        (plug_in().replace("Capability.EXTERNAL_SYSTEM", "'flying'"), "capabilities is not a froz"),
        (plug_in().replace("lambda config, context: None", "None"), "build cannot be called"),
        ("class End(BaseException): ...\nraise End", "failed with End"),
        (
            "class Mute(Exception):\n    def __str__(self): raise KeyError\nraise Mute",
            "failed with Mute",
        ),
    ],
)
def test_one_that_cannot_be_used_is_listed_with_its_error(
    site: Site, code: str, error: str
) -> None:
    site.install("abacus-sis", "abacus", code)

    seen = site.look(trusted=("abacus-sis",))

    assert error in seen.error
    assert error in seen.spec
    assert seen.model is None


def test_one_that_cannot_be_used_hurts_nothing(site: Site) -> None:
    site.install("abacus-sis", "abacus", "raise RuntimeError('no')")

    seen = site.look("mock", trusted=("abacus-sis",))

    assert seen.spec == "Mock district"
    assert seen.keys == [*BUILT_IN, "abacus"]  # unknown until it is imported


def test_one_whose_distribution_has_no_name_is_not_trusted(site: Site) -> None:
    site.install("abacus-sis", "abacus", plug_in())
    (site.folder / "abacus_sis-1.0.dist-info" / "METADATA").unlink()

    seen = site.look(trusted=("abacus-sis", "unknown", ""))

    assert "not trusted" in seen.error
    assert seen.imported == []


def test_a_name_that_could_steer_a_terminal_is_refused_and_shown_harmless(site: Site) -> None:
    site.install("abacus-sis", "\x1b[31mred", plug_in())

    seen = site.look(trusted=("abacus-sis",))

    assert seen.entries == [
        ["␛[31mred", "␛[31mred", "abacus-sis", False, "its name is not made of a-z, 0-9 and _"]
    ]
    assert seen.keys == [*BUILT_IN]


def test_a_name_that_is_taken_stays_with_its_owner(site: Site) -> None:
    site.install("abacus-sis", "mock", plug_in("mock"))

    seen = site.look("mock", trusted=("abacus-sis",))

    assert seen.error == "the name mock is taken by another provider type"
    assert seen.spec == "Mock district"


def test_of_two_plug_ins_with_one_name_the_first_by_name_has_it(site: Site) -> None:
    site.install("zeta", "abacus", plug_in().replace('"Abacus"', '"Zeta"'))
    site.install("alpha", "abacus", plug_in().replace('"Abacus"', '"Alpha"'))

    seen = site.look(trusted=("zeta", "alpha"))

    assert seen.spec == "Alpha"
    assert [entry[2:4] for entry in seen.entries if isinstance(entry, list)] == [
        ["alpha", True],
        ["zeta", False],
    ]


def test_a_type_that_is_not_enabled_says_how_to_enable_it(site: Site) -> None:
    site.install("abacus-sis", "abacus", plug_in())

    seen = site.look(trusted=("abacus-sis",), enabled=("mock",))

    assert seen.entries == [["abacus", "Abacus", "abacus-sis", False, ""]]
    assert seen.keys == ["mock"]
    assert "INTEGRATION_ENABLED_PROVIDERS" in seen.spec


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(NotFoundError, match="did you mean mock"):
        Catalog().spec("mokc")


def test_all_names_are_offered_where_none_is_near() -> None:
    with pytest.raises(NotFoundError, match=f"known are {', '.join(BUILT_IN)}"):
        Catalog().spec("wxyz")


def test_a_built_in_type_that_is_not_enabled_is_refused() -> None:
    catalog = Catalog(enabled=("oneroster",))

    with pytest.raises(ConfigError, match="mock is not enabled"):
        catalog.spec("mock")
    assert catalog.model_of("mock") is None
    assert catalog.keys() == ("oneroster",)


def test_the_model_of_a_type_is_its_config() -> None:
    assert Catalog().model_of("mock") is MockConfig
    assert Catalog().model_of("no such type") is None


def test_a_type_may_be_brought_along() -> None:
    catalog = Catalog(extra=[MOCK])

    assert catalog.spec("mock") is MOCK
    assert catalog.keys().count("mock") == 1


@pytest.mark.parametrize("key", BUILT_IN)
def test_a_built_in_type_is_listed_as_it_says_itself(key: str) -> None:
    spec = Catalog().spec(key)

    listed = next(entry for entry in Catalog().entries() if entry.key == key)
    assert (listed.title, listed.capabilities) == (spec.title, spec.capabilities)
    assert Catalog().can(key, Capability.ROSTER) is (Capability.ROSTER in spec.capabilities)


@pytest.mark.parametrize("key", BUILT_IN)
def test_every_built_in_type_can_be_used(key: str) -> None:
    entries = {entry.key: entry for entry in Catalog().entries()}

    assert entries[key].error == ""
    assert entries[key].origin == "built-in"
    assert entries[key].capabilities
    assert entries[key].enabled
