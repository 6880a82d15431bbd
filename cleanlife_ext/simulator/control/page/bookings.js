// Bookings, each with what can be done to it and its story so far.

import { allow, button } from "./acts.js";
import { chip, el, follow, growing, paint, write } from "./dom.js";
import { send } from "./link.js";
import { date, happening, short, tone } from "./words.js";

export function bookings({ container, buttons, showDelivery }) {
  let deliveries = new Map();

  buttons.append(button("New sample booking", async () => {
    const made = await send("POST", "bookings");
    return `Booked: ${made.bookingId}.`;
  }, "main"));

  const list = growing({
    container, first: 8, step: 20, keyOf: (booking) => booking.id, create: row,
    empty: [
      el("p", {}, "No bookings yet. Make a sample booking with the button above, take one of the free slots below, or book through the API:"),
      el("pre", { tabindex: "0", "aria-label": "Booking in Python" }, "client.bookings.create(contact_id=…, address_id=…, service_id=…, date=…, timeslot=…)"),
    ],
  });

  function row(first) {
    const path = `bookings/${first.id}`;
    let booking = first;
    const name = el("span", { class: "name" });
    const contact = el("bdi", { dir: "auto" });
    const when = el("time", { class: "end small" });
    const what = el("span", { class: "muted small", dir: "auto" });
    const chips = { status: chip(), payment: chip(), appointment: chip() };
    const reference = el("bdi", { class: "muted small", dir: "auto" });
    const id = el("code");
    const paidBy = el("span");
    const earlier = el("p", { class: "muted small" });
    const story = el("ol", { class: "timeline", "aria-label": "What happened" });
    const moveOn = button("Move on", async () => {
      const moved = await send("POST", `${path}/appointment`, { next: true });
      return `${moved.trackingReference} is ${moved.appointment.status} now.`;
    });
    const pay = button("Pay", async () => {
      const paid = await send("POST", `${path}/pay`);
      return `${paid.trackingReference} is paid.`;
    });
    const cancel = button("Cancel", async () => {
      const cancelled = await send("POST", `${path}/cancel`);
      return `${cancelled.trackingReference} is cancelled.`;
    });
    const node = el("article", { class: "item" },
      el("details", {},
        el("summary", {}, el("div", {},
          el("div", { class: "line" }, name, contact, when),
          el("div", { class: "line" }, chips.status, chips.payment, chips.appointment, what, reference))),
        el("div", { class: "inside" },
          el("p", { class: "small muted" }, "Booking ", id, " · ", paidBy), earlier, story)),
      el("div", { class: "buttons actions" }, moveOn, pay, cancel));

    function update(now) {
      booking = now;
      write(name, booking.trackingReference === booking.id ? "No appointment yet" : booking.trackingReference);
      write(contact, booking.contactName);
      write(when, `${date(booking.date)}, ${booking.startAt}–${booking.endAt}`);
      write(what, booking.service);
      write(reference, booking.externalReference);
      paint(chips.status, booking.status, tone(booking.status));
      paint(chips.payment, booking.paymentStatus, tone(booking.paymentStatus));
      paint(chips.appointment, booking.appointmentStatus, tone(booking.appointmentStatus));
      write(id, booking.id);
      write(paidBy, booking.paymentBy === "PARTNER" ? "the partner collects the money" : "CleanLife collects the money");
      write(earlier, booking.earlier ? `${booking.earlier} earlier events are not shown.` : "");
      earlier.hidden = !booking.earlier;
      const { moveOn: next, pay: paying, cancel: cancelling } = booking.actions;
      write(moveOn, next.to ? `Move on to ${next.to}` : "Move on");
      allow(moveOn, next.refusal);
      allow(pay, paying.refusal);
      allow(cancel, cancelling.refusal);
      follow(story, booking.timeline, (event) => event.number, happened);
    }
    return { node, update };
  }

  function happened(first) {
    const label = el("span", { class: "name" });
    const at = el("time", { class: "muted small" });
    const name = el("code", { class: "muted" });
    const change = el("span", { class: "small muted" });
    const sent = el("ul", { class: "sent", "aria-label": "Its webhooks" });
    const nobody = el("p", { class: "muted small" }, "Nobody is subscribed to it.");
    const node = el("li", {}, el("div", { class: "line" }, label, at, name), change, nobody, sent);
    function update(event) {
      write(label, happening(event));
      write(at, short(new Date(event.at)));
      write(name, event.name);
      const from = event.previousStatus ? `from ${event.previousStatus}, ` : "";
      write(change, `${from}booking ${event.status}, payment ${event.paymentStatus}`);
      nobody.hidden = event.deliveries.length > 0;
      follow(sent, event.deliveries.filter((id) => deliveries.has(id)), (id) => id, webhook);
    }
    return { node, update };
  }

  function webhook(id) {
    const status = chip();
    const attempts = el("span", { class: "muted" });
    const open = el("button", { type: "button", class: "plain", onclick: () => showDelivery(id) });
    const node = el("li", { class: "line" }, status, open, attempts);
    function update() {
      const delivery = deliveries.get(id);
      paint(status, delivery.status, tone(delivery.status));
      write(open, `Webhook to ${delivery.url ?? "a deleted subscription"}`);
      write(attempts, delivery.attempts.map((attempt) => attempt.error ?? `HTTP ${attempt.statusCode}`).join(", "));
    }
    return { node, update };
  }

  return {
    update(state) {
      deliveries = new Map(state.deliveries.map((delivery) => [delivery.id, delivery]));
      list.update(state.bookings);
    },
  };
}
