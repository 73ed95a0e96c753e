// The regression: what differs between two queries is marked, and rules are searched.
(() => {
  const main = document.querySelector("main");
  const rules = [...main.querySelectorAll(".change")];

  // Words and signs that only one of two texts has, by their longest common course.
  const MOST = 4e6;
  const tokens = (text) => text.match(/\s+|"(?:[^"\\]|\\.)*"|[\w.*$@-]+|[^\s\w]/g) || [];
  const course = (a, b) => {
    const width = b.length + 1;
    const table = new Uint16Array((a.length + 1) * width);
    for (let i = a.length - 1; i >= 0; i -= 1) {
      for (let j = b.length - 1; j >= 0; j -= 1) {
        table[i * width + j] = a[i] === b[j] ? table[(i + 1) * width + j + 1] + 1 : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
      }
    }
    const kept = [new Set(), new Set()];
    for (let i = 0, j = 0; i < a.length && j < b.length;) {
      if (a[i] === b[j]) { kept[0].add(i); kept[1].add(j); i += 1; j += 1; }
      else if (table[(i + 1) * width + j] >= table[i * width + j + 1]) i += 1;
      else j += 1;
    }
    return kept;
  };
  /** The text again, what is not kept in elements of that tag; blanks follow their neighbours. */
  const marked = (pre, all, kept, tag) => {
    const pieces = [];
    let run = "";
    const end = () => { if (run.trim()) pieces.push(h(tag, null, run)); else if (run) pieces.push(run); run = ""; };
    all.forEach((token, at) => {
      if (!kept.has(at) || (run && !token.trim() && at + 1 < all.length && !kept.has(at + 1))) run += token;
      else { end(); pieces.push(token); }
    });
    end();
    pre.replaceChildren(...pieces);
  };
  for (const pair of main.querySelectorAll(".versions.queries")) {
    const [before, after] = pair.querySelectorAll("pre");
    if (!before || !after) continue;
    const [a, b] = [tokens(before.textContent), tokens(after.textContent)];
    if (a.length * b.length > MOST) continue;
    const [left, right] = course(a, b);
    marked(before, a, left, "del");
    marked(after, b, right, "ins");
  }

  // The tools.
  const filter = { text: "", kind: "" };
  const given = stated();
  const kinds = [...new Set(rules.map((rule) => rule.dataset.change))];
  Object.assign(filter, { text: given.get("q") || "", kind: kinds.includes(given.get("change")) ? given.get("change") : "" });
  const search = searchField("Search name, path, query, event", (text) => { filter.text = text; update(); });
  const kind = choice("Change", "Any change", kinds, (value) => { filter.kind = value; update(); });
  const tally = h("output", { "aria-live": "polite" });
  const texts = new Map(rules.map((rule) => [rule, rule.textContent.toLowerCase()]));
  const update = () => {
    const parts = words(filter.text);
    for (const rule of rules) rule.hidden = (filter.kind !== "" && rule.dataset.change !== filter.kind) || !parts.every((part) => texts.get(rule).includes(part));
    const shown = rules.filter((rule) => !rule.hidden).length;
    if (search.value !== filter.text) search.value = filter.text;
    kind.value = filter.kind;
    tally.textContent = shown === rules.length ? plural(shown, "rule") : `${number.format(shown)} of ${plural(rules.length, "rule")}`;
    state({ q: filter.text, change: filter.kind });
  };
  if (rules.length > 1) {
    main.querySelector("h2").after(h("div", { class: "tools" }, search, kind, tally));
    searchKeys(search, () => { filter.text = ""; update(); });
    update();
  }
})();
