"""A lease is kept as long as somebody is at it."""

from __future__ import annotations

import threading

import pytest

from cleanlife_ext import InboxError
from cleanlife_ext.webhooks.inbox.lease import kept

LONG = 10.0


def test_it_is_renewed_well_before_it_passes() -> None:
    """And no more once it is given back."""
    renewed = threading.Semaphore(0)

    def renew() -> bool:
        renewed.release()
        return True

    with kept(renew, 0.03):
        for _ in range(3):
            assert renewed.acquire(timeout=LONG)
        mine = [thread for thread in threading.enumerate() if thread.name == "cleanlife-lease"]
    for thread in mine:
        thread.join(LONG)
        assert not thread.is_alive()


def test_a_renewal_that_fails_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """The database may be back before it passes. One that is lost is left alone."""
    answers = iter([InboxError("k4n4r1"), True, False])
    lost = threading.Event()

    def renew() -> bool:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        if not answer:
            lost.set()
        return answer

    with kept(renew, 0.03):
        (keeper,) = [thread for thread in threading.enumerate() if thread.name == "cleanlife-lease"]
        assert lost.wait(LONG)
        keeper.join(LONG)
        assert not keeper.is_alive()

    assert [message.split()[0] for message in caplog.messages] == ["cleanlife.webhook.renewal_failed"]
    assert "k4n4r1" not in str([vars(record) for record in caplog.records])
