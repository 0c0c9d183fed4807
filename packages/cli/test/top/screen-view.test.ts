import { describe, expect, test } from "vitest";
import { makeStyle } from "../../src/terminal/style.ts";
import { textWidth } from "../../src/terminal/text-width.ts";
import type { TopModel } from "../../src/top/model.ts";
import { screenView } from "../../src/top/view/screen-view.ts";
import { appRow } from "../app-row.ts";
import { escapes, harmIn } from "../escapes.ts";
import { logLines, now, pressed, shop, shownModel, told } from "./models.ts";

const plain = makeStyle(false);
const of = { project: "shop", name: "db", instance: 1 };

function lines(model: TopModel): readonly string[] {
  return screenView(model, plain).map((line) => line.trimEnd());
}

const dependencies = new Map([["shop/worker", [{ app: "db", condition: "service_healthy" }]]]);
const usage = shop.map(({ project, name, instance }) => ({
  project,
  name,
  instance,
  time: "2030-01-31T12:00:01.000Z",
  cpus: 0.25,
  memoryBytes: 30_000_000,
  processes: 2,
}));

describe("what is on the screen", () => {
  test("a table", () => {
    expect(lines(told(shownModel(), { type: "usage", usage }))).toEqual([
      " holdfast shop  4 apps: 2 running, 1 failed, 1 starting               daemon 42",
      " NAME▼   STATE         HEALTH    SINCE   RESTARTS   CPU   MEMORY  DETAIL",
      ">db      running       healthy   1m05s          0   25%      29M",
      " web.1   running       -         1m05s          2   25%      29M",
      " web.2   failed        -         1m05s          0     -        -  exited with c…",
      " worker  starting 65s  -         1m05s          0     -        -  waits for db …",
      "",
      "",
      "",
      "",
      " db: pid 4711, port 5432",
      " q quit  ? keys  Enter log  w why  s start  x stop  r restart  g graph  / filter",
    ]);
  });

  test("a graph", () => {
    const model = pressed(told(shownModel(), { type: "dependencies", dependencies }), "g j").model;
    expect(lines(model).slice(1, 6)).toEqual([
      " DEPENDENCIES, each below what it comes up after",
      " db         running, healthy",
      ">└─ worker  starting 65s  waits for db (healthy)",
      " web.1      running",
      " web.2      failed",
    ]);
  });

  test("a log, with what was searched for", () => {
    const model = told(pressed(shownModel(), "l").model, { type: "lines", of, lines: logLines(30) });
    const shown = lines(model);
    expect(shown[0]).toMatch(/^ log of shop\/db: running +follows$/);
    expect(shown[1]).toMatch(/^\d\d:00:00\.000 line 20$/);
    expect(shown[10]).toMatch(/ line 29$/);
    const held = pressed(model, "home / 3 enter").model;
    expect(lines(held)[0]).toMatch(/ “3” {2}line 1 of 30\+, 20 more below$/);
    expect(screenView(held, makeStyle(true))[4]).toContain("line \u001b[7m3\u001b[0m");
  });

  test("why, wrapped below itself", () => {
    const [app = appRow({ name: "db" })] = shop;
    const answer = {
      app,
      text: "db is running",
      chain: [
        {
          seq: 2,
          time: "2030-01-31T12:00:00.000Z",
          text: "started after its backoff of 3.2 s was over and nothing else was in its way",
          origin: null,
          by: null,
        },
        { seq: 1, time: "2030-01-31T11:59:00.000Z", text: "up by uid 0", origin: null, by: "uid 0" },
      ],
      lastLines: logLines(1),
    };
    const model = told(pressed(shownModel(), "w").model, { type: "why", of, answer });
    const shown = lines(model);
    expect(shown[0]).toMatch(/^ why is shop\/db: running /);
    expect(shown.slice(1, 9)).toEqual([
      "",
      " db is running",
      expect.stringMatching(
        /^ {3}\d\d:00:00 {2}← started after its backoff of 3\.2 s was over and nothing else was$/,
      ),
      "               in its way",
      expect.stringMatching(/^ {3}\d\d:59:00 {2}← up by uid 0$/),
      "",
      " Its last output:",
      "   line 0",
    ]);
  });

  test("that nothing is there, and what to do", () => {
    expect(lines(shownModel([]))[3]).toBe(
      " the daemon knows no app of project shop; holdfast up starts those of a manifest",
    );
    expect(lines(pressed(shownModel(), "/ z z enter").model)[3]).toBe(" no app has “zz”; Esc shows all");
    const gone = told(shownModel(), {
      type: "connection",
      connection: { kind: "reconnecting", since: now - 3_000 },
    });
    expect(lines(gone)[0]).toMatch(/ reconnecting 3s$/);
    expect(lines(gone)[2]).toContain("db");
    expect(lines(gone).at(-1)).toBe(" what is shown may be old  q quit");
  });

  test("a notice, until its time is over", () => {
    const said = told(shownModel(), { type: "notice", text: "web did not stop", tone: "error" });
    expect(lines(said).at(-1)).toBe(" web did not stop");
    expect(lines(told(said, { type: "time", now: now + 5_000 })).at(-1)).toMatch(/^ q quit/);
  });

  test("how much of its grace a stop has used", () => {
    const app = { ...appRow({ name: "web", state: "stopping" }), budgetMs: 90_000 };
    expect(lines(shownModel([app]))[2]).toContain("stopping 65s of 90s");
  });
});

const views = ["up", "g", "l", "w", "?", "/ a b", "X", "l / x"];
const sizes = [
  [80, 24],
  [200, 50],
  [300, 6],
  [40, 12],
  [12, 5],
  [3, 3],
  [1, 1],
  [80, 2],
] as const;

test.each(sizes)(
  "in %d×%d every view has as many lines as the screen, and none is wider",
  (columns, rows) => {
    const apps = [
      ...shop,
      appRow({ name: "日本語-🚀-nai\u0308ve", lastError: "größer\n\tals 日本語" }),
      appRow({ name: "x".repeat(300) }),
    ];
    for (const keys of views) {
      const opened = pressed(
        told(
          shownModel(apps, { columns, rows }),
          { type: "usage", usage },
          { type: "dependencies", dependencies },
        ),
        keys,
      ).model;
      const long = logLines(3).map((line) => ({ ...line, text: "日本語\tlong ".repeat(40) }));
      const model = told(opened, { type: "lines", of, lines: long });
      for (const style of [plain, makeStyle(true)]) {
        const shown = screenView(model, style);
        expect(shown).toHaveLength(rows);
        for (const line of shown) expect(textWidth(line), `${keys}: ${line}`).toBeLessThanOrEqual(columns);
      }
    }
  },
);

test("whatever apps are called and say, nothing but colours reaches the screen", () => {
  for (const sequence of escapes) {
    const hostile = `a${sequence}evil`;
    const app = appRow({
      name: hostile,
      project: hostile,
      lastError: hostile,
      status: hostile,
      group: hostile,
      waitingFor: [{ app: hostile, condition: hostile }],
    });
    const id = { project: hostile, name: hostile, instance: 1 };
    const line = { ...id, time: "2030-01-31T12:00:00.000Z", text: hostile, offset: 0 };
    const link = { seq: 1, time: line.time, text: hostile, origin: null, by: hostile };
    const needs = new Map([[`${hostile}/${hostile}`, [{ app: hostile, condition: hostile }]]]);
    const model = told(shownModel([app]), { type: "dependencies", dependencies: needs });
    for (const keys of ["up", "g", "l", "w", "X"]) {
      const shown = told(
        pressed(model, keys).model,
        { type: "lines", of: id, lines: [line] },
        { type: "why", of: id, answer: { app, text: hostile, chain: [link], lastLines: [line] } },
      );
      const said = told(shown, { type: "notice", text: hostile, tone: "error" });
      for (const text of [...screenView(shown, makeStyle(true)), ...screenView(said, makeStyle(true))]) {
        expect(harmIn(text), `${keys}: ${JSON.stringify(hostile)}`).toBeUndefined();
        expect(text.includes("\n") || text.includes("\t"), keys).toBe(false);
      }
    }
  }
});
