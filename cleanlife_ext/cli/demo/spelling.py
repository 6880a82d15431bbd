"""How a function of `asking` is written by a user, in either world."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from textwrap import dedent
from typing import Any

__all__ = ["prompted", "spelled"]


def spelled(ask: Callable[..., Any], *, named: bool, awaited: bool) -> str:
    """The body of *ask*, with its last `return` made an assignment to its name, or a mere call.

    What returns nothing is a mere call whatever *named* says.
    """
    lines = dedent(inspect.getsource(ask)).splitlines()
    function = ast.parse("\n".join(lines)).body[0]
    assert isinstance(function, ast.FunctionDef)
    body = dedent("\n".join(lines[function.body[0].lineno - 1 :]))
    before, returned, expression = body.rpartition("return ")
    return before + (f"{ask.__name__} = " if named and returned else "") + ("await " if awaited else "") + expression


def prompted(code: str) -> str:
    """*code* as in Python's own prompt: what it is stays clear without colours."""
    return "\n".join(("... " if line[:1] in (" ", ")", "]", "}") else ">>> ") + line for line in code.splitlines())
