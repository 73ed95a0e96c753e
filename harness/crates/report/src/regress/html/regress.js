// The regression: what differs between two queries is marked, and rules are searched.
(() => {
  const main = document.querySelector("main");
  const rules = [...main.querySelectorAll(".change")];

  // Clauses that only one of two queries has, by their longest common course: what stands
  // between operators, brackets and commas, so a value of a list is one as well.
  const MOST = 4e6;
  const pieces = (text) => text.match(/\s+|\/\/[^\n]*|"""[\s\S]*?"""|"(?:[^"\\]|\\.)*"|[\w.*?$@:\\/-]+|[^\s\w]/g) || [];
  const joins = (word) => /^(?:and|or|not|where|until|[()[\]{},|])$/i.test(word) || word.startsWith("//");
  const clauses = (text) => {
    const all = [];
    let clause = "";
    const end = () => {
      const bare = clause.trimEnd();
      if (bare) all.push(bare);
      if (bare !== clause) all.push(clause.slice(bare.length));
      clause = "";
    };
    for (const word of pieces(text)) {
      if (joins(word)) { end(); all.push(word); }
      else if (clause === "" && !word.trim()) all.push(word);
      else clause += word;
    }
    end();
    return all;
  };
  /** Blanks and commas say nothing. */
  const says = (part) => part.trim() !== "" && part !== ",";
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
  /** The text again, its clauses that are not kept in elements of that tag. */
  const marked = (pre, all, kept, tag) => {
    let at = -1;
    pre.replaceChildren(...all.map((part) => {
      if (!says(part)) return part;
      at += 1;
      return kept.has(at) ? part : h(tag, null, part);
    }));
  };
  for (const pair of main.querySelectorAll(".versions.queries")) {
    const [before, after] = pair.querySelectorAll("pre");
    if (!before || !after) continue;
    const parts = [before, after].map((pre) => clauses(pre.textContent));
    // The case of an operator says nothing.
    const [a, b] = parts.map((all) => all.filter(says).map((part) => (joins(part) ? part.toLowerCase() : part.replace(/\s+/g, " "))));
    if (a.length * b.length > MOST) continue;
    const [left, right] = course(a, b);
    marked(before, parts[0], left, "del");
    marked(after, parts[1], right, "ins");
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
