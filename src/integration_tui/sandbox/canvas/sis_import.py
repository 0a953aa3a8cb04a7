"""SIS imports as a client meets them: uploaded, asked for, with a warning for each row left out.

Source: Canvas REST API documentation, "SIS Imports", "SIS Import Errors".
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from starlette.responses import Response

from integration_tui.domain.clock import Monotonic
from integration_tui.sandbox.canvas import refusals
from integration_tui.sandbox.canvas.edits import Edits
from integration_tui.sandbox.canvas.forms import UploadedFile, form_of
from integration_tui.sandbox.canvas.handling import CanvasCall, Guard, answered
from integration_tui.sandbox.canvas.routing import CanvasRoute, Parts, id_of
from integration_tui.sandbox.canvas.sis_files import SisFiles
from integration_tui.sandbox.canvas.tables import CanvasTables

_FIRST: Final = 4242
_MOST_BYTES: Final = 64 * 2**20
_CREATED_FOR: Final = 0.1
_STARTED: Final = "2026-11-30T03:00:00-06:00"
_UNSUPPORTED: Final = ("batch_mode", "multi_term_batch_mode", "diffing_data_set_identifier")
_TRUE: Final = frozenset({"1", "true"})


@dataclass(slots=True, kw_only=True)
class UploadedImport:
    """One import that was taken."""

    number: int
    applied: SisFiles
    began: float
    options: Mapping[str, str]

    @property
    def state(self) -> str:
        """Return how it ends."""
        if not self.applied.messages:
            return "imported"
        return "imported_with_messages" if self.applied.counts else "failed_with_messages"


@dataclass(slots=True, kw_only=True)
class SisImports:
    """The imports of a server. Each takes `lasts_s` seconds; its rows are there at once."""

    monotonic: Monotonic
    current: Callable[[], CanvasTables]
    edits: Callable[[], Edits]
    lasts_s: float = 2.0
    _imports: dict[int, UploadedImport] = field(default_factory=dict[int, UploadedImport])

    def routes(self, guard: Guard) -> Sequence[CanvasRoute]:
        """Return the addresses of imports and their warnings."""
        base = "accounts/:id/sis_imports"
        return [
            guard.route("POST", base, self._take),
            guard.route("GET", base, self._all),
            guard.route("GET", f"{base}/:number", self._one),
            guard.route("GET", f"{base}/:number/errors", self._errors),
            guard.route("GET", f"{base}/:number/sis_import_errors", self._errors),
        ]

    def clear(self) -> None:
        """Forget all imports."""
        self._imports.clear()

    def _take(self, call: CanvasCall, parts: Parts) -> Response:
        if call.account(parts[0]).parent is not None:
            return refusals.bad_request("SIS imports belong to the root account")
        if not call.viewer.may_import:
            return refusals.unauthorized()
        options, upload = _upload(call)
        if options.get("import_type", "instructure_csv") != "instructure_csv":
            return refusals.bad_request("Invalid import type parameter")
        asked = [name for name in _UNSUPPORTED if options.get(name, "") not in ("", "0", "false")]
        if asked:
            return refusals.bad_request(f"this sandbox does not take {asked[0]}")
        files = _files(upload) if upload is not None else None
        if not files:
            return refusals.bad_request("The attachment is missing, or no CSV and no zip")
        applied = SisFiles(self.edits(), self.current)
        applied.apply(files)
        number = _FIRST + len(self._imports)
        self._imports[number] = UploadedImport(
            number=number, applied=applied, began=self.monotonic(), options=options
        )
        return answered(self._shown(call, self._imports[number]))

    def _all(self, call: CanvasCall, parts: Parts) -> Response:
        call.account(parts[0])
        return call.wrapped(
            sorted(self._imports, reverse=True),
            lambda number: self._shown(call, self._imports[number]),
            lambda rows: {"sis_imports": rows},
        )

    def _found(self, parts: Parts) -> UploadedImport | None:
        return self._imports.get(id_of(parts[1]) or 0)

    def _one(self, call: CanvasCall, parts: Parts) -> Response:
        call.account(parts[0])
        found = self._found(parts)
        return refusals.not_found() if found is None else answered(self._shown(call, found))

    def _errors(self, call: CanvasCall, parts: Parts) -> Response:
        call.account(parts[0])
        found = self._found(parts)
        if found is None:
            return refusals.not_found()
        number, messages = call.renderer.id(found.number), found.applied.messages
        return call.wrapped(
            range(len(messages)),
            lambda nth: {"sis_import_id": number, **asdict(messages[nth])},
            lambda rows: {"sis_import_errors": rows},
        )

    def _shown(self, call: CanvasCall, one: UploadedImport) -> dict[str, object]:
        done = (self.monotonic() - one.began) / self.lasts_s if self.lasts_s else 1.0
        is_done, options, id_ = done >= 1, one.options, call.renderer.id
        state = one.state if is_done else "importing" if done >= _CREATED_FOR else "created"
        shown: dict[str, object] = {
            "id": id_(one.number),
            "created_at": _STARTED,
            "started_at": _STARTED if done >= _CREATED_FOR else None,
            "ended_at": _STARTED if is_done else None,
            "updated_at": _STARTED,
            "progress": min(100, int(done * 100)),
            "workflow_state": state,
            "data": {"import_type": "instructure_csv", "counts": one.applied.counts},
            "batch_mode": None,
            "batch_mode_term_id": None,
            "multi_term_batch_mode": None,
            "override_sis_stickiness": options.get("override_sis_stickiness", "") in _TRUE or None,
            "add_sis_stickiness": options.get("add_sis_stickiness", "") in _TRUE or None,
            "clear_sis_stickiness": options.get("clear_sis_stickiness", "") in _TRUE or None,
            "diffing_data_set_identifier": None,
            "diffed_against_import_id": None,
            "skip_deletes": options.get("skip_deletes", "") in _TRUE,
            "change_threshold": None,
            "user": {"id": id_(call.viewer.user), "name": "Roster Integration"},
        }
        if is_done and one.applied.messages:
            shown["processing_warnings"] = [
                [message.file, message.message] for message in one.applied.messages
            ]
        return shown


def _upload(call: CanvasCall) -> tuple[dict[str, str], UploadedFile | None]:
    """Return the parameters, and the file: of a form, or the body itself."""
    kind = call.request.headers.get("content-type", "")
    form, query = form_of(kind, call.body), dict(call.request.query_params)
    options = {**query, **form.fields}
    if form.files:
        return options, form.files.get("attachment")
    if not call.body or form.fields:
        return options, None
    ending = query.get("extension", "zip" if "zip" in kind else "csv")
    return options, UploadedFile(name=f"upload.{ending}", content=call.body)


def _files(upload: UploadedFile) -> list[tuple[str, bytes]] | None:
    """Return the CSV files of an upload; `None` where it is too large, or no archive."""
    if not upload.name.casefold().endswith(".zip"):
        return [(upload.name, upload.content)]
    try:
        with zipfile.ZipFile(io.BytesIO(upload.content)) as archive:
            members = [one for one in archive.infolist() if one.filename.endswith(".csv")]
            if sum(one.file_size for one in members) > _MOST_BYTES:
                return None
            return [(one.filename, archive.read(one)) for one in members]
    except zipfile.BadZipFile:
        return None
