"""Lists that come in pages: walked on demand, a hundred at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

import attrs
from cleanlife_client.types import Response as Answer

from cleanlife_ext.engine.constraints import spoken
from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.engine.message import Scope
from cleanlife_ext.engine.traits import Paging
from cleanlife_ext.envelope import unreadable
from cleanlife_ext.layered import AsyncLayeredClient, LayeredClient

__all__ = ["AsyncItems", "AsyncPages", "Items", "Pages", "filters"]

T = TypeVar("T")
MOST_STALE = 3  # pages; so many bookings are not made while one page is fetched


@attrs.define(eq=False)
class _Walk:
    """The way from page to page, without any I/O: what to ask for next, and what is new in an answer."""

    operation: str
    rule: Paging
    filters: Mapping[str, Any] = attrs.field(repr=False)
    number: int | None = 1
    seen: set[Any] = attrs.field(factory=set[Any], repr=False)
    stale: int = 0

    def ask(self) -> dict[str, Any]:
        return {**self.filters, self.rule.page: self.number, self.rule.limit: self.rule.max}

    def take(self, answer: Answer[Any], scope: Scope) -> list[Any]:
        """The items not met before: one that is added while we walk pushes others onto the next page."""
        items = getattr(answer.parsed, self.rule.items)
        identity = spoken(self.rule.id)
        new = [item for item in items if getattr(item, identity) not in self.seen]
        self.seen.update(getattr(item, identity) for item in new)
        self.stale = 0 if new else self.stale + 1
        if items and self.stale == MOST_STALE:
            raise unreadable(answer, self.operation, f"the last {MOST_STALE} pages held nothing new", scope)
        self._step(answer.parsed, empty=not items)
        return new

    def _step(self, answer: Any, *, empty: bool) -> None:
        total = answer
        for part in self.rule.total.split("."):
            total = getattr(total, spoken(part))
        assert self.number is not None
        # An empty page is the end as well, whatever the total says.
        self.number = self.number + 1 if self.number < total and not empty else None


def _walk(client: LayeredClient | AsyncLayeredClient, operation: str, filters: Mapping[str, Any]) -> _Walk:
    rule = client.session.core.provider.operations[operation].pages
    assert rule is not None, f"{operation} has no x-pages"
    return _Walk(operation, rule, filters)


def filters(**wanted: Any) -> dict[str, Any]:
    """The filters that were given."""
    return {name: value for name, value in wanted.items() if value is not None}


class Pages(Generic[T]):
    """A list that is fetched page by page, while you walk it.

    ```python
    for booking in client.bookings.list(status="in progress"): ...
    newest = client.bookings.list().first()
    everything = client.services.list().all()
    ```

    Each walk begins anew, but takes what is kept of it. Each page has its own deadline, so that your loop may take its
    time; `all()` and `first()` have one for all.
    """

    def __init__(
        self, client: LayeredClient, endpoint: Callable[..., Any], operation: str, filters: Mapping[str, Any]
    ) -> None:
        self._client, self._endpoint, self._filters, self._operation = client, discreet(endpoint), filters, operation

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._filters)})"

    def __iter__(self) -> Iterator[T]:
        return Items(self.pages())

    def pages(self) -> Iterator[list[T]]:
        """The items in lists of up to 100, one for each call."""
        return self._pages(self._client)

    def all(self) -> list[T]:
        """All items at once, within one deadline."""
        return [item for page in self._once() for item in page]

    def first(self, where: Callable[[T], bool] | None = None) -> T | None:
        """The first item (for which *where* holds), or `None` if there is none. Fetches no more pages than it needs."""
        return next((item for item in Items(self._once()) if where is None or where(item)), None)

    def _once(self) -> Iterator[list[T]]:
        """The pages, all of them within one deadline."""
        return self._pages(self._client.scoped())

    def _pages(self, client: LayeredClient) -> Iterator[list[T]]:
        return _Fetched(client, self._endpoint, _walk(client, self._operation, self._filters))


# Iterators and not generators: after an error a generator is at its end, and the list would look complete to whoever
# goes on; and an asynchronous one would have to be cleaned up after a loop that was left early.


@attrs.frozen(eq=False)
class _Fetched(Iterator[list[T]]):
    client: LayeredClient
    endpoint: Callable[..., Any]
    walk: _Walk

    def __next__(self) -> list[T]:
        if self.walk.number is None:
            raise StopIteration
        return self.walk.take(self.endpoint(client=self.client, **self.walk.ask()), self.client.scope)


@attrs.frozen(eq=False)
class Items(Iterator[T]):
    """What comes in lists, one by one."""

    pages: Iterator[list[T]]
    waiting: deque[T] = attrs.Factory(deque[T])

    def __next__(self) -> T:
        while not self.waiting:
            self.waiting.extend(next(self.pages))
        return self.waiting.popleft()


class AsyncPages(Generic[T]):
    """A list that is fetched page by page, while you walk it.

    ```python
    async for booking in client.bookings.list(status="in progress"): ...
    newest = await client.bookings.list().first()
    everything = await client.services.list().all()
    ```

    Each walk begins anew, but takes what is kept of it. Each page has its own deadline, so that your loop may take its
    time; `all()` and `first()` have one for all.
    """

    def __init__(
        self,
        client: AsyncLayeredClient,
        endpoint: Callable[..., Awaitable[Any]],
        operation: str,
        filters: Mapping[str, Any],
    ) -> None:
        self._client, self._endpoint, self._filters, self._operation = client, discreet(endpoint), filters, operation

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._filters)})"

    def __aiter__(self) -> AsyncIterator[T]:
        return AsyncItems(self.pages())

    def pages(self) -> AsyncIterator[list[T]]:
        """The items in lists of up to 100, one for each call."""
        return self._pages(self._client)

    async def all(self) -> list[T]:
        """All items at once, within one deadline."""
        return [item async for page in self._once() for item in page]

    async def first(self, where: Callable[[T], bool] | None = None) -> T | None:
        """The first item (for which *where* holds), or `None` if there is none. Fetches no more pages than it needs."""
        async for item in AsyncItems(self._once()):
            if where is None or where(item):
                return item
        return None

    def _once(self) -> AsyncIterator[list[T]]:
        return self._pages(self._client.scoped())

    def _pages(self, client: AsyncLayeredClient) -> AsyncIterator[list[T]]:
        return _AsyncFetched(client, self._endpoint, _walk(client, self._operation, self._filters))


@attrs.frozen(eq=False)
class _AsyncFetched(AsyncIterator[list[T]]):
    client: AsyncLayeredClient
    endpoint: Callable[..., Awaitable[Any]]
    walk: _Walk

    async def __anext__(self) -> list[T]:
        if self.walk.number is None:
            raise StopAsyncIteration
        return self.walk.take(await self.endpoint(client=self.client, **self.walk.ask()), self.client.scope)


@attrs.frozen(eq=False)
class AsyncItems(AsyncIterator[T]):
    """What comes in lists, one by one."""

    pages: AsyncIterator[list[T]]
    waiting: deque[T] = attrs.Factory(deque[T])

    async def __anext__(self) -> T:
        while not self.waiting:
            self.waiting.extend(await anext(self.pages))
        return self.waiting.popleft()
