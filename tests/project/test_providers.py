"""A provider is a spec with traits and thin resources; the engine is for all of them."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

import cleanlife_ext

PACKAGE = Path(cleanlife_ext.__file__).parent
ENGINE = sorted((PACKAGE / "engine").rglob("*.py"))
MOST_LINES = 400
BLANK = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    tokenize.ENDMARKER,
}
# The library's own name begins with that of the first provider.
NAMES = re.compile(
    r"cleanlife_client|cleanlife_traits|CleanLife\b|CLEANLIFE|(?i:health.?gorilla|fhir|\bhg\b|partners/)"
)


def documented(tree: ast.AST) -> set[int]:
    """The lines of docstrings."""
    lines = set[int]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            match node.body:
                case [ast.Expr(value=ast.Constant(value=str())) as text, *_]:
                    lines |= set(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    return lines


def lines_of_code(path: Path) -> int:
    """How many lines say something to the interpreter."""
    text = path.read_text(encoding="utf-8")
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    lines = {line for token in tokens if token.type not in BLANK for line in range(token.start[0], token.end[0] + 1)}
    return len(lines - documented(ast.parse(text)))


def test_a_provider_costs_little_code() -> None:
    """Under 400 lines, beside its spec, what is generated of it, and its simulator."""
    lines = {path.name: lines_of_code(path) for path in (PACKAGE / "healthgorilla").glob("*.py")}

    assert 0 < sum(lines.values()) < MOST_LINES, lines


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: path.stem)
def test_the_engine_names_no_provider(path: Path) -> None:
    """What it learns, it learns for everybody."""
    text = path.read_text(encoding="utf-8")

    assert NAMES.findall(text) == []
