/** The HTTP interface as an OpenAPI 3.1 document, made of the very schemas that are spoken by. */
import { toJsonSchema } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";
import {
  appendedSchema,
  createSlotSchema,
  cursorGoneSchema,
  errorBodySchema,
  errorKinds,
  eventPageSchema,
  mintedTokenSchema,
  mintTokenSchema,
  slotListSchema,
  slotStatusSchema,
  tokenListSchema,
} from "../../protocol/index.ts";

type Json = Readonly<Record<string, unknown>>;

export function openApiDocument(version: string): Json {
  const cursor = { type: "string", description: "EPOCH:SEQ", examples: ["k3Jx9aQb_Zw1:17"] };
  const after = query("after", cursor, "events after this; without it, from the oldest");
  const limit = query(
    "limit",
    { type: "integer", minimum: 1, maximum: 1000, default: 100 },
    "events of a page",
  );
  return {
    openapi: "3.1.0",
    info: { title: "Holdfast relay", version, description: "Mailboxes: a stream wakes, a pull carries." },
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer", bearerFormat: "hfr_…" } },
      schemas: { Error: json(errorBodySchema) },
    },
    security: [{ token: [] }],
    "x-error-codes": errorKinds,
    paths: {
      "/v1/events/{slot}": {
        parameters: [slotParameter],
        post: operation("append one event", "post", {
          parameters: [
            {
              name: "Idempotency-Key",
              in: "header",
              required: true,
              description: "the envelope's id",
              schema: { type: "string", pattern: "^[A-Za-z0-9_-]{16,128}$" },
            },
          ],
          requestBody: body({ type: "object", description: "the envelope; kept as it came, byte by byte" }),
          responses: {
            201: reply("it is stored", json(appendedSchema)),
            200: reply("it had been stored", json(appendedSchema)),
          },
        }),
        get: operation("read events after a cursor", "read", {
          parameters: [after, limit],
          responses: {
            200: reply("a page of events", json(eventPageSchema)),
            410: reply("the cursor is not known any more", json(cursorGoneSchema)),
          },
        }),
      },
      "/v1/events/{slot}/stream": {
        parameters: [slotParameter],
        get: operation("be woken when there are events", "read", {
          parameters: [{ name: "Last-Event-ID", in: "header", required: false, schema: cursor }],
          responses: {
            200: { description: "hello, wake, heartbeat, bye", content: { "text/event-stream": {} } },
          },
        }),
      },
      "/v1/slots": {
        get: operation("list slots", "admin", {
          parameters: [query("after", { type: "string" }, "names after this")],
          responses: { 200: reply("up to 1,000 slots", json(slotListSchema)) },
        }),
        post: operation("make a slot", "admin", {
          requestBody: body(json(createSlotSchema)),
          responses: { 201: reply("the slot", json(slotStatusSchema)) },
        }),
      },
      "/v1/slots/{slot}": {
        parameters: [slotParameter],
        get: operation("tell of a slot", "admin or read", {
          responses: { 200: reply("the slot", json(slotStatusSchema)) },
        }),
        delete: operation("delete a slot with all in it", "admin", {
          responses: { 204: { description: "gone" } },
        }),
      },
      "/v1/tokens": {
        get: operation("list tokens", "admin", {
          parameters: [query("slot", { type: "string" }, "of this slot; without it, those of no slot")],
          responses: { 200: reply("tokens, without what they are", json(tokenListSchema)) },
        }),
        post: operation("mint a token", "admin", {
          requestBody: body(json(mintTokenSchema)),
          responses: { 201: reply("the token, told once", json(mintedTokenSchema)) },
        }),
      },
      "/v1/tokens/{id}": {
        parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }],
        delete: operation("revoke a token", "admin", { responses: { 204: { description: "gone" } } }),
      },
      "/healthz": { get: open("the process answers") },
      "/readyz": { get: open("the store can be written, wakes come through, and no stop is under way") },
      "/openapi.json": { get: open("this document") },
      "/metrics": {
        get: operation("figures, as OpenMetrics", "admin", {
          responses: { 200: { description: "text", content: { "application/openmetrics-text": {} } } },
        }),
      },
    },
  };
}

const slotParameter: Json = {
  name: "slot",
  in: "path",
  required: true,
  schema: { type: "string", pattern: "^[a-z0-9][a-z0-9._-]{0,62}$" },
};

function query(name: string, schema: Json, description: string): Json {
  return { name, in: "query", required: false, description, schema };
}

function operation(summary: string, scope: string, rest: Json & { readonly responses: Json }): Json {
  const refusal = reply("refused, see x-error-codes", { $ref: "#/components/schemas/Error" });
  return {
    summary,
    description: `Scope: ${scope}.`,
    ...rest,
    responses: { ...rest.responses, default: refusal },
  };
}

function open(description: string): Json {
  return { summary: description, security: [], responses: { 200: { description } } };
}

function body(schema: unknown): Json {
  return { required: true, content: { "application/json": { schema } } };
}

function reply(description: string, schema: unknown): Json {
  return { description, content: { "application/json": { schema } } };
}

/** What JSON Schema cannot say, such as a check by a function, is left out: the relay is stricter, never laxer. */
function json(schema: GenericSchema): Json {
  const { $schema: _, ...rest } = toJsonSchema(schema, { errorMode: "ignore" });
  return rest;
}
