"""What goes on after its request was answered: asked for, with growing waits, until it is done.

The request that began it is never sent again for this. A job is known by where to ask for it, which is all that
another process needs to go on with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Mapping
from itertools import count
from typing import Any, Generic, Protocol, Self, TypeAlias, TypeVar
from urllib.parse import quote

import attrs

from cleanlife_ext.engine.addresses import address_of, found_at, is_named
from cleanlife_ext.engine.flow import Effect, Pause
from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.engine.message import Headers, Options, Response, Scope
from cleanlife_ext.engine.observe import inform
from cleanlife_ext.engine.retry import backoff, retry_after
from cleanlife_ext.engine.session import AsyncSession, Core, Session
from cleanlife_ext.engine.trace import Call
from cleanlife_ext.engine.traits import Job as Rule
from cleanlife_ext.engine.traits import Operation
from cleanlife_ext.errors import CleanLifeError, DeadlineExceededError, JobFailedError

__all__ = ["AsyncJob", "Job", "Told"]

T = TypeVar("T")
SessionT = TypeVar("SessionT", Session, AsyncSession)
Steps: TypeAlias = Generator[Effect, Any, T]

LONGEST = 600.0  # Seconds that a job is waited for if nothing else is said.


class Told(Protocol):
    """A notification, as far as it tells what it is about."""

    @property
    def resource_id(self) -> str: ...


@attrs.define(eq=False)
class _Job(Generic[SessionT, T]):
    """How far a job is known to be.

    Attributes:
        operation: The operation that began it.
        id: Its id at the API, which is in the notifications about it.
        progress: How far it was when it was last asked for, in the API's words.
    """

    _session: SessionT = attrs.field(repr=False)
    operation: str
    id: str
    progress: str = attrs.field(default="", repr=False)
    _result: list[T] = attrs.field(factory=list[T], init=False, repr=False)

    @classmethod
    def begun(cls, session: SessionT, operation: str, headers: Mapping[str, str]) -> Self:
        """The job that an answer with these *headers* has begun; resources ask for it."""
        rule, asked = _rule(session.core, operation)
        found = found_at(asked.path, address_of(rule, Headers(headers.items())))
        assert found is not None, "an answer without an address is refused before"
        return cls(session, operation, found["id"])

    @classmethod
    def resumed(cls, session: SessionT, token: str) -> Self:
        """The job that *token* stands for; clients offer it."""
        operation, _, id = token.partition("/") if isinstance(token, str) else ("", "", "")
        known = session.core.provider.operations.get(operation)
        if known is None or known.job is None or not is_named({"id": id}, "{id}"):
            raise ValueError("token: the token of a job is needed, as job.token gives it")
        return cls(session, operation, id)

    @property
    def token(self) -> str:
        """A text with which another process goes on: `client.job(token)`. It is neither secret nor personal."""
        return f"{self.operation}/{self.id}"

    @property
    def is_done(self) -> bool:
        """Whether its result is here."""
        return bool(self._result)

    def _polling(self) -> Steps[T | None]:
        """Ask once; the result, or `None` while it runs."""
        options = self._session.options
        return (yield from self._asked(options, self._session.core.scope(options)))[0]

    def _waiting(self, deadline: float) -> Steps[T]:
        """Ask until it is done."""
        if not (isinstance(deadline, int | float) and deadline > 0):
            raise ValueError("deadline: a number of seconds above 0 is needed")
        core = self._session.core
        options = attrs.evolve(self._session.options, deadline=deadline)
        scope = core.scope(options)
        for polls in count(1):
            result, wait = yield from self._asked(options, scope)
            if result is not None:
                return result
            seconds = backoff(core.provider.rules, polls, core.chance()) if wait is None else wait
            if seconds >= scope.ends - core.clock.now():
                raise self._still_running(scope, deadline)
            yield Pause(seconds)
            why = "the job still runs" if wait is None else f"the server asked for {wait:.0f} s"
            waited = round(core.clock.now() - scope.rested, 6)
            scope.attempts[-1] = attrs.evolve(scope.attempts[-1], wait=waited, reason=why)
        raise AssertionError("it counts for ever")

    def _asked(self, options: Options, scope: Scope) -> Steps[tuple[T | None, float | None]]:
        """The result, if it is done; else how long the API wants us to wait, if it says so."""
        if self._result:
            return self._result[0], None
        core = self._session.core
        rule, operation = _rule(core, self.operation)
        path = operation.path.format(id=quote(self.id, safe=""))
        try:
            response: Response = yield from core.flow(options, scope, operation.method, path)
        except JobFailedError as error:
            why = str(error.args[0]).removeprefix(f"{operation.id}: ")
            error.args = (f"{self.operation}: the job {self.id} has failed: {why}",)
            error.operation = self.operation
            raise
        self.progress = response.headers.get(rule.progress, "")
        if response.status_code == rule.running:
            return None, retry_after(response.headers, core.clock.wall())
        self._result.append(core.provider.decode(operation, response))
        return self._result[0], None

    def _still_running(self, scope: Scope, deadline: float) -> CleanLifeError:
        text = f"the job still runs, and the deadline of {deadline:g} s would pass before the next poll"
        error = DeadlineExceededError(f"{self.operation}: {text}; wait for it again, or go on with its token")
        inform(error, scope)
        error.call = self._polls(scope, type(error).__name__)
        return error

    def _polls(self, scope: Scope, result: str) -> Call:
        """All polls of a wait as one call."""
        clock, (_, asked) = self._session.core.clock, _rule(self._session.core, self.operation)
        seconds = clock.now() - scope.began
        return Call(
            id=scope.id,
            operation=asked.id,
            method=asked.method,
            path=asked.path,
            fields={"id": self.id},
            began=dt.datetime.fromtimestamp(clock.wall() - seconds, dt.UTC),
            seconds=round(seconds, 6),
            attempts=tuple(scope.attempts),
            result=result,
            transaction=scope.transaction,
        )


class Job(_Job[Session, T]):
    """Something that the API goes on with. To wait for it, to stop waiting and to ask again never begins it anew.

    ```python
    job = client.documents.retrieve(patient.id)
    print(job.token)  # Keep it: another process goes on with `client.job(token)`.
    bundle = job.wait(deadline=1800)
    ```
    """

    @discreet
    def poll(self) -> T | None:
        """Ask once: its result, or `None` while it runs.

        Raises `JobFailedError` if it has failed, and `NotFoundError` if the API knows it no longer.
        """
        return self._session.drive(self._polling())

    @discreet
    def wait(self, deadline: float = LONGEST) -> T:
        """Its result, for which the API is asked with growing waits, or with those that it asks for itself.

        Raises `JobFailedError` if it has failed, `NotFoundError` if the API knows it no longer, and
        `DeadlineExceededError` if it still runs after so many seconds: wait again, or use `.token`.
        """
        return self._session.drive(self._waiting(deadline))

    def complete_from(self, event: Told) -> T | None:
        """Its result, if *event* is about this job and it is done; else `None`. A notification is a reason to ask, and
        no more: what it says is not taken for the result."""
        return self.poll() if event.resource_id == self.id else None


class AsyncJob(_Job[AsyncSession, T]):
    """Something that the API goes on with: a `Job` whose calls are awaited. Who is cancelled may wait again."""

    @discreet
    async def poll(self) -> T | None:
        """Ask once: its result, or `None` while it runs.

        Raises `JobFailedError` if it has failed, and `NotFoundError` if the API knows it no longer.
        """
        return await self._session.drive(self._polling())

    @discreet
    async def wait(self, deadline: float = LONGEST) -> T:
        """Its result, for which the API is asked with growing waits, or with those that it asks for itself.

        Raises `JobFailedError` if it has failed, `NotFoundError` if the API knows it no longer, and
        `DeadlineExceededError` if it still runs after so many seconds: wait again, or use `.token`.
        """
        return await self._session.drive(self._waiting(deadline))

    async def complete_from(self, event: Told) -> T | None:
        """Its result, if *event* is about this job and it is done; else `None`. A notification is a reason to ask, and
        no more: what it says is not taken for the result."""
        return await self.poll() if event.resource_id == self.id else None


def _rule(core: Core, operation: str) -> tuple[Rule, Operation]:
    rule = core.provider.operations[operation].job
    assert rule is not None, f"{operation} has no x-job"
    return rule, core.provider.operations[rule.asks]
