import type { KeyText, MailStore, OutgoingEvent, PageCommit, SignedEvent } from "@holdfast/relay";
import { describe, expect, test } from "vitest";

/** A store that was made for one test, and how to open what it holds once more. */
export interface OpenedStore {
  readonly store: MailStore;
  reopen(): Promise<MailStore>;
}

const alice = "alice".padEnd(43, "A") as KeyText;
const bob = "bob".padEnd(43, "B") as KeyText;
const expirytime = "2030-01-02T00:00:00Z";
const expiry = Date.parse(expirytime);

const eventOf = (sequence: number): SignedEvent => ({
  ...{
    specversion: "1.0",
    context: "holdfast.relay/1",
    source: alice,
    recipient: bob,
    sequence,
    type: "note",
  },
  ...{ time: "2030-01-01T00:00:00Z", expirytime, data: { text: "é💡", sequence } },
});
const acceptedOf = (id: string, sequence: number) => ({ id, event: eventOf(sequence), receivedAt: 5 });
const quarantinedOf = (id: string, sequence: number) => ({
  ...({
    id,
    sender: alice,
    sequence,
    envelope: "{}",
    reason: "unpinned-sender",
    why: "who?",
    receivedAt: 6,
  } as const),
});
const outgoingOf = (id: string, sequence: number): OutgoingEvent => ({
  ...{ id, recipient: bob, sequence, envelope: `{"of":"${id}"}`, expiresAt: 9 },
});
const page = (more: Partial<PageCommit>): PageCommit => ({
  accepted: [],
  quarantined: [],
  released: [],
  ...more,
});
const idsOf = (entries: readonly { readonly id: string }[]) => entries.map(({ id }) => id);

/** The compliance suite of mail stores. */
export function storeSuite(name: string, open: () => Promise<OpenedStore>): void {
  const use = async (body: (store: MailStore, reopen: () => Promise<MailStore>) => Promise<void>) => {
    const { store, reopen } = await open();
    let last = store;
    await body(store, async () => {
      last = await reopen();
      return last;
    });
    await last[Symbol.asyncDispose]();
  };

  describe(`a mail store in ${name}`, () => {
    test("has no cursor, no mail and no number at first", () =>
      use(async (store) => {
        expect(await store.cursor()).toBeUndefined();
        expect(await store.inbox(0, 10)).toEqual([]);
        expect(await store.lastSequence(bob)).toBe(0);
        expect(await store.outgoing(10)).toEqual([]);
      }));

    test("takes a page as a whole, and has it after it was opened again", () =>
      use(async (store, reopen) => {
        const gap = { at: 7, from: "a:1", to: "a:3" };
        const accepted = [acceptedOf("x", 1), acceptedOf("y", 2)];
        const quarantined = [quarantinedOf("q", 3)];
        expect(await store.commit(page({ cursor: "a:5", accepted, quarantined, gap }))).toBe(2);
        const again = await reopen();
        expect(await again.cursor()).toBe("a:5");
        expect(await again.inbox(0, 10)).toEqual([
          { seq: 1, ...accepted[0] },
          { seq: 2, ...accepted[1] },
        ]);
        expect(await again.quarantine("", 10)).toEqual(quarantined);
        expect(await again.quarantined()).toBe(1);
        expect(await again.gaps()).toEqual([gap]);
      }));

    test("takes an id in once, though it be committed twice or acknowledged meanwhile", () =>
      use(async (store) => {
        expect(await store.commit(page({ accepted: [acceptedOf("x", 1)] }))).toBe(1);
        expect(await store.commit(page({ accepted: [acceptedOf("x", 1)] }))).toBe(0);
        expect(await store.acknowledge("x")).toBe(true);
        expect(await store.acknowledge("x")).toBe(false);
        expect(await store.commit(page({ accepted: [acceptedOf("x", 1)] }))).toBe(0);
        expect(await store.inbox(0, 10)).toEqual([]);
      }));

    test("knows what came before by id and by number, and what is in quarantine only when it is asked", () =>
      use(async (store) => {
        await store.commit(page({ accepted: [acceptedOf("x", 1)], quarantined: [quarantinedOf("q", 2)] }));
        const marks = [
          { id: "x", sender: alice, sequence: 1 },
          { id: "other", sender: alice, sequence: 1 },
          { id: "q", sender: alice, sequence: 2 },
          { id: "z", sender: alice, sequence: 9 },
          { id: "x", sender: bob },
          { id: "other", sender: bob, sequence: 1 },
        ];
        const without = ["duplicate", "number-taken", "duplicate", "new", "duplicate", "new"];
        expect(await store.historyOf(marks, "duplicate")).toEqual(without);
        expect((await store.historyOf(marks, "new"))[2]).toBe("new");
      }));

    test("forgets who had a number long after its expiry, and knows then that it has forgotten", () =>
      use(async (store) => {
        await store.commit(page({ accepted: [acceptedOf("x", 4), acceptedOf("kept", 5)] }));
        await store.acknowledge("x");
        await store.forget(expiry);
        expect(await store.historyOf([{ id: "x", sender: alice, sequence: 4 }], "new")).toEqual([
          "duplicate",
        ]);
        await store.forget(expiry + 1);
        const marks = [4, 3, 5, 6].map((sequence) => ({ id: `n${sequence}`, sender: alice, sequence }));
        expect(await store.historyOf(marks, "new")).toEqual([
          "forgotten",
          "forgotten",
          "number-taken",
          "new",
        ]);
        expect(idsOf(await store.inbox(0, 10))).toEqual(["kept"]);
      }));

    test("judged again, what was in quarantine moves to the inbox in one step", () =>
      use(async (store) => {
        await store.commit(
          page({ cursor: "a:1", quarantined: [quarantinedOf("p", 1), quarantinedOf("q", 2)] }),
        );
        await store.commit(page({ accepted: [acceptedOf("q", 2)], released: ["q"] }));
        expect(idsOf(await store.inbox(0, 10))).toEqual(["q"]);
        expect(idsOf(await store.quarantine("", 10))).toEqual(["p"]);
        expect(await store.quarantine("p", 10)).toEqual([]);
        expect(await store.cursor()).toBe("a:1");
      }));

    test("reads the inbox in pages, and leaves out what was parked", () =>
      use(async (store) => {
        const accepted = Array.from({ length: 7 }, (_, at) => acceptedOf(`m${at}`, at + 1));
        await store.commit(page({ accepted }));
        const first = await store.inbox(0, 3);
        expect(idsOf(first)).toEqual(["m0", "m1", "m2"]);
        expect(idsOf(await store.inbox(first.at(-1)?.seq ?? 0, 2))).toEqual(["m3", "m4"]);
        await store.park("m0", "poison");
        expect(idsOf(await store.inbox(0, 1))).toEqual(["m1"]);
        expect(await store.inbox(0, 1, "with-parked")).toMatchObject([{ id: "m0", parked: "poison" }]);
      }));

    test("keeps outgoing events in order until they are settled or refused, over being opened again", () =>
      use(async (store, reopen) => {
        for (const [at, id] of ["c", "b", "a"].entries()) await store.enqueue(outgoingOf(id, at + 1));
        await store.refuse("b", "too large");
        const again = await reopen();
        expect(await again.outgoing(10)).toEqual([outgoingOf("c", 1), outgoingOf("a", 3)]);
        expect(await again.refused()).toEqual([{ ...outgoingOf("b", 2), refused: "too large" }]);
        await again.settle("c");
        expect(idsOf(await again.outgoing(10))).toEqual(["a"]);
        expect(await again.lastSequence(bob)).toBe(3);
      }));

    test("knows under which key a message was sent, over being opened again, until long after its expiry", () =>
      use(async (store, reopen) => {
        await store.enqueue(outgoingOf("a", 1), "order 7");
        await store.enqueue({ ...outgoingOf("b", 1), recipient: alice, expiresAt: 20 }, "order 7");
        await store.enqueue(outgoingOf("c", 2));
        await store.settle("a");
        await store.refuse("b", "too large");
        const again = await reopen();
        expect(await again.sentAs(bob, "order 7")).toEqual({ id: "a", sequence: 1 });
        expect(await again.sentAs(alice, "order 7")).toEqual({ id: "b", sequence: 1 });
        expect(await again.sentAs(bob, "order 8")).toBeUndefined();
        await again.forget(9);
        expect(await again.sentAs(bob, "order 7")).toEqual({ id: "a", sequence: 1 });
        await again.forget(10);
        expect(await again.sentAs(bob, "order 7")).toBeUndefined();
        expect(await again.sentAs(alice, "order 7")).toEqual({ id: "b", sequence: 1 });
      }));

    test("gives no number of a recipient to two events", () =>
      use(async (store) => {
        await store.enqueue(outgoingOf("a", 1));
        const enqueue = async () => await store.enqueue(outgoingOf("b", 1));
        await expect(enqueue()).rejects.toMatchObject({ code: "SEQUENCE_TAKEN" });
        expect(idsOf(await store.outgoing(10))).toEqual(["a"]);
        await store.enqueue({ ...outgoingOf("c", 1), recipient: alice });
      }));
  });
}
