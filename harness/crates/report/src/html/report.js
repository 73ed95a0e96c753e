// The report: an overview of all rules, and a view of each.
(() => {
  const index = read("index");
  const list = document.getElementById("list");
  const detail = document.getElementById("detail");
  const title = document.title;
  const address = (rule) => "#/rule/" + encodeURIComponent(rule.key);
  const once = (numberOf) => {
    const known = new Map();
    return (at) => {
      if (!known.has(at)) known.set(at, numberOf(at));
      return known.get(at);
    };
  };
  // What is empty is left out.
  const CLAUSE = { kind: "clause", state: "covered" };
  const CASE = { alerts: [], why: [], warnings: [] };
  const DETAIL = { filters: [], clauses: [], cases: [], missed: [], unviable: [], problems: [] };
  const details = once((at) => {
    const rule = { ...DETAIL, ...read(`rule-${at}`) };
    rule.clauses = rule.clauses.map((one) => ({ ...CLAUSE, ...one }));
    rule.cases = rule.cases.map((one) => ({ ...CASE, file: `${rule.at}/${one.polarity}/${one.name}.json`, ...one }));
    return rule;
  });
  const flat = (value) => value.toLowerCase();

  // What is shown of the list, and its place in the address.
  const filter = { text: "", status: "", severity: "", tactic: "", technique: "" };
  const matrix = { unfolded: false, gaps: false };
  const order = { column: null, down: false };
  const restore = () => {
    const given = stated();
    const one = (name, all) => (all.includes(given.get(name)) ? given.get(name) : "");
    filter.text = given.get("q") || "";
    filter.status = one("status", index.rules.map((rule) => rule.status));
    filter.severity = one("severity", SEVERITIES);
    const [tactic = "", technique = ""] = (given.get("attack") || "").split(".T");
    filter.tactic = index.tactics.some(([id]) => id === tactic) ? tactic : "";
    filter.technique = filter.tactic && technique ? "T" + technique : "";
    matrix.unfolded = given.get("matrix") !== null;
    matrix.gaps = given.get("matrix") === "gaps";
    const [name, way] = (given.get("sort") || "").split(" ");
    order.column = columns.find((column) => column.name === name) || null;
    order.down = way === "down";
  };
  /** Where a rule goes back to. */
  let back = "#/";
  const save = () => {
    if (location.hash.startsWith("#/rule/")) return;
    state(entries());
    back = location.hash || "#/";
  };
  const entries = () => ({
    q: filter.text, status: filter.status, severity: filter.severity,
    attack: filter.tactic + (filter.technique && `.${filter.technique}`),
    matrix: matrix.unfolded ? (matrix.gaps ? "gaps" : "open") : "",
    sort: order.column && `${order.column.name}${order.down ? " down" : ""}`,
  });

  // The matrix: a column a tactic, a cell a technique.
  const measure = index.clauses ? "clauses" : "cases";
  const sums = index.tactics.map(() => ({ rules: 0, sum: [0, 0], cells: new Map() }));
  for (const rule of index.rules) {
    for (const [at, techniques] of rule.threat) {
      const column = sums[at];
      column.rules += 1;
      column.sum = column.sum.map((value, part) => value + rule[measure][part]);
      for (const id of new Set(techniques)) {
        const cell = column.cells.get(id) || { id, rules: 0, sum: [0, 0] };
        column.cells.set(id, cell);
        cell.rules += 1;
        cell.sum = cell.sum.map((value, part) => value + rule[measure][part]);
      }
    }
  }
  const named = (id) => index.techniques[id] || id;
  /** Long words with places to break at, for narrow columns. */
  const hyphens = (text) => text.replace(/\w{10,}/g, (word) => word.replace(/([aeiouy][^aeiouy\W]?)(?=[^aeiouy\W]{1,2}[aeiouy]\w{2})/g, (part, _, at) => (at > 1 ? part + "\u00ad" : part)));
  const pick = (tactic, technique) => () => {
    const again = filter.tactic === tactic && filter.technique === technique;
    Object.assign(filter, again ? { tactic: "", technique: "" } : { tactic, technique });
    update();
  };
  const pressed = (tactic, technique) => String(filter.tactic === tactic && filter.technique === technique);
  const cells = (tactic, at) => {
    const own = [...sums[at].cells.values()];
    const gaps = matrix.gaps ? index.known.filter(([id, , tactics]) => tactics.includes(tactic) && !sums[at].cells.has(id)) : [];
    const all = [...own, ...gaps.map(([id, name]) => ({ id, name }))];
    return all.sort((a, b) => (a.id < b.id ? -1 : 1)).map((cell) => {
      if (!cell.sum) return h("li", null, h("div", { class: "cell gap" }, h("span", { class: "name" }, hyphens(cell.name)), h("span", null, cell.id)));
      const value = percent(cell.sum);
      return h("li", null, h("button", {
        class: "cell", type: "button", "aria-pressed": pressed(tactic, cell.id), onclick: pick(tactic, cell.id),
        title: `${named(cell.id)}: ${plural(cell.rules, "rule")}`, "--level": level(value),
      }, h("span", { class: "name" }, hyphens(named(cell.id))), h("span", null, cell.id), h("span", { class: "share" }, value === null ? "–" : `${value} %`)));
    });
  };
  const grid = h("div", { class: "matrix" });
  const gaps = h("input", { type: "checkbox", onchange: () => { matrix.gaps = gaps.checked; update(); } });
  const fold = h("button", { class: "fold", type: "button", onclick: () => { matrix.unfolded = !matrix.unfolded; update(); } });
  const gapsLabel = h("label", null, gaps, " techniques without a rule");
  const scale = h("p", { class: "legend" }, h("span", null, index.clauses ? "Clauses covered: 0 %" : "Cases that hold: 0 %",
    h("span", { class: "scale", "aria-hidden": "true" }, [0, 25, 50, 75, 100].map((value) => h("i", { "--level": level(value) }))), "100 %"));
  const draw = () => {
    const own = (at) => sums[at].rules > 0 || (matrix.unfolded && matrix.gaps);
    grid.className = matrix.unfolded ? "matrix unfolded" : "matrix";
    grid.replaceChildren(...index.tactics.map(([id, name], at) => (own(at) ? h("section", { class: "tactic", "data-tactic": id },
      h("h3", null, h("button", { class: "head", type: "button", "aria-pressed": pressed(id, ""), onclick: pick(id, "") },
        hyphens(name || id), h("span", null, plural(sums[at].rules, "rule")), sums[at].sum[1] ? meter(sums[at].sum) : null)),
      matrix.unfolded ? h("ul", null, cells(id, at)) : null) : null)).filter(Boolean));
    fold.textContent = matrix.unfolded ? "Hide techniques" : "Show techniques";
    fold.setAttribute("aria-expanded", String(matrix.unfolded));
    gapsLabel.hidden = !matrix.unfolded;
    scale.hidden = !matrix.unfolded;
    gaps.checked = matrix.gaps;
  };
  const attack = index.rules.some((rule) => rule.threat.length) ? [
    h("div", { class: "matrix-bar" }, h("h2", { id: "attack" }, "ATT&CK"), fold, gapsLabel), grid, scale] : [];

  // The table.
  const fraction = (name) => (rule) => (rule[name][1] === 0 ? 2 : rule[name][0] / rule[name][1]);
  const columns = [
    { name: "rule", title: "Rule", key: (rule) => flat(rule.name) },
    { name: "status", title: "Status", key: (rule) => rule.status },
    { name: "severity", title: "Severity", key: (rule) => SEVERITIES.indexOf(rule.severity) },
    { name: "cases", title: "Cases", key: (rule) => rule.cases[1], number: true },
    index.clauses && { name: "clauses", title: "Clauses covered", key: fraction("clauses") },
    index.mutants && { name: "mutants", title: "Mutants caught", key: fraction("mutants") },
  ].filter(Boolean);
  const about = once((at) => {
    const rule = index.rules[at];
    return flat([rule.name, rule.key, rule.id, rule.kind, rule.language, rule.severity, rule.status, ...rule.tags,
      ...rule.threat.flatMap(([tactic, techniques]) => [...index.tactics[tactic], ...techniques, ...techniques.map(named)])].join("\n"));
  });
  const source = once((at) => flat((details(at).query || []).map((piece) => (typeof piece === "string" ? piece : piece[0])).join("")));
  const chosen = () => {
    const parts = words(filter.text);
    const rules = index.rules.filter((rule, at) =>
      (!filter.status || rule.status === filter.status) && (!filter.severity || rule.severity === filter.severity) &&
      (!filter.tactic || rule.threat.some(([tactic, ids]) => index.tactics[tactic][0] === filter.tactic && (!filter.technique || ids.includes(filter.technique)))) &&
      parts.every((part) => about(at).includes(part) || source(at).includes(part)));
    const sign = order.down ? -1 : 1;
    const key = order.column ? order.column.key : (rule) => rule.rank;
    return rules.sort((a, b) => (key(a) < key(b) ? -sign : key(a) > key(b) ? sign : a.rank - b.rank));
  };

  const CHUNK = 100;
  let shown = [];
  let count = 0;
  const body = h("tbody");
  const tally = h("output", { "aria-live": "polite" });
  const empty = h("p", { class: "none", hidden: true }, "No rule matches.");
  const end = h("div", { "aria-hidden": "true" });
  const chip = h("button", { class: "chip", type: "button", onclick: () => pick(filter.tactic, filter.technique)() });
  const search = searchField("Search name, path, tag, technique, query", (text) => { filter.text = text; update(); });
  const present = (name) => [...new Set(index.rules.map((rule) => rule[name]))].filter(Boolean);
  const status = choice("Status", "Any status", present("status").sort(), (value) => { filter.status = value; update(); });
  const severities = choice("Severity", "Any severity", SEVERITIES.filter((name) => present("severity").includes(name)),
    (value) => { filter.severity = value; update(); });

  const row = (rule) => h("tr", null,
    h("td", null, h("a", { href: address(rule) }, rule.name), h("small", null, rule.key)),
    h("td", { "data-label": "Status" }, h("span", { class: "status " + rule.status }, rule.status)),
    h("td", { "data-label": "Severity" }, severity(rule.severity)),
    h("td", { class: "num", "data-label": "Cases" }, rule.cases[1] === 0 ? "–" : rule.cases[0] === rule.cases[1] ? String(rule.cases[1]) : `${rule.cases[0]}/${rule.cases[1]}`),
    index.clauses ? h("td", { "data-label": "Clauses covered" }, share(rule.clauses)) : null,
    index.mutants ? h("td", { "data-label": "Mutants caught" }, share(rule.mutants)) : null);

  const more = () => {
    const rows = shown.slice(count, count + CHUNK).map(row);
    count += rows.length;
    body.append(...rows);
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
  /** Shows what the filter, the order and the matrix say. */
  const update = () => {
    shown = chosen();
    count = 0;
    body.replaceChildren();
    more();
    if (search.value !== filter.text) search.value = filter.text;
    [status.value, severities.value] = [filter.status, filter.severity];
    tally.textContent = shown.length === index.rules.length ? plural(shown.length, "rule") : `${number.format(shown.length)} of ${plural(index.rules.length, "rule")}`;
    empty.hidden = shown.length > 0;
    chip.hidden = !filter.tactic;
    const tactic = index.tactics.find(([id]) => id === filter.tactic);
    if (tactic) chip.textContent = `${filter.technique ? `${filter.technique} ${named(filter.technique)}` : tactic[1] || tactic[0]} ×`;
    for (const [at, head] of [...heads.children].entries()) {
      if (columns[at] === order.column) head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    draw();
    save();
  };

  const problems = index.problems.length === 0 ? null : h("details", { class: "case", open: index.problems.length <= 5 },
    h("summary", null, h("span", { class: "status invalid" }, plural(index.problems.length, "file problem"))),
    index.problems.map(([kind, text]) => h("p", { class: "problem " + kind }, text)));
  document.getElementById("tables").append(...[problems, ...attack,
    h("h2", { id: "rules", class: "sr", tabindex: "-1" }, "Rules"),
    h("div", { class: "tools" }, search, status, severities, chip, tally),
    h("table", { class: "rules cards" }, h("thead", null, heads), body), empty, end,
    h("p", { class: "legend" }, h("span", null, "Worst first, until a column is chosen."),
      h("span", null, h("kbd", null, "/"), " search, ", h("kbd", null, "j"), " ", h("kbd", null, "k"), " next and previous, ", h("kbd", null, "Esc"), " back"))].filter(Boolean));
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
    const pieces = rule.query.map((piece) => {
      if (typeof piece === "string") return piece;
      const [text, clauses] = piece;
      const own = clauses.map((number) => rule.clauses[number]);
      const state = worst(own);
      const title = own.slice(0, 20).map((clause) => `${clause.text}: ${clause.gap || "covered"}`).join("\n");
      return h("mark", {
        class: state, title, ...lit(clauses),
        onclick: () => { const at = document.getElementById(`clause-${clauses[0]}`); if (at) at.scrollIntoView({ block: "center" }); },
      }, text, h("span", { class: "sr" }, ` (${states[state]})`));
    });
    return [h("h2", null, "Query"), h("pre", { class: "query" }, pieces),
      rule.clauses.length ? h("p", { class: "legend" },
        h("span", null, h("span", { class: "key covered" }, "covered"), " decides when true and when false"),
        h("span", null, h("span", { class: "key half" }, "half"), " decides one way"),
        h("span", null, h("span", { class: "key open" }, "open"), " never decides")) : null];
  };
  const filters = (rule) => (rule.filters.length === 0 ? [] : [h("h2", null, "Filters"), rule.filters.map(({ text, clauses }) =>
    h("pre", { class: "query" }, clauses.length ? h("mark", { class: worst(clauses.map((n) => rule.clauses[n])), ...lit(clauses) }, text) : text))]);

  const TITLES = ["Clause", "State", "True on", "False on", "Decides when true", "Decides when false"];
  const clauses = (rule) => (rule.clauses.length === 0 ? [] : [h("h2", null, "Clauses"), h("table", { class: "clauses cards" },
    h("thead", { class: "wide" }, h("tr", null, TITLES.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", null, rule.clauses.map((clause, at) => h("tr", { id: `clause-${at}`, ...lit([at]) },
      h("td", null, clause.kind === "clause" ? null : h("span", { class: "soft" }, clause.kind + " "), h("code", null, clause.text)),
      [h("span", { class: "state " + clause.state }, clause.gap || "covered"), String(clause.holds), String(clause.fails), clause.true || "–", clause.false || "–"]
        .map((cell, at) => h("td", { class: at > 2 ? "soft" : null, "data-label": TITLES[at + 1] }, cell))))))]);

  const alert = (one) => [
    h("div", { class: "soft" }, `alert on ${one.events}`, one.key ? ` by ${one.key}` : ""),
    h("dl", null, one.fields.map(([name, value]) => [h("dt", null, name), h("dd", null, value)]))];
  const fate = (one) => (one.todo ? "todo" : one.outcome ? "failed" : "passed");
  const oneCase = (one) => h("details", { class: "case", open: fate(one) === "failed" },
    h("summary", null, h("span", { class: "verdict status " + fate(one) }, fate(one) === "passed" ? "holds" : fate(one)), h("span", null, one.name.replaceAll("_", " ")),
      h("span", { class: "soft" }, `${plural(one.events, "event")}, ${plural(one.alert_count, "alert")}`)),
    h("div", { class: "body" },
      one.outcome ? h("p", null, one.outcome) : null, one.todo ? h("p", null, one.todo) : null, one.note ? h("p", null, one.note) : null,
      one.warnings.map((text) => h("p", { class: "problem warning" }, text)),
      one.why.length ? h("pre", null, one.why.join("\n")) : null,
      one.alerts.map(alert), one.alert_count > one.alerts.length ? h("p", { class: "soft" }, `and ${plural(one.alert_count - one.alerts.length, "alert")} more`) : null,
      h("p", { class: "soft" }, h("code", null, one.file))));
  const group = (name, cases) => (cases.length === 0 ? [] : [h("h3", null, `${name} (${cases.length})`), h("div", { class: "cases" }, cases.map(oneCase))]);
  const failures = (rule) => {
    const failed = rule.cases.filter((one) => fate(one) === "failed");
    return failed.length === 0 ? [] : [h("h2", null, "Failing cases"), h("div", { class: "cases" }, failed.map((one) => oneCase({ ...one, name: `${one.polarity}/${one.name}` })))];
  };
  const cases = (rule) => {
    const rest = rule.cases.filter((one) => fate(one) !== "failed");
    const of = (polarity) => rest.filter((one) => one.polarity === polarity);
    return rest.length === 0 ? [] : [h("h2", null, "Cases"), ...group("Must alert", of("positive")), ...group("Must not alert", of("negative"))];
  };
  /** What to do with a rule that has no cases. */
  const begin = (rule) => (rule.begin ? [h("h2", null, "No cases yet"), h("div", { class: "next" },
    h("p", null, "This command writes the first ones, which pin down every clause:"),
    h("p", null, h("code", null, rule.begin), " ", copy(rule.begin)),
    h("p", { class: "soft" }, "By hand: an event that must alert goes to ", h("code", null, `${rule.at}/positive/first.json`), ", one that must not to ", h("code", null, `${rule.at}/negative/first.json`), "."))] : []);

  /** Text with `[-old-]` and `{+new+}` marked. */
  const edited = (text) => text.split(/(\[-[^]*?-\]|\{\+[^]*?\+\})/).map((piece) =>
    piece.startsWith("[-") && piece.endsWith("-]") ? h("del", null, piece.slice(2, -2))
      : piece.startsWith("{+") && piece.endsWith("+}") ? h("ins", null, piece.slice(2, -2)) : piece);
  const mutants = (rule, entry) => {
    if (!index.mutants || rule.begin) return [];
    const [caught, viable] = entry.mutants;
    const told = `${caught} of ${plural(viable, "viable mutant")} caught, ${rule.equivalent} equivalent, ${rule.unviable.length} unviable.`;
    return [h("h2", null, "Mutants"), h("p", { class: "soft" }, told), rule.missed.map((one) => {
      const pretty = one.fixture ? JSON.stringify(JSON.parse(one.fixture), null, 2) : null;
      return h("article", { class: "mutant" },
        h("header", null, h("span", null, one.operator.replaceAll("-", " ")), h("span", { class: "status failed" }, "missed")),
        h("pre", null, edited(one.text)),
        pretty ? h("div", { class: "fixture" }, h("p", null, h("span", null, "This case would catch it: ", h("code", null, `${rule.at}/${one.file}`)), copy(pretty + "\n")), h("pre", { tabindex: "0" }, pretty)) : null);
    }), rule.left_out ? h("p", { class: "soft" }, `${plural(rule.left_out, "missed mutant")} more: see the JSON report.`) : null,
    rule.unviable.length ? h("details", { class: "case" }, h("summary", null, `${rule.unviable.length} unviable`),
      h("div", { class: "body" }, rule.unviable.map(([operator, reason]) => h("p", null, `${operator}: ${reason}`)))) : null];
  };

  const threats = (entry) => entry.threat.map(([tactic, ids]) =>
    h("li", null, [index.tactics[tactic][1], ...ids.map((id) => `${id} ${index.techniques[id] || ""}`)].join(" · ")));

  let last = null;
  const open = (at) => {
    const entry = index.rules[at];
    const rule = details(at);
    const place = shown.indexOf(entry);
    const step = (by, name) => {
      const other = place < 0 ? undefined : shown[place + by];
      return other ? h("a", { href: address(other), rel: by < 0 ? "prev" : "next" }, name) : null;
    };
    const figure = (name, pair) => (pair[1] === 0 ? null : h("div", null, h("dt", null, name), h("dd", null,
      h("b", null, String(percent(pair)), h("i", null, "%")), h("span", null, `${pair[0]} of ${pair[1]}`), meter(pair))));
    const kind = entry.kind === entry.language ? entry.kind : [entry.kind, entry.language].filter(Boolean).join(" · ");
    const figures = rule.begin ? [] : [figure("Cases that hold", entry.cases), index.clauses ? figure("Clauses covered", entry.clauses) : null,
      index.mutants ? figure("Mutants caught", entry.mutants) : null].filter(Boolean);
    detail.replaceChildren(...[
      h("nav", { class: "bar", "aria-label": "Rules" }, h("a", { href: back }, "← All rules"), h("span", null, step(-1, "Previous"), " ", step(1, "Next"))),
      h("h1", { tabindex: "-1" }, entry.name),
      h("ul", { class: "facts" }, h("li", { class: "status " + entry.status }, entry.status), h("li", null, h("code", null, rule.file)),
        h("li", null, kind), entry.severity ? h("li", null, severity(entry.severity), ` severity, risk ${rule.risk}`) : null),
      rule.description ? h("p", null, rule.description) : null,
      entry.threat.length || entry.tags.length ? h("ul", { class: "tags" }, threats(entry), entry.tags.map((tag) => h("li", null, tag))) : null,
      ...rule.problems.map(([kind, text]) => h("p", { class: "problem " + kind }, text)),
      figures.length ? h("dl", { class: "figures" }, figures) : null,
      ...failures(rule), ...begin(rule), ...query(rule), ...filters(rule), ...clauses(rule), ...mutants(rule, entry), ...cases(rule),
    ].flat().filter((child) => child !== null));
    last = entry;
  };

  let height = 0;
  const route = () => {
    const key = location.hash.startsWith("#/rule/") ? decode(location.hash.slice(7)) : null;
    const at = key === null ? -1 : index.rules.findIndex((rule) => rule.key === key);
    if (at >= 0) {
      if (!list.hidden) height = scrollY;
      open(at);
      list.hidden = true;
      detail.hidden = false;
      document.title = index.rules[at].name;
      scrollTo(0, 0);
      detail.querySelector("h1").focus({ preventScroll: true });
      return;
    }
    const returns = !detail.hidden;
    list.hidden = false;
    detail.hidden = true;
    document.title = title;
    restore();
    update();
    if (!returns) return;
    while (count < shown.length && last && shown.indexOf(last) >= count) more();
    scrollTo(0, height);
    const link = [...body.querySelectorAll("a")].find((link) => last && link.getAttribute("href") === address(last));
    if (link) link.focus({ preventScroll: true });
  };
  addEventListener("hashchange", route);

  addEventListener("keydown", (event) => {
    if (isCommand(event)) return;
    const typing = isTyping(event.target);
    if (event.key === "Escape") {
      if (!detail.hidden) location.hash = back;
      else if (event.target === search && search.value) { filter.text = ""; update(); }
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

  // What a search needs is read while nothing else is to do.
  const warm = (at) => requestIdleCallback((idle) => {
    let next = at;
    while (next < index.rules.length && idle.timeRemaining() > 2) { about(next); source(next); next += 1; }
    if (next < index.rules.length) warm(next);
  });
  if (window.requestIdleCallback) warm(0);

  // A page that is opened on a rule knows its neighbours.
  restore();
  update();
  route();
})();
