"""When faults strike, how they are spelled, and what is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from cleanlife_traits import OPERATIONS
from hypothesis import given
from hypothesis import strategies as st
from simulator.calling import Caller

from cleanlife_ext.simulator import Simulator, faults
from cleanlife_ext.simulator.faults import Fault, Faults, fault_from_json, fault_to_json
from cleanlife_ext.simulator.faults.kinds import Place
from cleanlife_ext.simulator.faults.rules import MOST_RULES
from cleanlife_ext.simulator.faults.spelling import MAKERS

ONE_OF_EACH = (
    faults.status(503),
    faults.status(429, "SLOW_DOWN", retry_after=5),
    faults.html(504),
    faults.drop_before_commit(),
    faults.late_commit(30),
    faults.drop_after_commit(),
    faults.fail_after_commit(html=True),
    faults.delay(0.5),
    faults.truncate(),
    faults.drip(100),
    faults.change_price(1.5),
    faults.fill_slot(),
)


def struck(rules: Faults, calls: int, operation_id: str = "createBooking") -> str:
    """Which of so many calls are struck, as a row of marks."""
    return "".join("x" if rules.strike(operation_id, Place.NETWORK) else "." for _ in range(calls))


def test_a_rule_strikes_once_if_nothing_else_is_said() -> None:
    """Then it is gone."""
    rules = Faults(OPERATIONS)
    rule = rules.add("createBooking", faults.status(503))

    assert struck(rules, 3) == "x.."
    assert (rule.seen, rule.struck, list(rules)) == (1, 1, [])


def test_a_rule_strikes_as_often_as_it_is_told() -> None:
    """After as many as it is told; without end for None."""
    rules = Faults(OPERATIONS)
    rules.add("createBooking", faults.status(503), times=2, after=3)
    assert struck(rules, 7) == "...xx.."

    endless = rules.add("createBooking", faults.status(503), times=None)
    assert struck(rules, 50) == "x" * 50
    assert (endless.struck, len(rules)) == (50, 1)


def test_a_rule_strikes_its_operation_only_and_a_star_strikes_all() -> None:
    """Other calls are not even counted."""
    rules = Faults(OPERATIONS)
    rule = rules.add("createBooking", faults.status(503))
    assert struck(rules, 3, "listBookings") == "..."
    assert rule.seen == 0

    rules.add("*", faults.status(500), times=None)
    assert {struck(rules, 1, operation) for operation in OPERATIONS} == {"x"}


def test_the_first_rule_that_fires_strikes() -> None:
    """The next one has its turn when the first is used up; all count the call."""
    rules = Faults(OPERATIONS)
    first = rules.add("createBooking", faults.status(503), after=1)
    second = rules.add("createBooking", faults.html(), times=2)

    hits = [rules.strike("createBooking", Place.NETWORK) for _ in range(4)]

    assert [hit and hit.name for hit in hits] == ["html", "status", "html", None]
    assert (first.seen, second.seen, second.struck) == (2, 3, 2)


def test_a_share_of_the_calls_is_struck() -> None:
    """About that share, the same ones in every run, others with another seed."""

    def run(seed: int) -> str:
        rules = Faults(OPERATIONS, seed)
        rules.add("createBooking", faults.status(503), times=None, probability=0.3)
        return struck(rules, 1000)

    assert run(0) == run(0)
    assert run(0) != run(1)
    assert 250 < run(0).count("x") < 350


@pytest.mark.parametrize(("probability", "marks"), [(0, "....."), (1, "xxxxx")])
def test_none_and_all_are_shares_too(probability: float, marks: str) -> None:
    """Exactly."""
    rules = Faults(OPERATIONS)
    rules.add("createBooking", faults.status(503), times=None, probability=probability)

    assert struck(rules, 5) == marks


def test_a_reset_lets_chance_repeat_itself_and_a_clearing_does_not() -> None:
    """Numbers of rules are used once until the next reset."""
    rules = Faults(OPERATIONS)

    def run() -> tuple[int, str]:
        rule = rules.add("createBooking", faults.status(503), times=None, probability=0.5)
        marks = struck(rules, 100)
        rules.clear()
        return rule.number, marks

    first, second = run(), run()
    rules.reset()

    assert (first[0], second[0]) == (1, 2)
    assert first[1] != second[1]
    assert (run(), run()) == (first, second)


def test_a_rule_can_be_taken_out() -> None:
    """As often as one likes."""
    rules = Faults(OPERATIONS)
    rule, other = (rules.add("createBooking", faults.status(code)) for code in (500, 503))
    for _ in range(2):
        rules.remove(rule)

    assert list(rules) == [other]


def test_a_rule_can_be_looked_at_and_not_changed() -> None:
    """Its repr says what it is about."""
    rule = Faults(OPERATIONS).add("createBooking", faults.delay(2), times=3, after=1, probability=0.5)

    assert (rule.number, rule.operation_id, rule.fault) == (1, "createBooking", faults.delay(2))
    assert (rule.times, rule.after, rule.probability, rule.seen, rule.struck) == (3, 1, 0.5, 0, 0)
    assert repr(rule) == (
        "Rule(number=1, operation_id='createBooking', fault=Delay(seconds=2), times=3, after=1, probability=0.5)"
    )
    with pytest.raises(AttributeError):
        rule.times = 4  # type: ignore[misc]


def test_rules_may_be_changed_while_they_are_walked_through() -> None:
    """What is walked through is what there was."""
    rules = Faults(OPERATIONS)
    for _ in range(3):
        rules.add("*", faults.status(500))
    for rule in rules:
        rules.remove(rule)

    assert len(rules) == 0


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"operation_id": "createBoking"}, "operation_id.*did you mean createBooking"),
        ({"operation_id": "zzz"}, "operation_id.*listPricingTiers"),
        ({"operation_id": None}, "operation_id"),
        ({"operation_id": ["createBooking"]}, "operation_id"),
        ({"operation_id": "x" * 10_000}, "operation_id"),
        ({"fault": 503}, "fault must be made by.*status"),
        ({"fault": faults.fill_slot(), "operation_id": "listServices"}, "fill_slot strikes only createBooking or"),
        ({"times": 0}, "times"),
        ({"times": True}, "times"),
        ({"times": 1.0}, "times"),
        ({"after": -1}, "after"),
        ({"after": None}, "after"),
        ({"probability": 1.1}, "probability"),
        ({"probability": float("nan")}, "probability"),
        ({"probability": "often"}, "probability"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(options: dict[str, Any], named: str) -> None:
    """ValueError that names the argument; nothing is added."""
    rules = Faults(OPERATIONS)
    arguments = {"operation_id": "createBooking", "fault": faults.status(503), **options}
    with pytest.raises(ValueError, match=named) as caught:
        rules.add(arguments.pop("operation_id"), arguments.pop("fault"), **arguments)

    assert len(str(caught.value)) < 1000
    assert len(rules) == 0


def test_rules_are_not_without_end() -> None:
    """A thousand, then ValueError with a way out."""
    rules = Faults(OPERATIONS)
    for _ in range(MOST_RULES):
        rules.add("*", faults.status(503))
    with pytest.raises(ValueError, match=r"1000 rules.*clear\(\)"):
        rules.add("*", faults.status(503))
    rules.clear()
    rules.add("*", faults.status(503))


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda: faults.status(399), "code"),
        (lambda: faults.status(600), "code"),
        (lambda: faults.status("503"), "code"),  # type: ignore[arg-type]
        (lambda: faults.status(503, ""), "error_code"),
        (lambda: faults.status(503, "x" * 101), "error_code"),
        (lambda: faults.status(503, "A\nB"), "error_code"),
        (lambda: faults.status(503, 7), "error_code"),  # type: ignore[arg-type]
        (lambda: faults.status(503, retry_after=-1), "retry_after"),
        (lambda: faults.status(503, retry_after=1.5), "retry_after"),  # type: ignore[arg-type]
        (lambda: faults.html(200), "code"),
        (lambda: faults.fail_after_commit(404), "code"),
        (lambda: faults.delay(-0.1), "seconds"),
        (lambda: faults.delay(float("nan")), "seconds"),
        (lambda: faults.delay(float("inf")), "seconds"),
        (lambda: faults.delay(10**400), "seconds"),
        (lambda: faults.delay(True), "seconds"),  # noqa: FBT003 - that is the mistake
        (lambda: faults.late_commit(86_401), "seconds"),
        (lambda: faults.drip(0), "bytes_per_second"),
        (lambda: faults.drip(-5), "bytes_per_second"),
        (lambda: faults.change_price(0), "factor"),
        (lambda: faults.change_price(1000), "factor"),
        (lambda: faults.change_price("2"), "factor"),  # type: ignore[arg-type]
    ],
)
def test_a_fault_that_cannot_be_is_refused(make: Callable[[], Fault], argument: str) -> None:
    """ValueError that begins with the argument's name and says what may stand there."""
    with pytest.raises(ValueError, match=rf"^{argument} must be a (whole )?(number|text) .*\d"):
        make()


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda: faults.status(503, as_date=1), "as_date"),  # type: ignore[arg-type]
        (lambda: faults.status(503, empty="yes"), "empty"),  # type: ignore[arg-type]
        (lambda: faults.fail_after_commit(html=None), "html"),  # type: ignore[arg-type]
    ],
)
def test_what_is_neither_true_nor_false_is_refused(make: Callable[[], Fault], argument: str) -> None:
    """By its name."""
    with pytest.raises(ValueError, match=f"^{argument} must be true or false"):
        make()


def test_a_fault_of_a_place_that_an_api_does_not_have_is_refused() -> None:
    """Prices change where there are some."""
    rules = Faults(OPERATIONS, places=[Place.NETWORK])
    rules.add("*", faults.delay(1))
    with pytest.raises(ValueError, match="change_price changes what this API does not have"):
        rules.add("*", faults.change_price(2))


@pytest.mark.parametrize("fault", ONE_OF_EACH, ids=lambda fault: fault.name)
def test_every_fault_can_be_written_as_json_and_read_back(fault: Fault) -> None:
    """It is equal then; equal faults are one."""
    assert fault_from_json(fault_to_json(fault)) == fault
    assert len({fault, fault_from_json(fault_to_json(fault))}) == 1


def test_no_fault_is_without_a_spelling() -> None:
    """Type by type, and each is what its maker says."""
    assert set(MAKERS) == {fault.name for fault in ONE_OF_EACH}
    assert set(MAKERS) < set(faults.__all__)


def test_json_is_spelled_in_camel_case() -> None:
    """What may be left out may be left out, or null."""
    assert fault_from_json({"type": "status", "code": 503, "retryAfter": 5}) == faults.status(503, retry_after=5)
    assert fault_from_json({"type": "status", "code": 503, "errorCode": None}) == faults.status(503)
    assert fault_from_json({"type": "html"}) == faults.html(502)
    dated = faults.status(429, retry_after=0, as_date=True)
    assert fault_to_json(dated) == {"type": "status", "code": 429, "retryAfter": 0, "asDate": True}
    assert fault_from_json(fault_to_json(dated)) == dated
    assert fault_to_json(faults.drip(10)) == {"type": "drip", "bytesPerSecond": 10}
    assert fault_to_json(faults.status(500)) == {"type": "status", "code": 500}


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (None, "fault must be an object"),
        ("status", "fault must be an object"),
        ([], "fault must be an object"),
        ({}, "fault.type must be one of status, html, drop_before_commit"),
        ({"type": "earthquake"}, "fault.type must be one of"),
        ({"type": ["status"]}, "fault.type must be one of"),
        ({"type": "__class__"}, "fault.type must be one of"),
        ({"type": "status"}, "status needs 'code'"),
        ({"type": "status", "code": 503, "colour": "red"}, "no 'colour'; it takes code, errorCode, retryAfter"),
        ({"type": "status", "code": 503, "retry_after": 5}, "no 'retry_after'; it takes code, errorCode, retryAfter"),
        ({"type": "truncate", "bytes": 5}, "truncate has no 'bytes'; it takes none"),
        ({"type": "truncate", 5: 5}, "truncate has no '5'"),
        ({"type": "status", "code": "503"}, "fault.code must be a whole number from 400 to 599"),
        ({"type": "status", "code": 503, "retryAfter": []}, "fault.retryAfter must be a whole number"),
        ({"type": "drip", "bytesPerSecond": -1}, "fault.bytesPerSecond must be a number"),
        ({"type": "delay", "seconds": None}, "fault.seconds must be a number"),
    ],
)
def test_json_that_spells_no_fault_is_refused(value: Any, named: str) -> None:
    """ValueError with a way out."""
    with pytest.raises(ValueError, match=named):
        fault_from_json(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.sampled_from(sorted(MAKERS)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "code", "seconds", "factor", "bytesPerSecond", "x"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@given(value=JSON)
def test_any_json_is_a_fault_or_a_value_error(value: Any) -> None:
    """Nothing else comes out, whatever strangers send."""
    try:
        fault = fault_from_json(value)
    except ValueError:
        return
    assert fault_from_json(fault_to_json(fault)) == fault


RULES = st.lists(
    st.fixed_dictionaries(
        {
            "operation_id": st.sampled_from(["*", "createBooking", "listServices"]),
            "fault": st.sampled_from([fault for fault in ONE_OF_EACH if fault.operations is None]),
            "times": st.none() | st.integers(1, 3),
            "after": st.integers(0, 3),
            "probability": st.none() | st.floats(0, 1),
        }
    ),
    max_size=5,
)
CALLS = st.lists(
    st.tuples(st.sampled_from(["createBooking", "listServices", "getContact"]), st.sampled_from(Place)), max_size=30
)


@given(rules=RULES, calls=CALLS, seed=st.integers(0, 3))
def test_equal_rules_and_equal_calls_give_equal_strikes(
    rules: list[dict[str, Any]], calls: list[tuple[str, Place]], seed: int
) -> None:
    """Whatever they are; and no rule strikes more often than it was to, or where it was not to."""

    def run() -> tuple[list[Fault | None], list[tuple[int, int]]]:
        made = Faults(OPERATIONS, seed)
        added = [made.add(**rule) for rule in rules]
        strikes = [made.strike(*call) for call in calls]
        assert all(rule.struck <= rule.seen - rule.after or rule.struck == 0 for rule in added)
        assert all(rule.times is None or rule.struck <= rule.times for rule in added)
        assert all(rule in list(made) or rule.is_used_up for rule in added)
        return strikes, [(rule.seen, rule.struck) for rule in added]

    once = run()

    assert once == run()
    assert all(fault is None or fault.place is place for fault, (_, place) in zip(once[0], calls, strict=True))


def test_many_threads_are_struck_exactly_as_often_as_was_said(simulator: Simulator) -> None:
    """Under the simulator's lock."""
    simulator.faults.add("listServices", faults.status(503), times=40)
    call = Caller(simulator.answer, simulator.api_key)
    statuses: list[int] = []

    def ask() -> None:
        statuses.extend(call.get("/services").status for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200] * 120 + [503] * 40
