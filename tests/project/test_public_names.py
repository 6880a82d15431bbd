"""What is public is written down, and importing it costs no more than it must."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import cleanlife_ext
import cleanlife_ext.errors

PACKAGE = Path(cleanlife_ext.__file__).parent
MODULES = ["cleanlife_ext", *(found.name for found in pkgutil.walk_packages([str(PACKAGE)], "cleanlife_ext."))]
OPTIONAL = [
    *("starlette", "uvicorn", "typer", "click", "rich", "pygments", "yaml", "vcr", "trio", "limits", "redis"),
    *("sqlalchemy", "psycopg", "procrastinate"),
]


def test_the_public_names_are_the_namespace() -> None:
    """`__all__` is literal, sorted as ruff sorts, and complete."""
    tree = ast.parse(Path(cleanlife_ext.__file__).read_text(encoding="utf-8"))
    literal = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__"
    )
    there = {
        name for name, value in vars(cleanlife_ext).items() if not name.startswith("_") and not inspect.ismodule(value)
    }

    assert literal == sorted(literal)
    assert set(literal) == there


def test_every_error_is_public() -> None:
    """Whoever must catch it can name it."""
    assert set(cleanlife_ext.errors.__all__) <= set(cleanlife_ext.__all__)


def test_the_package_says_that_it_is_typed() -> None:
    """For type checkers of others."""
    assert (PACKAGE / "py.typed").exists()


@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_exports_is_there(name: str) -> None:
    """Each name of an `__all__` exists, once."""
    if name.endswith("__main__"):
        return
    module = importlib.import_module(name)
    exported = getattr(module, "__all__", [])

    assert [each for each in exported if not hasattr(module, each)] == []
    assert len(exported) == len(set(exported))


def imported_by(code: str, *, without: list[str]) -> set[str]:
    """The modules that a fresh interpreter has after *code*, on a machine without these packages."""
    program = f"""
import json, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {without!r}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
{code}
print(json.dumps(sorted(sys.modules)))
"""
    output = subprocess.run(  # noqa: S603  # The program stands above.
        [sys.executable, "-W", "error", "-c", program], capture_output=True, check=True, text=True
    )
    return set(json.loads(output.stdout))


def test_importing_it_needs_nothing_optional() -> None:
    """Neither the simulator's packages nor the command line's, nor an HTTP library before it is used."""
    modules = imported_by("import cleanlife_ext", without=OPTIONAL)

    assert "cleanlife_ext.client" in modules
    assert {"aiohttp", "cleanlife_ext.simulator", "cleanlife_ext.cli"} & modules == set()


def test_webhooks_are_verified_without_anything_optional() -> None:
    """Nor does whoever only calls the API import what verifies them."""
    assert "cleanlife_ext.webhooks.signing.verification" in imported_by(
        "import cleanlife_ext.webhooks", without=OPTIONAL
    )
    assert "cleanlife_ext.webhooks" not in imported_by("import cleanlife_ext", without=OPTIONAL)


def test_aiohttp_is_imported_when_something_is_sent() -> None:
    """And not when a client is made."""
    made = "import cleanlife_ext; client = cleanlife_ext.AsyncCleanLife('pk_test', base_url='http://127.0.0.1:9')\n"
    sends = """
import asyncio
async def main():
    try:
        await client.with_options(max_attempts=1).pricing.tiers()
    except cleanlife_ext.APIConnectionError:
        pass
    await client.aclose()
asyncio.run(main())
"""

    assert "aiohttp" not in imported_by(made, without=OPTIONAL)
    assert "aiohttp" in imported_by(made + sends, without=OPTIONAL)


def test_the_synchronous_client_never_imports_aiohttp() -> None:
    """A synchronous program need not pay for it."""
    code = """
import cleanlife_ext
with cleanlife_ext.CleanLife('pk_test', base_url='http://127.0.0.1:9', max_attempts=1) as client:
    try:
        client.pricing.tiers()
    except cleanlife_ext.APIConnectionError:
        pass
"""

    assert "aiohttp" not in imported_by(code, without=[*OPTIONAL, "aiohttp"])
