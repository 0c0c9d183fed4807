export { type ChannelPair, channelPair, type MemoryChannel } from "./channel-pair.ts";
