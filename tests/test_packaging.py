"""Packaging files are filled, hold what they promise, and name no package index."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


@pytest.mark.timeout(120)
def test_the_formula_is_filled_for_the_source_distribution(tmp_path: Path) -> None:
    if find_spec("build") is None or find_spec("hatchling") is None:
        pytest.skip("building needs the extra dev")

    words = ["homebrew", "--into", str(tmp_path), "--url", "https://example.org/sdist.tar.gz"]
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/package"), *words], capture_output=True, text=True
    )

    formula = (tmp_path / "integration-tui.rb").read_text()
    sdist = tmp_path / f"integration_tui-{VERSION}.tar.gz"
    assert done.returncode == 0, done.stdout + done.stderr
    assert f'sha256 "{sha256(sdist.read_bytes()).hexdigest()}"' in formula
    assert f'version "{VERSION}"' in formula
    assert 'url "https://example.org/sdist.tar.gz"' in formula
    assert ("ruby -c read it" if shutil.which("ruby") else "Ruby is not here") in done.stdout


def test_what_cannot_be_tried_here_is_skipped_with_its_reason(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/package", "docker", "--into", tmp_path],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": str(tmp_path)},
    )

    assert (done.returncode, done.stdout) == (0, "docker    skipped: docker is not installed\n")


def test_the_container_runs_as_nobody_important_and_keeps_its_data() -> None:
    stages = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    last = DOCKERFILE.rpartition("\nFROM ")[2]

    assert len(stages) == 2
    for line in ("USER rosters", "VOLUME /data", "HEALTHCHECK", 'CMD ["run"]'):
        assert f"\n{line}" in last or f"    {line}" in last
    assert "--uid 10001" in last
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"}
    assert {name for names in copied for name in names.split()} == kept
    assert all((ROOT / name).exists() for name in kept)


def test_the_control_file_has_what_dpkg_asks_for() -> None:
    control = (ROOT / "packaging/debian/control").read_text()
    fields = dict(re.findall(r"^(\S+): (.+)$", control, re.MULTILINE))

    assert fields["Package"] == "integration-tui"
    assert {"Version", "Architecture", "Maintainer", "Depends", "Description"} <= fields.keys()
    for name in ("postinst", "prerm"):
        path = ROOT / "packaging/debian" / name
        subprocess.run(["sh", "-n", path], check=True)
        assert os.access(path, os.X_OK)


def test_no_install_names_an_index_that_does_not_have_us() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("src/**/*.py")]
    asked = re.compile(r"(?:pip|pipx|uv tool|uv pip) install [^\n`&]*?['\" ]integration-tui\b")

    assert [path.name for path in pages if asked.search(path.read_text())] == []
