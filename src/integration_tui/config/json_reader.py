"""JSON (RFC 8259) with positions: the standard library judges it, a scan of its words places it."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import Final, Never

from integration_tui.config.tree import MAX_DEPTH, Json, Node, Scalar, refusal, too_deep
from integration_tui.domain.errors import ConfigError
from integration_tui.domain.problem import ConfigProblem

_WORD: Final = re.compile(r'[{}\[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}\[\],:"]+')
_NOT_FINITE: Final = re.compile(r"NaN|-?Infinity")
_LONG_NUMBER: Final = re.compile(r"-?[0-9]{4000,}")


class _NotFiniteError(ValueError):
    """JSON has neither NaN nor Infinity, but Python's reader takes them."""


def read_json(text: str) -> Node:
    """Return the document's tree. Raises `ConfigError` with the places of what is wrong."""
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        message = f"is not valid JSON here: {_SENTENCES.get(error.msg, 'not expected')}"
        problem = ConfigProblem(message=message, line=error.lineno, column=error.colno)
        raise refusal([problem]) from None
    except _NotFiniteError:
        raise _refused(text, _NOT_FINITE, "NaN and Infinity are not JSON") from None
    except ValueError:  # a number of more digits than Python reads
        raise _refused(text, _LONG_NUMBER, "is a number too large to be kept") from None
    except RecursionError:
        raise refusal([too_deep(1, 1)]) from None
    return _Scan(text).document()


_SENTENCES: Final = {
    "Expecting property name enclosed in double quotes": "a key in double quotes is expected",
    "Expecting ':' delimiter": "a colon is expected",
    "Expecting ',' delimiter": "a comma or a closing bracket is expected",
    "Expecting value": "a value is expected",
    "Extra data": "nothing more is expected",
    "Unterminated string starting at": "a text is not closed",
    "Invalid control character at": "a text holds a line break or control character",
    "Illegal trailing comma before end of object": "a comma stands before the closing }",
    "Illegal trailing comma before end of array": "a comma stands before the closing ]",
}


def _refused(text: str, what: re.Pattern[str], message: str) -> ConfigError:
    for match in _WORD.finditer(text):
        if what.fullmatch(match.group()):
            before = text[: match.start()]
            line, column = before.count("\n") + 1, match.start() - before.rfind("\n")
            return refusal([ConfigProblem(message=message, line=line, column=column)])
    return refusal([ConfigProblem(message=message)])


def _refuse_constant(_name: str) -> Never:
    raise _NotFiniteError


class _Scan:
    """Builds the tree from the words of a text that is known to be valid."""

    def __init__(self, text: str) -> None:
        self._words = _WORD.finditer(text)
        self._breaks = [0, *(match.end() for match in re.finditer("\n", text))]
        self._problems: list[ConfigProblem] = []
        self._word = ""
        self._place = (0, 0)

    def document(self) -> Node:
        self._advance()
        root = self._value(0)
        if self._problems:
            raise refusal(self._problems)
        return root

    def _advance(self) -> str:
        match = next(self._words)
        line = bisect_right(self._breaks, match.start())
        self._word = match.group()
        self._place = (line, match.start() - self._breaks[line - 1] + 1)
        return self._word

    def _value(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise refusal([too_deep(*self._place)])
        if self._word == "{":
            return self._object(depth)
        if self._word == "[":
            return self._array(depth)
        return Node(*self._place, _scalar(self._word))

    def _array(self, depth: int) -> Node:
        place, items = self._place, list[Node]()
        while self._word != "]":
            if self._advance() != "]":
                items.append(self._value(depth + 1))
                self._advance()
        return Node(*place, items)

    def _object(self, depth: int) -> Node:
        place, entries = self._place, dict[str, Node]()
        while self._word != "}":
            if self._advance() != "}":
                self._entry(entries, depth)
                self._advance()
        return Node(*place, entries)

    def _entry(self, entries: dict[str, Node], depth: int) -> None:
        key, (line, column) = str(_scalar(self._word)), self._place
        self._advance()
        self._advance()
        value = self._value(depth + 1)
        if key in entries:
            message = f"the same key stands in line {entries[key].line} already"
            self._problems.append(ConfigProblem(message=message, line=line, column=column))
        entries[key] = Node(line, column, value.value)


def _scalar(word: str) -> Scalar:
    value: Json = json.loads(word)
    return None if isinstance(value, dict | list) else value
