import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sealBody, signEvent } from "@holdfast/relay";
import { nodeCrypto, openIdentity } from "@holdfast/relay/node";
import { defaultLimits } from "@holdfast/relay/server";
import { expect, onTestFinished, test } from "vitest";
import { OutgoingTexts } from "../../src/remote/outgoing-texts.ts";

test.each([
  ["letters", "x"],
  ["quotes, which JSON escapes", '"'],
  ["control characters", "\u0001"],
  ["characters of three bytes", "語"],
  ["pairs of surrogates", "😀"],
  ["lone surrogates", "\ud800"],
])("whatever is sent fits into an envelope: %s", async (_, character) => {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-texts-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const { signer, bodyKeys } = await openIdentity(join(directory, "identity"));
  const queue = new OutgoingTexts();
  const text = character.repeat(300_000);
  for (const each of ["a", text, "b", "c".repeat(20_000)]) queue.push(each);
  let whole = "";
  let mails = 0;
  while (!queue.isEmpty) {
    const { texts, continues } = queue.take();
    whole += texts.join("|") + (continues ? "" : "|");
    mails++;
    const head = {
      source: signer.publicKey,
      recipient: signer.publicKey,
      sequence: 2 ** 52,
      type: "holdfast.rpc.v1",
    };
    const mail = {
      kind: "texts",
      connection: "c".repeat(45),
      n: 2 ** 52,
      texts,
      continues: true,
      taken: 2 ** 52,
    };
    const body = await sealBody(mail, bodyKeys.publicKey, head);
    const time = "2030-01-01T00:00:00.000Z";
    const event = {
      specversion: "1.0",
      context: "holdfast.relay/1",
      ...head,
      time,
      expirytime: time,
      ...body,
    } as const;
    const { envelope } = await signEvent(event, signer, nodeCrypto());
    expect(JSON.stringify(envelope).length).toBeLessThan(defaultLimits.maxEnvelopeBytes);
  }
  expect(whole).toBe(`a|${text}|b|${"c".repeat(20_000)}|`);
  expect(queue.chars).toBe(0);
  expect(mails).toBeLessThan(40);
});
