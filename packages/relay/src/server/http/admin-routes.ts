/** `/v1/slots` and `/v1/tokens`. */
import {
  createSlotSchema,
  formatCursor,
  type MintedToken,
  mintTokenSchema,
  type SlotList,
  type SlotStatus,
  slotForm,
  type TokenList,
  type TokenStatus,
} from "../../protocol/index.ts";
import { RelayError } from "../relay-error.ts";
import { hashToken, newEpoch, newSlotName, newToken, newTokenId } from "../secrets.ts";
import { headOf, oldestOf } from "../store/place.ts";
import { noSuchSlot } from "../store/refusals.ts";
import type { SlotRow, TokenRow } from "../store/relay-store.ts";
import { demandAdmin } from "./admission.ts";
import { parseBody, readBody } from "./body.ts";
import type { Call, RelayParts } from "./call.ts";
import { replyJson } from "./reply.ts";

/** No body of administration needs more. */
const maxBodyBytes = 4_096;
const slotsOfPage = 1_000;

export async function createSlot(parts: RelayParts, call: Call, token: TokenRow): Promise<void> {
  demandAdmin(token, undefined);
  const { store, random, clock, limits } = parts;
  const { slot = newSlotName(random) } = parseBody(
    await readBody(call.request, maxBodyBytes),
    createSlotSchema,
  );
  const made = { name: slot, epoch: newEpoch(random), createdAt: clock.now() };
  replyJson(call.response, 201, statusOf(await store.createSlot(made, limits.maxSlots)));
}

export async function listSlots({ store }: RelayParts, call: Call, token: TokenRow): Promise<void> {
  demandAdmin(token, undefined);
  const slots = await store.listSlots(call.query.get("after") ?? "", slotsOfPage);
  const list: SlotList = { slots: slots.map(statusOf) };
  replyJson(call.response, 200, list);
}

export async function getSlot(
  { store }: RelayParts,
  call: Call,
  name: string,
  token: TokenRow,
): Promise<void> {
  if (token.scope !== "read" || token.slot !== name) demandAdmin(token, name);
  const slot = await store.findSlot(name);
  if (slot === undefined) throw noSuchSlot(name);
  replyJson(call.response, 200, statusOf(slot));
}

export async function deleteSlot(
  parts: RelayParts,
  call: Call,
  name: string,
  token: TokenRow,
): Promise<void> {
  demandAdmin(token, undefined);
  if (!(await parts.store.deleteSlot(name))) throw noSuchSlot(name);
  parts.readers.end("slot-deleted", { slot: name });
  noContent(call);
}

export async function mintToken(parts: RelayParts, call: Call, token: TokenRow): Promise<void> {
  const { store, random, clock, limits } = parts;
  const wanted = parseBody(await readBody(call.request, maxBodyBytes), mintTokenSchema);
  demandAdmin(token, wanted.slot);
  const secret = newToken(random);
  const now = clock.now();
  const row: TokenRow = {
    id: newTokenId(random),
    hash: hashToken(secret),
    scope: wanted.scope,
    slot: wanted.slot,
    sender: wanted.sender,
    createdAt: now,
    expiresAt: wanted.expiresInMs === undefined ? undefined : now + wanted.expiresInMs,
  };
  await store.putToken(row, limits.maxTokensAlike);
  const minted: MintedToken = { ...describe(row), token: secret };
  replyJson(call.response, 201, minted);
}

export async function listTokens({ store }: RelayParts, call: Call, token: TokenRow): Promise<void> {
  const slot = call.query.get("slot") ?? undefined;
  if (slot !== undefined && !slotForm.test(slot))
    throw new RelayError("BAD_REQUEST", "slot is no name of a slot");
  demandAdmin(token, slot);
  const list: TokenList = { tokens: (await store.listTokens(slot)).map(describe) };
  replyJson(call.response, 200, list);
}

export async function revokeToken(parts: RelayParts, call: Call, id: string, token: TokenRow): Promise<void> {
  const revoked = await parts.store.getToken(id);
  const none = new RelayError("NO_SUCH_TOKEN", `there is no token ${id}`);
  if (revoked === undefined) {
    if (token.scope !== "admin") demandAdmin(token, undefined);
    throw none;
  }
  demandAdmin(token, revoked.slot);
  if (!(await parts.store.dropToken(id))) throw none;
  parts.readers.end("revoked", { tokenId: id });
  noContent(call);
}

function noContent({ response }: Call): void {
  response.writeHead(204, { "Cache-Control": "no-store" });
  response.end();
}

function statusOf(slot: SlotRow): SlotStatus {
  const { name, epoch, events, bytes, createdAt } = slot;
  const [head, oldest] = [formatCursor(headOf(slot)), formatCursor(oldestOf(slot))];
  return { slot: name, epoch, head, oldest, events, bytes, createdAt };
}

function describe({ id, scope, slot, sender, createdAt, expiresAt }: TokenRow): TokenStatus {
  return { id, scope, slot: slot ?? null, sender: sender ?? null, createdAt, expiresAt: expiresAt ?? null };
}
