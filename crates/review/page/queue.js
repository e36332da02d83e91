// The queue: what waits, what is decided.
import { both, say } from "./words.js";

let queue = { items: [], reasons: {}, reviewers: 1 };
let filter = "open";
let currentId = "";

export const data = () => queue;
export const find = (id) => queue.items.find((item) => item.id === id);
export const reason = (item) => both(queue.reasons[item.reason.id]?.what) || item.reason.id || "–";
export const advice = (item) => both(queue.reasons[item.reason.id]?.next);
export const isOpen = (item) => item.state === "sampled" || (item.state === "in-review" && item.approvable);
const waits = (item) => item.state === "in-review" || item.state === "sampled";

export function set(answer) {
  queue = answer;
}

/** Puts one item in the place of the one with its id. */
export function update(item) {
  const index = queue.items.findIndex((one) => one.id === item.id);
  if (index >= 0) queue.items[index] = item;
}

export function choose(wanted) {
  filter = wanted;
}

const shown = () =>
  queue.items.filter((item) => filter === "all" || (filter === "open" ? waits(item) : !waits(item)));

/** Returns the item that stands so many places from another in what is shown. */
export function beside(id, step) {
  const items = shown();
  const index = items.findIndex((item) => item.id === id);
  if (index < 0) return items[0];
  return items[index + step];
}

/** Returns the next item that can be decided, from a place on. */
export function nextOpen(id) {
  const start = queue.items.findIndex((item) => item.id === id);
  const after = [...queue.items.slice(start + 1), ...queue.items.slice(0, Math.max(0, start))];
  return after.find(isOpen);
}

export const counts = () => {
  const of = (state) => queue.items.filter((item) => item.state === state).length;
  const fixed = queue.items.filter((item) => item.state === "in-review" && !item.approvable).length;
  const out = queue.items.filter((item) => item.in_release && item.state === "rejected").length;
  return { waiting: of("in-review") - fixed, sampled: of("sampled"), fixed, out, approved: of("approved"), rejected: of("rejected"), released: of("released") };
};

export function draw(current, open) {
  currentId = current ?? currentId;
  const sum = counts();
  const done = sum.approved + sum.rejected + sum.released;
  const bar = document.getElementById("bar");
  const all = done + sum.waiting + sum.sampled;
  bar.max = Math.max(1, all);
  bar.value = done;
  document.getElementById("counts").textContent = say("counts", { done, all, fixed: sum.fixed });
  const totals = { open: sum.waiting + sum.sampled + sum.fixed, done, all: queue.items.length };
  for (const button of document.querySelectorAll("#filters button")) {
    button.textContent = `${say("filter-" + button.dataset.filter)} ${totals[button.dataset.filter]}`;
    button.setAttribute("aria-pressed", String(button.dataset.filter === filter));
  }
  const list = document.getElementById("items");
  const held = list.contains(document.activeElement);
  list.replaceChildren(...shown().map((item) => row(item, open)));
  const unsampled = document.getElementById("unsampled");
  unsampled.hidden = !queue.unsampled && !queue.sampling;
  unsampled.textContent = queue.sampling ? say("sampling")
    : queue.unsampled ? `${say("unsampled")} ${both(queue.unsampled.what)} — ${both(queue.unsampled.next)}` : "";
  document.getElementById("nothing").hidden = list.childElementCount > 0;
  const now = list.querySelector('[aria-current="true"]');
  now?.scrollIntoView({ block: "nearest" });
  if (held) now?.focus({ preventScroll: true });
}

function row(item, open) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = item.state + (item.state === "in-review" && !item.approvable ? " fixed" : "");
  button.setAttribute("aria-current", String(item.id === currentId));
  button.title = item.source;
  const [dot, name, why] = ["dot", "name", "why"].map((kind) => {
    const part = document.createElement("span");
    part.className = kind;
    return part;
  });
  name.textContent = item.source.split("/").slice(-2).join("/");
  const state = item.state === "in-review" && item.approvals > 0
    ? say("agreed", { given: item.approvals, needed: queue.reviewers })
    : say("state-" + item.state);
  why.textContent = item.state === "in-review" && !item.approvals ? reason(item) : state;
  button.append(dot, name, why);
  button.addEventListener("click", () => open(item.id));
  const line = document.createElement("li");
  line.append(button);
  return line;
}
