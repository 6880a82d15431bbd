// Puts the page together, and keeps it true.

import { allow, button, say } from "./acts.js";
import { bookings } from "./bookings.js";
import { deliveries } from "./deliveries.js";
import { el, follow, set, write } from "./dom.js";
import { faults, mishaps } from "./faults.js";
import { listen, send } from "./link.js";
import { requests } from "./requests.js";
import { slots } from "./slots.js";
import { subscriptions } from "./subscriptions.js";
import { full, short, span } from "./words.js";

const $ = (id) => document.getElementById(id);

const webhooks = deliveries({ container: $("deliveries-list") });
const parts = [
  bookings({ container: $("bookings-list"), buttons: $("bookings-buttons"), showDelivery: (id) => webhooks.show(id) }),
  webhooks,
  requests({ container: $("requests-list") }),
  slots({ form: $("slots-form"), container: $("slots-list") }),
  subscriptions({ container: $("subscriptions-list") }),
  faults({ container: $("faults-list"), buttons: $("faults-buttons"), place: $("faults-form") }),
  mishaps({ place: $("mishaps-form") }),
];

const SECTIONS = [
  ["bookings", "Bookings"], ["slots", "Free slots"], ["faults", "Faults"], ["mishaps", "Mishaps"],
  ["deliveries", "Webhooks"], ["requests", "Requests"], ["subscriptions", "Subscriptions"], ["reset", "Start over"],
];

function sections(counts) {
  follow($("sections"), SECTIONS, ([id]) => id, ([id, label]) => {
    const count = el("b");
    return {
      node: el("a", { href: `#${id}` }, `${label} `, count),
      update: () => write(count, counts[id] ? counts[id].toLocaleString("en") : ""),
    };
  });
}

let nextAt = null;
let isLost = false;

async function advance(order) {
  const clock = await send("POST", "clock", order);
  return `It is ${short(new Date(clock.now))} now.`;
}

const toNext = button("Next", () => advance({ next: true }));
toNext.setAttribute("aria-describedby", "next");
$("advance").append(
  button("+15 min", () => advance({ minutes: 15 })), button("+1 h", () => advance({ hours: 1 })),
  button("+1 day", () => advance({ days: 1 })), toNext,
);

$("reset-buttons").append(button("Reset the simulator", async () => {
  if (!confirm("Forget all bookings, subscriptions, faults and requests?")) return "Nothing was changed.";
  await send("POST", "reset");
  return "A fresh start.";
}, "danger"));

function tell(label, tone) {
  write($("link"), label);
  set($("link"), "data-tone", tone);
}

listen({
  state(state) {
    nextAt = state.clock.nextAt && new Date(state.clock.nextAt);
    sections(state.counts);
    for (const part of parts) part.update(state);
  },
  time(now) {
    write($("now"), full(now));
    set($("now"), "datetime", now.toISOString());
    allow(toNext, nextAt ? null : "Nothing is planned: there is no booking or webhook that goes on by itself.");
    write($("next"), nextAt ? `next event in ${span((nextAt - now) / 1000)}` : "nothing planned");
  },
  lost() {
    tell("Stopped", "bad");
    write($("stopped"), "The simulator does not answer: it was stopped, or is being restarted. This page goes on by itself when it is back.");
    $("stopped").hidden = false;
    isLost = true;
  },
  found() {
    tell("Live", "good");
    $("stopped").hidden = true;
    write($("stopped"), "");
    if (isLost) say("The simulator is back.");
    isLost = false;
  },
});
