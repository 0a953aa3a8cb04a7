"""The floors hold, functions stay short, and importing costs nothing that is not needed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src/integration_tui"
FROZEN = SOURCE / "store/migrations/versions"  # lists of facts, which never change
MODULES = sorted(path for path in SOURCE.rglob("*.py") if FROZEN not in path.parents)
HEAVY = {"textual", "sqlalchemy", "httpx", "pydantic", "alembic", "ruamel", "mimesis", "croniter"}


def loaded(code: str) -> set[str]:
    """Return which heavy libraries a fresh interpreter has loaded after running `code`."""
    script = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return HEAVY & set(done.stdout.split())


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_imports_go_down_the_floors_only() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], capture_output=True, text=True)

    assert done.returncode == 0, done.stdout


def test_functions_are_short() -> None:
    too_long = {
        f"{path.relative_to(SOURCE)}:{node.lineno} {node.name}"
        for path in MODULES
        for node in functions(path)
        if length(node) > 40
    }

    assert not too_long


def test_only_adding_an_entry_says_that_the_audit_log_has_grown() -> None:
    emitting = {
        str(path.relative_to(SOURCE)) for path in MODULES if "AuditAppended()" in path.read_text()
    }

    assert emitting == {"store/audit/repository.py"}


def test_help_loads_nothing_heavy() -> None:
    code = "import sys; sys.argv[1:] = ['--help']\nfrom integration_tui.__main__ import main\n"
    code += "try: main()\nexcept SystemExit: pass"

    assert loaded(code) == set()


def test_the_version_needs_no_library_at_all() -> None:
    code = "import sys; sys.argv[1:] = ['--version']\nfrom integration_tui.__main__ import main\n"

    assert loaded(f"{code}main()\nassert 'click' not in sys.modules") == set()


def test_the_console_can_paint_before_the_store_is_loaded() -> None:
    assert loaded("import integration_tui.tui.app") == {"textual"}


@pytest.mark.parametrize(
    "module", ["provider", "events", "health.status", "integration", "audit.log"]
)
def test_the_nouns_are_light(module: str) -> None:
    assert loaded(f"import integration_tui.domain.{module}") == set()


def test_the_config_of_a_plug_in_loads_no_http() -> None:
    assert loaded("from integration_tui.providers.http import HttpConfig") == {"pydantic"}


@pytest.mark.parametrize(
    "module", ["engine.engine", "services.integrations", "providers.catalog", "store.database"]
)
def test_http_and_migrations_wait_for_their_first_use(module: str) -> None:
    never = {"textual", "httpx", "alembic", "mimesis", "croniter"}

    assert not loaded(f"import integration_tui.{module}") & never
