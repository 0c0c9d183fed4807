import { expect } from "vitest";

export const failure = (code: number, id: unknown = null): unknown => ({
  jsonrpc: "2.0",
  error: expect.objectContaining({ code }),
  id,
});
export const result = (value: unknown, id: unknown): unknown => ({ jsonrpc: "2.0", result: value, id });

/** The exchanges of https://www.jsonrpc.org/specification, section 7, in its order: name, request, replies. */
export const exchanges: readonly (readonly [string, string, readonly unknown[]])[] = [
  ["1 positional", '{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}', [result(19, 1)]],
  ["2 positional", '{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}', [result(-19, 2)]],
  [
    "3 named",
    '{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}',
    [result(19, 3)],
  ],
  [
    "4 named, in the other order",
    '{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}',
    [result(19, 4)],
  ],
  ["5 notification", '{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}', []],
  ["6 notification of no method", '{"jsonrpc": "2.0", "method": "foobar"}', []],
  ["7 no method", '{"jsonrpc": "2.0", "method": "foobar", "id": "1"}', [failure(-32601, "1")]],
  ["8 broken JSON", '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]', [failure(-32700)]],
  ["9 invalid request", '{"jsonrpc": "2.0", "method": 1, "params": "bar"}', [failure(-32600)]],
  [
    "10 broken batch",
    '[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},{"jsonrpc": "2.0", "method"]',
    [failure(-32700)],
  ],
  ["11 empty batch", "[]", [failure(-32600)]],
  ["12 batch of one invalid", "[1]", [[failure(-32600)]]],
  ["13 batch of three invalid", "[1,2,3]", [[failure(-32600), failure(-32600), failure(-32600)]]],
  [
    "14 mixed batch",
    `[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
      {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
      {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
      {"foo": "boo"},
      {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
      {"jsonrpc": "2.0", "method": "get_data", "id": "9"}]`,
    [[result(7, "1"), result(19, "2"), failure(-32600), failure(-32601, "5"), result(["hello", 5], "9")]],
  ],
  [
    "15 batch of notifications",
    `[{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},
      {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}]`,
    [],
  ],
];
