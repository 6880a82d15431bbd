"""Prices: split into calls of ten, put together in order, exact to the digit."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from client.samples import ID, OTHER
from hypothesis import given
from hypothesis import strategies as st
from worlds import FakeClock, World, ok, world_of

from cleanlife_ext import PriceItem, Quote, UnexpectedResponseError

AMOUNTS = ("base_price", "discount", "vat", "total")


def item(number: int) -> PriceItem:
    """One of many distinct items."""
    return PriceItem(service_id=UUID(int=number), hours=1 + number % 24)


def priced(request: httpx.Request) -> httpx.Response:
    """A line for each item, whose total is the number of its service."""
    lines = [
        {**asked, "total": UUID(asked["serviceId"]).int, "currency": "SAR"}
        for asked in json.loads(request.content)["items"]
    ]
    return ok({"items": lines})


def answered(world: World, *items: PriceItem, lines: Any, more: str = "") -> list[Quote]:
    """The quotes for *items* if the API answers with *lines*."""
    text = more or json.dumps({"success": True, "data": {"items": lines}})
    answer = httpx.Response(200, content=text, headers={"x-request-id": "req-1", "content-type": "application/json"})
    with world.client(answer) as (client, _):
        quotes: list[Quote] = world(client.pricing.calculate(items))
    return quotes


def test_many_items_take_as_few_calls_as_possible(world: World) -> None:
    """23 items are 3 calls, and the answers come in the order asked."""
    items = [item(number) for number in range(23)]

    with world.client(priced) as (client, script):
        quotes = world(client.pricing.calculate(items))

    assert [len(body["items"]) for body in script.bodies] == [10, 10, 3]
    assert [quote.item for quote in quotes] == items
    assert [quote.total for quote in quotes] == [Decimal(number) for number in range(23)]


@pytest.mark.parametrize(("count", "calls"), [(1, 1), (10, 1), (11, 2), (20, 2), (21, 3)])
def test_the_last_call_takes_the_rest(world: World, count: int, calls: int) -> None:
    """No call too many at the edges."""
    with world.client(priced) as (client, script):
        assert len(world(client.pricing.calculate([item(number) for number in range(count)]))) == count

    assert len(script.asked) == calls


def test_equal_items_are_asked_once(world: World) -> None:
    """However they are written; each still gets its quote."""
    items = [item(1), item(2), PriceItem(service_id=str(UUID(int=1)), hours=2.0), item(2), item(1)]

    with world.client(priced) as (client, script):
        quotes = world(client.pricing.calculate(items))

    assert [len(body["items"]) for body in script.bodies] == [2]
    assert [quote.total for quote in quotes] == [1, 2, 1, 2, 1]


@pytest.mark.parametrize("coupons", [{"codes": ["A"]}, {"coupon_ids": [ID]}])
def test_with_coupons_equal_items_are_not_merged(world: World, coupons: dict[str, Any]) -> None:
    """A coupon may be worth something else for each of them."""
    with world.client(priced) as (client, script):
        quotes = world(client.pricing.calculate([item(1), item(1), item(2)], **coupons))

    assert [len(body["items"]) for body in script.bodies] == [3]
    assert [quote.total for quote in quotes] == [1, 1, 2]


def test_ten_items_with_coupons_are_one_call(world: World) -> None:
    """The most that can be priced with them."""
    with world.client(priced) as (client, script):
        world(client.pricing.calculate([item(number) for number in range(10)], codes=["A", "B"]))

    assert len(script.asked) == 1


@pytest.mark.parametrize("nothing", [{"codes": []}, {"coupon_ids": []}, {"codes": None}, {"user_id": ID}])
def test_without_coupons_nothing_is_in_the_way(world: World, nothing: dict[str, Any]) -> None:
    """An empty list of coupons is none, and whom they would be for does not matter."""
    with world.client(priced) as (client, script):
        assert len(world(client.pricing.calculate([item(number) for number in range(11)], **nothing))) == 11

    assert len(script.asked) == 2


def test_whom_coupons_are_for_goes_with_every_call(world: World) -> None:
    """Each call stands for itself."""
    with world.client(priced) as (client, script):
        world(client.pricing.calculate([item(number) for number in range(11)], user_id=ID, phone="+966500000001"))

    assert [(body["userId"], body["phone"]) for body in script.bodies] == [(str(ID), "+966500000001")] * 2


@given(st.decimals(min_value=0, max_value=Decimal("9999999999999.99"), places=2), st.sampled_from(AMOUNTS))
def test_an_amount_is_as_exact_as_its_digits(amount: Decimal, name: str) -> None:
    """Halalas survive: as a number of JSON and as a text."""
    api_name = {"base_price": "basePrice"}.get(name, name)
    with world_of("sync") as world:
        for digits in (str(amount), f'"{amount}"'):
            text = '{"success": true, "data": {"items": [{"%s": %s}]}}' % (api_name, digits)  # noqa: UP031

            (quote,) = answered(world, item(1), lines=None, more=text)

            assert getattr(quote, name) == amount


@pytest.mark.parametrize(
    ("sent", "amount"),
    [(163.88, "163.88"), ("163.88", "163.88"), (150, "150"), ("150.00", "150.00"), (0.1, "0.1"), (-7.5, "-7.5")],
)
def test_an_amount_may_be_a_number_or_a_text(world: World, sent: Any, amount: str) -> None:
    """No page shows which."""
    (quote,) = answered(
        world, item(1), lines=[{"basePrice": sent, "discount": sent, "vat": sent, "total": sent, "currency": "SAR"}]
    )

    assert [getattr(quote, name) for name in AMOUNTS] == [Decimal(amount)] * 4
    assert all(isinstance(getattr(quote, name), Decimal) for name in AMOUNTS)
    assert quote.currency == "SAR"


@pytest.mark.parametrize("line", [{}, {"basePrice": None, "discount": None, "vat": None, "total": None}])
def test_amounts_that_are_not_there_are_none(world: World, line: dict[str, Any]) -> None:
    """Missing or null; and so is the currency."""
    (quote,) = answered(world, item(1), lines=[{**line, "currency": None}])

    assert quote == Quote(item=item(1))


def test_unknown_fields_are_kept(world: World) -> None:
    """In `more`, which the `repr` leaves out."""
    (quote,) = answered(world, item(1), lines=[{"total": 1, "surcharge": {"name": "Friday"}}])

    assert quote.more == {"surcharge": {"name": "Friday"}}
    assert "Friday" not in repr(quote)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(None, id="null"),
        pytest.param([], id="none"),
        pytest.param([{"total": 1}], id="too few"),
        pytest.param([{"total": 1}] * 3, id="too many"),
        pytest.param([{"serviceId": str(UUID(int=2))}, {"serviceId": str(UUID(int=1))}], id="other order"),
        pytest.param([{"serviceId": str(OTHER)}, {}], id="other service"),
        pytest.param([{"serviceId": "garbage"}, {}], id="garbage for a service"),
        pytest.param([{}, {"packageId": str(OTHER)}], id="other package"),
        pytest.param([{"hours": 5}, {}], id="other hours"),
        pytest.param([{"total": float("nan")}, {}], id="NaN"),
        pytest.param([{"vat": float("-inf")}, {}], id="infinity"),
        pytest.param([{"total": "NaN"}, {}], id="NaN as text"),
        pytest.param([{"total": "sNaN"}, {}], id="signalling NaN"),
        pytest.param([{"total": "1e99999999999999999999"}, {}], id="beyond all numbers"),
        pytest.param([{"total": "SAR 5"}, {}], id="rubbish"),
        pytest.param([{"total": ""}, {}], id="empty text"),
        pytest.param([{"total": "1_000"}, {}], id="digits of Python"),
        pytest.param([{"total": True}, {}], id="true"),
        pytest.param([{"total": {"amount": 5}}, {}], id="object"),
        pytest.param(["5.00", "6.00"], id="texts"),
        pytest.param({"0": {"total": 1}}, id="object for a list"),
    ],
)
def test_an_answer_that_cannot_be_matched_is_unexpected(world: World, lines: Any) -> None:
    """Rather no price than the price of another; with what the vendor's support needs."""
    with pytest.raises(UnexpectedResponseError) as caught:
        answered(world, item(1), item(2), lines=lines)

    assert caught.value.operation == "calculatePrice"
    assert caught.value.request_id == "req-1"
    assert caught.value.response.status_code == 200
    assert "not the API's" in str(caught.value)


def test_an_answer_that_cannot_be_matched_says_what_was_sent(world: World) -> None:
    """Like every error: the attempts are in it, those of earlier calls as well."""
    with world.client(priced, ok({"items": []})) as (client, _), pytest.raises(UnexpectedResponseError) as caught:
        world(client.pricing.calculate([item(number) for number in range(11)]))

    assert [attempt.operation for attempt in caught.value.attempts] == ["calculatePrice"] * 2


def test_the_deadline_is_one_for_all_calls(world: World) -> None:
    """However many calls it takes, it is one operation to the caller."""
    starts: list[float] = []
    clock = FakeClock()

    def step(request: httpx.Request) -> httpx.Response:
        starts.append(request.extensions["timeout"]["read"])
        clock.time += 20
        return priced(request)

    with world.client(step, deadline=45, clock=clock) as (client, _):
        world(client.pricing.calculate([item(number) for number in range(23)]))

    assert starts == [30, 25, 5]


@pytest.mark.parametrize(
    "make", [lambda: item(1), lambda: PriceItem(hours=2, package_id=str(ID), sub_service_id=OTHER)]
)
def test_items_are_values(make: Callable[[], PriceItem]) -> None:
    """Equal if they ask for the same, and fit for a dictionary."""
    assert make() == make()
    assert len({make(), make()}) == 1
