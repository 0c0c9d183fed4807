export { FakeChild, type FakeChildOptions } from "./fake-child.ts";
export { FakeNode, type Order, type Orders } from "./fake-node.ts";
export { VirtualClock } from "./virtual-clock.ts";
