"""Figures come out as they went in, and say whether their goal is met."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from benchmarks.measuring import (
    Figure,
    Report,
    Runs,
    Series,
    at_least,
    at_most,
    cost,
    cpu,
    load_figures,
    wall,
)


def test_a_ratio_is_the_median_of_the_rounds_own_ratios(tmp_path: Path) -> None:
    target = tmp_path / "figures"
    report = Report(target)
    ours = Series("first load", "s CPU", [20.0, 30.0, 60.0])
    limit = Series("raw limit", "s CPU", [10.0, 10.0, 10.0])

    report.ratio("first load, to the raw limit", ours, limit, goal=at_most(2.6))
    report.ratio("the inverse", ours, limit, goal=at_least(0.3), inverse=True)

    first, inverse = load_figures(target)
    assert [first, inverse] == report.figures
    assert (first.value, first.spread(), first.is_met) == (3.0, "2 to 6x", False)
    assert (first.ours, first.other) == ("30 s CPU", "raw limit, 10 s CPU")
    assert first.goal_text() == "at most 2.60x"
    assert (round(inverse.value, 2), inverse.is_met) == (0.33, True)


def test_a_figure_without_a_goal_is_neither_met_nor_missed() -> None:
    figure = Figure(what="records read", values=[71_234.0], unit="records/s")

    assert figure.is_met is None
    assert "71,234 records/s" in figure.line()
    assert "one round" in figure.line()


def test_nothing_is_loaded_where_nothing_was_written(tmp_path: Path) -> None:
    assert load_figures(tmp_path / "figures") == []


def test_a_process_costs_what_it_took_and_has_to_end_well() -> None:
    runs = Runs("work")

    runs.add(cost([sys.executable, "-c", "print(sum(range(10**6)))"]))
    runs.add(cost([sys.executable, "-c", "raise SystemExit(3)"], exits=(0, 3)))

    assert runs.costs[0].said == "499999500000\n"
    assert all(value > 0 for pick in (cpu, wall) for value in runs.series(pick).values)
    with pytest.raises(SystemExit, match="failed with 3"):
        cost([sys.executable, "-c", "raise SystemExit(3)"])


def test_what_a_process_is_told_reaches_it() -> None:
    command = [sys.executable, "-c", "import os; print(os.environ['TREE'])"]

    assert cost(command, {"TREE": "other"}).said == "other\n"
