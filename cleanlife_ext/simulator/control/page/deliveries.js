// Webhook deliveries: what was sent, how often, and what came back.

import { allow, button } from "./acts.js";
import { chip, el, follow, growing, paint, write } from "./dom.js";
import { send } from "./link.js";
import { pretty, short, time, tone } from "./words.js";

export function deliveries({ container }) {
  const list = growing({
    container, first: 8, step: 20, keyOf: (delivery) => delivery.id, create: row,
    empty: [
      el("p", {}, "No webhooks were sent yet. They go to subscriptions; make one, and let something happen to a booking:"),
      el("pre", { tabindex: "0", "aria-label": "Subscribing in Python" },
        'client.webhooks.subscriptions.create(url="http://127.0.0.1:9000/hook", events=["booking.created"])'),
      el("p", { class: "small" }, "Addresses of this machine need ", el("code", {}, "--allow-http"), "; ",
        el("code", {}, "cleanlife simulate --allow-http --webhooks-to URL"), " subscribes at the start."),
    ],
  });

  function row(first) {
    const status = chip();
    const event = el("span", { class: "name" });
    const at = el("time", { class: "end small muted" });
    const url = el("span", { class: "small muted" });
    const count = el("span", { class: "small muted" });
    const story = el("p", { class: "small" });
    const why = el("p", { class: "small muted", id: `why-${first.id}` });
    const attempts = el("ol", { class: "timeline", "aria-label": "Attempts" });
    const body = el("pre", { tabindex: "0", "aria-label": "Body" });
    const id = el("code");
    const resend = button("Resend", async () => {
      const again = await send("POST", `deliveries/${first.id}/resend`);
      return `Sent once more: ${again.status}.`;
    });
    resend.setAttribute("aria-describedby", why.id);
    const details = el("details", {},
      el("summary", {}, el("div", {},
        el("div", { class: "line" }, event, status, at),
        el("div", { class: "line" }, url, count))),
      el("div", { class: "inside" },
        story, el("div", { class: "buttons" }, resend, why),
        el("h3", {}, "Attempts"), attempts,
        el("h3", {}, "Body"), body,
        el("p", { class: "small muted" }, "Delivery ", id)));
    const node = el("article", { class: "item", id: `delivery-${first.id}` }, details);
    function update(delivery) {
      paint(status, delivery.status, tone(delivery.status));
      write(event, delivery.event);
      write(at, short(new Date(delivery.createdAt)));
      write(url, delivery.url ?? "a deleted subscription");
      write(count, delivery.attemptCount === 1 ? "1 attempt" : `${delivery.attemptCount} attempts`);
      write(story, told(delivery));
      write(why, delivery.resend.refusal);
      allow(resend, delivery.resend.refusal);
      follow(attempts, delivery.attempts, (attempt) => attempt.number, tried);
      write(body, pretty(delivery.body));
      write(id, delivery.id);
    }
    return { node, update };
  }

  return {
    update: (state) => list.update(state.deliveries),
    /** Opens a delivery and brings it into view. */
    show(id) {
      const node = list.find(id);
      if (!node) return;
      const details = node.firstElementChild;
      details.open = true;
      details.firstElementChild.focus();
      node.scrollIntoView({ block: "center" });
    },
  };
}

function told(delivery) {
  if (delivery.status === "DELIVERED") return `Arrived ${short(new Date(delivery.deliveredAt))}.`;
  const error = delivery.error ? `Last error: ${delivery.error}.` : "";
  if (delivery.nextRetryAt) return `${error} Tried again by itself ${short(new Date(delivery.nextRetryAt))}.`.trim();
  return delivery.status === "FAILED" ? `${error} It will not be tried again by itself.`.trim() : "On its way.";
}

function tried(first) {
  const result = chip();
  const at = el("time", { class: "small" });
  const lasted = el("span", { class: "small muted" });
  const signature = el("dd", { class: "mono" });
  const headers = el("dl", { class: "headers" });
  const number = el("span", { class: "name small" }, `Attempt ${first.number}`);
  const node = el("li", {}, el("div", { class: "line" }, number, at, result, lasted),
    el("dl", {}, el("dt", {}, "Signature"), signature),
    el("details", {}, el("summary", { class: "small" }, "Headers sent"), el("div", { class: "inside" }, headers)));
  function update(attempt) {
    const failed = attempt.error !== null;
    paint(result, failed ? attempt.error : `HTTP ${attempt.statusCode}`, failed ? "bad" : "good");
    write(at, time(new Date(attempt.at)));
    write(lasted, `${Math.max(1, Math.round(attempt.seconds * 1000))} ms`);
    write(signature, attempt.signature ?? "not sent");
    follow(headers, Object.entries(attempt.headers).flatMap(([name, value]) => [[`${name}:`, name, "dt"], [`${name}=`, value, "dd"]]),
      ([key]) => key, ([, , tag]) => {
        const part = el(tag, { class: "mono" });
        return { node: part, update: ([, text]) => write(part, text) };
      });
  }
  return { node, update };
}
