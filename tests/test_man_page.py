"""The manual page is what the commands say, and roff that is printed without a warning."""

import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from integration_tui.cli.main import cli

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/man/integration-tui.1"


def test_the_manual_page_is_what_the_commands_say() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/manpage", "--check"], capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_every_group_and_its_commands_have_a_section() -> None:
    text = PAGE.read_text().replace("\\-", "-")
    context = click.Context(cli)

    for name in cli.list_commands(context):
        group = cli.get_command(context, name)
        below = group.list_commands(context) if isinstance(group, click.Group) else []
        for path in (name, *(f"{name} {one}" for one in below)):
            assert f'.SS "integration-tui {path}"' in text


def test_the_manual_page_is_printed_without_a_warning() -> None:
    if shutil.which("groff") is None:
        pytest.skip("needs groff")

    done = subprocess.run(
        ["groff", "-man", "-Tascii", "-P-cbou", "-ww", PAGE],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stderr == ""
    assert "integration-tui sync plan" in done.stdout
