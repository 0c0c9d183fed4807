import { test } from "vitest";

test.skip("the tests of runtime and rpc run in a browser (skipped: needs chromium)", () => {});
