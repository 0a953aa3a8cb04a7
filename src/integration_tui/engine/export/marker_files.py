"""What a folder with a roster says of itself, in words and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from integration_tui.domain.text import visible
from integration_tui.version import VERSION

if TYPE_CHECKING:
    from integration_tui.domain.roster_export import ExportRequest, ExportResult
    from integration_tui.domain.sync.listing_findings import ReadFinding

_NOT_DELETED: Final = "A record that is missing here may still exist: do not treat it as deleted."


def in_progress(request: ExportRequest, at: datetime) -> str:
    """Return the note of a pull that has begun."""
    return _incomplete(
        f"A pull of {request.integration_id} into this folder began at {_moment(at)} and is not"
        " finished:\nit is still running, or it was stopped.",
        request,
    )


def unfinished(request: ExportRequest, outcome: ExportResult) -> str:
    """Return the note of a pull that came to its end without all there is."""
    reasons = [
        f"- {collection.collection}: {visible(collection.trouble, limit=1000)}"
        for collection in outcome.collections
        if collection.trouble
    ]
    reasons += [
        f"- {collection.collection}: {visible(remark, limit=1000)}"
        for collection in outcome.collections
        for remark in collection.remarks
    ]
    reasons += [f"- {visible(outcome.failure, limit=1000)}"] if outcome.failure else []
    begun = f"The pull of {request.integration_id} of {_moment(outcome.started_at)}"
    return _incomplete("\n".join([f"{begun} is incomplete:", *reasons]), request)


def delta(request: ExportRequest, since: datetime) -> str:
    """Return what a delta says of itself, for as long as it is kept."""
    return (
        f"CHANGES ONLY\n\nThis folder holds what changed in {request.integration_id} since"
        f" {_moment(since)}.\nThis is not the full roster: people missing here may still exist.\n"
    )


def receipt(outcome: ExportResult) -> str:
    """Return what was pulled, as JSON."""
    told = {
        "written_by": f"integration-tui {VERSION}",
        "integration": outcome.integration_id,
        "format": outcome.format,
        "started_at": outcome.started_at.isoformat(),
        "since": outcome.since.isoformat() if outcome.since else None,
        "complete": outcome.complete,
        "collections": [
            {
                "collection": collection.collection,
                "records": collection.records,
                "quarantined": collection.quarantined,
                "duplicates": collection.duplicates,
                "doubled": [
                    {"sourced_id": named.sourced_id, "differs": named.differs}
                    for named in collection.doubled
                ],
                "with_loss": collection.with_loss,
                "skipped": collection.skipped,
                "unread": [part.sentence for part in collection.unread],
                "findings": [_finding(finding) for finding in collection.findings],
                "complete": collection.complete,
                "trouble": collection.trouble,
                "as_of": collection.as_of.isoformat() if collection.as_of else None,
            }
            for collection in outcome.collections
        ],
        "failure": outcome.failure,
        "remarks": outcome.remarks,
    }
    return f"{json.dumps(told, indent=2)}\n"


def _finding(finding: ReadFinding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "field": finding.field,
        "message": finding.message,
        "is_loss": finding.is_loss,
        "count": finding.count,
        "samples": finding.samples,
    }


def _incomplete(what: str, request: ExportRequest) -> str:
    lines: Sequence[str] = (
        "INCOMPLETE",
        "",
        what,
        "",
        "This folder does not contain a full roster. " + _NOT_DELETED,
        f"Pull again into the same folder: integration-tui roster pull {request.integration_id}",
        "",
    )
    return "\n".join(lines)


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
