"""What most people write: it answers 200 at once, and then does what is to be done, whatever it was."""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from multiprocessing.connection import Connection
from typing import Any

import attrs
import sqlalchemy as sa
from proof.receiving import EFFECTS, Duty, HandlerError, faltering, serve

__all__ = ["receive_naively"]

SLOW = 0.005  # Seconds, as what is worth a queue takes.


@attrs.frozen(eq=False)
class NaiveReceiver:
    """A receiver that has read half of the documentation."""

    jobs: queue.SimpleQueue[bytes] = attrs.Factory(queue.SimpleQueue[bytes])

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.jobs.put(body)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    def work(self, duty: Duty) -> None:
        engine = sa.create_engine(duty.inbox)
        while body := self.jobs.get():
            job = json.loads(body)
            its = {"delivery_id": job["deliveryId"], "booking_id": job["data"]["bookingId"], "taken": time.monotonic()}
            time.sleep(SLOW)
            try:
                faltering(duty)
                with engine.begin() as connection:
                    connection.execute(sa.insert(EFFECTS), its)
            except HandlerError:  # There is a line in the log.
                continue


def receive_naively(duty: Duty, line: Connection) -> None:
    """Take webhooks, and see to them, until nobody is at the other end of *line*."""
    logging.disable()
    receiver = NaiveReceiver()
    worker = threading.Thread(target=receiver.work, args=(duty,), daemon=True)
    worker.start()
    serve(receiver, line)
    receiver.jobs.put(b"")
    worker.join()
