// Building and updating the document. Nothing of the state is ever read as markup.

/** An element with attributes (`on…` are listeners) and children; texts become text nodes. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else set(node, name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** Sets an attribute, or takes it away if the value is null or false; touches nothing that is right already. */
export function set(node, name, value) {
  if (value === null || value === false) node.removeAttribute(name);
  else {
    const text = value === true ? "" : String(value);
    if (node.getAttribute(name) !== text) node.setAttribute(name, text);
  }
}

/** Shows a text; what is shown already is left alone, so that a selection survives. */
export function write(node, text) {
  const wanted = text === null ? "" : String(text);
  if (node.textContent !== wanted) node.textContent = wanted;
}

const rows = new WeakMap();

/**
 * Makes the children of a node follow a list. Rows with the same key are kept and updated in place, and not moved
 * without need: focus, open details, selection and scrolling survive. `create` gives {node, update}.
 */
export function follow(parent, items, keyOf, create) {
  const before = rows.get(parent) ?? new Map();
  const after = new Map();
  for (const item of items) {
    const key = keyOf(item);
    const row = before.get(key) ?? create(item);
    row.update(item);
    after.set(key, row);
  }
  for (const [key, row] of before) if (!after.has(key)) row.node.remove();
  let place = parent.firstChild;
  for (const row of after.values()) {
    if (row.node === place) place = place.nextSibling;
    else parent.insertBefore(row.node, place);
  }
  rows.set(parent, after);
}

/** A list that begins short and grows on demand, with words for when it is empty. */
export function growing({ container, first, step, keyOf, create, empty, list = el("div", { class: "list" }) }) {
  let limit = first;
  let items = [];
  const frame = list.tagName === "TBODY" ? list.parentNode : list;
  const more = el("button", { type: "button", class: "plain", onclick: () => { limit += step; update(items); } });
  const none = el("div", { class: "empty" }, ...empty);
  container.append(none, frame, more);
  function update(now) {
    items = now;
    none.hidden = items.length > 0;
    frame.hidden = items.length === 0;
    more.hidden = items.length <= limit;
    const hidden = items.length - limit;
    write(more, hidden > step ? `Show ${step} more of ${hidden}` : `Show ${hidden} more`);
    follow(list, items.slice(0, limit), keyOf, create);
  }
  /** Grows until the item with this key is there, and gives its node. */
  function find(key) {
    const place = items.findIndex((item) => keyOf(item) === key);
    if (place >= limit) { limit = place + 1; update(items); }
    return place < 0 ? null : rows.get(list).get(key).node;
  }
  return { update, find };
}

export function chip(text, tone) {
  return paint(el("span", { class: "chip" }), text, tone);
}

/** Gives a chip its text and its tone; a chip without a text is hidden. */
export function paint(node, text, tone) {
  write(node, text);
  set(node, "data-tone", tone ?? null);
  node.hidden = text === null || text === "";
  return node;
}

let fields = 0;

/** An input or select with its label. */
export function field(label, control, kind = "") {
  control.id ||= `field-${(fields += 1)}`;
  return el("div", { class: `field ${kind}` }, el("label", { for: control.id }, label), control);
}

/** Lets a select offer [value, text] pairs; the choice stays if it is still there. */
export function offer(select, pairs) {
  follow(select, pairs, ([value]) => value, ([value]) => {
    const option = el("option", { value });
    return { node: option, update: ([, text]) => write(option, text) };
  });
}
