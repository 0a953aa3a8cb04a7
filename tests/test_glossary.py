"""The glossary holds: no name and no text of the program uses a word of its "not" column."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src/integration_tui"
FROZEN = SOURCE / "store/migrations/versions"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if FROZEN not in path.parents)

FIELD_WORDS = {
    "act": "the key of exported audit entries",
    "active": "a config version is active, and so is a record",
    "ahead": "a key of configurations",
    "answers": "answers of a server",
    "attempt": "of a delivery",
    "away": "English",
    "bond": "the key of exported mappings",
    "course": "OneRoster's",
    "cut": "a text that is cut off",
    "door": "the key of exported audit entries",
    "encode": "of characters and of JSON",
    "gone": "English",
    "holding": "English",
    "hours": "sixty minutes",
    "line": "of a file",
    "listings": "what a server lists",
    "look": "English",
    "mark": "a row of a table is marked",
    "marks": "rows of a table are marked",
    "news": "English",
    "ours": "a stored word",
    "pace": "English",
    "place": "English",
    "bars": "vertical ones",
    "places": "English",
    "right": "a direction",
    "right / wrong": "of a password",
    "said": "the key of exported records",
    "settle": "a command",
    "stretch": "English",
    "theirs": "a stored word",
    "try": "English",
    "ways": "English",
}
"""Words of the "not" column that mean something else, too; each with what that is."""
TEXTS_THAT_STAY = {
    ("services/sync/report_csv.py", "way out"),  # a column of exported files
    ("tui/screens/webhooks/subscribe_dialog.py", "hook"),  # of an address
}


LABEL = re.compile("[A-Z][a-z]+")
SQL_OR_CSS = re.compile(r"\b(SELECT|WHERE|FROM|JOIN|INSERT INTO)\b|\{ ")


def forbidden() -> set[str]:
    """Return the words and phrases of the glossary's third column, without those above."""
    page = (ROOT / "docs/glossary.md").read_text()
    cells = re.findall(r"^\| .+? \| .+? \| (.+) \|$", page, re.MULTILINE)
    words = {word.strip(" `").lower() for cell in cells[1:] for word in cell.split(",")}
    plain = {re.sub(r" \(.*| as a step", "", word) for word in words}
    return plain - {"", "---", "not", "xrows", "provider", "staging", *FIELD_WORDS}


def words_of(name: str) -> set[str]:
    """Return the words of an identifier, with the singular of each."""
    words = set(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_"))
    return words | {word.removesuffix("s") for word in words}


def names(path: Path) -> Iterator[str]:
    """Yield the module's name, and those of its public classes, functions and methods."""
    yield path.stem
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield "" if node.name.startswith("_") else node.name


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield what may be shown, with its line: labels and literals of more than a word, no SQL."""
    tree = ast.parse(path.read_text())
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        is_text = " " in node.value or LABEL.fullmatch(node.value)
        if id(node) not in docs and is_text and not SQL_OR_CSS.search(node.value):
            yield node.lineno, node.value


def wrong_texts(path: Path) -> Iterator[str]:
    """Yield the texts that use such a word."""
    shown = str(path.relative_to(SOURCE))
    for line, text in texts(path):
        used = {word for word in forbidden() if re.search(rf"\b{word}s?\b", text, re.IGNORECASE)}
        for word in used - {word for name, word in TEXTS_THAT_STAY if name == shown}:
            yield f"{shown}:{line} says {word!r}: {text!r}"


BANNED = re.compile(
    r"\b(mends?|mended|legs?|doors?|way out|told|whoever|ours|theirs|is to run|in force"
    r"|as things stand|gone|spare|take out|put back|anybody|it is well|not asked|brought by"
    r"|can be had|cannot be had|successfully|please|oops)\b",
    re.IGNORECASE,
)
"""Words that people never read, in the program or its pages, as whole words."""
RIDDLES = re.compile(
    r"\b(may pass|of its own|so many|that is none|who runs|give yourself|made anew|somebody"
    r"|(?:take|takes|taken) (?:it )?away|went into|how to prove|who we are|bug of the provider"
    r"|fault of the program|(?:tell|ask) who|e-mails?|user names?|not any more|by hand)\b",
    re.IGNORECASE,
)
"""Pronoun riddles and translated phrases, which no text of the program and no help has."""
NOT_READ = {
    ("services/sync/report_csv.py", "way out"),  # a column of exported files
    ("sandbox/google_classroom/rosters.py", "please"),  # Google's own sentence
    ("store/quality/results.py", "told"),  # a column of the store
    ("store/sync/matching.py", "gone"),  # an alias in a statement
    ("tui/screens/sync/keys.py", "ours"),  # a stored word, in an action
    ("tui/screens/sync/keys.py", "theirs"),
    ("domain/problem_wording.py", "cannot be had"),  # of messages that older versions stored
    ("domain/health/failure.py", "cannot be had"),
    ("domain/health/failure.py", "of its own"),
    ("tui/screens/roster/timeline.py", "went into"),  # of entries that older versions stored
}
QUOTED = re.compile(r"```.*?```|`[^`]*`|https?://\S+|\]\([^)]*\)|<!--.*?-->", re.DOTALL)
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")} - {ROOT / "docs/glossary.md"})


def read_by_people(path: Path) -> str:
    """Return a page without what it quotes, which may be a key or a stored word."""
    return QUOTED.sub(" ", path.read_text())


def test_no_text_of_the_program_has_a_banned_word() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{line} {word.lower()!r}: {text!r}"
        for path in MODULES
        for line, text in texts(path)
        for word in [*BANNED.findall(text), *RIDDLES.findall(text)]
        if (str(path.relative_to(SOURCE)), word.lower()) not in NOT_READ
    ]

    assert found == []


def test_no_help_of_a_command_has_a_banned_word() -> None:
    pages = sorted((ROOT / "tests/golden/help").glob("*.txt"))

    assert pages
    found = [
        (page.name, word)
        for page in pages
        for pattern in (BANNED, RIDDLES)
        for word in pattern.findall(page.read_text())
    ]
    assert found == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_has_a_banned_word(page: Path) -> None:
    assert BANNED.findall(read_by_people(page)) == []


def test_no_name_uses_a_word_that_is_not_ours() -> None:
    not_ours = forbidden()
    found = [
        f"{path.relative_to(SOURCE)}: {name}"
        for path in MODULES
        for name in names(path)
        if words_of(name) & not_ours
    ]

    assert found == []


def test_no_text_uses_a_word_that_is_not_ours() -> None:
    assert [text for path in MODULES for text in wrong_texts(path)] == []


@pytest.mark.parametrize("word", ["verdict", "leg", "desk", "in force", "way out", "put aside"])
def test_the_page_is_read(word: str) -> None:
    assert word in forbidden()


def test_a_class_of_statements_is_a_repository() -> None:
    classes = re.compile(r"^class \w+Rows\b", re.MULTILINE)
    stores = (path for path in MODULES if SOURCE / "store" in path.parents)

    assert [path.name for path in stores if classes.search(path.read_text())] == []
