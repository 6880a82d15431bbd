"""Watching a flow changes nothing about it: `watched(flow)` is `yield from flow`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanlife_ext.engine.flow import Blocking, Flow, Pause
from cleanlife_ext.engine.message import Headers, Response
from cleanlife_ext.ledger.layer import watched

ANSWER = Response(200, Headers(), b"{}")


@attrs.frozen
class Inner:
    """How a flow behaves: what it does at each yield with what it is given or thrown."""

    steps: tuple[str, ...]
    begins_badly: bool

    def run(self, heard: list[Any]) -> Generator[Any, Any, Response]:
        heard.append("begun")
        if self.begins_badly:
            raise KeyError("begin")
        try:
            for number, step in enumerate(self.steps):
                try:
                    heard.append((yield Pause(number)))
                except GeneratorExit:
                    heard.append("closed")
                    if step == "stays":
                        continue
                    if step == "returns":
                        return ANSWER
                    raise
                except Exception as error:  # Whatever is thrown.
                    heard.append(type(error))
                    if step == "raises":
                        raise LookupError(number) from error
                    if step == "returns":
                        return ANSWER
                    if step == "passes":
                        raise
        finally:
            heard.append("ended")
        return ANSWER


ACTS = st.lists(st.sampled_from(["send", "throw", "close", "throw exit", "interrupt"]), max_size=6)
INNERS = st.builds(
    Inner, st.lists(st.sampled_from(["stays", "raises", "returns", "passes"]), max_size=5).map(tuple), st.booleans()
)


def played(flow: Generator[Any, Any, Any], acts: list[str]) -> Iterator[Any]:
    """What comes of driving *flow* like that."""
    do: dict[str, Callable[[], Any]] = {
        "send": lambda: flow.send("given"),
        "throw": lambda: flow.throw(ValueError("thrown")),
        "close": flow.close,
        "throw exit": lambda: flow.throw(GeneratorExit()),
        "interrupt": lambda: flow.throw(KeyboardInterrupt()),
    }
    for act in (lambda: next(flow), *(do[act] for act in acts)):
        try:
            yield "gave", act()
        except StopIteration as done:
            yield "returned", done.value
        except BaseException as error:  # noqa: BLE001  # To compare it.
            yield type(error), str(error)


def end(flow: Flow) -> None:
    """Close it until it obeys."""
    while flow.gi_frame is not None:  # type: ignore[attr-defined]
        with suppress(RuntimeError):
            flow.close()


def plain(flow: Flow) -> Flow:
    return (yield from flow)


def nothing(_: Any) -> Generator[Any, Any, None]:
    yield from ()


@given(INNERS, ACTS)
def test_it_is_like_yield_from(inner: Inner, acts: list[str]) -> None:
    """Whatever is sent, thrown, or closed, and however the flow takes it."""
    heard: tuple[list[Any], list[Any]] = ([], [])
    inners = inner.run(heard[0]), inner.run(heard[1])
    watching, delegating = watched(inners[0], nothing), plain(inners[1])

    assert list(played(watching, acts)) == list(played(delegating, acts))
    assert heard[0] == heard[1]
    for flow in (watching, delegating, *inners):
        end(flow)
    assert heard[0] == heard[1]


@given(INNERS.filter(lambda inner: not inner.begins_badly), st.integers(0, 3))
def test_what_comes_before_an_effect_is_asked_for_first(inner: Inner, count: int) -> None:
    """And the flow hears nothing of it."""
    asked = [Blocking(lambda: None) for _ in range(count)]
    heard: list[Any] = []

    def before(_: Any) -> Generator[Any, Any, None]:
        for effect in asked:
            given = yield effect
            heard.append(given)

    effects: list[Any] = []
    flow = watched(inner.run([]), before)
    result = None
    try:
        while True:
            effects.append(flow.send(result))
            result = len(effects)
    except StopIteration as done:
        result = done.value

    own = [Pause(number) for number in range(len(inner.steps))]
    assert result is ANSWER
    assert effects == [each for effect in own for each in (*asked, effect)]
    assert len(heard) == count * len(own)


def test_what_is_raised_before_an_effect_takes_its_place() -> None:
    """The flow hears of it as if the effect had failed, and nobody is asked for the effect."""
    heard: list[Any] = []

    def refuse(effect: Any) -> Generator[Any, Any, None]:
        yield from ()
        raise ValueError(effect)

    with pytest.raises(LookupError):
        next(watched(Inner(("raises",), begins_badly=False).run(heard), refuse))

    assert heard == ["begun", ValueError, "ended"]


def test_a_flow_that_is_closed_while_something_comes_before_is_closed() -> None:
    """It runs its own `finally`, though it was not its effect that was under way."""
    heard: list[Any] = []

    def before(_: Any) -> Generator[Any, Any, None]:
        yield Blocking(lambda: None)

    flow = watched(Inner(("passes",), begins_badly=False).run(heard), before)
    assert isinstance(next(flow), Blocking)
    flow.close()

    assert heard == ["begun", "closed", "ended"]
