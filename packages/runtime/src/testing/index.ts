export { FakeNode, type Order, type Orders } from "./fake-node.ts";
export { VirtualClock } from "./virtual-clock.ts";
