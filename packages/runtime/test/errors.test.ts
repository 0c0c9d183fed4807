import { expect, test } from "vitest";
import { describeError, HoldfastError, serializeError } from "../src/index.ts";

test("D-16 an error can be handed to many listeners: code and details cannot be changed", () => {
  const error = new HoldfastError("FULL", "queue full", { details: { limit: 3, names: ["a"] } });
  expect(() => Object.assign(error, { code: "OTHER" })).toThrow(TypeError);
  expect(() => Object.assign(error.details, { limit: 4 })).toThrow(TypeError);
  expect(() => error.details.names.push("b")).toThrow(TypeError);
  expect(error).toMatchObject({ code: "FULL", details: { limit: 3, names: ["a"] } });
});

test("D-16 JSON keeps code, details and the whole cause chain", () => {
  const root = new RangeError("disk");
  const middle = new HoldfastError("WRITE_FAILED", "write failed", { cause: root, details: { bytes: 7 } });
  const top = new HoldfastError("SAVE_FAILED", "save failed", { cause: middle });
  expect(JSON.parse(JSON.stringify(top))).toEqual({
    name: "HoldfastError",
    code: "SAVE_FAILED",
    message: "save failed",
    cause: {
      name: "HoldfastError",
      code: "WRITE_FAILED",
      message: "write failed",
      details: { bytes: 7 },
      cause: { name: "RangeError", message: "disk" },
    },
  });
  expect(describeError(top)).toBe("save failed: write failed: disk");
});

test("a cause that the message tells already is not told twice", () => {
  const disk = new Error("disk");
  const inner = new Error("write failed: disk", { cause: disk });
  expect(describeError(new Error("web: run failed: write failed: disk", { cause: inner }))).toBe(
    "web: run failed: write failed: disk",
  );
  expect(describeError(new Error("a", { cause: new Error("a") }))).toBe("a");
  expect(describeError(new Error("no disks", { cause: disk }))).toBe("no disks: disk");
});

test("serialising keeps aggregated errors, cuts cycles and takes what is not an Error", () => {
  const a = new Error("a");
  a.cause = a;
  expect(serializeError(a)).toEqual({ name: "Error", message: "a" });
  const both = new AggregateError([new Error("x"), "y"], "both");
  expect(serializeError(both).errors).toEqual([
    { name: "Error", message: "x" },
    { name: "NonError", message: "y" },
  ]);
  expect(serializeError({ odd: 1 }).message).toBe('{"odd":1}');
});

test("bytes in details are left alone", () => {
  expect(new HoldfastError("X", "x", { details: { id: new Uint8Array([1]) } }).details.id[0]).toBe(1);
});

test("a subclass carries its own name", () => {
  class PoolError extends HoldfastError<"EMPTY"> {}
  expect(new PoolError("EMPTY", "none left").name).toBe("PoolError");
});
