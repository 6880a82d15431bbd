"""Subscriptions: who is told what happens."""

from __future__ import annotations

from typing import Any

import pytest
from healthgorilla.clinic import SUBSCRIPTION, Clinic, opened
from healthgorilla_client.models import Subscription
from worlds import World

from cleanlife_ext import NotFoundError, UnprocessableEntityError
from cleanlife_ext.simulator import faults


def create(clinic: Clinic, resource: Any = SUBSCRIPTION) -> Any:
    return clinic(clinic.client.subscriptions.create(resource))


def test_a_subscription_is_made_and_read(clinic: Clinic) -> None:
    """Of JSON or of a model; the header that its notifications bear is shown by nobody."""
    channel = {**SUBSCRIPTION["channel"], "header": ["Authorization: Bearer k4n4r1"]}
    made = create(clinic, {**SUBSCRIPTION, "channel": channel})
    another = create(clinic, Subscription.from_dict(SUBSCRIPTION))

    assert [each.id for each in clinic.simulator.subscriptions] == [made.id, another.id]
    assert clinic(clinic.client.subscriptions.get(made.id)) == made
    assert made.channel.header == ["Authorization: Bearer k4n4r1"]
    assert "k4n4r1" not in repr(made)


def test_a_subscription_that_was_switched_off_says_so(clinic: Clinic) -> None:
    """Then jobs have to be polled."""
    made = create(clinic)
    clinic.simulator.set_subscription_status(made.id, "off")

    assert clinic(clinic.client.subscriptions.get(made.id)).status == "off"


def test_a_lost_subscription_is_sent_again_with_its_key(clinic: Clinic) -> None:
    """And is there once."""
    clinic.simulator.faults.add("createSubscription", faults.drop_after_commit())

    made = create(clinic)

    assert [each.id for each in clinic.simulator.subscriptions] == [made.id]
    assert clinic.seen() == ["createSubscription"] * 2


def test_an_answer_without_a_body_names_the_subscription(world: World) -> None:
    """By its address."""
    with opened(world, created_body="empty") as clinic:
        assert create(clinic).id == clinic.simulator.subscriptions[0].id


@pytest.mark.parametrize(
    "wrong", [{"channel": {"type": "rest-hook", "endpoint": "example.com"}}, {"criteria": ""}, {"channel": {}}]
)
def test_what_the_api_would_refuse_is_refused_before_anything_is_sent(clinic: Clinic, wrong: Any) -> None:
    """What is no address, for one."""
    with pytest.raises(ValueError):  # noqa: PT011
        create(clinic, {**SUBSCRIPTION, **wrong})

    assert clinic.simulator.requests == ()


def test_plain_http_is_left_to_the_api_to_refuse(clinic: Clinic) -> None:
    """A simulator may take it, so that a receiver on this machine can be tried."""
    with pytest.raises(UnprocessableEntityError):
        create(clinic, {**SUBSCRIPTION, "channel": {"type": "rest-hook", "endpoint": "http://example.com"}})


def test_there_are_thirty_at_most(clinic: Clinic) -> None:
    """The next one is refused, once."""
    for _ in range(30):
        create(clinic)

    with pytest.raises(UnprocessableEntityError):
        create(clinic)

    assert len(clinic.sent("createSubscription")) == 31


def test_one_that_is_not_there_is_not_found(clinic: Clinic) -> None:
    """As everywhere."""
    with pytest.raises(NotFoundError):
        clinic(clinic.client.subscriptions.get("0123456789abcdef01234567"))
