"""How to find out what became of a write whose answer was lost: one class for each form of `x-repeat`.

All of them only look, by operations that are safe to repeat; whether anything is sent again is decided in `retry`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Mapping
from typing import Any, Protocol, TypeAlias, TypeVar
from urllib.parse import quote

import attrs

from cleanlife_ext.engine.flow import Effect, Send
from cleanlife_ext.engine.message import Headers, Request, Response
from cleanlife_ext.engine.provider import Provider
from cleanlife_ext.engine.traits import Values
from cleanlife_ext.errors import APIStatusError, CleanLifeError, ConflictError, OutcomeUnknownError

__all__ = ["Inquiry", "Keyed", "Settle", "Settled", "answer_of", "prepared", "same"]

T = TypeVar("T")
Inquiry: TypeAlias = Generator[Effect, Any, T]

# The answer that was lost, or the error that is the truth. None: nothing is to be seen, which may change.
Settled: TypeAlias = Response | CleanLifeError | None


class Settle(Protocol):
    """Knows one request that was sent, and where its effect can be seen.

    Attributes:
        key: What a user may look for, `""` if there is nothing.
        believed: Statuses of a refusal that say that nothing sent before has taken effect, or will.
    """

    @property
    def key(self) -> str: ...
    @property
    def believed(self) -> tuple[int, ...]: ...

    def look(self, ask: Send) -> Inquiry[Settled]:
        """Look for the effect; what is needed to give the whole answer is done as well."""
        ...

    def judge(self, refusal: APIStatusError, ask: Send) -> Inquiry[Settled]:
        """What a refusal means after an attempt of unknown outcome."""
        ...

    def find(self, ask: Send) -> Inquiry[Any]:
        """The model of the effect, or None; this only reads. Raises the error that is the truth."""
        ...


def prepared(provider: Provider, request: Request, ask: Send) -> Inquiry[Settle | None]:
    """The way to settle *request*, with what has to be known of the time before it is sent."""
    repeat = request.operation.repeat
    if repeat.key:
        return Keyed(provider, request)
    if repeat.done:
        return _Done(provider, request)
    if repeat.unseen:
        before = yield from _ask(provider, request, repeat.unseen, ask)
        return _Listed(provider, request, frozenset(row[repeat.id] for row, _ in before))
    return _Compared(provider, request) if repeat.read else None


@attrs.frozen(eq=False)
class Keyed:
    """A creation that carries its own key: what bears the key is it, if it is the same and counts."""

    provider: Provider
    request: Request

    @property
    def key(self) -> str:
        key: str = self.request.body[self.request.operation.repeat.key]
        return key

    @property
    def believed(self) -> tuple[int, ...]:
        return self.request.operation.repeat.believed

    def look(self, ask: Send) -> Inquiry[Settled]:
        row, model = yield from self.bearer(ask)
        if row is None:
            return None
        return answer_of(self.provider, row) if self.counts(row) else self._taken(model)

    def judge(self, refusal: APIStatusError, ask: Send) -> Inquiry[Settled]:
        row, model = yield from self.bearer(ask)
        if row is not None and self.counts(row):
            return answer_of(self.provider, row)
        if isinstance(refusal, ConflictError) and refusal.code == self.request.operation.repeat.taken:
            refusal.existing = model
            return refusal
        return None if row is None else self._taken(model)

    def find(self, ask: Send) -> Inquiry[Any]:
        row, model = yield from self.bearer(ask)
        if row is not None and not self.counts(row):
            raise self._taken(model)
        return model

    def bearer(self, ask: Send) -> Inquiry[tuple[Mapping[str, Any] | None, Any]]:
        """What bears the key, as JSON and as a model."""
        repeat = self.request.operation.repeat
        rows = yield from _ask(self.provider, self.request, repeat.lookup, ask, query={repeat.key: self.key})
        # The filter is exact by the documentation, and worth no trust here.
        return next(((row, model) for row, model in rows if row.get(repeat.key) == self.key), (None, None))

    def counts(self, found: Mapping[str, Any]) -> bool:
        """Whether *found* is alive, and what was asked for."""
        repeat = self.request.operation.repeat
        is_dead = any(_is_one_of(found, field, values) for field, values in repeat.dead.items())
        return not is_dead and all(same(self.request.body.get(field), found.get(field)) for field in repeat.same)

    def _taken(self, model: Any) -> ConflictError:
        """The refusal that the API would give if it were asked once more."""
        repeat, names = self.request.operation.repeat, self.provider
        body = {names.ok: False, names.error: {"code": repeat.taken}}
        error: ConflictError = self.provider.error_class(repeat.taken)(
            f"{self.request.operation.id}: {repeat.taken} (seen when an unknown outcome was looked up)",
            response=Response(409, Headers(), json.dumps(body).encode()),
            code=repeat.taken,
        )
        error.existing = model
        return error


@attrs.frozen(eq=False)
class _Compared:
    """A change that can be read back: if all that was asked for stands there, it was made."""

    provider: Provider
    request: Request
    key = ""

    @property
    def believed(self) -> tuple[int, ...]:
        # What cannot be read back may have been changed whatever is said later.
        return self.request.operation.repeat.believed if self._is_comparable else (400, 404)

    def look(self, ask: Send) -> Inquiry[Settled]:
        row, _ = yield from self._read(ask)
        return None if row is None else answer_of(self.provider, row)

    def judge(self, refusal: APIStatusError, ask: Send) -> Inquiry[Settled]:  # noqa: ARG002  # Whatever was refused.
        return (yield from self.look(ask))

    def find(self, ask: Send) -> Inquiry[Any]:
        _, model = yield from self._read(ask)
        return model

    @property
    def _is_comparable(self) -> bool:
        return set(self.request.body) <= set(self.request.operation.repeat.same)

    def _read(self, ask: Send) -> Inquiry[tuple[Mapping[str, Any] | None, Any]]:
        if not self._is_comparable:
            return None, None
        [(row, model)] = yield from _ask(self.provider, self.request, self.request.operation.repeat.read, ask)
        return (row, model) if same(self.request.body, row) else (None, None)


@attrs.frozen(eq=False)
class _Done:
    """Something that is done once: sent again, it is refused with a code of its own."""

    provider: Provider
    request: Request
    key = ""

    @property
    def believed(self) -> tuple[int, ...]:
        return self.request.operation.repeat.believed

    def look(self, ask: Send) -> Inquiry[Settled]:
        row, _ = yield from self._read(ask)
        return None if row is None else answer_of(self.provider, row)

    def judge(self, refusal: APIStatusError, ask: Send) -> Inquiry[Settled]:
        repeat = self.request.operation.repeat
        if refusal.code != repeat.done:
            return (yield from self.look(ask))
        if not repeat.read:
            return answer_of(self.provider, {name: self._given(value) for name, value in repeat.gives.items()})
        [(row, _)] = yield from _ask(self.provider, self.request, repeat.read, ask)
        return answer_of(self.provider, row)

    def find(self, ask: Send) -> Inquiry[Any]:
        _, model = yield from self._read(ask)
        return model

    def _given(self, value: Any) -> Any:
        return value.format_map(_path_values(self.request)) if isinstance(value, str) else value

    def _read(self, ask: Send) -> Inquiry[tuple[Mapping[str, Any] | None, Any]]:
        repeat = self.request.operation.repeat
        if not repeat.when:
            return None, None
        [(row, model)] = yield from _ask(self.provider, self.request, repeat.read, ask)
        return (row, model) if _holds(row, repeat.when) else (None, None)


@attrs.frozen(eq=False)
class _Listed:
    """A creation without a key: what was not there before and looks like it is it, if it is the only one."""

    provider: Provider
    request: Request
    before: frozenset[str]
    key = ""

    @property
    def believed(self) -> tuple[int, ...]:
        return self.request.operation.repeat.believed

    def look(self, ask: Send) -> Inquiry[Settled]:
        unseen = yield from self._unseen(ask)
        if len(unseen) > 1:
            return self._several([model for _, model in unseen])
        if not unseen:
            return None
        [(row, _)] = unseen
        repeat = self.request.operation.repeat
        # The secret was in the answer that was lost, and nowhere else.
        [(renewed, _)] = yield from _ask(self.provider, self.request, repeat.then, ask, row=row)
        return answer_of(self.provider, {**row, **renewed})

    def judge(self, refusal: APIStatusError, ask: Send) -> Inquiry[Settled]:  # noqa: ARG002  # Whatever was refused.
        return (yield from self.look(ask))

    def find(self, ask: Send) -> Inquiry[Any]:
        unseen = yield from self._unseen(ask)
        if len(unseen) > 1:
            raise self._several([model for _, model in unseen])
        return unseen[0][1] if unseen else None

    def _unseen(self, ask: Send) -> Inquiry[list[tuple[Mapping[str, Any], Any]]]:
        repeat = self.request.operation.repeat
        rows = yield from _ask(self.provider, self.request, repeat.unseen, ask)
        return [
            (row, model)
            for row, model in rows
            if row[repeat.id] not in self.before
            and all(_alike(self.request.body.get(field), row.get(field)) for field in repeat.same)
        ]

    def _several(self, models: list[Any]) -> OutcomeUnknownError:
        text = f"{self.request.operation.id}: sent, and {len(models)} that look like it were made meanwhile"
        return OutcomeUnknownError(text, candidates=tuple(models))


def same(asked: Any, found: Any) -> bool:
    """Whether *found* is what was *asked* for, as far as it was asked for.

    A day is the same as its beginning, and a minute as its: `2026-06-20` is `2026-06-20T00:00:00.000Z`, and `09:00` is
    `09:00:00`.
    """
    if isinstance(asked, Mapping):
        return isinstance(found, Mapping) and all(same(value, found.get(field)) for field, value in asked.items())
    if isinstance(asked, str) and isinstance(found, str):
        shorter, longer = sorted((asked, found), key=len)
        return bool(shorter) and re.fullmatch(re.escape(shorter) + r"(T.*|:00)?", longer) is not None
    return bool(asked == found)


def _alike(asked: Any, found: Any) -> bool:
    if isinstance(asked, list) and isinstance(found, list):
        return sorted(map(str, asked)) == sorted(map(str, found))  # A choice has no order.
    return same(asked, found)


def _is_one_of(row: Mapping[str, Any], field: str, values: tuple[str, ...]) -> bool:
    return str(row.get(field)).casefold() in {value.casefold() for value in values}


def _holds(row: Mapping[str, Any], when: Values) -> bool:
    return all(_is_one_of(row, field, values) for field, values in when.items())


def _ask(
    provider: Provider,
    request: Request,
    id: str,
    ask: Send,
    *,
    query: Mapping[str, Any] | None = None,
    row: Mapping[str, Any] | None = None,
) -> Inquiry[list[tuple[Mapping[str, Any], Any]]]:
    """What the operation *id* answers, each thing as JSON and as a model.

    Its path takes what it needs from the path of *request*, or from *row*.
    """
    operation = provider.operations[id]
    values = _path_values(request) if row is None else {name: quote(str(value), safe="") for name, value in row.items()}
    path = operation.path.format_map(values)
    lookup = attrs.evolve(
        request, operation=operation, path=path, query=query or {}, body=None, headers={}, settle=None
    )
    response: Response = yield from ask(lookup)
    found, models = response.json()[provider.data], getattr(provider.decode(operation, response), provider.data)
    return list(zip(found, models, strict=True)) if isinstance(found, list) else [(found, models)]


def _path_values(request: Request) -> Mapping[str, str]:
    """What stands in the path of *request*, by the names in its template."""
    template, path = request.operation.path.split("/"), request.path.split("/")
    return {name[1:-1]: value for name, value in zip(template, path, strict=True) if name.startswith("{")}


def answer_of(provider: Provider, row: Mapping[str, Any]) -> Response:
    """The answer that would have brought *row*."""
    return Response(200, Headers(), json.dumps({provider.ok: True, provider.data: row}).encode())
