"""One thing to mend in a document, at the place where it is written."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigProblem:
    """Names file, line, column and path; never repeats what was entered for a secret.

    `line` and `column` count from 1; 0 means that the document has no such place.
    `path` is dotted (`auth.token_url`); `advice` tells how to write it.
    """

    message: str
    path: str = ""
    line: int = 0
    column: int = 0
    file: str = ""
    advice: str = ""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        where = " ".join(part for part in (place, self.path) if part)
        text = f"{where}: {self.message}" if where else self.message
        return f"{text}; {self.advice}" if self.advice else text
