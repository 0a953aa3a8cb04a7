"""A recording becomes one file that moves, loads nothing and keeps still where that is asked."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SVG = "{http://www.w3.org/2000/svg}"
EVENTS = [
    (0.0, "\x1b[?1049h\x1b[2J\x1b[H\x1b[31mintegrations <3>\x1b[0m\r\nwashington"),
    (1.0, "\x1b[2;1H\x1b[?2026$p\x1b[1mlincoln   "),
    (9.0, "\x1b[2;1H\x1b[0m\x1b[48;2;10;20;30mlincoln\x1b[0m   "),
    (9.01, "\x1b[1;1Hsystems"),
    (11.0, "\x1b[2Jclosing"),
    (11.1, "\x1b[?1049l"),
]


@pytest.fixture
def cast(tmp_path: Path) -> Path:
    path = tmp_path / "demo.cast"
    header = {"version": 2, "width": 24, "height": 3, "title": "demo"}
    events = [[at, "o", text] for at, text in EVENTS]
    path.write_text("\n".join(json.dumps(line) for line in (header, *events)) + "\n")
    return path


def animated(*words: object) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/animate", *map(str, words)], capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def test_a_recording_is_drawn_frame_by_frame(cast: Path, tmp_path: Path) -> None:
    code, said = animated("--cast", cast, "--into", tmp_path / "demo.svg")

    text = (tmp_path / "demo.svg").read_text()
    tree = ET.fromstring(text)  # noqa: S314 - made a moment ago
    rows = ["".join(node.itertext()) for node in tree.findall(f"{SVG}defs/{SVG}g")]
    assert (code, "3 frames" in said) == (0, True)
    assert [row.strip() for row in rows] == [
        "integrations <3>", "washington", "lincoln", "systemstions <3>", "lincoln"
    ]  # fmt: skip
    assert "closing" not in text
    assert 'fill="#0a141e"' in text
    assert re.findall(r"([\d.]+)%\{transform", text) == ["0.000", "18.182", "63.636", "100"]


def test_it_loads_nothing_and_keeps_still_for_who_wants_that(cast: Path, tmp_path: Path) -> None:
    animated("--cast", cast, "--into", tmp_path / "demo.svg", "--still", "1.5")

    text = (tmp_path / "demo.svg").read_text()
    assert "@media(prefers-reduced-motion:reduce){#film{animation:none;" in text
    assert "transform:translateX(-201.6px)}}" in text
    assert re.search(r"<script|@import|url\(|(?:href|src)=\"(?!#)", text) is None
