// Checks the reports of this repository's own rules by a full validator of
// JSON Schema: node --test formats.test.mjs. SCHEMAS is docs/schemas; the folder
// REPORTS holds one report a schema, of the same name, but for the
// schemas of TOML files; and two SARIF logs, whose schema comes with a package of Microsoft's.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { createRequire } from "node:module";
import Ajv07 from "ajv";
import Ajv from "ajv/dist/2020.js";

const { SCHEMAS, REPORTS } = process.env;
const read = (path) => JSON.parse(readFileSync(path, "utf8"));
const names = readdirSync(SCHEMAS).filter((name) => name.endsWith(".schema.json"));

const TOML = ["accepted.schema.json", "case.schema.json", "harness.schema.json"];

test("there is a schema for each format", () => assert.ok(names.length >= 4, `${names}`));

for (const name of names) {
  test(`${name} accepts a real report, and no broken one`, () => {
    const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true });
    const valid = ajv.compile(read(`${SCHEMAS}/${name}`));
    const path = `${REPORTS}/${name.replace(".schema", "")}`;
    const report = existsSync(path) ? read(path) : {};
    assert.equal(existsSync(path), !TOML.includes(name));
    assert.ok(valid(report), JSON.stringify(valid.errors?.slice(0, 5)));
    assert.ok(!valid({ ...report, unheard: 1 }));
  });
}

test("SARIF logs of lint are valid by the schema of OASIS, and broken ones are not", () => {
  const folder = dirname(createRequire(import.meta.url).resolve("@microsoft/jest-sarif"));
  // Of draft 4 it uses what later drafts have too, but for its name.
  const { $schema: draft, id, ...schema } = read(join(folder, "schemas/sarif-2.1.0-rtm.5.json"));
  assert.match(draft, /draft-04/);
  assert.match(id, /sarif-2\.1\.0/);
  const isReference = (text) => /^[^\s<>"{}|\\^`]*$/.test(text) && URL.canParse(text, "file:///");
  const formats = { uri: (text) => URL.canParse(text), "uri-reference": isReference, "date-time": true };
  const valid = new Ajv07({ strict: false, allErrors: true, unicodeRegExp: false, formats }).compile(schema);
  for (const name of ["lint.sarif", "lint-bad.sarif"]) {
    const log = read(`${REPORTS}/${name}`);
    assert.ok(valid(log), `${name}: ${JSON.stringify(valid.errors?.slice(0, 5))}`);
    assert.ok(!valid({ ...log, unheard: 1 }));
    const [run] = log.runs;
    assert.ok(!valid({ ...log, runs: [{ ...run, results: [{ ...run.results[0], level: "bad" }] }] }));
  }
  // The second has a fix, an event, and a path with a blank in it.
  const results = read(`${REPORTS}/lint-bad.sarif`).runs[0].results;
  assert.ok(results.some((result) => result.fixes));
  assert.ok(results.some((result) => result.properties?.evidence));
  const place = results[0].locations[0].physicalLocation.artifactLocation.uri;
  assert.match(place, /a%20b\.toml$/);
});
