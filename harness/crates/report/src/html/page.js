"use strict";
// Turns the data of the page into tables. Text becomes text nodes only; nothing
// here reads text as HTML.
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const index = read("index");
  const list = document.getElementById("list");
  const detail = document.getElementById("detail");

  /** An element with properties and children; `null` children are left out. */
  const h = (tag, properties, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (name === "class") element.className = value;
      else element.setAttribute(name, value === true ? "" : value);
    }
    for (const child of children.flat(2)) {
      if (child !== null && child !== undefined) element.append(child);
    }
    return element;
  };
  const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
  /** In percent, rounded down, so that only all of them are 100. */
  const percent = ([part, whole]) => (whole === 0 ? null : Math.floor((part * 100) / whole));
  const meter = (pair) => h("meter", { class: pair[0] === pair[1] ? "full" : null, min: 0, max: pair[1], value: pair[0], "aria-hidden": "true" });
  const address = (rule) => "#/rule/" + encodeURIComponent(rule.key);

  const share = (pair) => {
    const value = percent(pair);
    if (value === null) return h("span", { class: "soft" }, "–");
    return h("span", { class: "share-bar" }, meter(pair), h("b", null, `${value} %`), h("span", null, `${pair[0]}/${pair[1]}`));
  };

  // The matrix: a column a tactic, a cell a technique.
  const measure = index.clauses ? "clauses" : "cases";
  const filter = { text: "", status: "", cell: null };

  const matrix = () => {
    if (index.tactics.length === 0) return [];
    const columns = index.tactics.map(() => new Map());
    for (const rule of index.rules) {
      for (const [tactic, techniques] of rule.threat) {
        for (const id of techniques) {
          const cell = columns[tactic].get(id) || { id, sum: [0, 0], rules: new Set() };
          columns[tactic].set(id, cell);
          if (cell.rules.has(rule)) continue;
          cell.rules.add(rule);
          cell.sum = [cell.sum[0] + rule[measure][0], cell.sum[1] + rule[measure][1]];
        }
      }
    }
    const button = (tactic, cell) => {
      const value = percent(cell.sum);
      const name = index.techniques[cell.id] || cell.id;
      const label = value === null ? "–" : `${value} %`;
      const element = h("button", {
        class: "cell", type: "button", "aria-pressed": "false", title: `${name}: ${plural(cell.rules.size, "rule")}`,
        onclick: () => {
          const pressed = filter.cell !== null && filter.cell.element === element;
          if (filter.cell) filter.cell.element.setAttribute("aria-pressed", "false");
          filter.cell = pressed ? null : { element, tactic, id: cell.id, name };
          element.setAttribute("aria-pressed", String(!pressed));
          update();
        },
      }, h("span", { class: "name" }, name), h("span", { class: "id" }, cell.id), h("span", { class: "share" }, label));
      element.style.setProperty("--level", value === null ? 0 : 0.06 + value * 0.0044);
      return element;
    };
    const body = h("div", null, index.tactics.map(([id, name], tactic) => {
      const cells = [...columns[tactic].values()].sort((a, b) => (a.id < b.id ? -1 : 1));
      const rules = index.rules.filter((rule) => rule.threat.some(([at]) => at === tactic));
      return h("section", { class: "tactic", "data-tactic": id },
        h("h3", null, name || id, h("span", null, plural(rules.length, "rule"))),
        h("ul", null, cells.map((cell) => h("li", null, button(tactic, cell)))));
    }));
    const scale = h("span", { class: "scale", "aria-hidden": "true" }, [0, 25, 50, 75, 100].map((value) => {
      const step = h("i");
      step.style.setProperty("--level", 0.06 + value * 0.0044);
      return step;
    }));
    return [
      h("h2", { id: "matrix" }, "ATT&CK"),
      h("div", { class: "matrix", role: "region", "aria-labelledby": "matrix", tabindex: "0" }, body),
      h("p", { class: "legend" }, h("span", null, index.clauses ? "Clauses covered: 0 %" : "Cases that hold: 0 %", scale, "100 %"),
        h("span", null, "A cell shows its rules below.")),
    ];
  };

  // The table.
  const severities = ["critical", "high", "medium", "low", ""];
  const fraction = (name) => (rule) => (rule[name][1] === 0 ? 2 : rule[name][0] / rule[name][1]);
  const columns = [
    { title: "Rule", key: (rule) => rule.name.toLowerCase() },
    { title: "Status", key: (rule) => rule.status },
    { title: "Severity", key: (rule) => severities.indexOf(rule.severity) },
    { title: "Cases", key: (rule) => rule.cases[1], number: true },
    index.clauses && { title: "Clauses covered", key: fraction("clauses") },
    index.mutants && { title: "Mutants caught", key: fraction("mutants") },
  ].filter(Boolean);
  const order = { column: null, down: false };
  const words = new Map(index.rules.map((rule) => [rule, [
    rule.name, rule.key, rule.id, rule.kind, rule.language, rule.severity, rule.status, ...rule.tags,
    ...rule.threat.flatMap(([tactic, techniques]) => [...index.tactics[tactic], ...techniques, ...techniques.map((id) => index.techniques[id] || "")]),
  ].join("\n").toLowerCase()]));

  const chosen = () => {
    const parts = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
    const rules = index.rules.filter((rule) =>
      (!filter.status || rule.status === filter.status) &&
      (!filter.cell || rule.threat.some(([at, ids]) => at === filter.cell.tactic && ids.includes(filter.cell.id))) &&
      parts.every((part) => words.get(rule).includes(part)));
    const sign = order.down ? -1 : 1;
    const key = order.column ? order.column.key : (rule) => rule.rank;
    const compare = (a, b) => (key(a) < key(b) ? -sign : key(a) > key(b) ? sign : a.rank - b.rank);
    return rules.sort(compare);
  };

  const CHUNK = 100;
  let shown = [];
  let count = 0;
  const body = h("tbody");
  const tally = h("output", { "aria-live": "polite" });
  const empty = h("p", { class: "none", hidden: true }, "No rule matches.");
  const end = h("div", { "aria-hidden": "true" });
  const chip = h("button", { class: "chip", type: "button", hidden: true, onclick: () => filter.cell && filter.cell.element.click() });
  const search = h("input", {
    type: "search", id: "search", placeholder: "Search name, path, tag, technique", "aria-label": "Search rules",
    autocomplete: "off", spellcheck: "false", oninput: () => { filter.text = search.value; update(); },
  });
  const status = h("select", { "aria-label": "Status", onchange: () => { filter.status = status.value; update(); } },
    h("option", { value: "" }, "Any status"),
    [...new Set(index.rules.map((rule) => rule.status))].sort().map((name) => h("option", { value: name }, name)));

  const row = (rule) => h("tr", null,
    h("td", null, h("a", { href: address(rule) }, rule.name), h("small", null, rule.key)),
    h("td", null, h("span", { class: "status " + rule.status }, rule.status)),
    h("td", { class: "soft" }, rule.severity),
    h("td", { class: "num" }, rule.cases[1] === 0 ? "–" : rule.cases[0] === rule.cases[1] ? String(rule.cases[1]) : `${rule.cases[0]}/${rule.cases[1]}`),
    index.clauses ? h("td", null, share(rule.clauses)) : null,
    index.mutants ? h("td", null, share(rule.mutants)) : null);

  const more = () => {
    const rows = shown.slice(count, count + CHUNK).map(row);
    count += rows.length;
    body.append(...rows);
  };
  const update = () => {
    shown = chosen();
    count = 0;
    body.replaceChildren();
    more();
    tally.textContent = shown.length === index.rules.length ? plural(shown.length, "rule") : `${shown.length} of ${index.rules.length} rules`;
    empty.hidden = shown.length > 0;
    chip.hidden = filter.cell === null;
    if (filter.cell) chip.textContent = `${filter.cell.id} ${filter.cell.name} ×`;
    for (const [at, head] of [...heads.children].entries()) {
      const current = columns[at] === order.column;
      if (current) head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
  };
  const heads = h("tr", null, columns.map((column) => h("th", { scope: "col", class: column.number ? "num" : null },
    h("button", {
      type: "button", onclick: () => {
        // Up, down, and back to worst first.
        if (order.column !== column) Object.assign(order, { column, down: false });
        else if (!order.down) order.down = true;
        else Object.assign(order, { column: null, down: false });
        update();
      },
    }, column.title))));

  const problems = index.problems.length === 0 ? [] : [
    h("h2", null, "Files with problems"), index.problems.map(([severity, text]) => h("p", { class: "problem " + severity }, text))];
  document.getElementById("tables").append(...matrix(), ...problems.flat(),
    h("h2", { id: "rules", tabindex: "-1" }, "Rules"),
    h("div", { class: "tools" }, search, status, chip, tally),
    h("table", { class: "rules" }, h("thead", null, heads), body), empty, end,
    h("p", { class: "legend" }, h("span", null, "Worst first, until a column is chosen."),
      h("span", null, h("kbd", null, "/"), " search, ", h("kbd", null, "j"), " ", h("kbd", null, "k"), " next and previous, ", h("kbd", null, "Esc"), " back")));
  new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting) && count < shown.length) more();
  }, { rootMargin: "1200px" }).observe(end);

  // One rule.
  const states = { covered: "covered", half: "half covered", open: "not covered" };
  const worst = (clauses) => (clauses.some((clause) => clause.state === "open") ? "open" : clauses.some((clause) => clause.state === "half") ? "half" : "covered");
  const light = (numbers, on) => {
    for (const element of detail.querySelectorAll("[data-clauses]")) {
      const own = element.dataset.clauses.split(" ");
      if (own.some((number) => numbers.includes(number))) element.classList.toggle("lit", on);
    }
  };
  const lit = (numbers) => {
    const names = numbers.map(String);
    return { "data-clauses": names.join(" "), onmouseenter: () => light(names, true), onmouseleave: () => light(names, false) };
  };

  const query = (rule) => {
    if (!rule.query) return [];
    const pieces = rule.query.map(({ text, clauses }) => {
      if (!clauses || !index.clauses) return text;
      const own = clauses.map((number) => rule.clauses[number]);
      const state = worst(own);
      const title = own.slice(0, 20).map((clause) => `${clause.text}: ${clause.gap || "covered"}`).join("\n");
      return h("mark", {
        class: state, title, ...lit(clauses),
        onclick: () => { const at = document.getElementById(`clause-${clauses[0]}`); if (at) at.scrollIntoView({ block: "center" }); },
      }, text, h("span", { class: "sr" }, ` (${states[state]})`));
    });
    return [h("h2", null, "Query"), h("pre", { class: "query" }, pieces),
      index.clauses ? h("p", { class: "legend" },
        h("span", null, h("span", { class: "key covered" }, "covered"), " decides when true and when false"),
        h("span", null, h("span", { class: "key half" }, "half"), " decides one way"),
        h("span", null, h("span", { class: "key open" }, "open"), " never decides")) : null];
  };
  const filters = (rule) => (rule.filters.length === 0 ? [] : [h("h2", null, "Filters"), rule.filters.map(({ text, clauses }) =>
    h("pre", { class: "query" }, clauses.length && index.clauses ? h("mark", { class: worst(clauses.map((n) => rule.clauses[n])), ...lit(clauses) }, text) : text))]);

  const witness = (pair) => (pair ? pair[0].replace(/^.*\/(positive|negative)\//, "$1/") + (pair[1] ? " " + pair[1] : "") : "–");
  const clauses = (rule) => (rule.clauses.length === 0 ? [] : [h("h2", null, "Clauses"), h("table", { class: "clauses" },
    h("thead", null, h("tr", null, ["Clause", "State", "True on", "False on", "Decides when true", "Decides when false"].map((title) => h("th", { scope: "col" }, title)))),
    h("tbody", null, rule.clauses.map((clause, number) => h("tr", { id: `clause-${number}`, ...lit([number]) },
      h("td", null, clause.kind === "clause" ? null : h("span", { class: "soft" }, clause.kind + " "), h("code", null, clause.text)),
      h("td", null, h("span", { class: "state " + clause.state }, clause.gap || "covered")),
      h("td", null, String(clause.holds)), h("td", null, String(clause.fails)),
      h("td", { class: "soft" }, witness(clause.true)), h("td", { class: "soft" }, witness(clause.false))))))]);

  const alert = (one) => [
    h("div", { class: "soft" }, `alert on ${one.events}`, one.key ? ` by ${one.key}` : ""),
    h("dl", null, one.fields.map(([name, value]) => [h("dt", null, name), h("dd", null, value)]))];
  const cases = (rule) => {
    if (rule.cases.length === 0) return [h("h2", null, "Cases"), h("p", { class: "soft" }, "None.")];
    return [h("h2", null, "Cases"), ["positive", "negative"].map((polarity) => {
      const own = rule.cases.filter((one) => one.polarity === polarity);
      return h("section", null, h("h3", null, polarity === "positive" ? "Must alert" : "Must not alert", ` (${own.length})`),
        h("div", { class: "cases" }, own.map((one) => {
          const fate = one.todo ? "todo" : one.outcome ? "failed" : "passed";
          const word = fate === "passed" ? "holds" : fate;
          return h("details", { class: "case", open: fate === "failed" },
            h("summary", null, h("span", { class: "verdict status " + fate }, word), h("span", null, one.name.replaceAll("_", " ")),
              h("span", { class: "soft" }, `${plural(one.events, "event")}, ${plural(one.alert_count, "alert")}`)),
            h("div", { class: "body" },
              one.outcome ? h("p", null, one.outcome) : null, one.todo ? h("p", null, one.todo) : null, one.note ? h("p", null, one.note) : null,
              one.warnings.map((text) => h("p", { class: "problem warning" }, text)),
              one.why.length ? h("pre", null, one.why.join("\n")) : null,
              one.alerts.map(alert), one.alert_count > one.alerts.length ? h("p", { class: "soft" }, `and ${plural(one.alert_count - one.alerts.length, "alert")} more`) : null,
              h("p", { class: "soft" }, h("code", null, one.file))));
        })));
    })];
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
  /** Text with `[-old-]` and `{+new+}` marked. */
  const edited = (text) => text.split(/(\[-[^]*?-\]|\{\+[^]*?\+\})/).map((piece) =>
    piece.startsWith("[-") && piece.endsWith("-]") ? h("del", null, piece.slice(2, -2))
      : piece.startsWith("{+") && piece.endsWith("+}") ? h("ins", null, piece.slice(2, -2)) : piece);
  const mutants = (rule, entry) => {
    if (!index.mutants) return [];
    const [caught, viable] = entry.mutants;
    const sums = `${caught} of ${plural(viable, "viable mutant")} caught, ${rule.equivalent} equivalent, ${rule.unviable.length} unviable.`;
    return [h("h2", null, "Mutants"), h("p", { class: "soft" }, sums), rule.missed.map((one) => {
      const pretty = one.fixture ? JSON.stringify(JSON.parse(one.fixture), null, 2) : null;
      return h("article", { class: "mutant" },
        h("header", null, h("span", null, one.operator.replaceAll("-", " ")), h("span", { class: "status failed" }, "missed")),
        h("pre", null, edited(one.text)),
        pretty ? h("div", { class: "fixture" }, h("p", null, h("span", null, "This case would catch it: ", h("code", null, one.file)), copy(pretty + "\n")), h("pre", null, pretty)) : null);
    }), rule.left_out ? h("p", { class: "soft" }, `${plural(rule.left_out, "missed mutant")} more: see the JSON report.`) : null,
    rule.unviable.length ? h("details", { class: "case" }, h("summary", null, `${rule.unviable.length} unviable`),
      h("div", { class: "body" }, rule.unviable.map(([operator, reason]) => h("p", null, `${operator}: ${reason}`)))) : null];
  };

  const threats = (entry) => entry.threat.map(([tactic, ids]) =>
    h("li", null, [index.tactics[tactic][1], ...ids.map((id) => `${id} ${index.techniques[id] || ""}`)].join(" · ")));

  let last = null;
  const open = (number) => {
    const entry = index.rules[number];
    const rule = read(`rule-${number}`);
    const at = shown.indexOf(entry);
    const step = (by, title) => {
      const other = at < 0 ? undefined : shown[at + by];
      return other ? h("a", { href: address(other), rel: by < 0 ? "prev" : "next" }, title) : null;
    };
    const figure = (name, pair) => h("div", null, h("dt", null, name), h("dd", null,
      h("b", null, percent(pair) === null ? "–" : String(percent(pair)), percent(pair) === null ? null : h("i", null, "%")), h("span", null, `${pair[0]} of ${pair[1]}`),
      percent(pair) === null ? null : meter(pair)));
    detail.replaceChildren(...[
      h("nav", { class: "bar" }, h("a", { href: "#/" }, "← All rules"), h("span", null, step(-1, "Previous"), " ", step(1, "Next"))),
      h("h1", { tabindex: "-1" }, entry.name),
      h("ul", { class: "facts" }, h("li", { class: "status " + entry.status }, entry.status), h("li", null, h("code", null, rule.file)),
        h("li", null, [entry.kind, entry.language].filter(Boolean).join(" · ")), entry.severity ? h("li", null, `${entry.severity} severity, risk ${rule.risk}`) : null),
      rule.description ? h("p", null, rule.description) : null,
      entry.threat.length || entry.tags.length ? h("ul", { class: "tags" }, threats(entry), entry.tags.map((tag) => h("li", null, tag))) : null,
      ...rule.problems.map(([severity, text]) => h("p", { class: "problem " + severity }, text)),
      h("dl", { class: "figures" }, figure("Cases that hold", entry.cases), index.clauses ? figure("Clauses covered", entry.clauses) : null, index.mutants ? figure("Mutants caught", entry.mutants) : null),
      ...query(rule), ...filters(rule), ...mutants(rule, entry), ...cases(rule), ...(index.clauses ? clauses(rule) : []),
    ].flat().filter((child) => child !== null));
    last = entry;
  };

  const decode = (text) => { try { return decodeURIComponent(text); } catch { return ""; } };
  let place = 0;
  const route = () => {
    const key = location.hash.startsWith("#/rule/") ? decode(location.hash.slice(7)) : null;
    const number = key === null ? -1 : index.rules.findIndex((rule) => rule.key === key);
    if (number >= 0) {
      if (!list.hidden) place = scrollY;
      open(number);
      list.hidden = true;
      detail.hidden = false;
      document.title = index.rules[number].name;
      scrollTo(0, 0);
      detail.querySelector("h1").focus({ preventScroll: true });
    } else if (!detail.hidden) {
      list.hidden = false;
      detail.hidden = true;
      document.title = "Detection rules";
      scrollTo(0, place);
      const link = [...body.querySelectorAll("a")].find((link) => last && link.getAttribute("href") === address(last));
      if (link) link.focus({ preventScroll: true });
    }
  };
  addEventListener("hashchange", route);

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key === "Escape") {
      if (!detail.hidden) location.hash = "#/";
      else if (event.target === search && search.value) { search.value = ""; filter.text = ""; update(); }
      return;
    }
    if (typing && event.key !== "ArrowDown") return;
    if (event.target instanceof HTMLSelectElement) return;
    if (event.key === "/" && detail.hidden) {
      event.preventDefault();
      search.focus();
      return;
    }
    const by = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    if (!detail.hidden) {
      const link = event.key === "j" || event.key === "k" ? detail.querySelector(by > 0 ? "[rel=next]" : "[rel=prev]") : null;
      if (link) link.click();
      return;
    }
    const links = [...body.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    // The arrows scroll unless the focus is in the table or the search.
    if (at < 0 && event.key.startsWith("Arrow") && !typing) return;
    event.preventDefault();
    if (at + by >= links.length && count < shown.length) more();
    const next = body.querySelectorAll("a")[Math.max(at + by, 0)];
    if (next) { next.focus({ preventScroll: true }); next.scrollIntoView({ block: "nearest" }); }
  });

  update();
  route();
})();
