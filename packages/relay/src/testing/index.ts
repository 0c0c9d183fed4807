export { RelayError } from "../server/relay-error.ts";
export { FakeRelay, type FakeRelayOptions, type Weather } from "./fake-relay.ts";
export { type ProxyWeather, type TcpProxy, tcpProxy } from "./tcp-proxy.ts";
