// The backtest: alerts over time, noise, overlap, silence.
(() => {
  const data = read("backtest");
  const main = document.getElementById("main");
  const DAY = 86400000;
  const time = (day) => Date.parse(`${day}T00:00:00Z`);
  const dayOf = (at) => new Date(at).toISOString().slice(0, 10);
  const sum = (values) => values.reduce((all, value) => all + value, 0);

  // The time axis: every day from the first to the last, or so many days at once that
  // a bar is wide enough to see.
  const MAX_BARS = 180;
  const first = data.from ? time(data.from) : 0;
  const days = data.from ? Math.round((time(data.to) - first) / DAY) + 1 : 0;
  const width = Math.max(1, Math.ceil(days / MAX_BARS));
  const buckets = (found) => {
    const all = new Array(Math.max(1, Math.ceil(days / width))).fill(0);
    for (const [day, alerts] of Object.entries(found)) {
      const at = Math.floor((time(day) - first) / DAY / width);
      if (at >= 0 && at < all.length) all[at] += alerts;
    }
    return all;
  };
  const named = (at) => {
    const from = first + at * width * DAY;
    return width === 1 ? dayOf(from) : `${dayOf(from)} to ${dayOf(Math.min(from + (width - 1) * DAY, time(data.to)))}`;
  };
  const bars = (values, name, label) => {
    const most = Math.max(1, ...values);
    return svg("svg", { class: name, role: "img", "aria-label": label, viewBox: `0 0 ${values.length} 100`, preserveAspectRatio: "none" },
      values.map((value, at) => (value === 0 ? null : svg("rect", { x: at + 0.06, width: 0.88, y: 100 - Math.max(3, (value * 100) / most), height: Math.max(3, (value * 100) / most) },
        svg("title", null, `${named(at)}: ${plural(value, "alert")}`)))));
  };
  /** A sentence for those who do not see the bars. */
  const told = (values) => {
    const most = Math.max(...values);
    const empty = values.filter((value) => value === 0).length;
    const unit = width === 1 ? "day" : `period of ${width} days`;
    return `most: ${plural(most, "alert")} on ${named(values.indexOf(most))}; ${empty === 0 ? `alerts on every ${unit}` : `${empty} of ${plural(values.length, width === 1 ? "day" : "period")} without an alert`}`;
  };

  const noisy = data.rules.filter((rule) => rule.alerts > 0);
  const all = buckets({});
  const hours = new Map();
  for (const rule of noisy) {
    buckets(rule.days).forEach((value, at) => { all[at] += value; });
    for (const [hour, alerts] of Object.entries(rule.hours)) {
      // Weeks begin on Monday.
      const moment = new Date(`${hour}:00:00Z`);
      const key = ((moment.getUTCDay() + 6) % 7) * 24 + moment.getUTCHours();
      hours.set(key, (hours.get(key) || 0) + alerts);
    }
  }
  const over = () => (noisy.length === 0 ? [h("p", { class: "none" }, "No rule alerts.")] : [
    h("h2", null, "Alerts over time"),
    h("p", { class: "peak soft" }, told(all)),
    h("figure", { class: "chart" }, bars(all, null, `Alerts from ${data.from} to ${data.to}: ${told(all)}`),
      h("figcaption", null, h("span", null, data.from), width > 1 ? h("span", null, `a bar is ${width} days`) : null, h("span", null, data.to)))]);
  const week = () => {
    if (hours.size === 0) return [];
    const most = Math.max(...hours.values());
    return [h("h2", null, "By hour and weekday (UTC)"), h("table", { class: "week" },
      h("thead", null, h("tr", null, h("td"), Array.from({ length: 24 }, (_, hour) => h("th", { scope: "col", class: hour % 6 === 0 ? "named" : null }, String(hour).padStart(2, "0"))))),
      h("tbody", null, ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map((name, day) => h("tr", null, h("th", { scope: "row" }, name),
        Array.from({ length: 24 }, (_, hour) => {
          const alerts = hours.get(day * 24 + hour) || 0;
          return h("td", { class: "heat", "--level": alerts ? level((alerts * 100) / most) : 0, title: `${name} ${String(hour).padStart(2, "0")}:00: ${plural(alerts, "alert")}` },
            alerts === 0 ? "" : alerts < 1000 ? String(alerts) : `${Math.floor(alerts / 1000)}k`);
        })))))];
  };

  // The noisy rules.
  const ORDERS = {
    name: (a, b) => (a.name < b.name ? -1 : 1),
    severity: (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || b.alerts - a.alerts,
    "last alert": (a, b) => ((a.last || "") < (b.last || "") ? 1 : -1),
  };
  const filter = { text: "", severity: "", order: "", budget: "" };
  const given = stated();
  Object.assign(filter, { text: given.get("q") || "", severity: given.get("severity") || "", order: ORDERS[given.get("sort")] ? given.get("sort") : "",
    budget: given.get("budget") || (data.budget === null ? "" : String(data.budget)) });
  const search = searchField("Search name, path, value", (text) => { filter.text = text; update(); });
  const severities = choice("Severity", "Any severity", SEVERITIES.filter((name) => name && noisy.some((rule) => rule.severity === name)), (value) => { filter.severity = value; update(); });
  const orders = choice("Order", "Most alerts first", Object.keys(ORDERS), (value) => { filter.order = value; update(); });
  const budget = h("input", { type: "number", min: "0", class: "budget", placeholder: "Budget", "aria-label": "Alerts that a rule may raise", oninput: () => { filter.budget = budget.value; update(); } });
  const tally = h("output", { "aria-live": "polite" });
  const rules = h("div");
  const text = new Map(noisy.map((rule) => [rule, [rule.name, rule.key, rule.kind, rule.severity, rule.exclusion || "", ...rule.top.flatMap(([field, values]) => [field, ...values.map(([value]) => value)])].join("\n").toLowerCase()]));
  const body = (rule) => {
    const facts = [
      rule.kind, rule.first ? `${rule.first} to ${rule.last}` : null, rule.seen === undefined ? null : `${plural(rule.seen, "event")} in its indices`,
      rule.after === undefined ? null : `${plural(rule.after, "alert")} after suppression`, rule.late ? `${plural(rule.late, "event")} came too late` : null].filter(Boolean);
    return [
      h("ul", { class: "facts" }, facts.map((fact) => h("li", null, fact))),
      rule.exclusion ? h("p", null, h("b", null, "Less noise: "), rule.exclusion) : null,
      h("div", { class: "columns" }, rule.top.map(([field, values]) => h("div", null, h("h3", null, field), h("dl", { class: "top" }, values.map(([value, alerts]) => [
        h("dt", null, h("code", null, value)), h("dd", null, `${number.format(alerts)} (${Math.floor((alerts * 100) / rule.alerts)} %)`, meter([alerts, rule.alerts]))]))))),
      rule.samples.length ? [h("h3", null, "Samples"), h("ul", null, rule.samples.map((sample) => h("li", null, h("code", null, sample))))] : null];
  };
  const one = (rule) => {
    const values = buckets(rule.days);
    const limit = filter.budget === "" ? Infinity : Number(filter.budget);
    const element = h("details", { class: "noise", ontoggle: () => { if (element.open && !content.hasChildNodes()) content.append(...body(rule).flat().filter(Boolean)); } },
      h("summary", null, h("b", { class: rule.alerts > limit ? "over" : null }, number.format(rule.alerts), rule.alerts > limit ? h("span", { class: "sr" }, " over the budget") : null),
        h("span", null, rule.name, h("small", null, rule.key)), severity(rule.severity), bars(values, "spark", told(values))));
    const content = h("div", { class: "body" });
    element.append(content);
    return element;
  };
  const update = () => {
    const parts = words(filter.text);
    const shown = noisy.filter((rule) => (!filter.severity || rule.severity === filter.severity) && parts.every((part) => text.get(rule).includes(part)));
    if (filter.order) shown.sort(ORDERS[filter.order]);
    rules.replaceChildren(...shown.map(one));
    if (search.value !== filter.text) search.value = filter.text;
    [severities.value, orders.value, budget.value] = [filter.severity, filter.order, filter.budget];
    const loud = filter.budget === "" ? 0 : shown.filter((rule) => rule.alerts > Number(filter.budget)).length;
    const total = plural(sum(shown.map((rule) => rule.alerts)), "alert");
    tally.textContent = `${plural(shown.length, "rule")}, ${total}${filter.budget === "" ? "" : `, ${loud} over the budget`}`;
    state({ q: filter.text, severity: filter.severity, sort: filter.order, budget: filter.budget });
  };

  // Rules that alert on the same events.
  const MAX_PAIRS = 12;
  const overlap = () => {
    if (data.overlap.length === 0) return [];
    const keys = [];
    for (const [a, b] of data.overlap) for (const key of [a, b]) if (!keys.includes(key) && keys.length < MAX_PAIRS) keys.push(key);
    const most = Math.max(...data.overlap.map((pair) => pair[2]));
    const both = (a, b) => { const pair = data.overlap.find(([x, y]) => (x === a && y === b) || (x === b && y === a)); return pair ? pair[2] : 0; };
    const left = data.overlap.filter(([a, b]) => !keys.includes(a) || !keys.includes(b)).length;
    return [h("h2", { id: "overlap" }, "Alerts on the same events"),
      h("div", { class: "scroll", role: "region", "aria-labelledby": "overlap", tabindex: "0" }, h("table", { class: "pairs" },
        h("thead", null, h("tr", null, h("td"), keys.map((_, at) => h("th", { scope: "col" }, String(at + 1))))),
        h("tbody", null, keys.map((key, row) => h("tr", null, h("th", { scope: "row" }, `${row + 1} ${key}`),
          keys.map((other, at) => {
            const events = at < row ? both(key, other) : 0;
            return h("td", { class: "heat", "--level": events ? level((events * 100) / most) : 0 }, events ? number.format(events) : "");
          })))))),
      left ? h("p", { class: "soft" }, `${plural(left, "pair")} more: see the JSON report.`) : null];
  };

  // Rules that found nothing, by cause.
  const listed = (title, rules, say) => (rules.length === 0 ? null : h("details", { class: "case" },
    h("summary", null, h("span", null, title), h("span", { class: "soft" }, plural(rules.length, "rule"))),
    h("ul", null, rules.map((rule) => h("li", null, h("code", null, rule.key), say ? ` ${say(rule)}` : "")))));
  const silent = () => {
    const quiet = data.rules.filter((rule) => rule.outcome === "ran" && rule.alerts === 0);
    const parts = [
      listed("No index of theirs is there", data.rules.filter((rule) => rule.outcome === "no-index")),
      listed("No event lies in their indices", quiet.filter((rule) => rule.seen === 0)),
      listed("Events, but none with a field that they need", quiet.filter((rule) => rule.seen !== 0 && rule.missing), (rule) => `no ${rule.missing.join(", ")} in ${plural(rule.seen, "event")}`),
      listed("Events, but none that alerts", quiet.filter((rule) => rule.seen !== 0 && !rule.missing), (rule) => (rule.seen === undefined ? "" : `of ${plural(rule.seen, "event")}`))].filter(Boolean);
    return parts.length === 0 ? [] : [h("h2", null, "Silent rules"), ...parts];
  };
  const unrun = () => {
    const parts = ["unsupported", "invalid"].map((outcome) => listed(outcome, data.rules.filter((rule) => rule.outcome === outcome), (rule) => rule.reason)).filter(Boolean);
    return parts.length === 0 ? [] : [h("h2", null, "Not run"), ...parts];
  };

  main.append(...[...over(), ...week(),
    ...(noisy.length === 0 ? [] : [h("h2", { id: "rules", tabindex: "-1" }, "Rules with alerts"), h("div", { class: "tools" }, search, severities, orders, budget, tally), rules]),
    ...overlap(), ...silent(), ...unrun()].filter(Boolean));
  searchKeys(search, () => { filter.text = ""; update(); });
  update();
})();
