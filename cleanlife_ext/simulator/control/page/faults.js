// Things that go wrong on purpose: faults of the API, and mishaps of webhooks.

import { button, form } from "./acts.js";
import { el, field, follow, growing, offer, write } from "./dom.js";
import { send } from "./link.js";

const words = (name) => name.replace(/([A-Z])/g, " $1").replaceAll("_", " ").toLowerCase();
const title = (name) => words(name).replace(/^./, (letter) => letter.toUpperCase());

// What is proposed for values that the simulator itself has no proposal for.
const PROPOSALS = { code: 503, seconds: 5, bytesPerSecond: 100, factor: 1.5 };

function input(name, kind, value) {
  return el("input", { name, type: kind, step: kind === "number" ? "any" : null, value: value ?? "" });
}

function valueOf(each) {
  if (each.type === "checkbox") return each.checked;
  return each.type === "number" ? Number(each.value) : each.value;
}

/** What was filled in; what was left empty is left out. */
function values(inputs) {
  const filled = inputs.filter((each) => (each.type === "checkbox" ? each.checked : each.value !== ""));
  return Object.fromEntries(filled.map((each) => [each.name, valueOf(each)]));
}

export function faults({ container, buttons, place }) {
  const operation = el("select");
  const type = el("select", { onchange: () => ask() });
  const parameters = el("div", { class: "form", role: "group", "aria-label": "Values of the fault" });
  const times = el("input", { type: "number", min: "1", value: "1" });
  const after = el("input", { type: "number", min: "0", value: "0" });
  const probability = el("input", { type: "number", min: "0", max: "1", step: "any" });
  let known = [];

  const clear = button("Remove all", async () => {
    await send("DELETE", "faults");
    return "No faults any more.";
  });
  buttons.append(clear);

  const list = growing({
    container, first: 10, step: 20, keyOf: (rule) => rule.number, create: row,
    empty: [el("p", {}, "Nothing goes wrong on purpose. Choose what shall, and call the operation.")],
  });

  place.append(form([
    field("Operation", operation, "wide"), field("Fault", type, "wide"), parameters,
    field("Times (empty: always)", times, "narrow"), field("After so many calls", after, "narrow"),
    field("Probability", probability, "narrow"),
  ], "Add fault", async () => {
    const rule = await send("POST", "faults", {
      operation: operation.value,
      fault: { type: type.value, ...values([...parameters.querySelectorAll("input")]) },
      times: times.value === "" ? null : Number(times.value),
      after: Number(after.value),
      probability: probability.value === "" ? null : Number(probability.value),
    });
    return `The next ${rule.operation === "*" ? "call" : rule.operation} will meet it: ${words(rule.fault.type)}.`;
  }));

  function ask() {
    const fault = known.find((each) => each.type === type.value);
    parameters.hidden = fault.parameters.length === 0;
    follow(parameters, fault.parameters, (each) => `${fault.type} ${each.name}`, (each) => {
      const label = each.isRequired || each.default !== null ? title(each.name) : `${title(each.name)} (optional)`;
      const value = each.isRequired ? PROPOSALS[each.name] : each.default;
      return { node: field(label, input(each.name, each.kind, value), "narrow"), update() {} };
    });
  }

  function row() {
    const text = el("span");
    const count = el("span", { class: "muted small" });
    let number = null;
    const remove = button("Remove", async () => {
      await send("DELETE", `faults/${number}`);
      return "Removed.";
    });
    const node = el("div", { class: "item line" }, text, count, el("span", { class: "end" }, remove));
    function update(rule) {
      number = rule.number;
      const { type: kind, ...rest } = rule.fault;
      const details = Object.entries(rest).filter(([, value]) => value !== null).map(([name, value]) => `${words(name)} ${value}`);
      write(text, `${rule.operation === "*" ? "any operation" : rule.operation}: ${[words(kind), ...details].join(", ")}`);
      const left = rule.times === null ? "always" : `${rule.struck} of ${rule.times} times`;
      const chance = rule.probability === null ? "" : `, with probability ${rule.probability}`;
      const wait = rule.after ? `, after ${rule.after} calls` : "";
      write(count, `struck ${rule.times === null ? `${rule.struck} times, ` : ""}${left}${wait}${chance}`);
      remove.setAttribute("aria-label", `Remove ${text.textContent}`);
    }
    return { node, update };
  }

  return {
    update(state) {
      offer(operation, state.choices.operations.map((each) => [each, each === "*" ? "any operation" : each]));
      if (!known.length) {
        known = state.choices.faults;
        offer(type, known.map((each) => [each.type, title(each.type)]));
        operation.value = "createBooking";
        ask();
      }
      clear.hidden = state.faults.length === 0;
      list.update(state.faults);
    },
  };
}

export function mishaps({ place }) {
  const inputs = new Map();
  const fields = el("div", { class: "form", role: "group", "aria-label": "Shares and seconds" });
  place.append(
    el("p", { class: "muted small" }, "Shares of the deliveries, from 0 to 1, to try out a receiver; 0 for what shall not happen."),
    form([fields], "Set mishaps", async () => {
      await send("PUT", "mishaps", values([...inputs.values()]));
      return "Set.";
    }),
  );
  return {
    update(state) {
      for (const [name, value] of Object.entries(state.mishaps)) {
        if (!inputs.has(name)) {
          inputs.set(name, input(name, "number", value));
          fields.append(field(title(name), inputs.get(name), "narrow"));
        }
        const shown = inputs.get(name);
        // What somebody is typing is not overwritten.
        if (shown !== document.activeElement && shown.dataset.known !== String(value)) shown.value = String(value);
        shown.dataset.known = String(value);
      }
    },
  };
}
