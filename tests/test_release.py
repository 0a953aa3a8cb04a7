"""A release is what is committed, pinned, listed and signed; what is not ready is refused."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
VERSION = PROJECT["version"]
PARTS = (
    *("src", "themes", "sample_configs", "scripts", "docs/man"),
    *("README.md", "LICENSE", "pyproject.toml"),
)
PINS = dict(
    re.findall(
        r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE
    )
)
EXTRAS = PROJECT["optional-dependencies"]
ASKED = [*PROJECT["dependencies"], *(line for lines in EXTRAS.values() for line in lines)]
pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of its own with what a release is made of, ready for one."""
    folder = tmp_path / "repository"
    folder.mkdir()
    for name in (*PARTS, "requirements.txt"):
        path = ROOT / name
        if path.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(path, folder / name, ignore=ignored)
        else:
            shutil.copy2(path, folder)
    (folder / "CHANGELOG.md").write_text(
        f"# Changes\n\n## [Unreleased]\n\n## [{VERSION}] - 2026-12-01\n\n### Added\n- All.\n"
    )
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


@pytest.fixture
def key(tmp_path: Path) -> Path:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("signing needs ssh-keygen")
    path = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    who = ["-c", "user.name=tester", "-c", "user.email=tester@example.org"]
    git(folder, *who, "commit", "--quiet", "--message", "Add all")


def call(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [sys.executable, folder / "scripts/release", *words]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_release_is_built_listed_signed_and_verified(
    repository: Path, key: Path, tmp_path: Path
) -> None:
    if find_spec("hatchling") is None:
        assert not os.environ.get("CI"), "CI has the pinned build tools"
        pytest.skip("building needs the extra dev")
    folder = tmp_path / "dist"

    done = call(repository, "--ssh-key", key, "--into", folder)

    assert (done.returncode, done.stderr) == (0, "")
    wheel = folder / f"integration_tui-{VERSION}-py3-none-any.whl"
    sums = (folder / "SHA256SUMS").read_text()
    assert {path.name for path in folder.iterdir()} == {
        wheel.name,
        f"integration_tui-{VERSION}.tar.gz",
        f"integration_tui-{VERSION}.cdx.json",
        "SHA256SUMS",
        "SHA256SUMS.sig",
    }
    assert f"{hashlib.sha256(wheel.read_bytes()).hexdigest()}  {wheel.name}\n" in sums
    assert is_signed(folder, key, sums)
    assert not is_signed(folder, key, sums.replace("0", "1"))
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"integration_tui-{VERSION}.dist-info/METADATA").decode()
        assert "integration_tui/py.typed" in archive.namelist()
    assert "License-Expression: MIT" in metadata
    assert "# integration-tui" in metadata


def is_signed(folder: Path, key: Path, text: str) -> bool:
    signers = folder.parent / "signers"
    signers.write_text(f"release {key.with_suffix('.pub').read_text()}")
    words: list[str | Path] = ["-f", signers, "-I", "release", "-n", "integration-tui-release"]
    signature = folder / "SHA256SUMS.sig"
    done = subprocess.run(
        ["ssh-keygen", "-Y", "verify", *words, "-s", signature],
        input=text,
        text=True,
        capture_output=True,
    )
    return done.returncode == 0


def test_what_is_not_committed_is_not_released(repository: Path, key: Path) -> None:
    (repository / "README.md").write_text("other")

    done = call(repository, "--ssh-key", key)

    assert done.returncode == 1
    assert "not committed" in done.stderr


def test_a_version_without_a_section_of_changes_is_not_released(
    repository: Path, key: Path
) -> None:
    (repository / "CHANGELOG.md").write_text("# Changes\n\n## [Unreleased]\n")
    commit(repository)

    done = call(repository, "--ssh-key", key)

    assert done.returncode == 1
    assert f"no section `## [{VERSION}]" in done.stderr


def test_changes_that_belong_to_no_version_are_not_released(repository: Path, key: Path) -> None:
    page = repository / "CHANGELOG.md"
    page.write_text(page.read_text().replace("[Unreleased]\n", "[Unreleased]\n\n- One more.\n"))
    commit(repository)

    done = call(repository, "--ssh-key", key)

    assert done.returncode == 1
    assert "[Unreleased] still has lines" in done.stderr


def test_nothing_is_released_without_a_key(repository: Path, tmp_path: Path) -> None:
    unnamed = call(repository)
    absent = call(repository, "--ssh-key", tmp_path / "none")

    assert unnamed.returncode == 2
    assert "--ssh-key --gpg is required" in unnamed.stderr
    assert absent.returncode == 1
    assert "there is no key" in absent.stderr
    assert not (repository / "dist").exists()


def test_the_bill_of_materials_lists_what_users_get_and_nothing_of_ours(repository: Path) -> None:
    command: list[str | Path] = [sys.executable, repository / "scripts/sbom"]

    texts = [subprocess.run(command, capture_output=True, check=True).stdout for _ in range(2)]

    assert texts[0] == texts[1]
    document = json.loads(texts[0])
    scopes = {value["name"]: value["scope"] for value in document["components"]}
    assert scopes["httpx"] == scopes["httpcore"] == "required"
    assert scopes["aiohttp"] == scopes["yarl"] == scopes["keyring"] == "optional"
    assert not {"pytest", "mypy", "hatchling"} & scopes.keys()
    assert all(value["hashes"] for value in document["components"])
    known = {value["bom-ref"] for value in document["components"]}
    asked = {ref for value in document["dependencies"] for ref in value["dependsOn"]}
    assert asked == known


@pytest.mark.parametrize("line", ASKED)
def test_pins_are_what_is_asked_for(line: str) -> None:
    asked = Requirement(line)

    assert asked.specifier.contains(PINS[asked.name.lower().replace(".", "-")])


def test_every_kind_of_metadata_is_there() -> None:
    wanted: Sequence[str] = (
        "description",
        "readme",
        "license",
        "license-files",
        "requires-python",
        "authors",
        "keywords",
        "classifiers",
    )

    assert [key for key in wanted if not PROJECT.get(key)] == []
