"""Problems of a document: line, sentence, and what to write instead."""

from __future__ import annotations

from collections.abc import Sequence

from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow
from integration_tui.tui.widgets.table.table import RowTable

_COLUMNS = (
    Column(title="", width=1),
    Column(title="Line", width=7),
    Column(title="Path", width=24, rank=1, middle=True),
    Column(title="Problem", least=50),
)


class ProblemTable(RowTable):
    """Choosing one says where it is."""

    def __init__(self) -> None:
        super().__init__(_COLUMNS, id="problems", empty="No problems.")
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
    said = sentence_of(problem)
    rest = said[len(problem.message) :]
    parts = ((problem.message, CellStyle.BAD), (rest, CellStyle.PLAIN))
    return TableRow(
        key=str(place),
        cells=(
            Cell("✗", CellStyle.BAD),
            Cell(at, CellStyle.QUIET),
            Cell(problem.path),
            Cell(said, CellStyle.BAD, parts=parts),
        ),
    )
