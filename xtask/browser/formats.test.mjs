// Checks the reports of this repository's own rules by a full validator of
// JSON Schema: node --test formats.test.mjs. SCHEMAS is docs/schemas; the folder
// REPORTS holds one report a schema, of the same name, but for the
// schemas of TOML files.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import Ajv from "ajv/dist/2020.js";

const { SCHEMAS, REPORTS } = process.env;
const read = (path) => JSON.parse(readFileSync(path, "utf8"));
const names = readdirSync(SCHEMAS).filter((name) => name.endsWith(".schema.json"));

const TOML = ["case.schema.json", "harness.schema.json"];

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
