import { type MethodTable, serve } from "@holdfast/rpc";
import { channelPair, type MemoryChannel } from "@holdfast/rpc/testing";

export interface Arithmetic {
  readonly subtract: {
    readonly params: readonly [number, number] | { readonly minuend: number; readonly subtrahend: number };
    readonly result: number;
  };
  readonly sum: { readonly params: readonly number[]; readonly result: number };
  readonly get_data: { readonly params: unknown; readonly result: readonly unknown[] };
  readonly update: { readonly params: unknown; readonly result: null };
  readonly notify_hello: { readonly params: unknown; readonly result: null };
  readonly notify_sum: { readonly params: unknown; readonly result: null };
}

/** The methods that the specification's examples call. */
export const arithmetic: MethodTable<Arithmetic> = {
  subtract: {
    parse: (params) => params as Arithmetic["subtract"]["params"],
    call: (params) => ("minuend" in params ? params.minuend - params.subtrahend : params[0] - params[1]),
  },
  sum: {
    parse: (params) => params as readonly number[],
    call: (numbers) => numbers.reduce((sum, number) => sum + number, 0),
  },
  get_data: { parse: (params) => params, call: () => ["hello", 5] },
  update: { parse: (params) => params, call: () => null },
  notify_hello: { parse: (params) => params, call: () => null },
  notify_sum: { parse: (params) => params, call: () => null },
};

/** A raw client of the arithmetic server: what it received so far, and the channel to send through. */
export function arithmeticPeer(): { readonly channel: MemoryChannel; readonly received: readonly unknown[] } {
  const [channel, served] = channelPair();
  const received: unknown[] = [];
  channel.onText((text) => received.push(JSON.parse(text)));
  serve(served, arithmetic, {});
  return { channel, received };
}
