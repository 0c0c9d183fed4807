import { existsSync, readFileSync } from "node:fs";
import { type Crypto, type KeyText, publicKey, toBase64Url, webCrypto } from "@holdfast/relay";
import { nodeCrypto } from "@holdfast/relay/node";
import { describe, expect, test } from "vitest";
import { fromHex } from "./small-order-keys.ts";

const vectors = new URL("../../../../../shared/vectors/ed25519/", import.meta.url);
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, vectors), "utf8"));
const both: readonly (readonly [string, Crypto])[] = [
  ["node:crypto", nodeCrypto()],
  ["crypto.subtle", webCrypto()],
];

interface Wycheproof {
  readonly numberOfTests: number;
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly msg: string;
      readonly sig: string;
      readonly result: string;
    }[];
  }[];
}

interface SpecCheck {
  readonly message: string;
  readonly pub_key: string;
  readonly signature: string;
}

const isPinnable = (bytes: Uint8Array): boolean => {
  try {
    publicKey(bytes);
    return true;
  } catch {
    return false;
  }
};

describe.skipIf(!existsSync(vectors)).each(both)("W-10 with %s", (_, crypto) => {
  test("151 of 151 cases of Wycheproof are as it says", async () => {
    const { numberOfTests, testGroups } = read("wycheproof.json") as Wycheproof;
    const wrong: number[] = [];
    let count = 0;
    for (const { publicKey: key, tests } of testGroups) {
      for (const { tcId, msg, sig, result } of tests) {
        const text = toBase64Url(fromHex(key.pk)) as KeyText;
        const holds = isPinnable(fromHex(key.pk)) && (await crypto.verify(text, fromHex(msg), fromHex(sig)));
        if (holds !== (result === "valid")) wrong.push(tcId);
        count++;
      }
    }
    expect([count, numberOfTests, wrong]).toEqual([151, 151, []]);
  });

  test("of the 12 cases of speccheck none that a key of small order could forge is accepted", async () => {
    // 0 and 1 have A of small order, 10 and 11 A in another than its canonical form: nobody can pin those.
    const ends: string[] = [];
    for (const { message, pub_key, signature } of read("speccheck.json") as readonly SpecCheck[]) {
      const key = fromHex(pub_key);
      if (!isPinnable(key)) ends.push("refused");
      else {
        const holds = await crypto.verify(toBase64Url(key) as KeyText, fromHex(message), fromHex(signature));
        ends.push(holds ? "holds" : "does not hold");
      }
    }
    // Whether a small R alone (2) or both of mixed order (3) hold is left open by RFC 8032, and harmless: neither lets
    // anybody sign who has not the key. S out of range (6, 7) and another form of R (8, 9) never hold.
    const settled = ends.map((end, at) => (at === 2 || at === 3 ? "either" : end));
    const no = "does not hold";
    expect(settled).toEqual(
      ["refused", "refused", "either", "either", no, no, no, no, no, no].concat(["refused", "refused"]),
    );
  });
});
