"""The one object that users hold: a Health Gorilla of their own."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Unpack

from cleanlife_ext.simulator.base import BaseSimulator, Examine
from cleanlife_ext.simulator.faults.kinds import Place
from cleanlife_ext.simulator.healthgorilla import jobs
from cleanlife_ext.simulator.healthgorilla.api import TABLE, HealthGorillaApi
from cleanlife_ext.simulator.healthgorilla.clients import ALL_SCOPES, Credentials
from cleanlife_ext.simulator.healthgorilla.ids import HexIds
from cleanlife_ext.simulator.healthgorilla.jobs import Job
from cleanlife_ext.simulator.healthgorilla.notifications import TERMS
from cleanlife_ext.simulator.healthgorilla.resources import Resource, changed
from cleanlife_ext.simulator.healthgorilla.schemas import SUBSCRIPTION_STATUSES
from cleanlife_ext.simulator.healthgorilla.server import HealthGorillaServer
from cleanlife_ext.simulator.healthgorilla.settings import Settings, Switches
from cleanlife_ext.simulator.healthgorilla.state import State
from cleanlife_ext.simulator.times import utc_now
from cleanlife_ext.simulator.webhooks import Mishaps
from cleanlife_ext.simulator.webhooks.mishaps import NO_MISHAPS
from cleanlife_ext.simulator.webhooks.sending import HttpSender, Receive


class HealthGorillaSimulator(BaseSimulator[HealthGorillaApi]):
    """The Health Gorilla API on this machine, with a memory.

    *seed*: equal seeds give equal ids. *now*: the time, with a zone; the real one if not given. *receive*: gets every
    notification instead of the address of its subscription, and returns a status. *mishaps*: what happens to
    notifications on their way. *examine*: called with each request and its answer before that leaves. All of these are
    as in `Simulator`, as is what happens by itself and when: with a *now* of your own nothing happens because time
    passes, but that jobs are done when somebody looks at them after their time. *switches*: see `Settings`.
    Safe to use from several threads.

    Example:
        >>> simulator = HealthGorillaSimulator(job_takes=30, conflict_body="operationoutcome")
        >>> sorted(simulator.credentials)
        ['client_id', 'client_secret']
        >>> with simulator.serve() as server:
        ...     server.base_url.startswith("http://127.0.0.1:")
        True
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        now: Callable[[], dt.datetime] = utc_now,
        examine: Examine | None = None,
        receive: Receive | None = None,
        mishaps: Mishaps = NO_MISHAPS,
        **switches: Unpack[Switches],
    ) -> None:
        self._settings = Settings(**switches)
        super().__init__(
            TABLE.operations,
            HttpSender(TERMS.timeout, follows_redirects=TERMS.follows_redirects),
            places=(Place.NETWORK,),
            seed=seed,
            now=now,
            examine=examine,
            receive=receive,
            mishaps=mishaps,
        )

    @property
    def credentials(self) -> Credentials:
        """What proves to be a client that may do everything: keyword arguments of `HealthGorilla`."""
        return next(iter(self._api.state.clients.values())).credentials

    @property
    def webhook_secret(self) -> str:
        """What notifications are signed with."""
        return self._api.state.webhook_secret

    @property
    def patients(self) -> tuple[Resource, ...]:
        """All patients of all clients, oldest first."""
        with self._lock:
            return tuple(self._api.state.patients)

    @property
    def documents(self) -> tuple[Resource, ...]:
        """All DocumentReferences of all clients, oldest first."""
        with self._lock:
            return tuple(self._api.state.documents)

    @property
    def subscriptions(self) -> tuple[Resource, ...]:
        """All subscriptions of all clients, oldest first."""
        with self._lock:
            return tuple(self._api.state.subscriptions)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All jobs of all clients, oldest first."""
        with self._lock:
            return tuple(self._api.state.jobs())

    def serve(self, *, host: str = "127.0.0.1", port: int = 0) -> HealthGorillaServer:
        """A server for a ``with`` block; port 0 takes any that is free."""
        return HealthGorillaServer(self.app, credentials=self.credentials, host=host, port=port, served=self._served)

    def finish(self, job_id: str, result: Mapping[str, Any] | None = None) -> Job:
        """Let a job that runs be done: with *result*, a resource, or with what such a job gives."""
        with self._lock:
            return jobs.ended(self._api.state, self._running(job_id), None if result is None else dict(result))

    def fail(self, job_id: str, *, code: str = "processing", diagnostics: str = "The request has failed.") -> Job:
        """Let a job that runs fail, with an OperationOutcome that says why."""
        with self._lock:
            return jobs.failed(self._api.state, self._running(job_id), code, diagnostics)

    def set_subscription_status(self, subscription_id: str, status: str) -> Resource:
        """Let the API switch a subscription off, find it in error, or make it active again."""
        with self._lock:
            shelf = self._api.state.subscriptions
            found = [each for each in shelf if each.id == subscription_id]
            if not found:
                raise ValueError(f"no subscription has the id {subscription_id!r:.50}; see simulator.subscriptions")
            if status not in SUBSCRIPTION_STATUSES:
                raise ValueError(f"status must be one of {', '.join(SUBSCRIPTION_STATUSES)}; not {status!r:.50}")
            after = changed(found[0], {**found[0].content, "status": status}, self._api.state.now())
            shelf.put(after)
            return after

    def add_client(self, *, scopes: str | Iterable[str] = ALL_SCOPES) -> Credentials:
        """The credentials of a further client, who sees nothing of the others."""
        with self._lock:
            return self._api.state.add_client(scopes).credentials

    def expire_tokens(self) -> None:
        """Let no token be good any more that was given until now."""
        with self._lock:
            self._api.state.tokens.clear()

    def _running(self, job_id: str) -> Job:
        job = self._api.state.job(job_id)
        if job is None:
            raise ValueError(f"no job has the id {job_id!r:.50}; simulator.jobs holds those that there are")
        if job.state != "running":
            raise ValueError(f"the job is {job.state}; only one that is running can come to an end")
        return job

    def _fresh(self) -> HealthGorillaApi:
        state = State(
            HexIds(self._seed),
            self._time.now,
            self._time.given,
            self._settings,
            mishaps=self._mishaps,
            served=self._served,
        )
        state.add_client(ALL_SCOPES)
        return HealthGorillaApi(state, self._faults)
