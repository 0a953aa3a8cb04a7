"""The tree of errors that is drawn at its top is the one that there is."""

import ast
import builtins
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from integration_tui.domain import errors

SOURCE = Path(errors.__file__).parent.parent
ROOT = errors.ConsoleError.__name__
BUILT_IN = {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
}
CLASSES: dict[tuple[str, Path], str] = {}
"""The first base of each class, which is known by its name and its module."""
IMPORTERS: defaultdict[tuple[str, str], set[Path]] = defaultdict(set)
"""Who imports a name from a module."""

for _path in sorted(SOURCE.rglob("*.py")):
    for _node in ast.walk(ast.parse(_path.read_text())):
        if isinstance(_node, ast.ClassDef) and _node.bases:
            CLASSES[_node.name, _path] = ast.unparse(_node.bases[0])
        elif isinstance(_node, ast.ImportFrom):
            for _alias in _node.names:
                IMPORTERS[_alias.name, _node.module or ""].add(_path)


def below(names: set[str]) -> dict[tuple[str, Path], str]:
    """Return the classes below some, with the base of each."""
    while True:
        found = {key: base for key, base in CLASSES.items() if base in names}
        grown = names | {name for name, _ in found}
        if grown == names:
            return found
        names = grown


def drawn() -> Mapping[str, str]:
    """Return the classes of the drawn tree, each with its parent."""
    parents: dict[str, str] = {}
    path = [ROOT]
    for line in (errors.__doc__ or "").splitlines():
        branch, mark, words = line.partition("── ")
        if mark:
            depth = len(branch) // 4 + 1
            name = words.split()[0]
            parents[name] = path[depth - 1]
            path[depth:] = [name]
    return parents


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)


def floor_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0]


def test_the_drawn_tree_is_the_tree_of_classes() -> None:
    assert drawn() == {name: base for (name, _), base in below({ROOT}).items()}


def test_other_exceptions_stay_on_their_floor_and_are_private_in_their_module() -> None:
    others = below(BUILT_IN).keys() - below({ROOT}).keys() - {(ROOT, Path(errors.__file__))}
    assert others

    for name, home in others:
        users = IMPORTERS[name, module_of(home)]
        assert {floor_of(path) for path in users} <= {floor_of(home)}, f"{name} crosses a floor"
        assert users or name.startswith("_"), f"{name} is used in its module only"
