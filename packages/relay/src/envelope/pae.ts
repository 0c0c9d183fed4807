const text = new TextEncoder();

/**
 * What is signed: the pre-authentication encoding of DSSE v1, `DSSEv1 SP LEN(type) SP type SP LEN(payload) SP payload`
 * with lengths in bytes, as decimals. No two pairs of type and payload have the same encoding.
 */
export function preAuthEncoding(type: string, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const typeBytes = text.encode(type);
  const head = text.encode(`DSSEv1 ${typeBytes.length} ${type} ${payload.length} `);
  const bytes = new Uint8Array(head.length + payload.length);
  bytes.set(head);
  bytes.set(payload, head.length);
  return bytes;
}
