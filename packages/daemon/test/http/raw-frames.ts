/** The bytes of one masked frame of a WebSocket, whose mask is zero. */
export function frame(opcode: number, payload: Buffer, isFinal = true): Buffer {
  const head = [(isFinal ? 0x80 : 0) | opcode];
  if (payload.length < 126) head.push(0x80 | payload.length);
  else if (payload.length < 65_536) head.push(0x80 | 126, payload.length >> 8, payload.length & 0xff);
  else head.push(0x80 | 127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (payload.length >> shift) & 0xff));
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}
