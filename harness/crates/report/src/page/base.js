"use strict";
// What all pages share. Text becomes text nodes only; nothing here reads text as HTML.

const read = (id) => JSON.parse(document.getElementById(id).textContent);

/** An element with properties and children; `null` children are left out. */
const make = (create) => (tag, properties, ...children) => {
  const element = create(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) element.style.setProperty(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(3)) {
    if (child !== null && child !== undefined) element.append(child);
  }
  return element;
};
const h = make((tag) => document.createElement(tag));
const svg = make((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));

const number = new Intl.NumberFormat("en");
const plural = (count, noun) => `${number.format(count)} ${noun}${count === 1 ? "" : "s"}`;
/** In percent, rounded down, so that only all of them are 100. */
const percent = ([part, whole]) => (whole === 0 ? null : Math.floor((part * 100) / whole));
const meter = (pair) => h("meter", { class: pair[0] === pair[1] ? "full" : null, min: 0, max: pair[1], value: pair[0], "aria-hidden": "true" });
const share = (pair) => {
  const value = percent(pair);
  if (value === null) return h("span", { class: "soft" }, "–");
  return h("span", { class: "share-bar" }, meter(pair), h("b", null, `${value} %`), h("span", null, `${pair[0]}/${pair[1]}`));
};
/** The colour of a part of the whole, from 0 to 100. */
const level = (value) => (value === null ? 0 : 0.06 + value * 0.0044);

const SEVERITIES = ["critical", "high", "medium", "low", ""];
const severity = (name) => (SEVERITIES.includes(name) && name
  ? h("span", { class: `severity ${name}` }, name) : h("span", { class: "soft" }, name || "–"));

const option = (value, title) => h("option", { value }, title);
/** A choice of one of several values. */
const choice = (label, any, values, pick) => {
  const element = h("select", { "aria-label": label, onchange: () => pick(element.value) },
    option("", any), values.map((value) => option(value, value)));
  return element;
};

const copy = (text) => h("button", {
  class: "copy", type: "button", onclick: async (event) => {
    const button = event.currentTarget;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without the permission the old way still works.
      const area = h("textarea", { class: "sr" });
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  },
}, "Copy");

/** What is looked at stands in the address, so that it can be sent on. */
const decode = (text) => { try { return decodeURIComponent(text); } catch { return ""; } };
const stated = () => new URLSearchParams(location.hash.startsWith("#/?") ? location.hash.slice(3) : "");
const state = (entries) => {
  const known = new URLSearchParams(Object.entries(entries).filter(([, value]) => value));
  const hash = known.size ? `#/?${known}` : "#/";
  if (location.hash !== hash && (location.hash || known.size)) history.replaceState(null, "", hash);
};
const words = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
/** A field that searches: `/` goes to it, and Esc empties it. */
const searchField = (placeholder, pick) => {
  const element = h("input", {
    type: "search", id: "search", placeholder, "aria-label": "Search rules", autocomplete: "off", spellcheck: "false",
    oninput: () => pick(element.value),
  });
  return element;
};
const isTyping = (target) => target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
const isCommand = (event) => event.ctrlKey || event.metaKey || event.altKey;
const searchKeys = (search, clear) => addEventListener("keydown", (event) => {
  if (isCommand(event)) return;
  if (event.key === "Escape" && event.target === search) clear();
  else if (event.key === "/" && !isTyping(event.target)) { event.preventDefault(); search.focus(); }
});

// A served page is loaded again when what it shows has changed.
const live = document.querySelector("meta[name=harness-live]");
if (live) new EventSource(`/changes?after=${live.content}`).addEventListener("change", () => location.reload());
