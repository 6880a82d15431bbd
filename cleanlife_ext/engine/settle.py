"""How to find out what became of a write whose answer was lost: one class for each form of `x-repeat`.

All of them only look, by operations that are safe to repeat; whether anything is sent again is decided in `retry`.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, TypeAlias

import attrs

from cleanlife_ext.engine.bodies import Row, answer_of, at
from cleanlife_ext.engine.check import model_of
from cleanlife_ext.engine.flow import Send
from cleanlife_ext.engine.keys import is_known, todo
from cleanlife_ext.engine.likeness import alike, contains, holds, is_one_of, same, spelled
from cleanlife_ext.engine.lookups import Inquiry, looked_up, path_values
from cleanlife_ext.engine.message import Headers, Request, Response
from cleanlife_ext.engine.provider import Provider
from cleanlife_ext.engine.traits import Repeat
from cleanlife_ext.errors import (
    APIStatusError,
    CleanLifeError,
    ConflictError,
    OutcomeUnknownError,
)

__all__ = ["Creation", "Keyed", "Settle", "Settled", "prepared"]


# The answer that was lost, or the error that is the truth. None: nothing is to be seen, which may change.
Settled: TypeAlias = Response | CleanLifeError | None

HIGH = "high"  # What is never guessed, nor sent again blindly.
SILENCE = "its idempotency key is too old, and nothing can tell any longer; ask the vendor"


@attrs.frozen(eq=False)
class Settle(ABC):
    """Knows one request that was sent, and where its effect can be seen."""

    provider: Provider = attrs.field(repr=False)
    request: Request

    @property
    def repeat(self) -> Repeat:
        return self.request.operation.repeat

    @property
    def key(self) -> str:
        """What a user may look for, `""` if there is nothing."""
        return ""

    @property
    def visible(self) -> bool:
        """Whether its effect can be seen without sending it again. If not, nothing may be looked for."""
        return True

    @property
    def believed(self) -> tuple[int, ...]:
        """Statuses of a refusal that say that nothing sent before has taken effect, or will."""
        return self.repeat.believed

    @property
    def sends_first(self) -> bool:
        """Whether it is sent again before anything is looked for, since that does no harm and tells."""
        return False

    def may_send(self, now: float) -> bool:  # noqa: ARG002  # Most may at any time.
        """Whether it may be sent again at all, where nothing of it is to be seen."""
        return True

    def instead(self, now: float) -> str:  # noqa: ARG002  # Most tell at any time.
        """What tells where the effect cannot be seen."""
        return "its effect cannot be seen; sending it again does no harm, and tells"

    @abstractmethod
    def look(self, ask: Send) -> Inquiry[Settled]:
        """Look for the effect; what is needed to give the whole answer is done as well."""

    @abstractmethod
    def find(self, ask: Send) -> Inquiry[Any]:
        """The model of the effect, or None; this only reads. Raises the error that is the truth."""

    def judge(self, refusal: APIStatusError, ask: Send) -> Inquiry[Settled]:  # noqa: ARG002  # Whatever was refused.
        """What a refusal means after an attempt of unknown outcome."""
        return (yield from self.look(ask)) if self.visible else None

    def answer_of(self, row: Row) -> Response:
        """The answer that would have brought *row*."""
        return answer_of(self.provider.bodies, self.request.operation, row)

    def unknown(
        self, text: str, cause: CleanLifeError | None = None, candidates: tuple[Any, ...] = ()
    ) -> OutcomeUnknownError:
        unknown = OutcomeUnknownError(f"{self.request.operation.id}: {text}", candidates=candidates)
        unknown.__cause__ = cause
        return unknown


def prepared(provider: Provider, request: Request, ask: Send) -> Inquiry[Settle | None]:
    """The way to settle *request*, with what has to be known of the time before it is sent."""
    repeat = request.operation.repeat
    if repeat.key:
        return Keyed(provider, request)
    if repeat.lifetime is not None:
        return _Replayed(provider, request)
    if repeat.guard:
        return _Guarded(provider, request)
    if repeat.done:
        return _Done(provider, request)
    if repeat.unseen:
        before = yield from looked_up(provider, request, repeat.unseen, ask)
        return _Listed(provider, request, frozenset(row[repeat.id] for row, _ in before))
    return _Compared(provider, request) if repeat.read else None


class Creation(Settle):
    """Something that is made, and can be found by what it bears."""

    @abstractmethod
    def bearers(self, ask: Send) -> Inquiry[list[tuple[Row, Any]]]:
        """All that bears it, as JSON and as models."""

    @abstractmethod
    def counts(self, found: Row) -> bool:
        """Whether *found* is alive, and what was asked for."""

    def look(self, ask: Send) -> Inquiry[Settled]:
        row, model = yield from self.bearer(ask)
        if row is None:
            return None
        return self.answer_of(row) if self.counts(row) else self.taken(model)

    def judge(self, refusal: APIStatusError, ask: Send) -> Inquiry[Settled]:
        settled = (yield from self.look(ask)) if self.visible else None
        if isinstance(settled, ConflictError) and refusal.code == settled.code and isinstance(refusal, ConflictError):
            refusal.collides_with(settled.existing)  # The API has said it itself.
            return refusal
        return settled

    def find(self, ask: Send) -> Inquiry[Any]:
        row, model = yield from self.bearer(ask)
        if row is not None and not self.counts(row):
            raise self.taken(model)
        return model

    def bearer(self, ask: Send) -> Inquiry[tuple[Row | None, Any]]:
        """What bears it, as JSON and as a model."""
        bearers = yield from self.bearers(ask)
        # A dead one may lie beside its successor.
        return next(((row, model) for row, model in bearers if self.counts(row)), next(iter(bearers), (None, None)))

    def taken(self, model: Any, where: str = "seen when an unknown outcome was looked up") -> ConflictError:
        """The refusal that the API would give if it were asked once more, and *where* that is known from."""
        code = self.repeat.taken
        body = json.dumps(self.provider.bodies.failure(code)).encode()
        error: ConflictError = self.provider.error_class(code)(
            f"{self.request.operation.id}: {code} ({where})",
            response=Response(409, Headers(), body),
            code=code,
            shown=code,
        )
        error.collides_with(model)
        return error


@attrs.frozen(eq=False)
class Keyed(Creation):
    """A creation that carries its own key: what bears the key is it, if it is the same and counts."""

    @property
    def key(self) -> str:
        key: str = self.request.body[self.repeat.key]
        return key

    def bearers(self, ask: Send) -> Inquiry[list[tuple[Row, Any]]]:
        rows = yield from looked_up(
            self.provider, self.request, self.repeat.lookup, ask, query={self.repeat.key: self.key}
        )
        # The filter is exact by the documentation, and worth no trust here.
        return [(row, model) for row, model in rows if row.get(self.repeat.key) == self.key]

    def counts(self, found: Row) -> bool:
        is_dead = any(is_one_of(found, field, values) for field, values in self.repeat.dead.items())
        return not is_dead and all(same(self.request.body.get(field), found.get(field)) for field in self.repeat.same)

    def read(self, id: str, ask: Send) -> Inquiry[Response]:
        """The answer that would have brought what was created with this *id*, as it is now."""
        [(row, _)] = yield from looked_up(self.provider, self.request, self.repeat.read, ask, row={self.repeat.id: id})
        return self.answer_of(row)


@attrs.frozen(eq=False)
class _Replayed(Creation):
    """Something that is done once for its key, as long as the API knows that; some can be found by what they are."""

    @property
    def key(self) -> str:
        return self.request.headers[self.repeat.header.lower()]

    @property
    def visible(self) -> bool:
        return bool(self.repeat.lookup and self.identifiers)

    @property
    def sends_first(self) -> bool:
        return self.request.operation.impact != HIGH or not self.visible

    def may_send(self, now: float) -> bool:
        return is_known(self.request, now)

    def instead(self, now: float) -> str:
        return f"it cannot be looked up; {todo(self.request) if self.may_send(now) else SILENCE}"

    @property
    def identifiers(self) -> Mapping[str, list[str]]:
        """What may be asked for, by parameter."""
        asked = {field: list(spelled(form, self.request.body.get(field))) for field, form in self.repeat.by.items()}
        return {field: texts for field, texts in asked.items() if texts}

    def bearers(self, ask: Send) -> Inquiry[list[tuple[Row, Any]]]:
        found: list[Row] = []
        for field, texts in self.identifiers.items():
            for text in texts:
                rows = yield from looked_up(self.provider, self.request, self.repeat.lookup, ask, query={field: text})
                bearers = (row for row, _ in rows if text in spelled(self.repeat.by[field], row.get(field)))
                found += [row for row in bearers if row not in found]
        models = [model_of(self.provider, self.request.operation, row) for row in found]
        alike = tuple(model for row, model in zip(found, models, strict=True) if self.counts(row))
        if len(alike) > 1:
            raise self.unknown(f"{len(alike)} that look like it are there", candidates=alike)
        return list(zip(found, models, strict=True))

    def counts(self, found: Row) -> bool:
        body = self.request.body
        return all(contains(body[field], found.get(field)) for field in self.repeat.same if field in body)


class _Read(Settle):
    """Something that can be read afterwards, and then shows whether it was done."""

    @abstractmethod
    def _shows(self, row: Row) -> bool: ...

    def look(self, ask: Send) -> Inquiry[Settled]:
        row, _ = yield from self._seen(ask)
        return None if row is None else self.answer_of(row)

    def find(self, ask: Send) -> Inquiry[Any]:
        _, model = yield from self._seen(ask)
        return model

    def _seen(self, ask: Send) -> Inquiry[tuple[Row | None, Any]]:
        [(row, model)] = yield from looked_up(self.provider, self.request, self.repeat.read, ask)
        return (row, model) if self._shows(row) else (None, None)


@attrs.frozen(eq=False)
class _Compared(_Read):
    """A change that can be read back: if all that was asked for stands there, it was made."""

    @property
    def visible(self) -> bool:
        return set(self.request.body) <= set(self.repeat.same)

    @property
    def believed(self) -> tuple[int, ...]:
        # Of what cannot be read back, only what no attempt can have survived is believed.
        return self.repeat.believed if self.visible else Repeat().believed

    def _shows(self, row: Row) -> bool:
        body = self.request.body
        return same(body, row) and all(row.get(field) == body[field] for field in self._literal if field in body)

    @property
    def _literal(self) -> list[str]:
        """The texts that have no form, such as a reference: of them each letter counts."""
        fields = self.request.operation.accepts["body"]["properties"].items()
        return [name for name, rule in fields if rule.get("type") == "string" and not {"format", "pattern"} & set(rule)]


@attrs.frozen(eq=False)
class _Guarded(_Read):
    """A change to the version that was read: once it was made, the version is another."""

    @property
    def sends_first(self) -> bool:
        return self.request.operation.impact != HIGH

    def _shows(self, row: Row) -> bool:
        # What is there beside it was to be taken away; so what changed the version was somebody else's change.
        asked, found = self._compared(self.request.body), self._compared(row)
        return contains(asked, found) and contains(found, asked) and not self._is_as_it_was(row)

    def _compared(self, row: Row) -> Row:
        return {field: value for field, value in row.items() if field not in self.repeat.ignored}

    def _is_as_it_was(self, row: Row) -> bool:
        """Whether *row* has the version that was to be changed: then what was taken away from it is still there."""
        guard = self.request.headers[self.repeat.guard.lower()]
        return any(f'"{version}"' in guard for version in at(row, self.repeat.version))


@attrs.frozen(eq=False)
class _Done(_Read):
    """Something that is done once: sent again, it is refused with a code of its own."""

    @property
    def visible(self) -> bool:
        return bool(self.repeat.when)

    @property
    def sends_first(self) -> bool:
        return True

    def judge(self, refusal: APIStatusError, ask: Send) -> Inquiry[Settled]:
        if refusal.code != self.repeat.done:
            return (yield from super().judge(refusal, ask))
        if not self.repeat.read:
            return self.answer_of({name: self._given(value) for name, value in self.repeat.gives.items()})
        try:
            [(row, _)] = yield from looked_up(self.provider, self.request, self.repeat.read, ask)
        except CleanLifeError as error:
            return self.unknown(f"done ({refusal.code}), but what it was done to could not be read", error)
        return self.answer_of(row)

    def _given(self, value: Any) -> Any:
        return value.format_map(path_values(self.request)) if isinstance(value, str) else value

    def _shows(self, row: Row) -> bool:
        return holds(row, self.repeat.when)


@attrs.frozen(eq=False)
class _Listed(Settle):
    """A creation without a key: what was not there before and looks like it is it, if it is the only one."""

    before: frozenset[str] = attrs.field(repr=False)

    def look(self, ask: Send) -> Inquiry[Settled]:
        unseen = yield from self._unseen(ask)
        if len(unseen) > 1:
            return self._several(unseen)
        if not unseen:
            return None
        [(row, model)] = unseen
        try:
            # The secret was in the answer that was lost, and nowhere else.
            [(renewed, _)] = yield from looked_up(self.provider, self.request, self.repeat.then, ask, row=row)
        except CleanLifeError as error:
            return self.unknown("made, but its secret was lost with the answer; renew it", error, (model,))
        return self.answer_of({**row, **renewed})

    def find(self, ask: Send) -> Inquiry[Any]:
        unseen = yield from self._unseen(ask)
        if len(unseen) > 1:
            raise self._several(unseen)
        return unseen[0][1] if unseen else None

    def _unseen(self, ask: Send) -> Inquiry[list[tuple[Row, Any]]]:
        rows = yield from looked_up(self.provider, self.request, self.repeat.unseen, ask)
        return [
            (row, model)
            for row, model in rows
            if row[self.repeat.id] not in self.before
            and all(alike(self.request.body.get(field), row.get(field)) for field in self.repeat.same)
        ]

    def _several(self, unseen: list[tuple[Row, Any]]) -> OutcomeUnknownError:
        text = f"sent, and {len(unseen)} that look like it were made meanwhile"
        return self.unknown(text, candidates=tuple(model for _, model in unseen))
