"""The floors hold, functions stay short, and importing costs nothing that is not needed."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src/integration_tui"
FROZEN = SOURCE / "store/migrations/versions"  # lists of facts, which never change
MODULES = sorted(path for path in SOURCE.rglob("*.py") if FROZEN not in path.parents)
SERVICES = "integration_tui.services"
CALL = """
import gc, sys; sys.argv[1:] = {words}
from integration_tui.__main__ import main
try: main()
except SystemExit: pass
"""
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


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path, modules: Collection[str]) -> Iterator[str]:
    """Yield which modules one imports: at its top, inside its functions, and for its types only."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in modules else node.module for name in names)


def import_graph(root: Path) -> dict[str, set[str]]:
    """Return which modules of a folder each of them imports."""
    modules = {module_name(path, root): path for path in root.rglob("*.py")}
    return {
        module: {name for name in imported(path, modules) if name in modules and name != module}
        for module, path in modules.items()
    }


def circle_in(graph: Mapping[str, set[str]]) -> list[str]:
    """Return modules that import each other in a circle, the first of them once more at the end."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return []


def test_imports_go_down_the_floors_only() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], capture_output=True, text=True)

    assert done.returncode == 0, done.stdout


def test_modules_import_each_other_in_no_circle() -> None:
    assert circle_in(import_graph(SOURCE.parent)) == []


@pytest.mark.parametrize(
    "import_of_a",
    [
        "from package.a import A",
        "import package.a",
        "from package import a",
        "if TYPE_CHECKING:\n    from package.a import A",
        "def late() -> None:\n    from package.a import A",
    ],
)
def test_a_circle_is_found_wherever_it_is_closed(tmp_path: Path, import_of_a: str) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package/__init__.py").touch()
    (tmp_path / "package/a.py").write_text("from package import b")
    (tmp_path / "package/b.py").write_text(import_of_a)

    assert set(circle_in(import_graph(tmp_path))) == {"package.a", "package.b"}


def test_a_public_class_name_means_one_class() -> None:
    places: defaultdict[str, list[str]] = defaultdict(list)
    for path in MODULES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(f"{path.relative_to(SOURCE)}:{node.lineno}")

    assert not {name: where for name, where in places.items() if len(where) > 1}


def test_the_console_knows_the_services_by_protocols_only() -> None:
    named = {
        f"{path.relative_to(SOURCE)}: {alias.name}"
        for path in (SOURCE / "tui").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(SERVICES)
        for alias in node.names
        if alias.name.endswith(("Service", "Services"))
    }

    assert not named


def slotted_dataclasses(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef):
            made = {ast.unparse(decorator) for decorator in node.decorator_list}
            if any(text.startswith("dataclass") and "slots=True" in text for text in made):
                yield node.name


SLOTTED_DATACLASSES = {
    "config/nodes.py: Node": "fields that are computed, and not compared",
    "providers/canvas/enrollments.py: _Found": "fields by name behind fields by position",
    "providers/canvas/reading.py: _Sweep": "fields by name behind fields by position",
    "providers/http/auth/token_cache.py: Token": "a token, which no `repr` may show",
    "providers/http/models.py: AuthHeaders": "secrets, which no `repr` may show",
    "providers/http/models.py: Request": "headers and a body, which no `repr` may show",
    "providers/http/models.py: Response": "a body, which no `repr` may show",
    "services/support/redactor.py: Redactor": "what it hides, which no `repr` may show",
}
"""The others are structs: a slotted dataclass takes 1 ms to make, a struct 0.03."""


def test_values_are_structs() -> None:
    unhurried = {"demo", "sandbox", "testing", "web"}  # nobody waits for their start
    slotted = {
        f"{place}: {name}"
        for path in MODULES
        if (place := path.relative_to(SOURCE)).parts[0] not in unhurried
        for name in slotted_dataclasses(path)
    }

    assert slotted == SLOTTED_DATACLASSES.keys()


def test_values_are_replaced_by_what_takes_structs() -> None:
    """Type checkers let `dataclasses.replace` take a struct, and it raises."""
    wrong = {
        str(path.relative_to(SOURCE))
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "dataclasses"
        if {"replace", "fields", "asdict"} & {alias.name for alias in node.names}
    }

    assert wrong == {
        "cli/output.py",  # of both kinds
        "domain/value.py",
        "sandbox/canvas/sis_import.py",  # of its dataclasses
        "sandbox/control_api.py",
    }


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


WRITES_ELSEWHERE = {
    "cli/streams.py": "the null device stands in for a stream that is closed",
    "engine/lock.py": "a lock is held by an open file, which is never replaced",
    "logging_setup.py": "a log grows at its end",
    "providers/http/client_certificate.py": "a certificate in memory, which is no file of anybody",
    "providers/http/download.py": "a download grows in a file of its caller, who removes it",
    "providers/oneroster_csv/writer.py": "an export grows in a folder that says it is not whole",
    "engine/export/writers.py": "an export grows in a folder that says it is not whole",
    "store/sqlite_file.py": "SQLite writes the store",
}
"""Who writes files past the one writer of files, and why."""


WRITING_MODE = re.compile("[rbt]*[wax+][bt+]*")
WRITERS = {
    *("write_text", "write_bytes", "touch", "symlink_to", "hardlink_to"),
    *("mkstemp", "NamedTemporaryFile"),
}
MOVERS = {
    "rename",
    "renames",
    "replace",
    "link",
    "symlink",
    "copyfile",
    "copy2",
    "copytree",
    "move",
}
"""Other things have methods of these names, too."""


def is_writing(node: ast.AST) -> bool:
    """Return whether a call writes, makes or renames a file, as far as its form tells."""
    match node:
        case ast.Attribute(attr="O_WRONLY" | "O_RDWR" | "O_CREAT" | "O_APPEND"):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="os" | "shutil"), attr=name)):
            return name in {*WRITERS, *MOVERS} or _opens_to_write(node)
        case ast.Call(func=ast.Attribute(attr="rename")):
            return True
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            pass
        case _:
            return False
    if name == "replace":  # a text's has two arguments, a value's names them
        return len(node.args) == 1 and not node.keywords
    return name in WRITERS or (name == "open" and _opens_to_write(node))


def _opens_to_write(node: ast.AST) -> bool:
    words = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
    return any(isinstance(word, str) and WRITING_MODE.fullmatch(word) for word in words)


def test_files_are_written_by_their_one_writer() -> None:
    writing = {
        str(path.relative_to(SOURCE))
        for path in MODULES
        if any(map(is_writing, ast.walk(ast.parse(path.read_text()))))
    }

    assert writing - {"files/atomic.py"} == WRITES_ELSEWHERE.keys()


def test_help_loads_nothing_heavy() -> None:
    assert loaded(CALL.format(words=["--help"])) == set()


def test_the_version_needs_no_library_at_all() -> None:
    code = "import sys; sys.argv[1:] = ['--version']\nfrom integration_tui.__main__ import main\n"

    assert loaded(f"{code}main()\nassert 'click' not in sys.modules") == set()


def test_the_console_can_paint_before_the_store_is_loaded() -> None:
    assert loaded("import integration_tui.tui.app") == {"textual"}
    assert loaded("import integration_tui.services.startup_snapshot") == set()


@pytest.mark.parametrize(
    "words", [["provider", "types"], ["config", "sample"], ["config", "sample", "canvas"]]
)
def test_what_needs_no_store_is_answered_from_tables(words: list[str]) -> None:
    code = CALL.format(words=words)
    code += "assert len(sys.modules) < 240 and 'asyncio' not in sys.modules"

    assert loaded(code) == set()


def test_garbage_is_looked_for_once_a_command_works_but_not_among_what_its_start_made() -> None:
    check = "assert gc.isenabled() and gc.get_freeze_count() > 5_000"

    assert loaded(CALL.format(words=["provider", "types"]) + check) == set()


OPENED = """
import asyncio, sys
from importlib import import_module
from pathlib import Path
from integration_tui.tui.app import PRELOAD
for module in PRELOAD:
    import_module(module)
from integration_tui.bootstrap import open_services
from integration_tui.domain.actor import Actor, Interface
from integration_tui.settings import load_settings

async def main():
    settings = load_settings(environ=dict.fromkeys(
        ("INTEGRATION_CONFIG_DIR", "INTEGRATION_DATA_DIR"), sys.argv[1]))
    before = set(sys.modules)
    async with open_services(
        settings, actor=Actor(name="ana", door=Interface.CONSOLE), with_engine=True
    ) as services:
        [getattr(services, name) for name in dir(services)]
        [getattr(services.engine._parts, name) for name in dir(services.engine._parts)]
        late = set(sys.modules) - before
    print(*(name for name in late if name.startswith("integration_tui.")))

asyncio.run(main())
"""


def test_commands_wait_so_that_ctrl_c_is_heard_in_every_moment() -> None:
    deaf = [
        path.name
        for path in MODULES
        if path.parent.name in {"cli", "commands"} and "asyncio.run(" in path.read_text()
    ]

    assert deaf == []  # they take `cli.event_loop`


def test_what_the_console_opens_was_imported_ahead(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OPENED, str(tmp_path)], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == []


LIGHT_SERVICES = ("audit", "health", "messages", "secrets", "webhooks", "config_file_watch")
QUESTIONS = (*LIGHT_SERVICES, "integrations", "config", "problems", "enabling", "provider_types")


@pytest.mark.parametrize("service", QUESTIONS)
def test_a_service_loads_neither_store_nor_engine_nor_http(service: str) -> None:
    found = loaded(f"import integration_tui.services.{service}")

    assert not found & {"sqlalchemy", "httpx", "alembic", "croniter", "textual"}
    assert service not in LIGHT_SERVICES or not found


def test_the_root_of_all_loads_nothing_heavy() -> None:
    assert loaded("import integration_tui.bootstrap, integration_tui.engine.engine") == set()


@pytest.mark.parametrize(
    "module", ["provider", "events", "health.status", "integration", "audit.log"]
)
def test_the_nouns_are_light(module: str) -> None:
    assert loaded(f"import integration_tui.domain.{module}") == set()


def test_the_config_of_a_plug_in_loads_no_http() -> None:
    assert loaded("from integration_tui.providers.http import HttpConfig") == {"pydantic"}


def test_the_schema_loads_no_other_database() -> None:
    code = "import sys, integration_tui.store.schema.sync, integration_tui.store.schema.quality\n"
    code += "assert 'sqlalchemy.dialects.postgresql' not in sys.modules"

    assert "sqlalchemy" in loaded(code)


@pytest.mark.parametrize(
    "module", ["engine.engine", "services.integrations", "providers.catalog", "store.database"]
)
def test_http_and_migrations_wait_for_their_first_use(module: str) -> None:
    never = {"textual", "httpx", "alembic", "mimesis", "croniter"}

    assert not loaded(f"import integration_tui.{module}") & never
