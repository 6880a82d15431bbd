// The request log, newest first.

import { chip, el, growing, paint, set, write } from "./dom.js";
import { httpTone, time } from "./words.js";

export function requests({ container }) {
  const body = el("tbody");
  el("table", {}, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Time"), el("th", { scope: "col" }, "Request"),
    el("th", { scope: "col" }, "Status"))), body);
  const list = growing({
    container, list: body, first: 10, step: 30, keyOf: (request) => request.key, create: row,
    empty: [el("p", {}, "No requests yet. The first call of a client shows here, with its status and its request id.")],
  });

  function row() {
    const at = el("time");
    const method = el("span", { class: "mono name" });
    const path = el("span", { class: "mono" });
    const operation = el("span", { class: "name" });
    const id = el("code", { class: "muted" });
    const status = chip();
    const fault = chip();
    const node = el("tr", {}, el("td", {}, at),
      el("td", {}, el("div", { class: "line" }, operation, fault), el("div", {}, method, " ", path), id), el("td", {}, status));
    function update(request) {
      write(at, time(new Date(request.at)));
      write(method, request.method);
      write(path, request.path + (request.query ? `?${request.query}` : ""));
      write(operation, request.operation);
      write(id, request.requestId);
      paint(status, request.status === null ? "no answer" : String(request.status), httpTone(request.status));
      paint(fault, request.fault, "bad");
      set(fault, "title", request.fault ? "A fault struck this request" : null);
    }
    return { node, update };
  }

  return { update: (state) => list.update(keyed(state.requests)) };
}

/** Clients may send an id twice, so it is a key only together with how often it came before. */
function keyed(newestFirst) {
  const seen = new Map();
  const rows = [];
  for (const request of [...newestFirst].reverse()) {
    const times = (seen.get(request.requestId) ?? 0) + 1;
    seen.set(request.requestId, times);
    rows.push({ ...request, key: `${request.requestId} ${times}` });
  }
  return rows.reverse();
}
