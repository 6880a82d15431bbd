"""No input, however strange, makes the simulator stumble."""

import json

from cleanlife_traits import OPERATIONS
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator.calling import MISSING_ID, MORNING, SUNDAY

from cleanlife_ext.simulator import Call, Simulator

SIMULATOR = Simulator(seed=7)
KNOWN_NAMES = [
    "contactId",
    "addressId",
    "serviceId",
    "timeslot",
    "date",
    "externalReference",
    "packageId",
    "customServices",
    "hours",
    "numberOfTeams",
    "workType",
    "userId",
    "couponIds",
    "codes",
    "items",
    "phone",
    "name",
    "utmSource",
    "url",
    "events",
    "status",
    "notes",
    "reasonId",
    "paymentReference",
    "page",
    "limit",
    "sortBy",
    "sortOrder",
    "fromDate",
    "toDate",
    "subscriptionId",
    "startAt",
    "endAt",
    "id",
    "quantity",
]
GOOD = (
    MISSING_ID, SIMULATOR.services[0].id, SIMULATOR.addresses[0].id, SUNDAY, MORNING, "ASC", "in progress", 1, 24,
    "+966500000000", ["SUMMER10"], "https://hooks.shop.example/",
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.sampled_from(GOOD),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KNOWN_NAMES), inner, max_size=4),
    max_leaves=8,
)
BODIES = st.dictionaries(st.sampled_from(KNOWN_NAMES), VALUES, max_size=8).map(lambda body: json.dumps(body).encode())


@settings(max_examples=300)
@given(
    operation=st.sampled_from(sorted(OPERATIONS)),
    path_id=st.sampled_from([MISSING_ID, SIMULATOR.services[0].id, "..", "%2e"]) | st.text(min_size=1),
    query=st.dictionaries(st.sampled_from(KNOWN_NAMES), st.text() | st.sampled_from(["1", "5", SUNDAY, "DESC"])),
    body=BODIES | st.binary(),
)
def test_every_call_gets_an_answer_in_the_envelope(
    operation: str, path_id: str, query: dict[str, str], body: bytes
) -> None:
    """A success or a refusal that says why; never a 500."""
    traits = OPERATIONS[operation]
    path = "/v1" + "/".join(path_id if part.startswith("{") else part for part in traits["path"].split("/"))
    headers = {"x-api-key": SIMULATOR.api_key, "content-type": "application/json"}

    answer = SIMULATOR.answer(Call(traits["method"].upper(), path, query, headers, body))

    assert answer.status < 500
    assert json.loads(answer.content)["success"] is (answer.status == 200)
