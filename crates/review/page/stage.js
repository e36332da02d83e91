// The image: pictures from the server, moved and scaled here, and the rectangles above them.
import { picture } from "./ask.js";
import * as boxes from "./boxes.js";
import { say } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const WHOLE = 1280;
const TILE = 1600;
const stage = document.getElementById("stage");
let shown = null; // { id, columns, rows, frames, grey, windows, range, marks, left }
let view = { mode: "before", frame: 0, window: "header", scale: 1, x: 0, y: 0, fitted: true };
let listeners = [];
const panes = {};

for (const name of ["before", "after"]) {
  const element = document.querySelector(`[data-pane="${name}"]`);
  const [whole, detail] = [new Image(), new Image()];
  const layer = document.createElementNS(SVG, "svg");
  const caption = document.createElement("span");
  caption.className = "caption";
  for (const image of [whole, detail]) image.alt = "";
  layer.setAttribute("aria-hidden", "true");
  element.append(whole, detail, layer, caption);
  panes[name] = { name, element, whole, detail, layer, caption, asked: {}, area: null };
  element.addEventListener("pointerdown", (event) => press(panes[name], event));
  element.addEventListener("wheel", (event) => wheel(panes[name], event), { passive: false });
  element.addEventListener("contextmenu", (event) => event.preventDefault());
}

export const state = () => view;
export const instance = () => shown;
export const onChange = (listener) => listeners.push(listener);
const tell = () => listeners.forEach((listener) => listener());
const visible = () => Object.values(panes).filter((pane) => view.mode === "both" || view.mode === pane.name);

/** Shows an instance from its first frame on. */
export function show(id, opened) {
  clear();
  shown = { id, ...opened, seen: new Set([0]) };
  const named = typeof view.window === "string" ? view.window : "header";
  const window = windows().includes(named) ? named : windows()[0];
  view = { ...view, frame: 0, window, fitted: true };
  fit();
  refresh();
}

/** Shows nothing. */
export function clear() {
  shown = null;
  for (const pane of Object.values(panes)) {
    for (const part of ["whole", "detail"]) {
      pane.asked[part]?.abort();
      take(pane[part], "");
    }
    pane.layer.replaceChildren();
    delete pane.element.dataset.ready;
  }
}

function take(image, address) {
  if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
  if (address) image.src = address;
  else image.removeAttribute("src");
  image.hidden = !address;
}

// --- what is looked at

export function setMode(mode) {
  view.mode = mode;
  stage.dataset.mode = mode;
  layOut();
  if (view.fitted) fit();
  refresh();
}

export function setFrame(frame) {
  if (!shown) return;
  view.frame = Math.min(Math.max(0, frame), shown.frames - 1);
  shown.seen.add(view.frame);
  refresh();
}

export function setWindow(window) {
  view.window = window;
  refresh();
}

/** The windows there are to choose from. */
export const windows = () => (!shown?.grey ? ["header"] : shown.windows.length ? ["header", "full", "even"] : ["full", "even"]);

/** The window as centre and width, whatever it was chosen by. */
export function levels() {
  if (!shown?.grey) return null;
  if (typeof view.window !== "string") return view.window.levels;
  if (view.window === "header" && shown.windows.length) return shown.windows[0];
  const [low, high] = shown.range;
  return [(low + high) / 2 + 0.5, Math.max(1, high - low + 1)];
}

export function changeLevels(centre, width) {
  const now = levels();
  if (now) setWindow({ levels: [now[0] + centre * now[1], Math.max(1, now[1] * width)] });
}

/** Puts the two pictures side by side or one over the other, whichever makes them larger. */
function layOut() {
  if (!shown) return;
  const [width, height] = [stage.clientWidth / shown.columns, stage.clientHeight / shown.rows];
  stage.dataset.layout = Math.min(width, height / 2) > Math.min(width / 2, height) ? "over" : "side";
}

export function fit() {
  layOut();
  const pane = visible()[0].element;
  if (!shown) return;
  const [width, height] = [pane.clientWidth || 1, pane.clientHeight || 1];
  view.scale = Math.min(width / shown.columns, height / shown.rows) * 0.98;
  view.x = (width - shown.columns * view.scale) / 2;
  view.y = (height - shown.rows * view.scale) / 2;
  view.fitted = true;
  place();
}

export function zoom(factor, at) {
  if (!shown) return;
  const pane = visible()[0].element;
  const [x, y] = at ?? [pane.clientWidth / 2, pane.clientHeight / 2];
  const scale = Math.min(Math.max(view.scale * factor, 0.005), 64);
  view.x = x - ((x - view.x) * scale) / view.scale;
  view.y = y - ((y - view.y) * scale) / view.scale;
  view.scale = scale;
  view.fitted = false;
  place();
}

export function pan(across, down) {
  view.x += across;
  view.y += down;
  view.fitted = false;
  place();
}

/** The rectangle of the frame that is in view. */
export function inView() {
  const pane = visible()[0].element;
  const [x, y] = [Math.max(0, Math.floor(-view.x / view.scale)), Math.max(0, Math.floor(-view.y / view.scale))];
  const right = Math.min(shown.columns, Math.ceil((pane.clientWidth - view.x) / view.scale));
  const bottom = Math.min(shown.rows, Math.ceil((pane.clientHeight - view.y) / view.scale));
  return [x, y, Math.max(1, right - x), Math.max(1, bottom - y)];
}

new ResizeObserver(() => shown && (view.fitted ? fit() : place())).observe(stage);

// --- pictures

const later = {};
function soon(name, wait, what) {
  clearTimeout(later[name]);
  later[name] = setTimeout(what, wait);
}

/** Asks for the pictures of what is looked at, and draws. */
export function refresh() {
  if (!shown) return tell();
  for (const pane of visible()) fetchWhole(pane);
  place();
}

/** The rectangles have changed: so has the picture after. */
export function masksChanged() {
  drawBoxes();
  if (shown && view.mode !== "before") soon("masks", 120, () => (fetchWhole(panes.after), fetchDetail(panes.after)));
}

const question = (pane, area, side) => ({
  item: shown.id,
  frame: view.frame,
  area,
  side,
  window: view.window,
  masks: pane.name === "after" ? boxes.all() : null,
});

async function fetchPart(pane, part, area, side) {
  pane.asked[part]?.abort();
  const asked = (pane.asked[part] = new AbortController());
  const of = shown;
  try {
    const address = await picture(question(pane, area, side), asked.signal);
    if (asked.signal.aborted || of !== shown) return URL.revokeObjectURL(address);
    take(pane[part], address);
    await pane[part].decode().catch(() => {});
    problem(null);
    pane.element.dataset.ready = `${view.frame}`;
    return true;
  } catch (error) {
    if (error.name !== "AbortError" && of === shown) problem(error);
  }
}

async function fetchWhole(pane) {
  take(pane.detail, "");
  pane.area = null;
  delete pane.element.dataset.ready;
  await fetchPart(pane, "whole", [0, 0, shown.columns, shown.rows], WHOLE);
  if (shown) place();
}

/** Where the picture of the whole is too coarse for the scale, the part in view is asked for. */
function fetchDetail(pane) {
  const longest = Math.max(shown.columns, shown.rows);
  const coarse = longest > WHOLE && view.scale * longest > WHOLE * 1.15;
  if (!coarse) return take(pane.detail, "");
  soon("detail-" + pane.name, 150, async () => {
    if (!shown) return;
    const area = inView();
    if (await fetchPart(pane, "detail", area, TILE)) {
      pane.area = area;
      place(true);
    }
  });
}

let problemListener = () => {};
export const onProblem = (listener) => (problemListener = listener);
const problem = (error) => problemListener(error);

// --- drawing

function put(image, [x, y, width, height]) {
  image.style.left = `${view.x + x * view.scale}px`;
  image.style.top = `${view.y + y * view.scale}px`;
  image.style.width = `${width * view.scale}px`;
  image.style.height = `${height * view.scale}px`;
}

/** Puts pictures and rectangles where they belong. */
function place(arrived = false) {
  if (!shown) return;
  for (const pane of visible()) {
    put(pane.whole, [0, 0, shown.columns, shown.rows]);
    if (pane.area) put(pane.detail, pane.area);
    pane.element.classList.toggle("near", view.scale >= 3);
    pane.caption.textContent = say(pane.name === "before" ? "before" : shown.left ? "after-left" : "after-caption");
    pane.element.setAttribute("aria-label", say(pane.name));
    if (!arrived) fetchDetail(pane);
  }
  drawBoxes();
  tell();
}

function rectangle([x, y, width, height], kind) {
  const element = document.createElementNS(SVG, "rect");
  const values = { x: view.x + x * view.scale, y: view.y + y * view.scale, width: width * view.scale, height: height * view.scale };
  for (const [name, value] of Object.entries(values)) element.setAttribute(name, value);
  element.setAttribute("class", kind);
  return element;
}

export function drawBoxes() {
  if (!shown) return;
  for (const pane of visible()) {
    const parts = shown.marks.map((mark) => rectangle(mark.region, "mark " + mark.source));
    boxes.all().forEach((box, index) => {
      const element = rectangle(box, index === boxes.pickedIndex() ? "box picked" : "box");
      element.dataset.index = index;
      parts.push(element);
    });
    const picked = boxes.all()[boxes.pickedIndex()];
    if (picked && !boxes.areLocked()) parts.push(...handles(picked));
    pane.layer.replaceChildren(...parts);
  }
}

const EDGES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];

function handles([x, y, width, height]) {
  return EDGES.map((edge) => {
    const across = edge.includes("w") ? 0 : edge.includes("e") ? 1 : 0.5;
    const down = edge.includes("n") ? 0 : edge.includes("s") ? 1 : 0.5;
    const element = document.createElementNS(SVG, "rect");
    const place = { x: view.x + (x + width * across) * view.scale - 4, y: view.y + (y + height * down) * view.scale - 4 };
    for (const [name, value] of Object.entries({ ...place, width: 8, height: 8 })) element.setAttribute(name, value);
    element.setAttribute("class", "handle");
    element.style.cursor = `${edge}-resize`;
    element.dataset.edge = edge;
    return element;
  });
}

// --- the pointer

const at = (pane, event) => {
  const corner = pane.element.getBoundingClientRect();
  return [event.clientX - corner.left, event.clientY - corner.top];
};
const onFrame = ([x, y]) => [(x - view.x) / view.scale, (y - view.y) / view.scale];

function wheel(pane, event) {
  if (!shown) return;
  event.preventDefault();
  zoom(Math.exp(-event.deltaY * 0.0015), at(pane, event));
}

let space = false;
addEventListener("keydown", (event) => event.code === "Space" && (space = true));
addEventListener("keyup", (event) => event.code === "Space" && (space = false));

function press(pane, event) {
  if (!shown) return;
  const start = at(pane, event);
  const moves = event.button === 2 ? leveller(start)
    : event.button === 1 || space ? panner(pane, start)
    : event.target.dataset.edge ? resizer(event.target.dataset.edge)
    : event.target.dataset.index ? mover(Number(event.target.dataset.index), start)
    : drawer(start);
  event.preventDefault();
  pane.element.focus({ preventScroll: true });
  pane.element.setPointerCapture(event.pointerId);
  const move = (event) => moves(at(pane, event));
  const end = () => {
    pane.element.removeEventListener("pointermove", move);
    pane.element.classList.remove("panning");
  };
  pane.element.addEventListener("pointermove", move);
  pane.element.addEventListener("pointerup", end, { once: true });
  pane.element.addEventListener("pointercancel", end, { once: true });
}

function panner(pane, last) {
  pane.element.classList.add("panning");
  return (now) => {
    pan(now[0] - last[0], now[1] - last[1]);
    last = now;
  };
}

function leveller(start) {
  const from = levels();
  return ([x, y]) => {
    if (!from) return;
    const window = [from[0] + ((y - start[1]) / 300) * from[1], Math.max(1, from[1] * Math.exp((x - start[0]) / 200))];
    soon("levels", 40, () => setWindow({ levels: window }));
  };
}

function drawer(start) {
  const from = onFrame(start);
  let index = -1;
  boxes.pick(-1);
  return (now) => {
    if (index < 0 && Math.hypot(now[0] - start[0], now[1] - start[1]) < 4) return;
    const to = onFrame(now);
    const [left, right] = [Math.floor(Math.min(from[0], to[0])), Math.ceil(Math.max(from[0], to[0]))];
    const [top, bottom] = [Math.floor(Math.min(from[1], to[1])), Math.ceil(Math.max(from[1], to[1]))];
    const [x, y] = [Math.max(0, left), Math.max(0, top)];
    const box = [x, y, right - x, bottom - y];
    if (boxes.areLocked()) return;
    if (index < 0) index = boxes.add(box);
    else boxes.set(index, box);
  };
}

function mover(index, start) {
  const [x, y, width, height] = boxes.all()[index];
  const from = onFrame(start);
  boxes.pick(index);
  return (now) => {
    const to = onFrame(now);
    const left = Math.min(Math.max(0, Math.round(x + to[0] - from[0])), shown.columns - width);
    const top = Math.min(Math.max(0, Math.round(y + to[1] - from[1])), shown.rows - height);
    boxes.set(index, [left, top, width, height]);
  };
}

function resizer(edge) {
  const index = boxes.pickedIndex();
  const [x, y, width, height] = boxes.all()[index];
  return (now) => {
    const [across, down] = onFrame(now).map(Math.round);
    let [left, top, right, bottom] = [x, y, x + width, y + height];
    if (edge.includes("w")) left = Math.max(0, Math.min(across, right - 1));
    if (edge.includes("e")) right = Math.max(across, left + 1);
    if (edge.includes("n")) top = Math.max(0, Math.min(down, bottom - 1));
    if (edge.includes("s")) bottom = Math.max(down, top + 1);
    boxes.set(index, [left, top, right - left, bottom - top]);
  };
}
