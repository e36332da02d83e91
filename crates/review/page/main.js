// The page: what is chosen, shown, decided, and the keys.
import { ask, Refused } from "./ask.js";
import * as boxes from "./boxes.js";
import * as queue from "./queue.js";
import * as stage from "./stage.js";
import * as words from "./words.js";
import { both, say } from "./words.js";

const $ = (id) => document.getElementById(id);
let current = null; // the entry that is looked at
let busy = false;
let quiet = false; // whether what is shown has just been replaced, so that a click may be meant for what was there
let unseen = true; // whether nothing of the item that is chosen has been shown yet
const reasons = {}; // written and not decided
let recent = JSON.parse(sessionStorage.getItem("recent") ?? "[]");

// --- saying

function tell(text, kind = "") {
  $("say").className = kind;
  $("say").textContent = text;
}

/** Returns what a refusal says, and what to do next. */
function spoken(error) {
  if (!(error instanceof Refused)) return say("broken");
  if (error.status === 0) return say("gone");
  const said = error.error;
  return said?.what ? [both(said.what), both(said.next)].filter(Boolean).join(" — ") : say("broken");
}

// --- the queue

async function reload() {
  queue.set(await ask("queue"));
  const before = current;
  if (current) current = queue.find(current.id) ?? null;
  // What is in view is no longer what is there.
  if (current && current.stamp !== before.stamp) return replaced();
  drawAll();
}

/** Shows anew what has changed while it was looked at, and takes no decision until that can have been noticed. */
function replaced() {
  quiet = true;
  setTimeout(() => ((quiet = false), drawSide()), 1500);
  open(current.id);
  tell(say("changed"), "bad");
}

function drawAll() {
  queue.draw(current?.id ?? "", open);
  const data = queue.data();
  $("where").textContent = [data.vault, data.profile].filter(Boolean).join(" · ");
  const { approved, out } = queue.counts();
  $("release-open").textContent = say("release-count", { count: approved + out });
  $("release-open").classList.toggle("go", approved + out > 0);
  drawSide();
}

async function open(id) {
  const item = queue.find(id);
  if (!item) return;
  if (current) reasons[current.id] = $("reason").value;
  current = item;
  $("reason").value = reasons[id] ?? "";
  tell("");
  unseen = true;
  $("unshown").hidden = true;
  failure = null;
  stage.clear();
  drawAll();
  drawTools();
  try {
    const opened = await ask("open", { item: id });
    if (current?.id !== id) return;
    boxes.begin(id, opened, item.in_release ? [] : agreedMasks(item), item.in_release);
    stage.show(id, { ...opened, left: item.in_release });
    setTimeout(() => warm(id), 400);
  } catch (error) {
    if (current?.id === id) unshown(error);
  }
  drawTools();
  drawSide();
}

/** Has the next item opened while this one is looked at, so that nobody waits for it. */
function warm(id) {
  const next = current?.id === id && queue.nextOpen(id);
  if (next) ask("open", { item: next.id }).catch(() => {});
}

/** What the last approval that stands wants hidden: who agrees with it wants the same. */
function agreedMasks(item) {
  const rejected = item.decisions.map((one) => one.verdict).lastIndexOf("reject");
  return item.decisions.slice(rejected + 1).at(-1)?.masks ?? [];
}

let failure = null;

function unshown(error) {
  failure = error;
  $("unshown").hidden = !error;
  const before = unseen;
  unseen = Boolean(error);
  if (before !== unseen || error) drawSide();
  if (!error) return;
  const [head, text] = [document.createElement("b"), document.createElement("span")];
  head.textContent = say("cannot-be-shown");
  text.textContent = spoken(error);
  $("unshown").replaceChildren(head, text);
}

// --- the side

function drawSide() {
  const item = current;
  $("side").hidden = !item;
  if (!item) return;
  const place = item.reason.place && item.reason.id ? ` ${item.reason.place}` : "";
  document.querySelector("#held h2").textContent = say(item.in_release ? "state" : "held");
  $("reason-words").textContent = item.state === "released" ? say("is-released")
    : item.state === "sampled" ? say("sampled-words") : item.in_release ? say("rejected-out") : queue.reason(item);
  $("approve-word").textContent = say(item.in_release ? "good" : "approve");
  $("reject-word").textContent = say(item.in_release ? "hold-back" : "reject");
  $("reason-id").textContent = item.reason.id + place;
  $("source").textContent = item.source;
  const notes = [];
  if (item.state === "sampled") notes.push(say("sampled-how"));
  if (item.outdated) notes.push(say("outdated"));
  const needed = queue.data().reviewers;
  if (needed > 1 && item.approvable && !item.in_release) notes.push(say("reviewers-needed", { needed, given: item.approvals }));
  const waits = busy || quiet || (unseen && $("unshown").hidden);
  const me = nameKey($("reviewer").value);
  const others = item.rejections.filter((one) => nameKey(one.reviewer) !== me);
  $("approve").disabled = waits || unseen || !item.approvable || item.state === "released" || others.length > 0;
  $("reject").disabled = waits;
  $("reopen").hidden = !item.rejections.length;
  $("reopen").disabled = waits;
  if (others.length) notes.push(say("rejected-by", { names: others.map((one) => one.reviewer).join(", ") }));
  $("note").hidden = !notes.length;
  $("note").textContent = notes.join(" ");
  $("cannot").hidden = item.approvable && $("unshown").hidden;
  $("cannot").textContent = item.approvable ? say("unseen") : [say("cannot"), queue.advice(item)].filter(Boolean).join(" ");
  drawDecisions(item);
  drawRecent();
  drawBoxList();
}

function drawDecisions(item) {
  $("past").hidden = !item.decisions.length;
  $("decisions").replaceChildren(...item.decisions.map((made) => {
    const line = document.createElement("li");
    const [verdict, text, masks] = ["span", "span", "small"].map((name) => document.createElement(name));
    verdict.className = "verdict " + made.verdict;
    verdict.textContent = say("verdict-" + made.verdict);
    text.textContent = ` ${made.reviewer}: ${made.reason}`;
    masks.textContent = made.masks.length ? say("masks", { count: made.masks.length }) : "";
    line.append(verdict, text, masks);
    return line;
  }));
}

function drawRecent() {
  $("recent").replaceChildren(...recent.slice(0, 3).map((text) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.title = text;
    button.addEventListener("click", () => (($("reason").value = text), $("reason").focus()));
    return button;
  }));
}

function drawBoxList() {
  const list = boxes.all();
  $("box-count").textContent = list.length ? String(list.length) : "";
  const picked = boxes.pickedIndex();
  const held = document.activeElement?.dataset?.field;
  $("boxes").replaceChildren(...list.map((box, index) => boxLine(box, index, index === picked)));
  if (held) document.querySelector(`[data-field="${held}"]`)?.focus();
  const marks = stage.instance()?.marks ?? [];
  $("marks").replaceChildren(...marks.map((mark) => {
    const line = document.createElement("li");
    line.className = mark.source;
    const [by, where] = [document.createElement("span"), document.createElement("span")];
    by.textContent = `${say("source-" + mark.source)}: ${mark.by}`;
    by.title = by.textContent;
    where.textContent = mark.region.join(", ");
    line.append(by, where);
    return line;
  }));
  const there = stage.instance() !== null;
  $("box-new").disabled = $("box-propose").disabled = !there || current?.in_release;
}

function boxLine(box, index, picked) {
  const line = document.createElement("li");
  if (picked) line.className = "picked";
  const number = document.createElement("span");
  number.className = "number";
  number.textContent = String(index + 1);
  const fields = ["x", "y", "width", "height"].map((name, part) => {
    const input = document.createElement("input");
    input.type = "number";
    input.disabled = boxes.areLocked();
    input.min = part < 2 ? "0" : "1";
    input.value = box[part];
    input.dataset.field = `${index}-${name}`;
    input.setAttribute("aria-label", `${say("box")} ${index + 1}, ${say("box-" + name)}`);
    input.title = say("box-" + name);
    input.addEventListener("focus", () => boxes.pickedIndex() !== index && boxes.pick(index));
    input.addEventListener("change", () => boxes.set(index, boxes.all()[index].with(part, Number(input.value))));
    return input;
  });
  const remove = document.createElement("button");
  remove.type = "button";
  remove.textContent = "×";
  remove.disabled = boxes.areLocked();
  remove.title = say("box-delete", { number: index + 1 });
  remove.setAttribute("aria-label", remove.title);
  remove.addEventListener("click", () => boxes.remove(index));
  line.append(number, ...fields, remove);
  return line;
}

// --- the tools

function drawTools() {
  const shown = stage.instance();
  const view = stage.state();
  for (const button of document.querySelectorAll("[data-mode]")) {
    if (button.tagName === "BUTTON") button.setAttribute("aria-pressed", String(button.dataset.mode === view.mode));
  }
  const window = $("window");
  const options = !shown ? [] : shown.grey ? stage.windows() : ["colour"];
  if (shown?.grey && typeof view.window !== "string") options.push("own");
  const named = options.map((value) => {
    const option = document.createElement("option");
    option.value = value;
    option.textContent = say("window-" + value);
    return option;
  });
  window.replaceChildren(...named);
  window.value = shown?.grey ? (typeof view.window === "string" ? view.window : "own") : "colour";
  window.disabled = !shown?.grey;
  const levels = stage.levels();
  const number = (value) => (Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 100) / 100);
  $("levels").textContent = levels && view.window !== "even" ? say("levels", { centre: number(levels[0]), width: number(levels[1]) }) : "";
  $("scale").textContent = shown ? `${Math.round(view.scale * 100)} %` : "";
  $("frames").hidden = !shown || shown.frames < 2;
  if (shown) {
    $("frame").max = shown.frames;
    $("frame").value = view.frame + 1;
    $("frame-of").textContent = `${view.frame + 1} / ${shown.frames}`;
    $("frames-seen").textContent = say("frames-seen", { seen: shown.seen.size });
  }
}

function nextWindow() {
  const named = stage.windows();
  stage.setWindow(named[(named.indexOf(stage.state().window) + 1) % named.length]);
}

function newBox() {
  const shown = stage.instance();
  if (!shown || $("box-new").disabled) return;
  const [x, y, width, height] = stage.inView();
  const size = [Math.max(1, Math.round(width / 4)), Math.max(1, Math.round(height / 10))];
  boxes.add([x + Math.round((width - size[0]) / 2), y + Math.round((height - size[1]) / 2), ...size]);
}

async function propose() {
  const shown = stage.instance();
  if (!shown || $("box-propose").disabled) return;
  tell(say("proposing"));
  try {
    const found = await ask("propose", { item: shown.id, frame: stage.state().frame });
    if (stage.instance() !== shown) return;
    const before = boxes.all().length;
    for (const mark of found) boxes.add(mark.region);
    boxes.pick(-1);
    tell(say("proposed", { count: boxes.all().length - before }));
  } catch (error) {
    tell(spoken(error), "bad");
  }
}

// --- deciding

/** Two spellings of a name that differ in case, width or white space are one person's; the program compares for good. */
const nameKey = (name) => name.normalize("NFKC").toLowerCase().replace(/\s/g, "");

const SAID = { approve: "is-approved", reject: "is-rejected", reopen: "is-reopened" };

async function decide(verdict) {
  const item = current;
  if (!item || $(verdict).disabled || $(verdict).hidden) return;
  const reviewer = $("reviewer").value.trim();
  const reason = $("reason").value.trim();
  $("reviewer").classList.toggle("missing", !reviewer);
  if (!reviewer) return $("reviewer").focus(), tell(say("name-first"), "bad");
  if (!reason) return $("reason").focus(), tell(say("reason-first"), "bad");
  busy = true;
  drawSide();
  try {
    const masks = verdict === "approve" ? boxes.all() : [];
    const lifts = verdict === "reopen" ? item.rejections.map((one) => one.number) : [];
    const made = await ask("decide", { item: item.id, stamp: item.stamp, reviewer, reason, verdict, masks, lifts });
    // Only now, since it is on the disk.
    busy = false;
    queue.update(made);
    boxes.forget(item.id);
    delete reasons[item.id];
    recent = [reason, ...recent.filter((one) => one !== reason)].slice(0, 3);
    sessionStorage.setItem("recent", JSON.stringify(recent));
    const next = queue.nextOpen(item.id);
    if (current?.id === item.id) {
      current = made;
      $("reason").value = "";
      if (verdict === "reopen") await open(made.id);
      else if (next) await open(next.id);
      else drawAll();
    } else drawAll();
    const said = item.in_release ? { ...SAID, approve: "is-good", reject: "is-held-back" } : SAID;
    tell(say(said[verdict], { name: item.source.split("/").at(-1) }), "good");
  } catch (error) {
    busy = false;
    if (error.status === 409) await reload().catch(() => {});
    drawSide();
    tell(spoken(error), "bad");
  }
}

// --- releasing

function openRelease() {
  drawRelease();
  $("release").showModal();
}

function drawRelease() {
  const data = queue.data();
  const { approved, waiting, out, released } = queue.counts();
  const going = data.release.state === "running";
  const text = going ? say("release-running")
    : data.unreleasable ? spoken(new Refused(422, data.unreleasable))
    : data.release.state === "ended" && !(approved + out) ? say("release-ended-" + (data.release.code < 2 ? "well" : "badly"), { released })
    : say("release-ask", { approved, waiting, out });
  $("release-text").textContent = text;
  $("release-go").disabled = going || !(approved + out) || data.unreleasable !== null;
  const said = data.release.state === "ended" ? data.release.said : "";
  $("release-said").hidden = !said;
  $("release-said").textContent = said;
}

async function release() {
  $("release-go").disabled = true;
  try {
    await ask("release", { language: words.current() });
    await watchRelease();
  } catch (error) {
    $("release-text").textContent = spoken(error);
  }
}

async function watchRelease() {
  do {
    await reload();
    drawRelease();
    await new Promise((done) => setTimeout(done, 500));
  } while (queue.data().release.state === "running");
  await reload();
  drawRelease();
  await watchSample();
}

/** Asks again until the sample of what has left is drawn, which of a large release takes a while. */
async function watchSample() {
  while (queue.data().sampling) {
    await new Promise((done) => setTimeout(done, 500));
    await reload();
    if (!current && queue.data().items.length) await open((queue.data().items.find(queue.isOpen) ?? queue.data().items[0]).id);
  }
}

// --- keys

const KEYS = [
  ["J", "K", "key-items"], ["A", "key-approve"], ["R", "key-reject"], ["O", "key-reopen"], ["E", "key-reason"], ["V", "key-view"], ["B", "key-both"],
  ["W", "key-window"], ["Shift", "← → ↑ ↓", "key-levels"], ["+", "−", "0", "key-zoom"], ["N", "key-new"], ["P", "key-propose"],
  ["[", "]", "key-pick"], ["← → ↑ ↓", "key-move"], ["Alt", "← → ↑ ↓", "key-resize"], ["Del", "key-delete"], ["Esc", "key-escape"],
  ["←", "→", "key-frames"], ["L", "key-language"], ["?", "key-help"],
];

function drawKeys() {
  $("keys").replaceChildren(...KEYS.flatMap((row) => {
    const [term, meaning] = [document.createElement("dt"), document.createElement("dd")];
    for (const name of row.slice(0, -1)) {
      const key = document.createElement("kbd");
      key.textContent = name;
      term.append(key, " ");
    }
    meaning.textContent = say(row.at(-1));
    return [term, meaning];
  }));
}

const step = (by) => {
  const item = queue.beside(current?.id, by);
  if (item && item.id !== current?.id) open(item.id);
};

const PLAIN = {
  j: () => step(1), k: () => step(-1), a: () => decide("approve"), r: () => decide("reject"), o: () => decide("reopen"), e: () => $("reason").focus(),
  v: () => stage.setMode(stage.state().mode === "before" ? "after" : "before"),
  b: () => stage.setMode(stage.state().mode === "both" ? "before" : "both"),
  w: nextWindow, n: newBox, p: propose, l: () => words.choose(words.other()), "?": () => $("help").showModal(),
  "+": () => stage.zoom(1.25), "=": () => stage.zoom(1.25), "-": () => stage.zoom(0.8), 0: () => stage.fit(),
  "[": () => boxes.pickNext(-1), "]": () => boxes.pickNext(1), Escape: () => boxes.pick(-1),
  Delete: () => boxes.remove(boxes.pickedIndex()), Backspace: () => boxes.remove(boxes.pickedIndex()),
};
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function arrow(event, [across, down]) {
  const picked = boxes.pickedIndex() >= 0;
  if (picked) {
    const far = event.shiftKey ? 10 : 1;
    return boxes.nudge(across * far, down * far, event.altKey);
  }
  if (event.shiftKey) return stage.changeLevels(-down * 0.1, across ? (across > 0 ? 1.15 : 1 / 1.15) : 1);
  if (across) stage.setFrame(stage.state().frame + across);
  else step(down);
}

addEventListener("keydown", (event) => {
  // A slider and a list of choices take arrows for themselves, and leave letters to the page.
  const choice = event.target.closest("select, input[type=range]");
  if (choice && !/^[a-z?[\]0]$/i.test(event.key)) return;
  const field = !choice && event.target.closest("input, textarea");
  if (field && event.key === "Escape") return field.blur();
  if (event.target === $("reason") && event.key === "Enter" && (event.ctrlKey || event.metaKey)) return event.preventDefault(), decide("approve");
  if (field || document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey) return;
  if (event.code === "Space" && event.target.closest(".pane")) return event.preventDefault();
  const direction = ARROWS[event.key];
  if (direction) return event.preventDefault(), arrow(event, direction);
  if (event.altKey) return;
  const act = PLAIN[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act) event.preventDefault(), act();
});

// --- wiring

function wire() {
  const click = (id, act) => $(id).addEventListener("click", act);
  for (const verdict of Object.keys(SAID)) click(verdict, () => decide(verdict));
  click("next", () => step(1));
  click("previous", () => step(-1));
  click("box-new", newBox);
  click("box-propose", propose);
  click("larger", () => stage.zoom(1.25));
  click("smaller", () => stage.zoom(0.8));
  click("fit", () => stage.fit());
  click("language", () => words.choose(words.other()));
  click("help-open", () => $("help").showModal());
  click("release-open", openRelease);
  click("release-go", release);
  $("window").addEventListener("change", (event) => stage.setWindow(event.target.value));
  $("frame").addEventListener("input", (event) => stage.setFrame(Number(event.target.value) - 1));
  $("reviewer").value = localStorage.getItem("reviewer") ?? "";
  $("reviewer").addEventListener("input", (event) => {
    localStorage.setItem("reviewer", event.target.value);
    event.target.classList.remove("missing");
    drawSide();
  });
  for (const button of document.querySelectorAll("button[data-mode]")) button.addEventListener("click", () => stage.setMode(button.dataset.mode));
  for (const button of document.querySelectorAll("[data-filter]")) {
    button.addEventListener("click", () => (queue.choose(button.dataset.filter), drawAll()));
  }
  boxes.onChange(() => (stage.masksChanged(), drawBoxList()));
  stage.onChange(drawTools);
  stage.onProblem(unshown);
  words.onChange(reworded);
  // Another tab or another person may have decided meanwhile.
  addEventListener("focus", () => !busy && reload().catch((error) => tell(spoken(error), "bad")));
}

/** Says everything that is in view in the language that was chosen now; what was told before is in the other one. */
function reworded() {
  tell("");
  drawKeys();
  drawAll();
  drawTools();
  if (failure) unshown(failure);
  if ($("release").open) drawRelease();
  stage.refresh();
}

async function begin() {
  try {
    await words.load();
  } catch (error) {
    $("say").textContent = error.error?.what ? `${error.error.what.en} ${error.error.what.ja}` : "";
    return;
  }
  wire();
  words.apply();
  drawKeys();
  try {
    await reload();
    const first = queue.data().items.find(queue.isOpen) ?? queue.data().items[0];
    if (first) await open(first.id);
    else drawTools();
    document.body.dataset.ready = "true";
    await watchSample();
  } catch (error) {
    tell(spoken(error), "bad");
  }
}

begin();
