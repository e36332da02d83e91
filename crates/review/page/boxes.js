// The reviewer's rectangles: whole pixels of the frame, always within it.
const drafts = JSON.parse(sessionStorage.getItem("drafts") ?? "{}");
let size = { columns: 1, rows: 1 };
let list = [];
let picked = -1;
let key = "";
let locked = false;
let listeners = [];

export const all = () => list;
export const pickedIndex = () => picked;
export const areLocked = () => locked;
export const onChange = (listener) => listeners.push(listener);

function changed() {
  if (key) drafts[key] = list;
  sessionStorage.setItem("drafts", JSON.stringify(drafts));
  listeners.forEach((listener) => listener());
}

/** Begins with the rectangles of an item: those drawn before in this tab, else those of the last approval. */
export function begin(item, frame, agreed, fixed) {
  size = frame;
  key = item;
  locked = fixed;
  list = (drafts[item] ?? agreed).map((box) => clamp([...box]));
  picked = -1;
  listeners.forEach((listener) => listener());
}

/** Forgets what was drawn and not decided. */
export function forget(item) {
  delete drafts[item];
  sessionStorage.setItem("drafts", JSON.stringify(drafts));
}

/** Cuts a rectangle to the frame. */
export function clamp([x, y, width, height]) {
  const whole = (value, least, most) => Math.min(Math.max(Math.round(value) || 0, least), most);
  const left = whole(x, 0, size.columns - 1);
  const top = whole(y, 0, size.rows - 1);
  return [left, top, whole(width, 1, size.columns - left), whole(height, 1, size.rows - top)];
}

export function pick(index) {
  picked = index >= 0 && index < list.length ? index : -1;
  listeners.forEach((listener) => listener());
}

export function pickNext(step) {
  if (list.length) pick((picked + step + list.length + (picked < 0 && step < 0 ? 1 : 0)) % list.length);
}

export function add(box) {
  if (locked) return -1;
  const wanted = clamp(box);
  if (!list.some((one) => one.join() === wanted.join())) list.push(wanted);
  picked = list.findIndex((one) => one.join() === wanted.join());
  changed();
  return picked;
}

export function set(index, box) {
  if (locked || !list[index]) return;
  list[index] = clamp(box);
  changed();
}

export function remove(index) {
  if (locked || index < 0 || index >= list.length) return;
  list.splice(index, 1);
  picked = -1;
  changed();
}

/** Moves the picked rectangle, or its right and lower edge. */
export function nudge(across, down, edges) {
  const [x, y, width, height] = list[picked];
  if (edges) return set(picked, [x, y, Math.max(1, width + across), Math.max(1, height + down)]);
  const [left, top] = [Math.min(Math.max(0, x + across), size.columns - width), Math.min(Math.max(0, y + down), size.rows - height)];
  set(picked, [left, top, width, height]);
}
