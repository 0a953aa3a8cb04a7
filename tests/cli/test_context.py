"""The audit log names the operating system's user, whatever the environment claims."""

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from integration_tui.cli.context import OsUser, os_user

ME = pwd.getpwuid(os.getuid()).pw_name


def run(environ: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "integration_tui", *words],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("variable", ["LOGNAME", "USER"])
def test_the_name_is_the_systems_and_a_claim_is_noted(variable: str) -> None:
    assert os_user({variable: "principal"}) == OsUser(name=ME, uid=os.getuid(), claims="principal")
    assert os_user({"LOGNAME": ME, variable: "principal"}).name == ME


def test_an_environment_that_agrees_or_is_silent_claims_nothing() -> None:
    assert os_user({}) == OsUser(name=ME, uid=os.getuid())
    assert os_user({"LOGNAME": ME, "USER": ME}) == OsUser(name=ME, uid=os.getuid())


def test_who_came_by_sudo_is_noted() -> None:
    assert os_user({"USER": ME, "SUDO_USER": "ana"}).sudo == "ana"


def test_where_no_system_says_a_name_the_environment_does_without_a_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pwd", None)  # as on Windows

    assert os_user({"USERNAME": "ana"}) == OsUser(name="ana")


def test_list_export_and_search_show_who_it_was(environ: dict[str, str], tmp_path: Path) -> None:
    forged = {"USER": "principal", "LOGNAME": "principal", "SUDO_USER": "ana"}
    everything = {**os.environ, **environ, **forged}

    exported = json.loads(run(everything, "audit", "export").splitlines()[0])
    table = run(everything, "audit", "list", "principal")
    run(everything, "audit", "export", "--out", str(tmp_path / "log.csv"))

    actor = exported["act"]["actor"]
    assert (actor["name"], actor["uid"]) == (ME, os.getuid())
    assert (actor["claims"], actor["sudo"]) == ("principal", "ana")
    assert f"{ME} (unverified)" in table
    sheet = (tmp_path / "log.csv").read_text().splitlines()
    assert sheet[0].endswith('"uid","claims","sudo"')
    assert sheet[1].endswith(f'"{os.getuid()}","principal","ana"')
