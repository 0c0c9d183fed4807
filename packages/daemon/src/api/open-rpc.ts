/** The API as an OpenRPC document (https://spec.open-rpc.org), made of the very schemas that calls are checked by. */
import { toJsonSchema } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";
import { apiErrorCodes, type Methods } from "./contract.ts";
import { summaries } from "./method-summaries.ts";
import { type OwnMethod, schemas } from "./params.ts";
import { events, results } from "./results.ts";

export function openRpcDocument(version: string): Methods["rpc.discover"]["result"] {
  const names = Object.keys(schemas) as OwnMethod[];
  return {
    openrpc: "1.3.2",
    info: {
      title: "Holdfast",
      version,
      description:
        "JSON-RPC 2.0 over the Unix socket, POST /rpc and the WebSocket at /ws. Times are RFC 3339, durations milliseconds. A subscription sends notifications named after its method: {subscription, event}.",
    },
    methods: names.map((name) => ({
      name,
      summary: summaries[name],
      paramStructure: "by-name",
      params: paramsOf(schemas[name]),
      result: { name: "result", schema: json(results[name]) },
      ...(name in events ? { "x-event": json(events[name as keyof typeof events]) } : {}),
    })),
    components: {
      errors: Object.fromEntries(
        Object.entries(apiErrorCodes).map(([code, number]) => [
          code,
          { code: number, message: code, data: { code } },
        ]),
      ),
    },
  };
}

function paramsOf(schema: GenericSchema): readonly unknown[] {
  const { properties = {}, required = [] } = json(schema) as {
    properties?: Readonly<Record<string, unknown>>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, each]) => ({
    name,
    required: required.includes(name),
    schema: each,
  }));
}

/** What JSON Schema cannot say, such as a check by a function, is left out: the daemon is stricter, never laxer. */
function json(schema: GenericSchema): unknown {
  const { $schema: _, ...rest } = toJsonSchema(schema, { errorMode: "ignore" });
  return rest;
}
