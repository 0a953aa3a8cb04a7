"""One command runs the parts and writes the table; a part that fails stops no other."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.all import BEGIN, END, PARTS
from benchmarks.serving import serving

ROOT = Path(__file__).parent.parent.parent


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.all", "--tiny", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text(f"Before\n{BEGIN}\nold\n{END}\nAfter\n")
    return path


def test_a_part_that_fails_stands_in_the_table(page: Path) -> None:
    done = run("--only", "mock", "reading", "--peer", "/nonexistent/python", "--write", str(page))

    assert done.returncode == 1, done.stderr
    text = page.read_text()
    assert text.startswith(f"Before\n{BEGIN}\n")
    assert text.endswith(f"\n{END}\nAfter\n")
    assert "old" not in text
    assert "| mock small_school with 0 changes an hour, made |" in text
    assert "| reading | | | | | | **failed: exit code 1** |" in text
    assert ", SQLite " in text


def test_parts_that_work_are_no_failure() -> None:
    done = run("--only", "mock")

    assert done.returncode == 0, done.stderr
    assert "| What | This program | Compared with | Ratio | Spread | Goal | Met |" in done.stdout


def test_keys_are_pressed_while_a_district_is_synced(tmp_path: Path) -> None:
    with serving(500) as address:
        command = [sys.executable, "-m", "benchmarks.sync_keys", str(tmp_path), address, "0.2"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["keys"] > 0
    assert found["p50_ms"] <= found["p99_ms"] <= found["max_ms"]


def test_the_page_of_the_figures_has_a_place_for_the_table() -> None:
    text = (ROOT / "docs/performance.md").read_text()

    assert text.count(BEGIN) == text.count(END) == 1
    for part in PARTS:
        assert f"benchmarks.{part.module}" in text


def test_nights_pass_under_a_clock_that_goes_on() -> None:
    words = ("--records", "--nights", "1", "--night-records", "500")
    command = [sys.executable, "-m", "benchmarks.growth", *words]

    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)

    assert done.returncode == 0, done.stderr
    assert "1 nights, last quarter to the second: rows" in done.stdout
