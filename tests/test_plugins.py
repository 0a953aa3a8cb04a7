"""docs/plugins.md builds what stands in examples/, every command of it works, offline."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.provider import Connector, ProviderSpec
from integration_tui.providers import http
from integration_tui.testing.host import FakeHost
from integration_tui.testing.http_server import FixtureServer, Reply, serve

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/plugins.md").read_text()
EXAMPLE = ROOT / "examples/integration-tui-abacus"
FILE = re.compile(r"^`([\w./]+)`:\n\n<!-- .+ -->\n```\w+\n((?s:.*?))^```$", re.MULTILINE)
FILES = dict(FILE.findall(PAGE))
COMMANDS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
TOKEN = "abacus-token"
LIST = "integration-tui provider types"

PYTHON3 = """#!{python}
# `python3 -m venv FOLDER`, with the libraries of these tests and a pip that needs no network.
import os, sys, venv
from pathlib import Path
folder = Path(sys.argv[3])
venv.create(folder)
site = folder / "lib" / f"python{{sys.version_info[0]}}.{{sys.version_info[1]}}" / "site-packages"
(site / "host.pth").write_text("\\n".join({paths!r}))
pip = folder / "bin" / "pip"
pip.write_text("#!" + str(folder.absolute() / "bin" / "python") + "\\n" + {pip!r})
pip.chmod(0o755)
"""
PIP = """
# `pip install` of a folder: its metadata and the way to its modules, as an editable one has.
import sys, sysconfig, tomllib
from pathlib import Path
wanted, _, extra = sys.argv[-1].partition("[")
folder = Path(wanted).absolute()
project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
assert not extra or extra[:-1] in project["optional-dependencies"], extra
site, scripts = Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("scripts"))
name = project["name"].replace("-", "_")
(site / f"{name}.pth").write_text(str(folder / "src"))
metadata = site / f"{name}-{project['version']}.dist-info"
metadata.mkdir()
(metadata / "METADATA").write_text(
    f"Metadata-Version: 2.1\\nName: {project['name']}\\nVersion: {project['version']}\\n")
(metadata / "entry_points.txt").write_text("".join(
    f"[{group}]\\n" + "".join(f"{key} = {value}\\n" for key, value in points.items())
    for group, points in project.get("entry-points", {}).items()))
commands = {**project.get("scripts", {}), **({"pytest": "pytest:main"} if extra else {})}
for command, target in commands.items():
    module, function = target.split(":")
    script = scripts / command
    script.write_text(f"#!{sys.executable}\\nimport sys\\n"
        f"from {module} import {function}\\nsys.exit({function}())\\n")
    script.chmod(0o755)
"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def script_of(folder: Path) -> str:
    """Return the page's commands as one script; the second terminal is a job of it."""
    lines = ["set -euo pipefail", "trap 'kill $(jobs -p) || true' EXIT"]
    for block in COMMANDS:
        if "integration_tui.testing" in block:
            block = block.replace("python -m", "exec python -m")  # so that it is what is ended
            lines += [f"({block}) > served.txt &"]
            lines += ["until grep -q serving served.txt; do sleep 0.02; done"]
        else:
            lines += [block, *(write_files(folder) if "mkdir" in block else ())]
    text = "\n".join(lines)
    # The first list names what cannot be used, which is exit code 1.
    text = text.replace(LIST, f"{LIST} || test $? = 1", 1)
    # What differs each time: the port, and the hash that the plan has.
    text = text.replace("8099", str(free_port()))
    return text.replace("7a15cacac904", f"$(sed -n 's/^plan *//p' {folder}/out.txt)")


def write_files(folder: Path) -> list[str]:
    """Return the commands by which the files of the page are put where it says."""
    for path, text in FILES.items():
        kept = folder / "page" / path
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(text)
    return [f"cp {folder}/page/{path} {path}" for path in FILES]


def run_page(folder: Path) -> str:
    """Type the page's commands into an empty folder; return what they printed."""
    python3 = folder / "bin" / "python3"
    python3.parent.mkdir()
    paths = [path for path in sys.path if path.endswith("site-packages")]
    python3.write_text(PYTHON3.format(python=sys.executable, paths=paths, pip=PIP))
    python3.chmod(0o755)
    script = folder / "page.sh"
    script.write_text(script_of(folder).replace("export CHECKOUT=~/integration-tui", ""))
    environ = {
        "PATH": f"{python3.parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "CHECKOUT": str(ROOT),
    }
    output = folder / "out.txt"
    with output.open("w") as printed:
        done = subprocess.run(
            ["bash", script], cwd=folder, env=environ, stdout=printed, stderr=subprocess.STDOUT
        )
    assert done.returncode == 0, output.read_text()
    return output.read_text()


def test_the_page_has_the_files_of_the_example() -> None:
    kept = [*EXAMPLE.glob("*.toml"), *EXAMPLE.glob("src/*/*.py"), *EXAMPLE.glob("tests/*.*")]

    assert {str(path.relative_to(EXAMPLE)): path.read_text() for path in kept} == FILES


def test_the_page_leads_from_an_empty_folder_to_an_applied_sync(tmp_path: Path) -> None:
    printed = run_page(tmp_path)

    suite, _, rest = printed.partition("integration-tui-abacus is not trusted")
    assert re.search(r"\d+ passed, \d+ skipped", suite)
    assert re.search(r"^abacus +Abacus +integration-tui-abacus +yes", rest, re.MULTILINE)
    assert "abacus-high added." in rest
    assert re.search(r"^status +applied", rest, re.MULTILINE)
    assert "Ada Bell" in rest.splitlines()[-1]


@pytest.fixture
def spec(monkeypatch: pytest.MonkeyPatch) -> ProviderSpec:
    """The example's type, as an entry point would load it."""
    monkeypatch.syspath_prepend(EXAMPLE / "src")
    from integration_tui_abacus import SPEC

    return SPEC


@asynccontextmanager
async def connected(spec: ProviderSpec, base_url: str) -> AsyncGenerator[Connector]:
    config = spec.config_model.model_validate(
        {
            "name": "abacus",
            "type": "abacus",
            "base_url": base_url,
            "auth": {"type": "jwt", "token": "env:ABACUS_TOKEN"},
        }
    )
    connector = spec.build(config, FakeHost({"ABACUS_TOKEN": TOKEN}).context())
    try:
        await connector.connect()
        yield connector
    finally:
        await connector.disconnect()


@pytest.mark.parametrize("host", ["10.0.0.7", "169.254.169.254", "[fd00:ec2::254]"])
async def test_a_plug_in_cannot_call_addresses_of_our_own_network(
    spec: ProviderSpec, host: str
) -> None:
    with pytest.raises(IncompatibleError, match="resolves to"):
        async with connected(spec, f"https://{host}"):
            pass


async def test_an_answer_to_a_plug_in_is_read_up_to_the_limit(spec: ProviderSpec) -> None:
    server = FixtureServer({}, token=TOKEN)
    server.put("/api/account", Reply(200, b'{"product": "' + b"x" * (32 * 2**20) + b'"}'))

    async with serve(server) as address:
        with pytest.raises(IncompatibleError, match="32 MB"):
            async with connected(spec, address):
                pass


async def test_an_error_of_a_plug_in_repeats_no_secret(spec: ProviderSpec) -> None:
    server = FixtureServer({})
    server.put("/api/account", Reply.json({"error": f"{TOKEN} is unknown"}, status=400))

    async with serve(server) as address:
        with pytest.raises(IncompatibleError) as caught:
            async with connected(spec, address):
                pass

    assert server.seen[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("name", http.__all__)
def test_a_public_name_of_the_http_package_is_there_and_on_the_page(name: str) -> None:
    assert callable(getattr(http, name))
    assert f"`{name}`" in PAGE


def test_another_name_is_not_there() -> None:
    assert not hasattr(http, "HttpServer")
