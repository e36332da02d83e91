// The words of the page, in the language that is chosen.
import { ask } from "./ask.js";

let texts = { en: {}, ja: {} };
let language = "en";
let listeners = [];

export async function load() {
  const said = await ask("texts");
  texts = said.texts;
  language = sessionStorage.getItem("language") ?? said.language;
}

export const current = () => language;
export const other = () => (language === "en" ? "ja" : "en");

/** Returns a text by its id, its variables filled in. */
export function say(id, variables = {}) {
  const text = texts[language][id] ?? id;
  return text.replace(/\{(\w+)\}/g, (whole, name) => variables[name] ?? whole);
}

/** Returns what the server says in both languages, in the one that is chosen. */
export const both = (text) => text?.[language] ?? "";

export const onChange = (listener) => listeners.push(listener);

export function choose(wanted) {
  language = wanted;
  sessionStorage.setItem("language", wanted);
  apply();
  listeners.forEach((listener) => listener());
}

/** Fills every element that names a text. */
export function apply() {
  document.documentElement.lang = language;
  document.getElementById("language").textContent = language === "en" ? "日本語" : "English";
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = say(element.dataset.t);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", say(element.dataset.label));
  for (const element of document.querySelectorAll("[data-title]")) {
    element.title = say(element.dataset.title);
    element.setAttribute("aria-label", element.title);
  }
}
