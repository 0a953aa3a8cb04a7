"""Documented means tested: what the program has, the docs name, and the other way round."""

import ast
import builtins
import re
import subprocess
import sys
import textwrap
import tomllib
from functools import cache
from pathlib import Path

import click
import pytest

from integration_tui.cli.main import cli

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")})
SOURCE = ROOT / "src/integration_tui"
EXAMPLES = sorted(ROOT.glob("examples/*"))
FLOORS = {path.name for path in SOURCE.iterdir() if path.is_dir()}


def commands(group: click.Group, *above: str) -> list[tuple[str, ...]]:
    context = click.Context(group)
    found: list[tuple[str, ...]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found.append((*above, name))
        if isinstance(command, click.Group):
            found += commands(command, *above, name)
    return found


def test_every_dependency_has_its_reason() -> None:
    page = (ROOT / "docs/dependencies.md").read_text()
    listed = re.findall(r"^\| ([a-z][\w.-]+) \|", page, re.MULTILINE)

    declared = [re.split(r"[\[<>=]", line)[0] for line in PROJECT["dependencies"]]

    assert sorted(set(listed) - {"library"}) == sorted(declared)


def test_every_declared_dependency_is_used() -> None:
    modules = {"ruamel.yaml": "ruamel", "pydantic-settings": "pydantic_settings"}
    source = "\n".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    not_imported = {"tzdata", "aiosqlite"}  # found by zoneinfo, and by SQLAlchemy's URL

    for line in PROJECT["dependencies"]:
        name = re.split(r"[\[<>=]", line)[0]
        if name not in not_imported:
            module = modules.get(name, name)
            assert re.search(rf"^\s*(from|import) {module}\b", source, re.MULTILINE), name


@pytest.mark.parametrize("path", commands(cli), ids=" ".join)
def test_every_command_is_in_the_readme_and_has_help(path: tuple[str, ...]) -> None:
    readme = (ROOT / "README.md").read_text()

    done = subprocess.run(
        [sys.executable, "-m", "integration_tui", *path, "--help"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert path[-1] in readme
    assert len(done.stdout.splitlines()) > 3


@pytest.mark.parametrize("page", sorted(ROOT.glob("**/*.md")), ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    if ".venv" in page.parts:
        pytest.skip("not ours")
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} -> {target}"


def test_the_version_is_written_once() -> None:
    from integration_tui.version import VERSION

    assert PROJECT["version"] == VERSION


def is_there(name: str) -> bool:
    """Whether a name of a page leads to a file, folder or module of ours."""
    if "/" not in name:
        return any(SOURCE.rglob(name))
    return any([*top.glob(name), *top.glob(f"{name}.py")] for top in (ROOT, SOURCE, *EXAMPLES))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_modules_that_pages_name_are_there(page: Path) -> None:
    named = re.findall(r"`((?:[\w*-]+/)+[\w.*-]*|\w+\.py)`", page.read_text())
    ours = {name for name in named if name.split("/")[0] in FLOORS | {"tests", "scripts", "docs"}}
    ours |= {name for name in named if name.endswith(".py")}
    dotted = re.findall(r"`integration_tui\.([a-z_.]+)", page.read_text())
    # The last part may be a name in a module instead of a module.
    above = [
        name if is_there(name) else name.rpartition("/")[0] or name
        for name in (value.replace(".", "/") for value in dotted if value != "providers")
    ]

    assert sorted(name for name in {*ours, *above} if not is_there(name.rstrip("/"))) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_names_that_pages_find_in_modules_are_there(page: Path) -> None:
    for name, module in re.findall(r"`(\w+)`\s+in\s+`([\w/]+\.py)`", page.read_text()):
        assert re.search(rf"\b{name}\b", (SOURCE / module).read_text()), f"{name} in {module}"


@cache
def all_names() -> frozenset[str]:
    """Return what our modules and the tests' define on any level."""
    code = "\n".join(
        path.read_text() for top in (SOURCE, ROOT / "tests") for path in top.rglob("*.py")
    )
    return frozenset(
        re.findall(r"^\s*(?:class|def|async def) (\w+)", code, re.MULTILINE)
    ) | frozenset(re.findall(r"^(\w+)(?:: \w+)? = ", code, re.MULTILINE))


@pytest.mark.parametrize(
    "block",
    re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL),
)
def test_the_code_of_the_tour_speaks_of_what_there_is(block: str) -> None:
    tree = ast.walk(ast.parse(textwrap.dedent(block)))
    nodes = [node for node in tree if isinstance(node, ast.Name | ast.arg)]
    read = {node.id for node in nodes if isinstance(node, ast.Name)}
    own = {node.arg for node in nodes if isinstance(node, ast.arg)}
    own |= {
        node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    known = all_names() | own | set(dir(builtins)) | {"Iterator", "pytest", "integration"}

    assert sorted(read - known) == []


def test_the_floors_of_the_architecture_are_those_that_are_enforced() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    told = re.search(r"^`__main__.*?`version`$", page, re.MULTILINE | re.DOTALL)
    assert told is not None

    floors = PYPROJECT["tool"]["importlinter"]["contracts"][0]["layers"]

    assert told[0].replace("`", "").replace("\n", " ").split(" > ") == floors


def test_every_page_is_in_the_index() -> None:
    pages = {path.name for path in ROOT.glob("docs/*.md")} - {"README.md"}
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", (ROOT / "docs/README.md").read_text()))

    assert listed == pages


def test_every_decision_has_its_line_date_and_status_in_the_index() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text()
    lines = re.findall(
        r"^\| \[\d{4}\]\((.+?)\) \| (.+?) \| (\S+) \| (.+?) \|$", index, re.MULTILINE
    )
    pages = {
        path.name: re.match(r"# (.+)\n\nDate: (\S+) · Status: (.+)\n", path.read_text())
        for path in ROOT.glob("docs/decisions/0*.md")
    }

    assert {name: page and page.groups() for name, page in pages.items()} == {
        name: tuple(rest) for name, *rest in lines
    }


def test_the_code_names_decisions_that_there_are() -> None:
    code = "\n".join(path.read_text() for path in SOURCE.rglob("*.py"))
    named = set(re.findall(r"docs/decisions/(\d{4})", code))
    written = {path.name[:4] for path in ROOT.glob("docs/decisions/0*.md")}

    assert named == written


def test_the_page_of_the_api_is_what_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/api", "--check"], capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (0, "")
