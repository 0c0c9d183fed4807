export { type AddressBook, type Contact, openAddressBook } from "./address-book.ts";
export { type Identity, openIdentity } from "./key-file.ts";
export { nodeCrypto, nodeSigner } from "./node-crypto.ts";
export { type NodeTransport, type NodeTransportOptions, nodeTransport } from "./node-transport.ts";
export { openSqliteMailStore } from "./sqlite-mail-store.ts";
export { keepStateFile, readStateFile, type StateFile, type StreamStatus } from "./state-file.ts";
