import { describe, expect, test } from "vitest";
import { visibleApps } from "../../src/top/rows.ts";
import { appRow } from "../app-row.ts";
import { logLines, pressed, shop, shownModel, told } from "./models.ts";

const many = Array.from({ length: 50 }, (_, at) => appRow({ name: `app${String(at).padStart(2, "0")}` }));

describe("in a list", () => {
  test.each([
    ["down", "shop/web.1"],
    ["j j", "shop/web.2"],
    ["j j k", "shop/web.1"],
    ["up", "shop/db.1"],
    ["end", "shop/worker.1"],
    ["end home", "shop/db.1"],
    ["page-down", "shop/worker.1"],
  ])("%s selects %s", (keys, selected) => {
    expect(pressed(shownModel(), keys).model.selected).toBe(selected);
  });

  test("the list scrolls so far that the selected row is on the screen", () => {
    const model = shownModel(many, { columns: 80, rows: 12 });
    expect(pressed(model, "j j j j j j j").model.offset).toBe(0);
    expect(pressed(model, "j j j j j j j j").model.offset).toBe(1);
    expect(pressed(model, "end").model.offset).toBe(42);
    expect(pressed(model, "end k k").model.offset).toBe(42);
    expect(pressed(model, "end home").model.offset).toBe(0);
    const taller = told(pressed(model, "end").model, { type: "resized", size: { columns: 80, rows: 34 } });
    expect(taller.offset).toBe(20);
  });

  test.each([
    ["s", "start", { project: "shop", name: "db" }],
    ["x", "stop", { project: "shop", name: "db" }],
    ["r", "restart", { project: "shop", name: "db" }],
    ["j x", "stop", { project: "shop", name: "web", instance: 1 }],
    ["g j x", "stop", { project: "shop", name: "web" }],
    ["l r", "restart", { project: "shop", name: "db" }],
  ])("%s asks to %s %j", (keys, operation, target) => {
    expect(pressed(shownModel(), keys).asks).toEqual([{ kind: "operate", operation, targets: [target] }]);
  });

  test("what is about all is asked for only after a y", () => {
    const asking = pressed(shownModel(), "X");
    expect(asking.asks).toEqual([]);
    expect(asking.model.prompt).toMatchObject({ kind: "confirm", question: "stop all 3 apps?" });
    for (const key of ["n", "escape", "enter", "x", "q"]) {
      expect(pressed(asking.model, key)).toMatchObject({ asks: [], model: { prompt: undefined } });
    }
    const targets = ["db", "web", "worker"].map((name) => ({ project: "shop", name }));
    expect(pressed(asking.model, "y").asks).toEqual([{ kind: "operate", operation: "stop", targets }]);
  });

  test("a filter leaves rows out while it is typed, and actions on all are about the rest", () => {
    const typing = pressed(shownModel(), "/ w o r");
    expect(visibleApps(typing.model).map(({ name }) => name)).toEqual(["worker"]);
    expect(typing.model.selected).toBe("shop/worker.1");
    expect(pressed(typing.model, "escape").model).toMatchObject({ filter: "", prompt: undefined });
    expect(pressed(typing.model, "backspace").model.filter).toBe("wo");
    expect(pressed(typing.model, "ctrl-u").model.filter).toBe("");
    const taken = pressed(typing.model, "enter");
    expect(taken.model).toMatchObject({ filter: "wor", prompt: undefined });
    expect(pressed(taken.model, "R").model.prompt).toMatchObject({
      question: "restart the app worker that are shown?",
    });
    expect(pressed(taken.model, "escape").model.filter).toBe("");
  });

  test("a filter finds by state, and letters that are actions are only letters in it", () => {
    const typing = pressed(shownModel(), "/ f a i l e d x q");
    expect(typing.asks).toEqual([]);
    expect(
      visibleApps(pressed(typing.model, "backspace backspace").model).map(({ instance }) => instance),
    ).toEqual([2]);
    expect(typing.model.selected).toBeUndefined();
    expect(pressed(typing.model, "enter x").asks).toEqual([]);
  });

  test.each([
    ["o", ["web.2", "worker.1", "db.1", "web.1"]],
    ["o o o", ["web.1", "db.1", "web.2", "worker.1"]],
    ["O", ["worker.1", "web.2", "web.1", "db.1"]],
  ])("%s sorts", (keys, expected) => {
    const { model } = pressed(shownModel(), keys);
    expect(visibleApps(model).map(({ name, instance }) => `${name}.${instance}`)).toEqual(expected);
  });

  test("an app that is gone is not selected any more", () => {
    const { model } = pressed(shownModel(), "end");
    expect(told(model, { type: "apps", apps: shop.slice(0, 3) }).selected).toBe("shop/db.1");
    expect(told(model, { type: "apps", apps: [] }).selected).toBeUndefined();
    expect(pressed(shownModel([]), "j x l w X end").asks).toEqual([]);
  });
});

describe("everywhere", () => {
  test.each(["g", "l", "w", "?", "/ a", "X"])("after %s, Ctrl-C quits and Ctrl-Z suspends", (keys) => {
    const { model } = pressed(shownModel(), keys);
    expect(pressed(model, "ctrl-c").asks).toEqual([{ kind: "quit" }]);
    expect(pressed(model, "ctrl-z").asks).toEqual([{ kind: "suspend" }]);
  });

  test.each([
    ["g", "graph"],
    ["g g", "table"],
    ["tab tab", "table"],
    ["l escape", "table"],
    ["g l escape", "graph"],
    ["g w left", "graph"],
    ["l w", "why"],
    ["w l", "logs"],
    ["l ?", "help"],
    ["l ? escape", "logs"],
  ])("%s leads to the %s", (keys, kind) => {
    expect(pressed(shownModel(), keys).model.view.kind).toBe(kind);
  });
});

test("a page scrolls no further than its end", () => {
  const help = pressed(shownModel(shop, { columns: 80, rows: 8 }), "?");
  const end = pressed(help.model, "end").model.view;
  expect(end).toMatchObject({ kind: "help" });
  const scroll = end.kind === "help" ? end.scroll : 0;
  expect(scroll).toBeGreaterThan(3);
  expect(pressed(help.model, "end down up").model.view).toMatchObject({ scroll: scroll - 1 });
  expect(pressed(help.model, "home up").model.view).toMatchObject({ scroll: 0 });
});

describe("in a log", () => {
  const of = { project: "shop", name: "db", instance: 1 };
  const reading = told(pressed(shownModel(), "l").model, { type: "lines", of, lines: logLines(100) });

  test.each([
    ["up", 89],
    ["up up down", 89],
    ["up down", "end"],
    ["page-up", 80],
    ["f", 90],
    ["f f", "end"],
    ["home", 0],
    ["home down", 1],
    ["home page-down", 10],
    ["home end", "end"],
  ])("%s has %s at the top", (keys, top) => {
    expect(pressed(reading, keys).model.view).toMatchObject({ top });
  });

  test("what is read stays where it is while lines are written", () => {
    const held = pressed(reading, "page-up").model;
    expect(told(held, { type: "lines", of, lines: logLines(50, 100) }).view).toMatchObject({
      top: 80,
      first: 0,
    });
  });

  test("at the top older lines are asked for, once, and come above", () => {
    const first = pressed(reading, "home up");
    expect(first.asks).toEqual([{ kind: "older-lines" }]);
    expect(pressed(first.model, "up").asks).toEqual([]);
    const older = told(first.model, { type: "older-lines", of, lines: logLines(10, -10) });
    expect(older.view).toMatchObject({ top: 0, first: -10, older: "some" });
    expect(pressed(older, "up").model.view).toMatchObject({ top: -1 });
    const none = told(first.model, { type: "older-lines", of, lines: [] });
    expect(pressed(none, "home").asks).toEqual([]);
  });

  test("a search goes from one line to the next that has it, and says when there is none", () => {
    const { model } = pressed(reading, "home / 9 enter n");
    expect(model.view).toMatchObject({ search: "9", top: 9 });
    expect(pressed(model, "n").model.view).toMatchObject({ top: 19 });
    expect(pressed(model, "n N").model.view).toMatchObject({ top: 9 });
    expect(pressed(model, "N").model.notice?.text).toBe("no “9” further up");
    expect(pressed(model, "escape").model.view).toMatchObject({ kind: "logs", search: "" });
    expect(pressed(model, "escape escape").model.view).toEqual({ kind: "table" });
    expect(pressed(reading, "/ L I N E enter N").model.view).toMatchObject({ top: 99 });
  });

  test("of another app is not shown here", () => {
    const other = { ...of, name: "web" };
    expect(told(reading, { type: "lines", of: other, lines: logLines(5) })).toBe(reading);
    expect(told(reading, { type: "log-begins", of }).view).toMatchObject({ lines: [], top: "end" });
  });
});
