"""Sync and async offer the same, and all that the spec offers. The pairs are found, not listed."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
import typing
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest
from cleanlife_client.models import PriceItemInput, TimeslotInput
from cleanlife_traits import OPERATIONS
from client.samples import camel, modules
from worlds import Script, ok

import cleanlife_ext
from cleanlife_ext import AsyncCleanLife, CleanLife, PriceItem, Timeslot
from cleanlife_ext.engine.message import Options

PACKAGE = Path(cleanlife_ext.__file__).parent

# Where the two worlds differ in a word. The left one is read as the right one.
TWIN_NAMES = {
    "aclose": "close",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__enter__": "__aenter__",
    "__exit__": "__aexit__",
    "get_async_httpx_client": "get_httpx_client",
    "get_httpx_client": "get_async_httpx_client",
}
# Methods of asynchronous classes that send nothing, and so are not awaited.
AT_ONCE = {"list", "reconcile", "pages", "invalidate", "with_options", "view", "scoped", "job"}


def prose(text: str | None) -> str:
    """A docstring without its examples, which are awaited in one world."""
    return re.sub(r"```python\n.*?```", "", text or "", flags=re.DOTALL).strip()


def ours() -> Iterator[ModuleType]:
    """All modules of the client; what runs beside it has no twins."""
    for found in pkgutil.walk_packages([str(PACKAGE)], "cleanlife_ext."):
        if found.name.split(".")[1] not in {"simulator", "cli"}:
            yield importlib.import_module(found.name)


def pairs() -> Iterator[tuple[type, type]]:
    """Each class and its asynchronous twin in the same module."""
    for module in ours():
        for name, twin in vars(module).items():
            plain = vars(module).get(name.removeprefix("Async"))
            own = inspect.isclass(twin) and twin.__module__ == module.__name__
            if name.startswith("Async") and own and inspect.isclass(plain):
                yield plain, twin


PAIRS = list(pairs())
each_pair = pytest.mark.parametrize(("plain", "twin"), PAIRS, ids=[plain.__name__ for plain, _ in PAIRS])


def methods(kind: type, *, special: bool = False) -> dict[str, Any]:
    """What a class offers, inherited things included."""
    return {
        name: method
        for name, method in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_") or (special and name in {"__init__", "__iter__", "__aiter__", *TWIN_NAMES})
    }


def twins(plain: type, twin: type) -> Iterator[tuple[str, Any, Any]]:
    """Each method of *plain* beside that of *twin*."""
    theirs = {TWIN_NAMES.get(name, name): method for name, method in methods(twin, special=True).items()}
    for name, method in methods(plain, special=True).items():
        if name in theirs:
            yield name, method, theirs[name]


def as_plain(annotation: Any) -> str:
    """An annotation of an asynchronous class, as the synchronous one would have it."""
    text = re.sub(r"\bAsync(?=[A-Z])", "", str(annotation))
    text = re.sub(r"str \| Awaitable\[str\]", "str", text)
    return re.sub(r"\bAwaitable\[(\w+)\]", r"\1", text)


def test_the_pairs_are_found() -> None:
    """Enough of them, and those that everybody knows."""
    names = {plain.__name__ for plain, _ in PAIRS}

    assert names >= {"CleanLife", "Pages", "Bookings", "Pricing", "Subscriptions", "LayeredClient", "Session"}


def test_every_resource_has_a_twin() -> None:
    """A class that only one world has is a mistake."""
    known = {kind for pair in PAIRS for kind in pair}
    for module in ours():
        if module.__name__.startswith("cleanlife_ext.resources."):
            alone = [
                name
                for name, kind in vars(module).items()
                if inspect.isclass(kind) and kind.__module__ == module.__name__ and not name.startswith("_")
                if kind not in known
            ]
            assert alone == []


@each_pair
def test_twins_have_the_same_methods(plain: type, twin: type) -> None:
    """By the same names, but for those that Python or custom has for the other world."""
    theirs = sorted(TWIN_NAMES.get(name, name) for name in methods(twin))

    assert sorted(methods(plain)) == theirs


@each_pair
def test_twins_have_the_same_signatures(plain: type, twin: type) -> None:
    """Parameters, their kinds, defaults and annotations."""
    for name, method, other in twins(plain, twin):
        mine, theirs = inspect.signature(method), inspect.signature(other)
        assert list(mine.parameters) == list(theirs.parameters), name
        for parameter, its_twin in zip(mine.parameters.values(), theirs.parameters.values(), strict=True):
            assert parameter.kind == its_twin.kind, (name, parameter)
            assert parameter.default == its_twin.default, (name, parameter)
            assert str(parameter.annotation) == as_plain(its_twin.annotation), (name, parameter)
        assert str(mine.return_annotation) == as_plain(theirs.return_annotation), name


@each_pair
def test_twins_have_the_same_documentation(plain: type, twin: type) -> None:
    """One text for each method; a resource's own text too."""
    for name, method, other in twins(plain, twin):
        if not name.startswith("_"):
            assert prose(method.__doc__) == prose(other.__doc__), name
    if plain.__module__.startswith("cleanlife_ext.resources"):
        assert plain.__doc__ == twin.__doc__


@each_pair
def test_what_sends_is_awaited(plain: type, twin: type) -> None:
    """And what does not is not."""
    for name, method in methods(plain).items():
        assert not inspect.iscoroutinefunction(method), name
    for name, method in vars(twin).items():
        if inspect.isfunction(method) and not name.startswith("_"):
            at_once = name in AT_ONCE and name + twin.__name__ != "listAsyncSubscriptions"
            at_once = at_once or name.startswith("get_")  # Those of the generated client hand something out.
            if twin.__name__ != "AsyncTransport":  # A protocol, which says `Awaitable` itself.
                assert inspect.iscoroutinefunction(method) != at_once, name


def test_both_clients_hold_the_same() -> None:
    """Topics by the same names, of twin classes, all the way down."""
    plain = CleanLife("pk_test", transport=Script(ok({})))
    twin = AsyncCleanLife("pk_test", transport=Script(ok({})))

    assert held(plain) == held(twin)
    assert "webhooks.deliveries: Deliveries" in held(plain)


def held(thing: Any, where: str = "") -> list[str]:
    """The public attributes of *thing*, by name and kind, and theirs."""
    found: list[str] = []
    for name, inner in sorted(vars(thing).items()):
        if not name.startswith("_") and type(inner).__module__.startswith("cleanlife_ext.resources"):
            found += [f"{where}{name}: {type(inner).__name__.removeprefix('Async')}", *held(inner, f"{where}{name}.")]
    return found


# Chosen by methods, for what they are for.
OF_THE_LAYERS = {"adopt", "resumes"}


def test_options_can_be_chosen_for_all_calls_and_for_some() -> None:
    """Each option of a call is one of the client and of `with_options`, with the same default."""
    options = {field.name: field.default for field in attrs.fields(Options) if field.name not in OF_THE_LAYERS}
    client = inspect.signature(CleanLife.__init__).parameters
    view = inspect.signature(CleanLife.with_options).parameters

    assert {name: client[name].default for name in options} == options
    assert {name for name in view if name != "self"} == set(options)


# What the spec offers


CALLS = {"sync", "asyncio", "sync_detailed", "asyncio_detailed"}


def callers() -> Iterator[tuple[str, type, Any]]:
    """Each method of a resource that names a generated function: the operation's id, the class, the method."""
    by_module = {module.__name__: id for id, module in modules()}
    for module in ours():
        if module.__name__.startswith("cleanlife_ext.resources."):
            for kind in vars(module).values():
                if inspect.isclass(kind) and kind.__module__ == module.__name__:
                    for method in vars(kind).values():
                        if inspect.isfunction(method):
                            for name in named(method):
                                yield by_module[vars(module)[name].__name__], kind, method


def named(method: Any) -> set[str]:
    """The generated modules whose functions *method* names."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
    return {
        node.value.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in CALLS and isinstance(node.value, ast.Name)
    }


@pytest.mark.parametrize("id", OPERATIONS)
def test_each_operation_has_one_method_a_world(id: str) -> None:
    """An operation that nobody can call, or that is called in two ways, is a mistake."""
    kinds = [kind.__name__.startswith("Async") for called, kind, _ in callers() if called == id]

    assert sorted(kinds) == [False, True]


# Offered by methods and unknown to the API.
OF_OURS = {"createBooking": {"if_exists"}}
# Known to the API and chosen by us.
NOT_OFFERED = {"page", "limit", "x_request_id", "client", "body"}


@pytest.mark.parametrize("id", OPERATIONS)
def test_each_method_offers_all_that_its_operation_takes(id: str) -> None:
    """A field that is added to the spec must be offered, and what is offered must be one of its fields."""
    module = dict(modules())[id]
    taken = set(inspect.signature(module.sync).parameters)
    hints = typing.get_type_hints(module.sync)
    if "body" in taken:
        taken |= {field.name for field in attrs.fields(hints["body"]) if field.init}
    taken -= NOT_OFFERED
    for called, _, method in callers():
        if called == id:
            offered = set(inspect.signature(method).parameters) - {"self"} - OF_OURS.get(id, set())
            if "id" in taken:  # Whose id it is, the methods say in its name.
                taken = taken - {"id"} | {next(name for name in offered if name.endswith("_id"))}
            assert offered == taken


@pytest.mark.parametrize(("mine", "generated"), [(PriceItem, PriceItemInput), (Timeslot, TimeslotInput)])
def test_our_own_values_offer_all_that_the_generated_ones_take(mine: type, generated: type) -> None:
    """Those that stand in for a generated model."""
    needed = {field.name for field in attrs.fields(generated) if field.init}  # type: ignore[arg-type]

    assert set(inspect.signature(mine).parameters) == needed


def test_the_operations_of_the_table_are_those_of_the_modules() -> None:
    """By their names."""
    assert {camel(module.__name__.rpartition(".")[2]) for _, module in modules()} == set(OPERATIONS)


# Where one awaits


def allowed(path: Path, owner: str) -> bool:
    """Whether `async def` may stand in the class *owner* of this module."""
    match path.relative_to(PACKAGE).parts:
        case ["engine", "driving.py" | "flow.py" | "session.py" | "frames.py"] | ["engine", "transport", *_]:
            is_allowed = True
        case ["simulator" | "cli", *_] | ["testing.py" | "base.py" | "layered.py" | "listening.py"]:
            is_allowed = True
        case ["webhooks", "http" | "processing" | "queues", _] | ["webhooks", "procrastinate.py" | "receiver.py"]:
            is_allowed = True  # Servers, workers and handlers await.
        case ["webhooks", "keys", "rotation.py"]:
            is_allowed = True  # So may whoever keeps a secret.
        case ["resources" | "healthgorilla", _] | ["engine", "jobs.py"]:
            is_allowed = owner.startswith(("Async", "_Async"))
        case ["pages.py"]:
            is_allowed = owner.lstrip("_").startswith("Async")
        case _:
            is_allowed = False
    return is_allowed


def test_async_def_stands_only_in_drivers_and_in_asynchronous_halves() -> None:
    """A policy that awaits would need a twin."""
    wrong = [
        f"{path.relative_to(PACKAGE)}: {node.name}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for owner, node in functions(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.AsyncFunctionDef) and not allowed(path, owner)
    ]

    assert wrong == []


def functions(node: ast.AST, owner: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """All functions below *node*, each with the class it stands in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield owner, child
        yield from functions(child, child.name if isinstance(child, ast.ClassDef) else owner)
