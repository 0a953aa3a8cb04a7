"""What the console may import before it paints, and how outside text may reach a widget."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import integration_tui.tui
from integration_tui.tui.screens.registry import SCREENS

FOLDER = Path(integration_tui.tui.__path__[0])
HEAVY = ("sqlalchemy", "httpx", "pydantic", "alembic", "ruamel", "aiosqlite", "click")
PARTS = ("tui.app", "cli.commands.console", "services.startup_snapshot")
"""What stands on the way to the first frame."""
TAKES_TEXT = {"Static", "Label", "Button", "Checkbox", "Option", "notify", "update", "tooltip"}
SAFE = {"safe", "safe_lines", "plain", "plain_lines", "content", "diff_content", "assemble"}
SAFE |= {"empty", "styled", "_about", "_details", "Content", "join"}


def test_the_first_frame_needs_nothing_heavy() -> None:
    modules = ", ".join(f"integration_tui.{part}" for part in PARTS)
    code = f"import sys, {modules}; print(set({HEAVY!r}) & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"


def unsafe_calls(source: str) -> list[str]:
    """Return the calls that hand a widget text which is neither literal nor made safe."""
    return [
        f"line {call.lineno}: {ast.unparse(call)}"
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and _name(call.func) in TAKES_TEXT
        for given in _texts(call)
        if not _is_safe(given)
    ]


def _texts(call: ast.Call) -> Iterator[ast.expr]:
    """Yield the first argument, and those that carry text by name."""
    yield from call.args[:1]
    named = {"content", "label", "prompt", "message", "title", "tooltip", "placeholder"}
    yield from (keyword.value for keyword in call.keywords if keyword.arg in named)


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _is_safe(given: ast.expr) -> bool:
    if isinstance(given, ast.Constant):
        return True
    if isinstance(given, ast.Name) and given.id.isupper():
        return True
    if isinstance(given, ast.IfExp):
        return _is_safe(given.body) and _is_safe(given.orelse)
    if isinstance(given, ast.JoinedStr):  # figures and names of ours, formatted
        return all(
            isinstance(part, ast.Constant) or part.format_spec is not None  # type: ignore[attr-defined]  # FormattedValue
            for part in given.values
        )
    return isinstance(given, ast.Call) and _name(given.func) in SAFE


def test_text_reaches_widgets_through_one_door() -> None:
    found = {
        path.name: calls
        for path in FOLDER.rglob("*.py")
        if (calls := unsafe_calls(path.read_text(encoding="utf-8")))
    }

    assert found == {}


def test_the_check_above_finds_what_it_is_for() -> None:
    assert unsafe_calls("Static(report.detail)")
    assert unsafe_calls("self.notify(str(error), markup=False)")
    assert unsafe_calls("Label(f'{report.detail}')")
    assert unsafe_calls("pane.update(text)")
    assert not unsafe_calls("Static(safe(report.detail))")
    assert not unsafe_calls("Label('fixed')")


def test_no_widget_that_reads_markup_by_itself_is_used() -> None:
    forbidden = ("from_markup", "DataTable", "OptionList(", "RichLog", "Select(", "Tree(")

    for path in FOLDER.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert [word for word in forbidden if word in text] == [], path.name


def bindings() -> Iterator[tuple[list[str], str]]:
    """Yield the keys and the name of every binding of the console."""
    for place in SCREENS:
        yield [place.key], str(place.binding.id)
    for path in FOLDER.rglob("*.py"):
        if path.name == "registry.py":
            continue
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and _name(call.func) == "Binding":
                names = [keyword.value for keyword in call.keywords if keyword.arg == "id"]
                keys, name = call.args[0], names[0] if names else ast.Constant("")
                assert isinstance(keys, ast.Constant)
                assert isinstance(name, ast.Constant)
                yield str(keys.value).split(","), str(name.value)


def test_every_key_has_a_name_of_its_own_so_that_it_can_be_changed() -> None:
    names = [name for _keys, name in bindings()]

    assert "" not in names
    assert sorted(names) == sorted(set(names))


def test_every_key_is_in_the_handbook() -> None:
    handbook = (Path(__file__).parents[2] / "docs" / "console.md").read_text(encoding="utf-8")
    spelled = {"question_mark": "?", "colon": ":", "slash": "/", "f1": "F1"}
    spelled |= {"left_square_bracket": "[", "right_square_bracket": "]", "plus": "+"}
    spelled |= {"less_than_sign": "<", "greater_than_sign": ">"}

    for keys, name in bindings():
        assert f"`{name}`" in handbook, name
        assert [key for key in keys if f"`{spelled.get(key, key)}`" not in handbook] == []
