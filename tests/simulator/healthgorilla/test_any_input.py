"""No input, however strange, makes the simulator stumble, and no answer leaves that the spec does not know."""

import json

from conformance import examine_healthgorilla
from healthgorilla_traits import OPERATIONS
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator.healthgorilla.clinic import HOST, MISSING_ID, PATIENT, SUBSCRIPTION, Clinic, document

from cleanlife_ext.simulator import Call

CLINIC = Clinic(seed=7, assertion_times=False)
KNOWN_PATIENT = CLINIC.patient()
KNOWN_JOB = CLINIC.retrieve(KNOWN_PATIENT).id
CLINIC.log_in()
GOOD = (
    PATIENT, SUBSCRIPTION, document(KNOWN_PATIENT), {"resourceType": "Parameters"},
)  # fmt: skip
NAMES = sorted({name for body in GOOD for name in body} | {"id", "meta", "endpoint", "header", "end", "given", "value"})
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(
        ["Patient", "DocumentReference", "Subscription", "active", "current", f"Patient/{KNOWN_PATIENT}"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
)
CHANGES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3)
BODIES = st.builds(lambda body, change: json.dumps({**body, **change}).encode(), st.sampled_from(GOOD), CHANGES)
# What HTTP lets through, in both spellings of nothing.
TEXTS = st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=50)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "hg-idempotency-key": TEXTS | st.sampled_from(["a", "b"]),
        "if-match": TEXTS | st.sampled_from(['W/"1"', '"2"']),
        "if-none-exist": TEXTS | st.sampled_from(["identifier=a|b", "_lastUpdated=ge2026-01-01", "identifier=%FF"]),
        "prefer": TEXTS | st.just("respond-async"),
        "x-request-id": TEXTS,
        "host": TEXTS | st.just(HOST),
        "content-type": TEXTS | st.sampled_from(["application/json", "application/x-www-form-urlencoded"]),
        # Without a blank: what follows one is a token, and is redacted wherever else it stands.
        "authorization": TEXTS.map(lambda text: text.replace(" ", "")) | st.sampled_from(["Bearer guessed", "Basic x"]),
    },
)
QUERIES = st.dictionaries(
    st.sampled_from(["identifier", "_lastUpdated", "_count", "_offset", "patient"]) | st.text(max_size=5),
    st.text() | st.sampled_from(["a|b", "ge2026-06-13", "5", KNOWN_PATIENT]),
    max_size=3,
)


@settings(max_examples=400)
@given(
    operation=st.sampled_from(sorted(OPERATIONS)),
    id=st.sampled_from([MISSING_ID, KNOWN_PATIENT, KNOWN_JOB, "..", "%2e"]) | st.text(min_size=1),
    query=QUERIES | st.just({}),
    headers=HEADERS | st.just({}),
    body=BODIES | st.binary() | st.none(),
)
def test_every_call_gets_an_answer_that_the_spec_knows(
    operation: str, id: str, query: dict[str, str], headers: dict[str, str], body: bytes | None
) -> None:
    """A success or a refusal that says why; never a 500."""
    traits = OPERATIONS[operation]
    path = "/".join(id if part.startswith("{") else part for part in traits["path"].split("/"))
    usual = {"authorization": f"Bearer {CLINIC.token}", "content-type": "application/fhir+json", "host": HOST}

    reply = CLINIC.send(Call(traits["method"], path, query, {**usual, **headers}, body))

    assert reply.status < 500
    assert reply.content.decode() == "" or json.loads(reply.content)


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_no_assertion_makes_it_stumble(content: bytes) -> None:
    """Whatever stands in the form."""
    headers = {"content-type": "application/x-www-form-urlencoded", "host": HOST}
    assert CLINIC.send(Call("POST", "/oauth/token", {}, headers, b"grant_type=" + content)).status == 400


@given(st.sampled_from(["iss", "sub", "aud", "exp"]) | st.text(), VALUES)
def test_no_claims_make_it_stumble(name: str, claim: object) -> None:
    """Signed as they should be."""
    reply = CLINIC.ask_token(assertion=CLINIC.assertion(**{name: claim}))
    assert reply.status in {200, 400}


def test_the_examiner_looked(clinic: Clinic) -> None:
    """Or all of this would prove little."""
    assert clinic.simulator._examine is examine_healthgorilla  # noqa: SLF001
