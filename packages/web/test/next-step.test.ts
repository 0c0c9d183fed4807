import { apiErrorCodes } from "@holdfast/daemon/api";
import { RpcError } from "@holdfast/rpc";
import { expect, test } from "vitest";
import { troubleOf } from "../src/connection/next-step.ts";

test("every error of the daemon and of the connection says what to do next", () => {
  const fallback = troubleOf(new Error("x")).nextStep;
  expect(fallback).not.toBe("");
  for (const code of [...Object.keys(apiErrorCodes), "CONNECTION_CLOSED"]) {
    const trouble = troubleOf(new RpcError(code, "it went wrong", { details: { method: "apps.stop" } }));
    expect([code, trouble.message]).toEqual([code, "it went wrong"]);
    expect([code, trouble.nextStep]).not.toEqual([code, fallback]);
  }
});
