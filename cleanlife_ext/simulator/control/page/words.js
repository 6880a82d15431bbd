// How things are said: times in Riyadh, and the tone of a status.

const ZONE = { timeZone: "Asia/Riyadh" };
const CLOCK = new Intl.DateTimeFormat("en-GB", { ...ZONE, hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { ...ZONE, weekday: "short", day: "numeric", month: "short" });
const YEAR = new Intl.DateTimeFormat("en-GB", { ...ZONE, weekday: "short", day: "numeric", month: "short", year: "numeric" });

export const time = (moment) => CLOCK.format(moment);
export const day = (moment) => DAY.format(moment);
export const full = (moment) => `${YEAR.format(moment)}, ${CLOCK.format(moment)}`;
export const short = (moment) => `${DAY.format(moment)}, ${CLOCK.format(moment)}`;

/** A day given as YYYY-MM-DD, which is Riyadh's. */
export const date = (text) => DAY.format(new Date(`${text}T00:00:00+03:00`));

const UNITS = [["day", 86400], ["h", 3600], ["min", 60], ["s", 1]];

/** "2 h 5 min": the two largest units that say something. */
export function span(seconds) {
  let left = Math.max(0, Math.round(seconds));
  const parts = [];
  for (const [unit, size] of UNITS) {
    const number = Math.floor(left / size);
    left -= number * size;
    if (number) parts.push(unit === "day" ? `${number} day${number > 1 ? "s" : ""}` : `${number} ${unit}`);
  }
  return parts.slice(0, 2).join(" ") || "no time";
}

const TONES = {
  success: "good", PAID: "good", DELIVERED: "good", Completed: "good", ACTIVE: "good", NOT_REQUIRED: "good",
  "waiting payment": "wait", PENDING: "wait", "in progress": "calm",
  Scheduled: "calm", Dispatched: "calm", "In Progress": "calm",
  failed: "bad", FAILED: "bad", canceled: null, CANCELLED: null, Cancelled: null,
};

export const tone = (status) => TONES[status] ?? null;

/** The tone of an HTTP status; null means that no answer went out. */
export const httpTone = (status) => (status === null || status >= 500 ? "bad" : status >= 400 ? "wait" : "good");

const EVENTS = {
  "booking.created": "Booked",
  "booking.updated": "Changed",
  "booking.cancelled": "Cancelled",
  "booking.payment_failed": "Payment failed",
  "booking.payment_confirmed": "Payment confirmed",
};

/** What happened, in a few words. */
export function happening(event) {
  if (event.name !== "booking.appointment_status_changed") return EVENTS[event.name] ?? event.name;
  return `Appointment ${event.appointmentStatus ?? "changed"}`;
}

export function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
