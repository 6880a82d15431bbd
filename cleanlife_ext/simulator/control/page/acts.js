// Buttons that do something, and the line that says how it went.

import { el, set, write } from "./dom.js";
import { ask } from "./link.js";

let fading = null;

/** Says how something went, also to those who listen instead of looking. */
export function say(text, tone = null) {
  const result = document.getElementById("result");
  clearTimeout(fading);
  set(result, "data-tone", tone);
  write(result, text);
  if (tone !== "bad") fading = setTimeout(() => write(result, ""), 8000);
}

/** Does it once at a time, says what came of it, and shows the new state at once. */
export async function perform(button, act) {
  if (button.getAttribute("aria-busy") === "true") return;
  if (button.getAttribute("aria-disabled") === "true") {
    say(button.title, "bad");
    return;
  }
  set(button, "aria-busy", "true");
  try {
    say(await act());
  } catch (error) {
    say(error.message, "bad");
  } finally {
    set(button, "aria-busy", null);
    await ask();
  }
}

/** A button; `act` gives the words for its success. */
export function button(label, act, kind = null) {
  const node = el("button", { type: "button", class: kind, onclick: () => perform(node, act) }, label);
  return node;
}

/** A button that cannot be used now stays reachable, and says why. */
export function allow(node, refusal) {
  set(node, "aria-disabled", refusal ? "true" : null);
  set(node, "title", refusal);
}

/** A form that is sent by its only button, or by Enter. */
export function form(children, label, act, kind = "main") {
  const submit = el("button", { type: "submit", class: kind }, label);
  const node = el("form", { class: "form" }, ...children, submit);
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    perform(submit, act);
  });
  return node;
}
