// Free slots of an address: the days from one day on, each slot with its free teams.

import { button } from "./acts.js";
import { el, field, follow, growing, offer, set, write } from "./dom.js";
import { read, send } from "./link.js";
import { date } from "./words.js";

const DAYS = 7;

export function slots({ form, container }) {
  const address = el("select", { onchange: choose });
  const from = el("input", { type: "date", onchange: choose });
  form.append(field("Address", address, "wide"), field("From day", from));
  const none = el("p");
  const list = growing({
    container, list: el("ol", { class: "days" }), first: 3, step: 4, empty: [none], create: row,
    keyOf: (day) => `${address.value} ${day.date}`,
  });
  let asked = 0;

  function choose() {
    // What was shown is no longer what was asked for, and must not be pressed.
    write(none, "Looking…");
    list.update([]);
    show();
  }

  async function show() {
    const number = (asked += 1);
    const query = new URLSearchParams({ addressId: address.value, days: DAYS });
    if (from.value) query.set("from", from.value);
    let days = [];
    let problem = "No slot is free then. Choose another day or address.";
    try {
      days = await read(`slots?${query}`);
    } catch (error) {
      problem = error.message;
    }
    if (number !== asked) return; // Somebody chose something else meanwhile.
    write(none, problem);
    list.update(days.filter((day) => day.slots.length > 0));
  }

  function row(first) {
    const times = el("div", { class: "buttons" });
    const place = address.value;
    const node = el("li", { class: "day" }, el("span", { class: "small name" }, date(first.date)), times);
    function update(day) {
      follow(times, day.slots, (slot) => slot.startAt, (slot) => {
        const teams = el("small");
        const take = button("", async () => {
          const made = await send("POST", "bookings", { addressId: place, date: day.date, startAt: slot.startAt });
          return `Booked: ${made.trackingReference}.`;
        }, "slot");
        take.append(`${slot.startAt}–${slot.endAt}`, teams);
        return {
          node: take,
          update(now) {
            write(teams, now.teamsFree === 1 ? "1 team" : `${now.teamsFree} teams`);
            set(take, "aria-label", `Book ${date(day.date)} ${slot.startAt} to ${slot.endAt}, ${teams.textContent} free`);
          },
        };
      });
    }
    return { node, update };
  }

  return {
    update(state) {
      offer(address, state.addresses.map((each) => [each.id, each.name]));
      show();
    },
  };
}
