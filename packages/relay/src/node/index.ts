export { nodeCrypto, nodeSigner } from "./node-crypto.ts";
export { type NodeTransport, type NodeTransportOptions, nodeTransport } from "./node-transport.ts";
