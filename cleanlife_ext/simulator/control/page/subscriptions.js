// Who is told of what.

import { chip, el, growing, paint, write } from "./dom.js";
import { tone } from "./words.js";

export function subscriptions({ container }) {
  const list = growing({
    container, first: 5, step: 20, keyOf: (subscription) => subscription.id, create: row,
    empty: [
      el("p", {}, "Nobody is subscribed. In Python:"),
      el("pre", { tabindex: "0", "aria-label": "Subscribing in Python" },
        'client.webhooks.subscriptions.create(url="https://…", events=["booking.created", "booking.cancelled"])'),
    ],
  });

  function row() {
    const status = chip();
    const url = el("span", { class: "name" });
    const events = el("span", { class: "muted small" });
    const id = el("code", { class: "muted" });
    const node = el("div", { class: "item" }, el("div", { class: "line" }, url, status), events, id);
    function update(subscription) {
      paint(status, subscription.status, tone(subscription.status));
      write(url, subscription.url);
      write(events, subscription.events.map((name) => name.replace("booking.", "")).join(", "));
      write(id, subscription.id);
    }
    return { node, update };
  }

  return { update: (state) => list.update(state.subscriptions) };
}
