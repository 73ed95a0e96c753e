// Makes the pictures of README.md, for `.ci/pictures`:
//   node pictures.mjs terminal COMMAND <ANSI text >SVG
//   node pictures.mjs cast FRAME… >SVG    each a command line, and what it printed
//   CHROMIUM=… node pictures.mjs page PAGE.html PICTURE.png
import { readFileSync, writeSync } from "node:fs";
import { chromium } from "playwright-core";

const CELL = { width: 8, height: 18 };
const MARGIN = { x: 16, y: 44 };
const PAPER = "#14181f";
const INK = "#d7dce5";
const COLOURS = { 91: "#ff7b72", 92: "#56d364", 93: "#e3b341", 94: "#79c0ff", 95: "#d2a8ff", 96: "#76e3ea", 31: "#ff7b72", 32: "#56d364", 33: "#e3b341", 34: "#79c0ff", 35: "#d2a8ff", 36: "#76e3ea" };

const escape = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

/** The pieces of a line that look alike: text, column, style. */
function pieces(line, style) {
  const found = [];
  let column = 0;
  for (const part of line.split(/(\x1b\[[\d;]*m)/)) {
    const codes = /^\x1b\[([\d;]*)m$/.exec(part);
    if (codes) {
      for (const code of (codes[1] || "0").split(";").map(Number)) {
        if (code === 0) Object.assign(style, { bold: false, dim: false, strike: false, colour: null });
        else if (code === 1) style.bold = true;
        else if (code === 2) style.dim = true;
        else if (code === 9) style.strike = true;
        else if (code === 39) style.colour = null;
        else if (COLOURS[code]) style.colour = COLOURS[code];
        else throw new Error(`unknown style ${code}`);
      }
    } else {
      // Room between words is a matter of columns: spaces at an end are lost.
      for (const text of part.split(/(^ +| {2,}| +$)/)) {
        if (text.trim()) found.push({ text, column, ...style });
        column += [...text].length;
      }
    }
  }
  return { found, width: column };
}

/** A screen of text: its rows, and how much room they take. */
function screen(command, text) {
  const style = { bold: false, dim: false, strike: false, colour: null };
  const lines = [`\x1b[2m$\x1b[0m \x1b[1m${command}\x1b[0m`, ...text.trimEnd().split("\n")].map((line) => pieces(line, style));
  const width = Math.max(...lines.map((line) => line.width)) * CELL.width + 2 * MARGIN.x;
  const height = lines.length * CELL.height + MARGIN.y + 12;
  const row = ({ found }, at) => found.map((piece) => {
    const attributes = [
      `x="${MARGIN.x + piece.column * CELL.width}" y="${MARGIN.y + at * CELL.height}"`,
      // Every font takes the room of its cells.
      `textLength="${[...piece.text].length * CELL.width}"`,
      piece.colour ? `fill="${piece.colour}"` : "",
      piece.bold ? 'font-weight="bold"' : "",
      piece.dim ? 'opacity="0.65"' : "",
      piece.strike ? 'text-decoration="line-through"' : "",
    ];
    return `<text ${attributes.filter(Boolean).join(" ")}>${escape(piece.text)}</text>`;
  }).join("\n");
  return { rows: lines.map(row).filter(Boolean).join("\n"), width, height };
}

/** A window with screens in it. */
function framed(title, { width, height }, body, style = "") {
  const dots = ["#ff5f57", "#febc2e", "#28c840"].map((fill, at) => `<circle cx="${20 + at * 18}" cy="18" r="5.5" fill="${fill}"/>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<title>${escape(title)}</title>${style}
<rect width="100%" height="100%" rx="10" fill="${PAPER}"/>
${dots.join("")}
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13" fill="${INK}" lengthAdjust="spacingAndGlyphs">
${body}
</g>
</svg>
`;
}

function terminal(command, text) {
  const { rows, ...size } = screen(command, text);
  return framed(command, size, rows);
}

/** Seconds that a frame of a session is seen. */
const SEEN = 5;
/** The most lines of a frame. */
const LINES = 34;

/** Screens one after the other, again and again; the last one where nothing may move. */
function cast(files) {
  const screens = files.map((file) => {
    const [command, ...lines] = readFileSync(file, "utf8").trimEnd().split("\n");
    const shown = lines.length > LINES ? [...lines.slice(0, LINES), `\x1b[2m… ${lines.length - LINES} lines more\x1b[0m`] : lines;
    return { command, ...screen(command, shown.join("\n")) };
  });
  const size = { width: Math.max(...screens.map(({ width }) => width)), height: Math.max(...screens.map(({ height }) => height)) };
  const share = 100 / screens.length;
  const style = `
<style>
.frame { visibility: hidden; animation: seen ${SEEN * screens.length}s step-end infinite; }
${screens.map((_, at) => `.frame:nth-child(${at + 1}) { animation-delay: ${at * SEEN}s; }`).join("\n")}
@keyframes seen { 0% { visibility: visible; } ${share}% { visibility: hidden; } }
@media (prefers-reduced-motion: reduce) { .frame { animation: none; } .frame:last-child { visibility: visible; } }
</style>`;
  const frames = screens.map(({ rows }) => `<g class="frame">\n${rows}\n</g>`).join("\n");
  return framed(screens.map(({ command }) => command).join(", "), size, frames, style);
}

async function page(file, picture) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: "light" });
  const view = await context.newPage();
  await view.goto(`file://${file}`);
  await view.waitForSelector("tbody tr, .noise");
  await view.screenshot({ path: picture });
  await browser.close();
}

const [kind, ...rest] = process.argv.slice(2);
if (kind === "terminal") writeSync(1, terminal(rest[0], readFileSync(0, "utf8")));
else if (kind === "cast") writeSync(1, cast(rest));
else if (kind === "page") await page(...rest);
else throw new Error("terminal, cast or page");
