"""One audit entry as a text to read, with what it changed."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from integration_tui.domain.audit.log import AuditEntry, AuditRecord
from integration_tui.tui.sanitize import plain, safe
from integration_tui.tui.screens.integrations.details import moment
from integration_tui.tui.widgets.status_icon import status_cell

_LONGEST = 4_000


def entry_text(entry: AuditEntry) -> Content:
    """Return everything that was recorded, as lines."""
    act = entry.act
    who = Content.assemble(safe(act.actor.name), f" ({act.actor.door}, {act.actor.role})")
    lines = [
        _line("at", Content(moment(entry.at))),
        _line("outcome", Content(status_cell(act.outcome).text)),
        _line("actor", who),
        *([_line("identity", safe(act.actor.identity))] if act.actor.identity else []),
        _line("host", safe(act.actor.host)),
        _line("action", Content(act.action)),
        _line("object", safe(act.object)),
        _line("detail", safe(act.detail, limit=_LONGEST)),
        Content(""),
        *_changes(act),
        Content(""),
        Content.styled(f"hash     {plain(entry.hash)}", "$muted"),
    ]
    return Content("\n").join(lines)


def _line(label: str, text: Content) -> Content:
    return Content.assemble((label.ljust(9), "$muted"), text)


def _changes(act: AuditRecord) -> Iterator[Content]:
    """Yield what was before and after, field by field; what stayed the same comes last."""
    paths = sorted({*act.before, *act.after})
    changed = [path for path in paths if act.before.get(path) != act.after.get(path)]
    if not paths:
        yield Content.styled("nothing was recorded before and after", "$muted")
    else:
        yield Content.styled(_summary(act, changed), "bold $muted")
    for path in changed:
        yield safe(path).stylize("bold")
        if path in act.before:
            yield Content.assemble(("  - ", "$error"), safe(act.before[path], limit=_LONGEST))
        if path in act.after:
            yield Content.assemble(("  + ", "$success"), safe(act.after[path], limit=_LONGEST))
    for path in paths:
        if path not in changed:
            same = safe(act.after[path], limit=_LONGEST)
            yield Content.assemble(safe(path), ("  = ", "$muted"), same)


def _summary(act: AuditRecord, changed: list[str]) -> str:
    added = sum(path not in act.before for path in changed)
    removed = sum(path not in act.after for path in changed)
    counts = {"changed": len(changed) - added - removed, "added": added, "removed": removed}
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "no change"
