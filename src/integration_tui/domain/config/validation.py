"""Plain sentences for what pydantic finds. They never repeat what was entered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec


class ConfigProblem(msgspec.Struct, frozen=True, kw_only=True):
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


_SENTENCES: Final = {
    "missing": "is missing",
    "string_type": "must be text",
    "string_too_short": "must have {min_length} characters or more",
    "string_too_long": "must have {max_length} characters or fewer",
    "string_pattern_mismatch": "must match the pattern {pattern}",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "multiple_of": "must be a multiple of {multiple_of}",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "set_type": "must be a list",
    "too_short": "must have {min_length} entries or more",
    "too_long": "must have {max_length} entries or fewer",
    "dict_type": "must be a section of keys",
    "mapping_type": "must be a section of keys",
    "model_type": "must be a section of keys",
    "model_attributes_type": "must be a section of keys",
    "dataclass_type": "must be a section of keys",
    "union_tag_not_found": "must have a type",
    "union_tag_invalid": "must be one of {expected_tags}",
    "extra_forbidden": "unknown key",
    "path_type": "must be the path of a file",
    "none_required": "must be left out",
}
UNKNOWN: Final = "is invalid"
"""Said of everything that the table above does not know."""


def wording(error_type: str, context: Mapping[str, object]) -> str | None:
    """Return the sentence for an error of pydantic's, to be read behind the name of the key.

    `None` where there is none: the error is a validator's own, or rare. Of the context only
    what the model demands is shown, never what was found.
    """
    sentence = _SENTENCES.get(error_type)
    if sentence is None:
        return None
    if error_type == "string_too_short" and context.get("min_length") == 1:
        return "must not be empty"
    try:
        return sentence.format_map(context)
    except KeyError:
        return UNKNOWN
