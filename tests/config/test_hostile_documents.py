"""Documents made to hurt: each costs little and gets a sentence with a place."""

from __future__ import annotations

import time

import pytest

from integration_tui.config.document import parse
from integration_tui.domain.config.version import DocumentFormat
from integration_tui.domain.errors import ConfigError

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def refusal(text: str, format_: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse(text, DocumentFormat(format_), file=f"x.{format_}")
    return caught.value


@pytest.mark.parametrize(
    ("format_", "text", "said"),
    [
        ("yaml", LAUGHS, "x.yaml:5:4: holds more than 20000 values"),
        ("yaml", "a: &a x\nb: [" + "*a, " * 200 + "]", "uses more than 100 aliases"),
        ("yaml", "- x\n" * 30_000, "holds more than 20000 values"),
        ("yaml", "[" * 5000, "x.yaml:1:66: is nested more than 64 levels deep"),
        ("yaml", "".join(f"{' ' * depth}a:\n" for depth in range(100)), "levels deep"),
        ("json", "[" * 5000, "levels deep"),
        ("json", "[" * 100 + "]" * 100, "x.json:1:66: is nested more than 64 levels deep"),
        ("toml", "a = " + "[" * 5000, "levels deep"),
        ("toml", "a = " + "{a = " * 5000, "levels deep"),
        ("toml", "a" + ".a" * 100_000 + " = 1", "levels deep"),
        ("json", "[" + "1," * 30_000 + "1]", "holds more than 20000 values"),
        ("json", '{"a": ' + "9" * 5000 + "}", "number too large"),
        ("toml", "a = " + "9" * 5000, "number too large"),
        ("yaml", "a: " + "9" * 5000, "x.yaml:1:4: is a number too large"),
        ("yaml", "a: 0x" + "f" * 5000, "number too large"),
        ("toml", "a = 0x" + "f" * 5000, "x.toml:1:1: is a number too large"),
        ("yaml", "a: x" + "x" * (1 << 20), "larger than 1 MiB"),
    ],
    ids=range(17),
)
def test_size_and_depth_are_bounded(format_: str, text: str, said: str) -> None:
    begun = time.process_time()

    error = refusal(text, format_)

    assert said in str(error)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("format_", "text", "said"),
    [
        (
            "yaml",
            "a: 1\nb: {c: 1, c: 2}\na: 2",
            "x.yaml:2:11: the same key stands in line 2 already (and 1 more)",
        ),
        ("json", '{"a": 1,\n "a": 2}', "x.json:2:2: the same key stands in line 1 already"),
        ("toml", "a = 1\na = 2", "x.toml:2:6: the same key stands twice"),
        ("yaml", "a: &a [*a]", "x.yaml:1:8: an alias (*) of an anchor that is not set"),
        ("yaml", "a: !!python/object:os.system x", "x.yaml:1:4: tags (!) are not used here"),
        ("yaml", "1: a", "x.yaml:1:1: a key must be text"),
        ("yaml", "? [a]\n: b", "a key must be text"),
        ("yaml", "<<: a", "<< must name a section of keys"),
        ("yaml", "a: .nan", "x.yaml:1:4: must be a number, not infinity or nothing"),
        ("yaml", "a: 1e999", "x.yaml:1:1: must be a number, not infinity or nothing"),
        ("json", '{"a":\n NaN}', "x.json:2:2: NaN and Infinity are not JSON"),
        ("toml", "a = -inf", "x.toml:1:1: must be a number, not infinity or nothing"),
        ("yaml", "---\na: 1\n---\nb: 1", "x.yaml:3:1: holds more than one document"),
        ("yaml", "- a", "x.yaml:1:1: must be a section of keys and values"),
        ("json", "[1]", "x.json:1:1: must be a section of keys and values"),
        ("yaml", "", "x.yaml: is empty"),
        ("yaml", "a: \x07", "x.yaml:1:4: holds a control character"),
        ("yaml", "a: [1", "a list or section is not closed"),
        ("yaml", "a: b: c", "x.yaml:1:5: a colon is not expected here"),
        ("json", '{"a": "\\ud800"}', "x.json:1:2: holds half a character"),
        ("json", '{"a" 1}', "x.json:1:6: is not valid JSON here: a colon is expected"),
        ("toml", "a = b", "x.toml:1:5: is not a value; put a text in quotes"),
    ],
)
def test_what_is_no_document_is_said_at_its_place(format_: str, text: str, said: str) -> None:
    assert said in str(refusal(text, format_))


@pytest.mark.parametrize(
    ("format_", "text"),
    [
        ("yaml", "auth:\n  client_secret: *CANARY\n"),
        ("yaml", "auth:\n  client_secret: !CANARY x\n"),
        ("yaml", "auth:\n  client_secret: !CANARY!x y\n"),
        ("yaml", "auth:\n  client_secret: @CANARY\n"),
        ("yaml", "auth:\n  client_secret: a: CANARY\n"),
        ("yaml", "auth:\n  client_secret: 'CANARY\n"),
        ("yaml", "auth: {client_secret: CANARY\n"),
        ("yaml", 'auth:\n  client_secret: "\\qCANARY"\n'),
        ("yaml", "auth: {CANARY: 1, CANARY: 2}"),
        ("yaml", "%CANARY\na: 1"),
        ("json", '{"auth": {"client_secret": "CANARY}'),
        ("json", '{"auth": {"client_secret": CANARY}}'),
        ("json", '{"auth": {"client_secret": "\\qCANARY"}}'),
        ("json", '{"auth": {"CANARY": 1, "CANARY": 2}}'),
        ("toml", "[auth]\nclient_secret = CANARY"),
        ("toml", '[auth]\nclient_secret = "CANARY'),
        ("toml", '[auth]\nclient_secret = "\\qCANARY"'),
        ("toml", "[auth]\nCANARY = 1\nCANARY = 2"),
        ("toml", "[auth]\n[auth.CANARY]\n[auth.CANARY]"),
    ],
)
def test_a_syntax_error_does_not_repeat_what_is_written(format_: str, text: str) -> None:
    error = refusal(text, format_)

    assert "CANARY" not in f"{error} {error!r} {error.problems!r} {error.__cause__!r}"
    assert error.__suppress_context__
