"""What a pull says of each collection when it is over."""

from __future__ import annotations

import pytest

from integration_tui.cli.progress import PullProgress
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_export import ExportProgress


@pytest.mark.parametrize(
    ("quarantined", "said"),
    [
        (0, "users: 12 records, complete\n"),
        (1, "users: 12 records, 1 quarantined, all read\n"),
    ],
)
def test_a_listing_with_records_kept_out_is_not_called_complete(
    quarantined: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    over = ExportProgress(
        collection=Collection.USERS,
        records=12,
        quarantined=quarantined,
        is_over=True,
        complete=True,
    )

    with PullProgress() as show:
        show(over)

    assert capsys.readouterr().err == said
