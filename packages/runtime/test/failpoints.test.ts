import { afterEach, expect, test } from "vitest";
import { asyncFailpoint, type Failpoints, failpoint, setFailpoints } from "../src/failpoints.ts";
import { VirtualClock } from "../src/testing/index.ts";

let points: Failpoints | undefined;

afterEach(() => points?.[Symbol.dispose]());

function pass(point: string): string {
  try {
    failpoint(point);
    return "passed";
  } catch (error) {
    return (error as Error).message;
  }
}

test("a failpoint does nothing while none are set, and there is no promise", () => {
  failpoint("op.step");
  expect(asyncFailpoint("op.step")).toBeUndefined();
});

test("terms have their turns: two passes, one error, then killed for ever", () => {
  const killed: string[] = [];
  points = setFailpoints("op.step:2*off->1*error(disk full)->kill", { kill: (point) => killed.push(point) });
  expect([1, 2, 3, 4, 5].map(() => pass("op.step"))).toEqual([
    "passed",
    "passed",
    "disk full",
    "killed at failpoint op.step",
    "killed at failpoint op.step",
  ]);
  expect(killed).toEqual(["op.step", "op.step"]);
});

test("when every term has had its turns the point is off", () => {
  points = setFailpoints("op.step:1*error");
  expect([pass("op.step"), pass("op.step")]).toEqual(["failpoint op.step", "passed"]);
});

test("an error says its point and has a code", () => {
  points = setFailpoints("a:error(no)");
  expect(() => failpoint("a")).toThrow(
    expect.objectContaining({ code: "FAILPOINT", message: "no", details: { point: "a" } }),
  );
});

test("every point the program comes by is counted, also those without terms", async () => {
  points = setFailpoints("");
  failpoint("b");
  await asyncFailpoint("a");
  failpoint("b");
  expect([...points.hits]).toEqual([
    ["b", 2],
    ["a", 1],
  ]);
});

test("several points are set at once, and an argument may hold what divides them", () => {
  points = setFailpoints(" a:1*error(x; y: (z) -> w) ; b.c : error(2)->kill;");
  expect([pass("a"), pass("a"), pass("b.c")]).toEqual(["x; y: (z) -> w", "passed", "2"]);
});

test("delay holds an asynchronous point for its milliseconds", async () => {
  const clock = new VirtualClock();
  points = setFailpoints("a:1*delay(50)", { clock });
  let passed = false;
  void asyncFailpoint("a")?.then(() => {
    passed = true;
  });
  await clock.advance(49);
  expect(passed).toBe(false);
  await clock.advance(1);
  expect(passed).toBe(true);
});

test("pause holds the program where it is, and then it goes on", async () => {
  const held: string[] = [];
  points = setFailpoints("a:1*pause;b:pause", { pause: (point) => held.push(point) });
  expect([pass("a"), pass("a")]).toEqual(["passed", "passed"]);
  await asyncFailpoint("b");
  expect(held).toEqual(["a", "b"]);
});

test("a point that is told to pause where nothing can hold the program says so", async () => {
  points = setFailpoints("a:pause");
  expect(pass("a")).toBe("a is told to pause, and nothing can hold this program");
  await expect(asyncFailpoint("a")).rejects.toThrow("nothing can hold this program");
});

test("an asynchronous point rejects with the error, and never goes on when killed", async () => {
  const clock = new VirtualClock();
  points = setFailpoints("a:1*error(no)->kill", { kill: () => {} });
  await expect(asyncFailpoint("a")).rejects.toThrow("no");
  let wentOn = false;
  void asyncFailpoint("a")?.finally(() => {
    wentOn = true;
  });
  await clock.advance(1_000);
  expect(wentOn).toBe(false);
});

test("a synchronous point that is told to delay says that it cannot, an asynchronous one without a clock too", async () => {
  points = setFailpoints("a:delay(1)");
  expect(pass("a")).toBe("a is a synchronous failpoint, and cannot delay");
  await expect(asyncFailpoint("a")).rejects.toThrow("there is no clock");
});

test("setting failpoints over others is refused until those are disposed of", () => {
  points = setFailpoints("a:error");
  expect(() => setFailpoints("")).toThrow(TypeError);
  points[Symbol.dispose]();
  points = setFailpoints("");
  expect(pass("a")).toBe("passed");
});

test.each([
  ["a:eror(x)", 'failpoint "eror(x)": did you mean error? (off, error, kill, pause, delay)'],
  ["a:1*panic", 'failpoint "1*panic": did you mean kill? (off, error, kill, pause, delay)'],
  ["a:sleep(5)", 'failpoint "sleep(5)": did you mean delay? (off, error, kill, pause, delay)'],
  ["a:off->dellay(5)", 'failpoint "dellay(5)": did you mean delay? (off, error, kill, pause, delay)'],
  ["a:", 'failpoint "": one of off, error, kill, pause, delay is missing'],
  ["a:toString", 'failpoint "toString": did you mean off? (off, error, kill, pause, delay)'],
  ["a:0*kill", 'failpoint "0*kill": the count before * is a whole number from 1, not "0"'],
  ["a:x*kill", 'failpoint "x*kill": the count before * is a whole number from 1, not "x"'],
  ["a:delay", 'failpoint "delay": delay takes milliseconds, as in delay(50)'],
  ["a:delay(5s)", 'failpoint "delay(5s)": delay takes milliseconds, as in delay(50)'],
  ["a:kill(9)", 'failpoint "kill(9)": kill takes no argument'],
  ["a:kill;a:off", 'failpoint "a": is there twice'],
  ["a", 'failpoint "a": a point looks like op.step:1*error(disk full)'],
  ["b:kill;a", 'failpoint "a": a point looks like op.step:1*error(disk full)'],
  ["a:error(x", 'failpoint "a:error(x": a point looks like op.step:1*error(disk full)'],
])("%j is refused, and leaves none set", (text, message) => {
  expect(() => setFailpoints(text)).toThrow(expect.objectContaining({ code: "BAD_FAILPOINT", message }));
  points = setFailpoints("");
});
