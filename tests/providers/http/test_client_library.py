"""httpx is loaded without what only its command line needs, and works as ever."""

import subprocess
import sys

CODE = """
import sys
{before}
from integration_tui.providers.http.session import HttpSession
import integration_tui.providers.http.transport
import httpx
print(*({{"rich", "pygments", "click", "httpx._main"}} & set(sys.modules)), callable(httpx.main))
"""


def loaded(before: str = "") -> str:
    command = [sys.executable, "-c", CODE.format(before=before)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_no_command_line_is_loaded() -> None:
    assert loaded() == "True"


def test_who_loaded_httpx_before_keeps_its_command_line() -> None:
    assert "httpx._main" in loaded("import httpx")
