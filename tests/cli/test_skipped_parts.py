"""What people are told of parts that could not be read, and of a run that read everything."""

import pytest

from integration_tui.cli.sync_output import show_run
from integration_tui.domain.roster import Collection, Owner
from integration_tui.domain.sync.run import CollectionProgress, Mode, RunReport, SkippedPart
from integration_tui.domain.value import replace
from integration_tui.tui.screens.sync.rows import RunStatusView
from integration_tui.tui.screens.sync.run_summary import whole
from tests.cli.test_progress import RUN

WHY = "Canvas LMS has no incremental reads: everything was read"
TOLD = "the class Maths could not be read (403): its members stay as they are"
REPORT = RunReport(
    run=replace(RUN, mode=Mode.INCREMENTAL),
    listings=(
        CollectionProgress(
            collection=Collection.ENROLLMENTS, records=20, is_over=True, complete=True, skipped=1
        ),
    ),
    skipped=(
        SkippedPart(
            collection=Collection.ENROLLMENTS,
            owner=Owner(collection=Collection.CLASSES, sourced_id="c1"),
            name="Maths",
            reason="403",
        ),
    ),
    remarks=(WHY,),
)


def test_the_command_line_says_what_was_skipped_and_why_all_was_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_run(REPORT)

    out = " ".join(capsys.readouterr().out.split())
    assert TOLD in out
    assert WHY in out


def test_the_console_says_the_same() -> None:
    text = whole(RunStatusView(integration_id=RUN.integration_id, report=REPORT)).plain

    assert "20 records, 1 part skipped" in text
    assert TOLD in text
    assert WHY in text
