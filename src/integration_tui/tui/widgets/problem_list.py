"""What there is to fix in a document, line by line."""

from __future__ import annotations

from collections.abc import Sequence

from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow
from integration_tui.tui.widgets.table.table import RowTable

_COLUMNS = (
    Column(title="At", width=8),
    Column(title="Path", width=20, from_width=60),
    Column(title="Problem"),
)


class ProblemTable(RowTable):
    """Choosing one says where it is."""

    def __init__(self) -> None:
        super().__init__(_COLUMNS, id="problems", empty="no problems")
        self._problems: Sequence[ConfigProblem] = ()

    def show_problems(self, problems: Sequence[ConfigProblem]) -> None:
        self._problems = problems
        self.show([_row(place, problem) for place, problem in enumerate(problems)])

    def problem(self, key: str) -> ConfigProblem:
        """Return the problem that a row stands for."""
        return self._problems[int(key)]


def sentence_of(problem: ConfigProblem) -> str:
    """Return what is wrong and how to fix it, without its place."""
    return f"{problem.message}; {problem.advice}" if problem.advice else problem.message


def _row(place: int, problem: ConfigProblem) -> TableRow:
    at = f"{problem.line}:{problem.column}" if problem.line else "-"
    text = f"✗ {sentence_of(problem)}"
    return TableRow(key=str(place), cells=(Cell(at), Cell(problem.path), Cell(text, CellStyle.BAD)))
