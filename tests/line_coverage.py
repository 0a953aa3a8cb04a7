"""Which lines of the engine, the store and the configuration run: `-p tests.line_coverage`.

Coverage's tracer slows down all that runs in a process, whatever it is told to measure: consoles,
servers, libraries and tests took twice the time. Its quick way needs Python 3.12. So the measured
modules mark their statements themselves: each is compiled with a mark before every statement, and
`coverage combine` and `coverage report` read what was marked. A clause (`except`, `case`) counts
when its body or that of a later one is entered.
"""

import ast
import os
from collections.abc import Iterator, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from sys import meta_path
from types import CodeType, ModuleType

import pytest
from coverage import CoverageData

PACKAGES = tuple(f"integration_tui.{name}" for name in ("engine", "store", "config"))
ROOT = Path(__file__).parents[1]
MARKS = "__marks__"
marks: dict[str, bytearray] = {}
"""By file: what ran, by line."""


def mark(line: int, node: ast.AST) -> ast.stmt:
    """Return the statement that marks a line, at the place of another."""
    (statement,) = ast.parse(f"{MARKS}[{line}] = 1").body
    for part in ast.walk(statement):
        ast.copy_location(part, node)
    return statement


def is_first(statement: ast.stmt) -> bool:
    """Say whether nothing may stand before a statement: a docstring, or `from __future__`."""
    match statement:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
        case ast.ImportFrom(module="__future__"):
            return True
        case _:
            return False


def lines_of(statement: ast.stmt) -> Iterator[int]:
    """Yield the lines that run with a statement: its own, and those of decorators."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield from (decorator.lineno for decorator in statement.decorator_list)
        case _:
            pass
    yield statement.lineno


def marked(block: list[ast.stmt], clauses: Sequence[int]) -> list[ast.stmt]:
    """Return a block with a mark before each statement; `clauses` are the lines that led to it."""
    found: list[ast.stmt] = []
    marks = [mark(line, block[0]) for line in clauses]
    for statement in block:
        marks += [mark(line, statement) for line in lines_of(statement)]
        if is_first(statement):
            found.append(statement)
        else:
            found += [*marks, statement]
            marks = []
    return found + marks


def clauses_of(node: ast.AST) -> Iterator[tuple[ast.AST, int]]:
    """Yield the clauses of a statement with their lines, in the order in which they are tried."""
    match node:
        case ast.Match():
            yield from ((case, case.pattern.lineno) for case in node.cases)
        case ast.Try() | ast.TryStar():
            yield from ((handler, handler.lineno) for handler in node.handlers)
        case _:
            pass


def mark_all(tree: ast.Module) -> None:
    """Put a mark before every statement of a module."""
    tried: dict[ast.AST, list[int]] = {}
    for node in tuple(ast.walk(tree)):
        lines: list[int] = []
        for clause, line in clauses_of(node):
            lines.append(line)
            tried[clause] = list(lines)
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block:
                setattr(node, field, marked(block, tried.get(node, ())))


class MarkingLoader(SourceFileLoader):
    """Makes a module that marks what it runs; nothing of it is kept as byte code."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        source = self.get_data(path)
        tree = ast.parse(source)
        mark_all(tree)
        code: CodeType = compile(tree, path, "exec", dont_inherit=True)
        return code

    def exec_module(self, module: ModuleType) -> None:
        path = self.get_filename(module.__name__)
        lines = Path(path).read_bytes().count(b"\n") + 2
        vars(module)[MARKS] = marks.setdefault(path, bytearray(lines))
        super().exec_module(module)


class MarkingFinder(MetaPathFinder):
    """Has the measured packages loaded by a loader that marks."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(PACKAGES):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec and isinstance(spec.loader, SourceFileLoader):
            spec.loader = MarkingLoader(spec.loader.name, spec.loader.path)
        return spec


def save(data: CoverageData, marks: Mapping[str, bytearray]) -> None:
    """Write by file which lines are marked."""
    data.add_lines(
        {path: [line for line, ran in enumerate(of) if ran] for path, of in marks.items()}
    )
    data.write()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Write what ran, for `coverage combine`; of a module that nobody imported, nothing did."""
    data = CoverageData(str(ROOT / f".coverage.{os.getpid()}"))
    for package in PACKAGES:
        folder = ROOT.joinpath("src", *package.split("."))
        for path in folder.rglob("*.py"):
            if path.with_name("__init__.py").exists():
                marks.setdefault(str(path), bytearray())
    save(data, marks)


meta_path.insert(0, MarkingFinder())
