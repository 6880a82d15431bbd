"""The seam: generated code asks its client for `request(...)`, and a session answers with all layers beneath.

generated operation ─ session ─ call ─ cache ─ journal ─ key ─ recover ─ retry ─ token ─ rate limit ─ known key
─ attempt ─ check ─ transport ─ network
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Generator, Hashable, Mapping
from functools import partial
from typing import Any, TypeVar
from urllib.parse import unquote

import attrs

from cleanlife_ext.engine.addresses import pattern_of
from cleanlife_ext.engine.budget import Budget
from cleanlife_ext.engine.cache import cache, shelves
from cleanlife_ext.engine.check import check
from cleanlife_ext.engine.constraints import refuse, refuse_headers, spoken
from cleanlife_ext.engine.flow import (
    AsyncTransport,
    Clock,
    Effect,
    Flow,
    Send,
    Transport,
    arun,
    closed,
    dispatch,
    here,
    run,
)
from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.engine.keys import Keys, keyed, while_known
from cleanlife_ext.engine.lookups import Inquiry
from cleanlife_ext.engine.message import Options, Request, Response, Scope
from cleanlife_ext.engine.observe import attempt, call, inform
from cleanlife_ext.engine.pace import Pacing
from cleanlife_ext.engine.provider import REQUEST_ID_BASE, Provider
from cleanlife_ext.engine.rate_limit import limiters_of, rate_limit
from cleanlife_ext.engine.recover import recover
from cleanlife_ext.engine.retry import jitter, retry
from cleanlife_ext.engine.settle import Settle
from cleanlife_ext.engine.token import Grant, Tokens, authorize
from cleanlife_ext.engine.trace import Tracer
from cleanlife_ext.engine.traits import Operation
from cleanlife_ext.errors import CleanLifeError, ConfigurationError, OutcomeUnknownError

__all__ = ["AsyncSession", "Core", "Routes", "Session"]

T = TypeVar("T")


class Routes:
    """Which operation of the spec a method and a path mean, and what stands in the path."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        # Without parameters first, so that a word is never taken for an id.
        ordered = sorted(operations.values(), key=lambda operation: operation.path.count("{"))
        self._patterns: dict[str, list[tuple[Operation, re.Pattern[str]]]] = {}
        for operation in ordered:
            self._patterns.setdefault(operation.method, []).append((operation, re.compile(pattern_of(operation.path))))

    def __call__(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        for operation, pattern in self._patterns.get(method, ()):
            if (found := pattern.fullmatch(path)) is not None:
                return operation, {name: unquote(value) for name, value in found.groupdict().items()}
        raise ConfigurationError("no operation of the spec has this method and path; nothing was sent")


class Core:
    """What all views of a client share: the provider, the layers in their order, and what they keep.

    Clients that are given the same *whose* share the limit of the rate; without one a client has its own.
    *fingerprint*, where the key may be another one at each call, tells whose answers are to be kept apart. A *journal*
    is a layer around creations that have a key: it is given what it may need, and the way to ask without itself. A
    *grant* proves who we are, where that gives a token.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        clock: Clock,
        cache_ttl: float | None = None,
        reference_prefix: str = "",
        whose: Hashable = None,
        pacing: Pacing | None = None,
        fingerprint: Callable[[], Any] | None = None,
        journal: Callable[..., Flow] | None = None,
        grant: Grant | None = None,
        chance: Callable[[], float] = jitter,
    ) -> None:
        self.provider = provider
        self.clock = clock
        self.prefix = reference_prefix
        self.closed = False
        self.tracer = Tracer()
        self.journal = journal
        self.chance = chance
        self._fingerprint = fingerprint
        self._keys = Keys(clock)
        self._tokens = None
        if grant is not None and provider.bearer is not None:
            self._tokens = Tokens(provider, provider.bearer, clock, grant)
        self._budget = Budget()
        self._limiters = limiters_of(provider, object() if whose is None else whose, clock)
        self._pacing = pacing
        self._routes = Routes(provider.operations)
        self._shelves = shelves(provider.operations, cache_ttl, clock.now)
        self._stacks: dict[tuple[str, int], Send] = {}

    def flow(
        self,
        options: Options,
        scope: Scope | None,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, Any] | None = None,
    ) -> Flow:
        """What generated code asks for, ready to be driven. Raises what is refused before anything is sent."""
        self.check_open()
        operation, path = self._routes(method.upper(), url)
        query = dict(params or {})
        body = json if data is None else data
        named = {name.lower(): value for name, value in (headers or {}).items()}
        scope = scope or self.scope(options, self._base_of(named))
        refuse(operation, path, query, body)
        refuse_headers(operation, named)
        request = Request(
            operation=operation,
            path=url,
            query=query,
            body=body,
            headers=named,
            options=options,
            scope=scope,
        )
        return self._stack(operation, options.max_attempts)(request)

    def inquiry(self, settle: Settle, options: Options) -> Inquiry[Any]:
        """Look for an effect whose outcome is unknown, with a deadline of its own."""
        if not settle.visible:
            raise ConfigurationError(settle.instead(self.clock.now()))
        self.check_open()
        scope = self.scope(options)

        def ask(request: Request) -> Flow:
            asked = attrs.evolve(request, scope=scope, options=options)
            return self._stack(asked.operation, options.max_attempts)(asked)

        return _inquired(settle, scope, ask)

    def close(self) -> None:
        """End it for all views. A second time does nothing."""
        self.closed = True
        if self._pacing is not None and self._pacing.shared is not None:
            self._pacing.shared.close()

    def check_open(self) -> None:
        """Raise if the client was closed."""
        if self.closed:
            raise closed()

    def scope(self, options: Options, id: str = "") -> Scope:
        """A new scope, whose deadline begins now. *id* is what its request ids begin with."""
        now, id = self.clock.now(), id or str(uuid.uuid4())
        return Scope(ends=now + options.deadline, began=now, id=id, transaction=self.tracer.current)

    def _base_of(self, headers: Mapping[str, str]) -> str:
        header = self.provider.sends_request_id
        given = headers.get(header, "")
        if given and not REQUEST_ID_BASE.fullmatch(given):
            raise ValueError(f"{spoken(header)}: at most 56 letters, digits and signs of . : _ - are needed")
        return given

    def forget(self, tag: str) -> None:
        """Keep no answer of the operations with this tag any longer."""
        for id, shelf in self._shelves.items():
            if self.provider.operations[id].tag == tag:
                shelf.clear()

    def make_key(self) -> str:
        """A key for a creation that was given none."""
        return f"{self.prefix}{uuid.uuid4()}"

    def _stack(self, operation: Operation, attempts: int) -> Send:
        known = self._stacks.get((operation.id, attempts))
        if known is None:
            known = self._stacks[operation.id, attempts] = _stacked(self._layers(operation, attempts))
        return known

    def _layers(self, operation: Operation, attempts: int) -> list[Callable[..., Flow]]:
        """The one place where layers are put in order, outermost first. Those with nothing to do are left out."""
        repeat = operation.repeat
        limited = partial(rate_limit, self.provider.rules, self.clock, self.chance, self._limiters, self._pacing)
        made = [partial(attempt, self.provider, self.clock, self.check_open), partial(check, self.provider)]
        once: list[Callable[..., Flow]] = [limited, *made]
        if repeat.lifetime is not None:
            once.insert(1, partial(while_known, self.clock))
        if self._tokens is not None:
            asking = _stacked([limited, self._tokens.proved, *made])
            once.insert(0, partial(authorize, self._tokens, here, asking))
        layers: list[Callable[..., Flow]] = [partial(call, self.clock, self._budget, self.tracer)]
        if operation.id in self._shelves:
            layers.append(partial(cache, self._shelves[operation.id], here, self._fingerprint, _stacked(once)))
        tried: list[Callable[..., Flow]] = [
            partial(retry, self.provider, self.clock, self.chance, self._budget, attempts),
            *once,
        ]
        if self.journal is not None and (repeat.key or (repeat.header and operation.created is not None)):
            given = (self.provider, self.clock, self.chance, self.make_key, _stacked(tried))
            layers.append(partial(self.journal, *given))
        if repeat.header:
            layers.append(partial(keyed, self._keys, self.clock))
        if not repeat.safe:
            layers.append(partial(recover, self.provider, self.make_key))
        return [*layers, *tried]


def _inquired(settle: Settle, scope: Scope, ask: Send) -> Inquiry[Any]:
    try:
        return (yield from settle.find(ask))
    except CleanLifeError as error:
        error.operation = error.operation or settle.request.operation.id
        inform(error, scope)
        raise


def _stacked(layers: list[Callable[..., Flow]]) -> Send:
    send: Send = dispatch
    for layer in reversed(layers):
        send = partial(layer, send=send)
    return send


@attrs.frozen(eq=False)
class Session:
    """Stands where generated code expects an `httpx.Client`. Sessions of one core are views of the same client."""

    core: Core
    transport: Transport = attrs.field(repr=False)
    options: Options = attrs.field(factory=Options)
    scope: Scope | None = attrs.field(default=None, repr=False)

    @discreet
    def request(self, method: str, url: str, **asked: Any) -> Response:
        """Send one request through the layers."""
        flow = self.core.flow(self.options, self.scope, method, url, **asked)
        try:
            return run(flow, self.transport, self.core.clock)
        except OutcomeUnknownError as error:
            error.resolved_by(self.resolve)
            raise

    @discreet
    def drive(self, flow: Generator[Effect, Any, T]) -> T:
        """What *flow* gives, which sends what it sends through the layers itself."""
        return run(flow, self.transport, self.core.clock)

    @discreet
    def resolve(self, settle: Settle) -> Any:
        """Look for an effect whose outcome is unknown."""
        return self.drive(self.core.inquiry(settle, self.options))

    def close(self) -> None:
        """End it for all views. A second time does nothing."""
        self.core.close()
        self.transport.close()


@attrs.frozen(eq=False)
class AsyncSession:
    """Stands where generated code expects an `httpx.AsyncClient`. Sessions of one core are views of the same client."""

    core: Core
    transport: AsyncTransport = attrs.field(repr=False)
    options: Options = attrs.field(factory=Options)
    scope: Scope | None = attrs.field(default=None, repr=False)

    @discreet
    async def request(self, method: str, url: str, **asked: Any) -> Response:
        """Send one request through the layers."""
        flow = self.core.flow(self.options, self.scope, method, url, **asked)
        try:
            return await arun(flow, self.transport, self.core.clock)
        except OutcomeUnknownError as error:
            error.resolved_by(self.resolve)
            raise

    @discreet
    async def drive(self, flow: Generator[Effect, Any, T]) -> T:
        """What *flow* gives, which sends what it sends through the layers itself."""
        return await arun(flow, self.transport, self.core.clock)

    @discreet
    async def resolve(self, settle: Settle) -> Any:
        """Look for an effect whose outcome is unknown."""
        return await self.drive(self.core.inquiry(settle, self.options))

    async def aclose(self) -> None:
        """End it for all views. A second time does nothing."""
        self.core.close()
        await self.transport.aclose()
