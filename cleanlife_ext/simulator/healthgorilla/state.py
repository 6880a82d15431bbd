"""The world behind the API: everything that changes, and nothing that speaks HTTP."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable

from attrs import evolve

from cleanlife_ext.simulator.calls import Answer
from cleanlife_ext.simulator.ground import Ground
from cleanlife_ext.simulator.healthgorilla import documents, jobs, notifications, outcomes
from cleanlife_ext.simulator.healthgorilla.clients import Client, Token
from cleanlife_ext.simulator.healthgorilla.ids import HexIds
from cleanlife_ext.simulator.healthgorilla.jobs import Job, JobEnds
from cleanlife_ext.simulator.healthgorilla.reading import Ask
from cleanlife_ext.simulator.healthgorilla.resources import Resource, Shelf
from cleanlife_ext.simulator.healthgorilla.settings import Settings
from cleanlife_ext.simulator.idempotency import KeyStore, Made, ReusedKeyError
from cleanlife_ext.simulator.webhooks import Delivery, Mishaps, WebhookRequest


class State(Ground):
    """What clients have made. *given*: the time as it was given, whatever it was advanced by."""

    ids: HexIds

    def __init__(
        self,
        ids: HexIds,
        now: Callable[[], dt.datetime],
        given: Callable[[], dt.datetime],
        settings: Settings,
        *,
        mishaps: Mishaps,
        served: Collection[tuple[str, int]],
    ) -> None:
        super().__init__(ids, now, notifications.TERMS, allow_http=settings.allow_http, mishaps=mishaps, served=served)
        self.settings = settings
        self.clients: dict[str, Client] = {}
        self.tokens: dict[str, Token] = {}
        self.patients = Shelf()
        self.documents = Shelf()
        self.subscriptions = Shelf()
        self._answered: KeyStore[Answer] = KeyStore(
            now,
            lifetime=dt.timedelta(seconds=settings.key_lifetime),
            takes=dt.timedelta(seconds=settings.creation_takes),
            in_progress=lambda: outcomes.empty(202),
            is_running=self.is_running,
        )
        self.webhook_secret = ids.secret()
        self._given = given
        self._jobs: dict[str, Job] = {}
        self._running: dict[str, Job] = {}

    def once(self, ask: Ask, make: Callable[[], Made[Answer]], *, is_job: bool = False) -> Answer:
        """The answer to *ask*, for which *make* is called unless it was before, under the same key."""
        if ask.key is None:
            return make().answer
        try:
            return self._answered.once((ask.client.id, ask.path, ask.key), ask.payload, make, is_job=is_job)
        except ReusedKeyError:
            raise outcomes.key_conflict(ask.key) from None

    def is_running(self, job_id: str) -> bool:
        """Whether there is such a job, and its end has not come."""
        self.end_jobs()
        return job_id in self._running

    def assertion_moments(self) -> Collection[float] | None:
        """The times at which an assertion may hold; None if any is."""
        return {self._given().timestamp(), self.now().timestamp()} if self.settings.assertion_times else None

    def add_client(self, scopes: str | Iterable[str]) -> Client:
        """A further client."""
        named = scopes.split() if isinstance(scopes, str) else scopes
        client = Client(self.ids.resource_id(), self.ids.secret(), frozenset(named))
        self.clients[client.id] = client
        return client

    def outgoing(self, delivery: Delivery) -> WebhookRequest | str:
        """See `notifications.request`."""
        return notifications.request(self, delivery)

    def documents_of(self, client_id: str, patient_id: str) -> list[Resource]:
        """What the API has of a patient."""
        return [each for each in self.documents.of(client_id) if documents.patient_id_of(each.content) == patient_id]

    def jobs(self) -> list[Job]:
        """All jobs as they are now, oldest first."""
        self.end_jobs()
        return [self._aged(job) for job in self._jobs.values()]

    def job(self, id: str) -> Job | None:
        """The job with this id, as it is now."""
        self.end_jobs()
        job = self._jobs.get(id)
        return None if job is None else self._aged(job)

    def keep_job(self, job: Job) -> None:
        """Remember *job*, and let it end when its time comes."""
        self._jobs[job.id] = job
        if job.state != "running":
            del self._running[job.id]
            self.agenda.forget(JobEnds(job.id))
            return
        self._running[job.id] = job
        if job.ends_at is not None:
            self.agenda.plan(job.ends_at, JobEnds(job.id))

    def end_jobs(self) -> None:
        """Let those be done whose time has come, whether or not somebody let it pass."""
        now = self.now()
        for job in [each for each in self._running.values() if each.ends_at is not None and each.ends_at <= now]:
            jobs.ended(self, job, None)

    def _aged(self, job: Job) -> Job:
        lifetime = dt.timedelta(seconds=self.settings.result_lifetime)
        is_expired = job.ended is not None and self.now() >= job.ended + lifetime
        return evolve(job, state="expired", result=None) if is_expired else job
