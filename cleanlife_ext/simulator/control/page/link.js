// The line to the simulator: asks for its state every second, and sends orders.

const EVERY = 1000;
const PATIENCE = 5000;

let tag = null;
let timer = null;
let asking = null;
let heard = {};

/** Begins to ask. `heard` is told {state(state), time(now), lost(), found()}; a hidden page asks nothing. */
export function listen(ears) {
  heard = ears;
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : ask()));
  if (!document.hidden) ask();
}

function rest() {
  clearTimeout(timer);
}

/** Asks now; whoever asks while an answer is under way gets one that was asked for afterwards. */
export async function ask() {
  rest();
  while (asking) await asking;
  asking = look().finally(() => { asking = null; });
  await asking;
  rest();
  if (!document.hidden) timer = setTimeout(ask, EVERY);
}

async function look() {
  let answer, state;
  try {
    const headers = tag ? { "If-None-Match": tag } : {};
    answer = await fetch("state", { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    if (!answer.ok && answer.status !== 304) throw new Error(`HTTP ${answer.status}`);
    state = answer.status === 304 ? null : (await answer.json()).data;
  } catch {
    heard.lost();
    return;
  }
  heard.found();
  if (state) {
    heard.state(state);
    tag = answer.headers.get("ETag");
  }
  heard.time(new Date(answer.headers.get("X-Simulator-Time")));
}

/** Sends an order and gives its data; an Error with the simulator's own words if it is refused. */
export async function send(method, path, body = {}) {
  let answer;
  try {
    answer = await fetch(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  } catch {
    throw new Error("The simulator does not answer.");
  }
  const envelope = await answer.json();
  if (!envelope.success) throw new Error(envelope.error.message);
  return envelope.data;
}

/** Reads something that is not part of the state. */
export async function read(path) {
  const answer = await fetch(path, { cache: "no-store" });
  const envelope = await answer.json();
  if (!envelope.success) throw new Error(envelope.error.message);
  return envelope.data;
}
