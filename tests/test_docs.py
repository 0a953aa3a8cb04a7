"""Documented means tested: what the program has, the docs name, and the other way round."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from integration_tui.cli.main import cli

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


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
