"""What a marked module marks is what coverage traces."""

from pathlib import Path
from types import ModuleType

from coverage import Coverage, CoverageData

import integration_tui
from tests.line_coverage import PACKAGES, MarkingFinder, MarkingLoader, marks, save

SAMPLE = '''"""A docstring."""

from __future__ import annotations

import asyncio
from functools import cache


@cache
def known(
    number: int,
) -> int:
    """A docstring, and
    more of it."""
    return (
        number
        + 1
    )


class Kind:
    "a docstring"
    first = 1

    @property
    def second(self) -> int:
        if self.first == 2:
            return 1
        elif self.first == 1:
            "a text that nobody asked for"
            return 2
        else:
            return 3


def never() -> None:
    with open("nowhere") as file:
        file.read()


def tried(number: int) -> list[object]:
    found: list[object] = []
    for each in range(number):
        try:
            found.append(1 // each)
        except ZeroDivisionError:
            found.append(None)
        else:
            found.append(True)
        finally:
            found.append(each)
    else:
        found.append("all")
    while found:
        match found.pop():
            case "all":
                continue
            case str():
                break
            case int() as whole if whole > 9:
                break
            case _:
                pass
    try:
        raise LookupError
    except (
        KeyError,
        IndexError,
    ):
        return []
    except LookupError: return found


async def waited() -> int:
    async def ten():
        for number in range(10):
            await asyncio.sleep(0)
            yield number
    return sum([number async for number in ten()]); print("never")


known(1)
Kind().second
tried(3)
asyncio.run(waited())
'''


def missing(data: str, path: Path) -> tuple[list[int], list[int]]:
    coverage = Coverage(data_file=data, config_file=False)
    coverage.load()
    _, statements, _, missed, _ = coverage.analysis2(str(path))
    return statements, missed


def test_lines_that_are_marked_are_those_that_coverage_traces(tmp_path: Path) -> None:
    path = tmp_path / "sample.py"
    path.write_text(SAMPLE)
    traced = Coverage(data_file=str(tmp_path / "traced"), include=[str(path)], config_file=False)
    with traced.collect():
        exec(compile(SAMPLE, str(path), "exec", dont_inherit=True), {"__name__": "sample"})  # noqa: S102
    traced.save()

    loader = MarkingLoader("sample", str(path))
    module = ModuleType("sample")
    loader.exec_module(module)
    save(CoverageData(str(tmp_path / "marked")), {str(path): marks.pop(str(path))})

    assert missing(str(tmp_path / "marked"), path) == missing(str(tmp_path / "traced"), path)


def test_the_measured_packages_are_marked_and_no_others() -> None:
    finder = MarkingFinder()
    marked: list[bool] = []
    for name in (*PACKAGES, "integration_tui.domain"):
        spec = finder.find_spec(name, integration_tui.__path__)
        marked.append(spec is not None and isinstance(spec.loader, MarkingLoader))

    assert marked == [True, True, True, False]
