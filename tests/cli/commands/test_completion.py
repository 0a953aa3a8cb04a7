"""The tab key: a real bash asks, and gets commands, options and choices, without a console."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ASK = """
eval "$(integration-tui completion bash)"
COMP_WORDS=({words}) COMP_CWORD={at}
_integration_tui_completion integration-tui
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("integration-tui s", ["sandbox", "serve", "sync"]),
        ("integration-tui sync pla", ["plan"]),
        ("integration-tui serve --wr", ["--write"]),
        ("integration-tui completion f", ["fish"]),
    ],
)
def test_bash_completes(words: str, found: list[str]) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    script = ASK.format(words=words, at=len(words.split()) - 1)

    done = subprocess.run(
        ["bash", "-c", script], env={**os.environ, "PATH": path}, capture_output=True, text=True
    )

    assert done.stdout.split() == found
    assert done.stderr == ""


def test_completing_loads_nothing_heavy() -> None:
    ask = {"_INTEGRATION_TUI_COMPLETE": "bash_complete", "COMP_WORDS": "x ", "COMP_CWORD": "1"}
    code = "import sys; from integration_tui.__main__ import main\n"
    code += "try: main()\nexcept SystemExit: print(*sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **ask}, capture_output=True, text=True
    )

    assert "plain,sync" in done.stdout
    assert not {"textual", "sqlalchemy", "httpx", "pydantic"} & set(done.stdout.split())


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_have_their_scripts(shell: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "integration_tui", "completion", shell],
        capture_output=True,
        text=True,
        check=True,
    )

    assert f"_INTEGRATION_TUI_COMPLETE={shell}_complete" in done.stdout
