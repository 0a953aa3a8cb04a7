"""The contract suite finds providers that break the contract, and what is wrong with them."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/integration-tui-abacus"
FOUND = {
    "TestForgetsItsCursor": {
        "test_a_listing_resumes_from_every_cursor",
        "test_a_cursor_of_nowhere_is_a_provider_error",
    },
    "TestSaysCompleteTooEarly": {"test_only_the_last_page_has_no_next_and_says_complete"},
    "TestListsEverybodyTwice": {"test_nobody_is_listed_twice"},
    "TestIgnoresSince": {"test_nothing_has_changed_since_the_far_future"},
    "TestDropsBadRecords": {"test_a_bad_record_is_rejected_with_its_reason"},
    "TestLeavesTasksAndRaisesWhatItLikes": {
        "test_a_check_before_connecting_is_a_provider_error",
        "test_no_task_is_left_behind",
    },
    "TestDeclaresWhatItHasNot": {"test_what_is_declared_is_there_as_the_protocol_says"},
}


def test_what_is_wrong_with_a_provider_is_found_and_nothing_else() -> None:
    broken = Path(__file__).with_name("broken_providers.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", broken],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{EXAMPLE / 'src'}{os.pathsep}{EXAMPLE / 'tests'}"},
        capture_output=True,
        text=True,
    )

    failed: dict[str, set[str]] = {}
    for suite, test in re.findall(
        r"^(?:FAILED|ERROR) \S+::(\w+)::(\w+)", done.stdout, re.MULTILINE
    ):
        failed.setdefault(suite, set()).add(test)
    assert failed == FOUND, done.stdout
