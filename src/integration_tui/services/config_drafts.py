"""Documents that are not stored yet: what is there to fix in them?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from integration_tui.config.document import read
from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.domain.config.version import DocumentFormat
from integration_tui.domain.errors import ConfigError
from integration_tui.engine.config_loader import ConfigLoader, Draft

if TYPE_CHECKING:
    from integration_tui.domain.config.version import DocumentFormat

__all__ = ["Draft", "DraftService", "problems_of"]


class DraftService:
    """Judges documents; needs no store."""

    def __init__(self, documents: ConfigLoader) -> None:
        self._documents = documents

    def draft(self, text: str, format_: DocumentFormat) -> Draft:
        """Return a text as a document, to be judged or saved."""
        return Draft(text=text, format=format_)

    def read(self, path: Path) -> Draft:
        """Return a file as a document, wherever it is. Raises `ConfigError`."""
        document = read(path)
        return Draft(text=document.text, format=document.format, file=str(path))

    def problems(self, draft: Draft) -> tuple[ConfigProblem, ...]:
        """Return everything there is to fix, in the order of the document."""
        return self._documents.problems(draft)

    def notes(self, draft: Draft) -> tuple[ConfigProblem, ...]:
        """Return what is valid in a document, but has no effect any more."""
        return self._documents.notes(draft)

    def notes_in(self, path: Path) -> tuple[ConfigProblem, ...]:
        """Return the notes of one file, wherever it is; none where it cannot be read."""
        try:
            return self.notes(self.read(path))
        except ConfigError:
            return ()

    def problems_in(self, path: Path) -> tuple[ConfigProblem, ...]:
        """Return everything there is to fix in one file, wherever it is."""
        try:
            return self.problems(self.read(path))
        except ConfigError as error:
            return problems_of(error, str(path))


def problems_of(error: ConfigError, file: str) -> tuple[ConfigProblem, ...]:
    """Return an error's problems; the error itself where it lists none."""
    own = ConfigProblem(file=file, message=error.message, advice=error.advice)
    return error.problems or (own,)
