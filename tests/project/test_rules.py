"""Every documented rule has a test that is named after it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from simulator.rules import RULES

TESTS = Path(__file__).parents[1]


def marked(tree: ast.AST) -> Iterator[str]:
    """The rules that the tests of a file show, by their marks."""
    for node in ast.walk(tree):
        for mark in getattr(node, "decorator_list", ()):
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.rule":
                yield from map(ast.literal_eval, mark.args)


SHOWN = {name for path in TESTS.rglob("test_*.py") for name in marked(ast.parse(path.read_text(encoding="utf-8")))}


def test_every_rule_has_a_test() -> None:
    """Who adds a rule writes a test; who deletes the last test of a rule hears of it."""
    assert sorted(set(RULES) - SHOWN) == []


def test_every_mark_names_a_rule() -> None:
    """A name nobody knows is a rule that is not written down, or a slip."""
    assert sorted(SHOWN - set(RULES)) == []


def test_every_rule_is_a_sentence_with_its_page() -> None:
    """As the documentation has it, or shorter."""
    messages = {name for name in RULES if name.startswith("message.")}

    assert [name for name, rule in RULES.items() if not rule.page] == []
    assert [name for name in RULES if name not in messages and not RULES[name].sentence.endswith(".")] == []
