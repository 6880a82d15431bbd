"""The simulator's page, in a real browser."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import httpx
import pytest
from browser.looking import Looking, Receiver

from cleanlife_ext import CleanLife
from cleanlife_ext.simulator import Server, Simulator, faults

ALL_EVENTS = ["booking.created", "booking.payment_confirmed", "booking.appointment_status_changed", "booking.cancelled"]
BOOKING = "#bookings article"
DELIVERY = "#deliveries article"
REQUEST = "#requests tbody tr"


@pytest.fixture
def client(server: Server) -> Any:
    """A partner's program."""
    with CleanLife(server.api_key, base_url=server.base_url) as client:
        yield client


def subscribed(client: CleanLife, receiver: Receiver) -> str:
    """Have webhooks sent to the receiver; gives the secret."""
    return str(client.webhooks.subscriptions.create(url=receiver.url, events=ALL_EVENTS).secret)


def test_a_booking_is_followed_from_creation_to_success(
    looking: Looking, client: CleanLife, receiver: Receiver
) -> None:
    """With every webhook on the way: it is seen on the page, and it has arrived, and its signature is right."""
    secret = subscribed(client, receiver)
    looking.press("New sample booking")
    looking.sees("#result", "Booked")
    looking.sees(BOOKING, "Scheduled")
    looking.page.locator(f"{BOOKING} summary").first.click()
    looking.sees(".timeline li", "Booked")
    looking.press("Pay")
    looking.sees(BOOKING, "PAID")
    for status in ("Dispatched", "In Progress", "Completed"):
        looking.press("Next")
        looking.sees(f"{BOOKING} summary", status)
    looking.sees(f"{BOOKING} summary", "success")

    looking.page.wait_for_function("() => document.querySelectorAll('#bookings .sent [data-tone=good]').length >= 4")
    story = looking.page.locator("#bookings .timeline > li").all_inner_texts()
    assert story[0].startswith("Booked")
    assert story[1].startswith("Payment confirmed")
    assert story[-1].startswith("Appointment Completed")
    assert all("DELIVERED" in event for event in story)
    assert [webhook.body["event"] for webhook in receiver.arrived[:2]] == [
        "booking.created",
        "booking.payment_confirmed",
    ]
    assert receiver.arrived[-1].body["data"]["status"] == "success"
    assert len(receiver.arrived) == len(story)

    looking.page.locator("#bookings .sent button").last.click()
    shown = looking.page.locator(f"{DELIVERY}:has(> details[open])")
    assert '"status": "success"' in shown.locator("pre").inner_text()
    signature = shown.locator("dd").first.inner_text()
    assert signature == receiver.arrived[-1].headers["X-CleanLife-Signature"]
    assert secret not in looking.page.content()


def test_the_signature_on_the_page_is_that_of_the_body(looking: Looking, client: CleanLife, receiver: Receiver) -> None:
    """By the secret that only the subscriber knows."""
    secret = subscribed(client, receiver)
    looking.press("New sample booking")
    looking.sees(f"{DELIVERY} summary", "DELIVERED")
    delivery = httpx.get(f"{looking.url}state").json()["data"]["deliveries"][0]
    (attempt,) = delivery["attempts"]
    message = f"{attempt['headers']['X-CleanLife-Timestamp']}.{delivery['body']}".encode()

    assert attempt["signature"] == "sha256=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def test_what_a_program_does_is_seen_without_reloading(looking: Looking, client: CleanLife) -> None:
    """In the log, within a few seconds; an open story stays open, and the focus where it is."""
    looking.press("New sample booking")
    looking.sees(BOOKING, "Scheduled")
    summary = looking.page.locator(f"{BOOKING} summary").first
    summary.click()
    focused = looking.focused()
    client.services.list().first()
    looking.sees(REQUEST, "listServices")
    looking.page.evaluate("document.querySelector('#requests tbody tr').dataset.mine = 'yes'")
    client.pricing.tiers()
    looking.sees(REQUEST, "listPricingTiers")

    assert looking.page.locator(f"{BOOKING} details").first.get_attribute("open") is not None
    assert looking.focused() == focused
    assert looking.page.locator(REQUEST).nth(1).get_attribute("data-mine") == "yes"


def test_a_fault_is_injected_and_seen_in_the_log(looking: Looking, client: CleanLife) -> None:
    """Chosen by operation and kind, with its values; then it can be removed."""
    looking.page.get_by_label("Operation").select_option("listPricingTiers")
    looking.page.get_by_label("Fault", exact=True).select_option("status")
    looking.page.get_by_label("Code", exact=True).fill("503")
    looking.page.get_by_label("Retry after (optional)").fill("0")
    looking.press("Add fault")
    looking.sees("#faults-list", "listPricingTiers: status, code 503")
    assert len(client.pricing.tiers()) == 3
    looking.sees(REQUEST, "503")
    assert "status" in looking.page.locator(REQUEST).nth(1).inner_text()
    looking.sees_no("#faults-list", "listPricingTiers")

    looking.page.get_by_label("Fault", exact=True).select_option("truncate")
    looking.page.get_by_label("Times (empty: always)").fill("")
    looking.press("Add fault")
    looking.sees("#faults-list", "always")
    looking.press("Remove listPricingTiers: truncate")
    looking.sees("#faults-list", "Nothing goes wrong on purpose")


def test_a_fault_with_a_wrong_value_says_so(looking: Looking) -> None:
    """In the words of the simulator."""
    looking.page.get_by_label("Code", exact=True).fill("200")
    looking.press("Add fault")
    looking.sees("#result[data-tone=bad]", "fault.code must be a whole number from 400 to 599")
    looking.errors.clear()  # The browser itself notes a 400.


def test_a_failed_delivery_is_resent(looking: Looking, client: CleanLife, receiver: Receiver) -> None:
    """After its four attempts, when the receiver is well again; before and afterwards it cannot be, and it says why."""
    subscribed(client, receiver)
    receiver.status = 500
    looking.press("New sample booking")
    looking.sees(f"{DELIVERY} summary", "PENDING")
    looking.page.locator(f"{DELIVERY} summary").first.click()
    looking.sees(DELIVERY, "Only FAILED deliveries can be retried")
    looking.sees(DELIVERY, "Tried again by itself")
    resend = looking.page.locator(DELIVERY).get_by_role("button", name="Resend").last
    assert resend.get_attribute("aria-disabled") == "true"
    looking.press("+1 h")
    looking.sees(f"{DELIVERY} summary", "FAILED")
    looking.sees(DELIVERY, "It will not be tried again by itself")
    assert looking.page.locator(f"{DELIVERY}:has(> details[open]) .timeline > li").count() == 4
    receiver.status = 204
    looking.press("Resend", within=f"{DELIVERY}:has(> details[open])")
    looking.sees(f"{DELIVERY}:has(> details[open])", "5 attempts")
    looking.sees(f"{DELIVERY}:has(> details[open])", "DELIVERED")


def test_the_clock_is_advanced(looking: Looking, simulator: Simulator) -> None:
    """By a quarter of an hour, an hour, or a day, and the page shows Riyadh's time."""
    for name, seconds in (("+15 min", 900), ("+1 h", 3600), ("+1 day", 86_400)):
        before, said = simulator.clock.now(), looking.text("#result")
        looking.press(name)
        looking.sees_other("#result", said)
        looking.sees("#result", "It is ")
        assert seconds <= (simulator.clock.now() - before).total_seconds() < seconds + 20
    looking.page.wait_for_function(
        "day => document.getElementById('now').dateTime.startsWith(day)", arg=f"{simulator.clock.now():%Y-%m-%d}"
    )


def test_a_free_slot_is_booked(looking: Looking, simulator: Simulator) -> None:
    """And has a team less."""
    looking.page.get_by_label("Address").select_option(label="Villa 7, Al Malqa")
    slot = looking.page.locator("#slots .slot").last
    name = slot.get_attribute("aria-label")
    slot.click()
    looking.sees("#result", "Booked")
    looking.sees(BOOKING, "Scheduled")

    (booking,) = simulator.bookings
    assert booking.address_id == simulator.addresses[2].id
    assert booking.timeslot.start_at in name


def test_a_day_without_free_slots_says_so(looking: Looking) -> None:
    """And what to do."""
    looking.page.get_by_label("From day").fill("2020-01-01")
    looking.sees("#slots", "No slot is free then")


def test_an_appointment_is_moved_on_paid_and_cancelled(looking: Looking, simulator: Simulator) -> None:
    """A button that cannot be used says why."""
    looking.press("New sample booking")
    looking.press("Move on to Dispatched")
    looking.sees(BOOKING, "Move on to In Progress")
    looking.press("Cancel")
    looking.sees(f"{BOOKING} summary", "canceled")
    looking.page.get_by_role("button", name="Pay").focus()
    looking.page.keyboard.press("Enter")
    looking.sees("#result[data-tone=bad]", "'canceled'")

    assert [booking.status for booking in simulator.bookings] == ["canceled"]


def test_mishaps_are_set(looking: Looking, simulator: Simulator) -> None:
    """And what somebody else sets is shown."""
    looking.page.get_by_label("Drop").fill("0.5")
    looking.press("Set mishaps")
    looking.sees("#result", "Set.")
    assert simulator.mishaps.drop == 0.5

    simulator.mishaps = type(simulator.mishaps)(reorder=1)
    looking.page.wait_for_function("() => document.querySelector('[name=reorder]').value === '1'")


def test_a_reset_is_confirmed_first(looking: Looking, simulator: Simulator) -> None:
    """Nothing is lost by a slip."""
    looking.press("New sample booking")
    looking.sees(BOOKING, "Scheduled")
    looking.page.once("dialog", lambda dialog: dialog.dismiss())
    looking.press("Reset the simulator")
    looking.sees("#result", "Nothing was changed")
    assert len(simulator.bookings) == 1
    looking.page.once("dialog", lambda dialog: dialog.accept())
    looking.press("Reset the simulator")
    looking.sees("#bookings", "No bookings yet")


def test_a_simulator_that_stops_is_missed_and_found_again(chromium: Any, simulator: Simulator) -> None:
    """Without a reload, also by a simulator that knows nothing of the page."""
    with simulator.serve() as server:
        page = chromium.new_page()
        page.set_default_timeout(8000)
        looking = Looking(page, f"http://127.0.0.1:{server.port}/_simulator/")
        looking.open()
        looking.press("New sample booking")
        looking.sees(BOOKING, "Scheduled")
    looking.sees("#stopped", "does not answer")
    looking.sees("#link", "Stopped")
    looking.press("+1 h")
    looking.sees("#result[data-tone=bad]", "does not answer")
    with Simulator().serve(port=server.port):
        looking.sees("#link", "Live")
        looking.sees("#bookings", "No bookings yet")
        assert page.locator("#stopped").is_hidden()
    page.close()


def test_a_hidden_page_asks_nothing(looking: Looking) -> None:
    """It goes on when somebody looks at it again."""
    hide = "hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});"
    hide += " document.dispatchEvent(new Event('visibilitychange')) }"
    looking.page.evaluate(hide, arg=True)
    looking.page.wait_for_timeout(300)
    before = len(looking.requested)
    looking.page.wait_for_timeout(1500)
    assert len(looking.requested) == before
    with looking.page.expect_request("**/state"):
        looking.page.evaluate(hide, arg=False)


def test_what_strangers_send_is_text(looking: Looking, client: CleanLife, simulator: Simulator) -> None:
    """A name, a reference, a path: never markup."""
    name = "<img src=x onerror=alert(1)></p><script>alert(1)</script>"
    address, service = simulator.addresses[0].id, client.services.list().first()
    day = f"{simulator.clock.now().year + 1}-01-03" if simulator.clock.now().month > 6 else None
    day = day or f"{simulator.clock.now().year}-12-03"
    place: Any = {"address_id": address, "service_id": service.id, "date": day}
    contact = client.contacts.find_or_create(phone="+966500000001", name=name)
    slot = client.timeslots.available(**place)[0]
    client.bookings.create(contact_id=contact.id, timeslot=slot, external_reference=name, **place)
    httpx.get(f"{looking.origin}v1/{name}", params={"q": name}, headers={"x-request-id": name})
    looking.sees(BOOKING, name)
    looking.sees(REQUEST, name)

    assert looking.page.locator("main img, main script").count() == 0


def test_the_page_is_walked_with_the_keyboard_alone(looking: Looking) -> None:
    """From the skip link to a new booking, into its story, and on to the clock; the focus is always seen."""
    key = looking.page.keyboard.press
    key("Tab")
    assert looking.focused() == "Skip to the bookings"
    key("Enter")
    key("Tab")
    assert looking.focused() == "New sample booking"
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert looking.page.evaluate(outline) == "solid"
    key("Enter")
    looking.sees(BOOKING, "Scheduled")
    assert looking.focused() == "New sample booking"
    key("Tab")
    key("Enter")
    looking.sees(".timeline li", "Booked")
    key("Tab")
    assert looking.focused() == "Move on to Dispatched"
    key("Enter")
    looking.sees(f"{BOOKING} summary", "Dispatched")
    assert looking.focused() == "Move on to In Progress"
    seen = set()
    for _ in range(80):
        key("Tab")
        seen.add(looking.focused())
    assert {"Operation", "Fault", "Add fault", "Drop", "Set mishaps", "Reset the simulator", "Address"} <= seen
    assert (
        looking.page.evaluate(
            'document.querySelectorAll(\'[tabindex]:not([tabindex="0"]):not([tabindex="-1"])\').length'
        )
        == 0
    )


def test_everything_has_a_name(looking: Looking, client: CleanLife, receiver: Receiver) -> None:
    """All inputs a label, all buttons a text, all ids are single, headings leave out no level, landmarks are there."""
    subscribed(client, receiver)
    looking.press("New sample booking")
    looking.sees(f"{DELIVERY} summary", "DELIVERED")
    wrong = looking.page.evaluate(
        """() => {
          const all = (selector) => [...document.querySelectorAll(selector)];
          const ids = all("[id]").map((node) => node.id);
          const levels = all("h1, h2, h3").map((node) => Number(node.tagName[1]));
          return [
            ...all("input, select").filter((node) => !node.labels.length || !node.labels[0].textContent.trim()),
            ...all("button, a, summary").filter((node) => !(node.ariaLabel ?? node.textContent).trim()),
            ...["labelledby", "describedby"].flatMap((kind) => all(`[aria-${kind}]`).filter((node) =>
              !document.getElementById(node.getAttribute(`aria-${kind}`)))),
            ...all("summary button, summary a, button button"),
            ...all("img:not([alt])"),
          ].map((node) => node.outerHTML)
            .concat(ids.filter((id, place) => ids.indexOf(id) !== place))
            .concat(levels.filter((level, place) => place && level > levels[place - 1] + 1))
            .concat(["main", "header", "nav", "h1"].filter((tag) => all(tag).length !== 1))
            .concat(document.documentElement.lang ? [] : ["no language"]);
        }"""
    )

    assert wrong == []


CONTRAST = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement;
    if (!text.textContent.trim() || !node.checkVisibility({ visibilityProperty: true })) continue;
    const [one, other] = [light(parse(getComputedStyle(node).color)), light(ground(node))].sort((a, b) => b - a);
    const contrast = (one + 0.05) / (other + 0.05);
    if (contrast < 4.5) poor.push(`${contrast.toFixed(2)} ${node.className} ${text.textContent}`);
  }
  return poor;
}"""


def test_every_text_can_be_read(looking: Looking, client: CleanLife, receiver: Receiver, simulator: Simulator) -> None:
    """A contrast of 4.5 to 1 or more, in the light and in the dark, whatever the status."""
    subscribed(client, receiver)
    receiver.status = 500
    simulator.faults.add("listPricingTiers", faults.drop_before_commit())
    for _ in range(3):
        looking.press("New sample booking")
        looking.sees("#result", "Booked")
    looking.press("Cancel")
    client.pricing.tiers()
    looking.sees(REQUEST, "no answer")
    looking.sees(DELIVERY, "PENDING")
    looking.unfold()

    for scheme in ("light", "dark"):
        looking.page.emulate_media(color_scheme=scheme)
        assert looking.page.evaluate(CONTRAST) == []


def test_nothing_sticks_out(looking: Looking, client: CleanLife, receiver: Receiver, simulator: Simulator) -> None:
    """On a phone and on a desk: no scrolling sideways, though all is unfolded; a desk has two columns."""
    subscribed(client, receiver)
    simulator.faults.add("*", faults.status(503, retry_after=5), after=100)
    looking.press("New sample booking")
    looking.sees(f"{DELIVERY} summary", "DELIVERED")
    looking.unfold()
    columns = "getComputedStyle(document.querySelector('main')).gridTemplateColumns.split(' ').length"

    for width in (320, 375, 768, 1440):
        looking.page.set_viewport_size({"width": width, "height": 800})
        assert looking.page.evaluate("document.documentElement.scrollWidth") <= width
        assert looking.page.evaluate(columns) == (2 if width == 1440 else 1)


def test_somebody_who_wants_no_motion_sees_none(looking: Looking) -> None:
    """Transitions are off."""
    looking.page.emulate_media(reduced_motion="reduce")
    looking.press("New sample booking")
    looking.sees(BOOKING, "Scheduled")

    assert (
        looking.page.evaluate("getComputedStyle(document.querySelector('summary'), '::before').transitionDuration")
        == "0s"
    )


def test_an_arabic_name_reads_from_right_to_left(looking: Looking) -> None:
    """Amid English text."""
    for _ in range(2):
        looking.press("New sample booking")
        looking.sees("#result", "Booked")
    looking.sees(BOOKING, "نورة القحطاني")
    name = looking.page.locator(f"{BOOKING} bdi").filter(has_text="نورة")

    assert name.first.evaluate("node => getComputedStyle(node).direction") == "rtl"
