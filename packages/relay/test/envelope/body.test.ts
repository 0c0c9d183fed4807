import { generateBodyKeys, openBody, parsePayload, sealBody, signEvent, toBase64 } from "@holdfast/relay";
import { expect, test } from "vitest";
import { crypto, eventOf, somebody } from "./event-rig.ts";

const [alice, bob] = [somebody(), somebody()];
const keys = await generateBodyKeys();
const secret = { to: "bob", text: "die Würfel sind gefallen", list: [1, null] };

async function sealed() {
  const { data: _, ...event } = eventOf(alice.publicKey, bob.publicKey);
  return { ...event, ...(await sealBody(secret, keys.publicKey, event)) };
}

test("an encrypted body is read by the holder of the key, and nothing of it stands in the envelope", async () => {
  const event = await sealed();
  const { envelope } = await signEvent(event, alice, crypto);
  const payload = Buffer.from(envelope.payload, "base64");
  expect(payload.toString()).not.toContain("gefallen");
  const parsed = parsePayload(payload);
  expect(parsed.kind).toBe("event");
  expect(await openBody(event, keys)).toEqual(secret);
});

test("two seals of the same body differ", async () => {
  expect((await sealed()).data_base64).not.toBe((await sealed()).data_base64);
});

test.each([
  ["another number", { sequence: 2 }],
  ["another type", { type: "dance" }],
  ["another sender", { source: bob.publicKey }],
  ["another recipient", { recipient: alice.publicKey }],
  ["no body", { data_base64: "" }],
  ["a body of nothing but zeros", { data_base64: toBase64(new Uint8Array(64)) }],
])("a body cannot be read in an event with %s", async (_, more) => {
  await expect(openBody({ ...(await sealed()), ...more }, keys)).rejects.toMatchObject({
    code: "BODY_UNREADABLE",
  });
});

test("a body cannot be read with another key, nor sealed to what is none", async () => {
  const event = await sealed();
  await expect(openBody(event, await generateBodyKeys())).rejects.toMatchObject({ code: "BODY_UNREADABLE" });
  await expect(sealBody(1, "AAAA", event)).rejects.toMatchObject({ code: "BAD_KEY" });
  await expect(openBody(event, { ...keys, privateKey: "AAAA" })).rejects.toMatchObject({ code: "BAD_KEY" });
});
