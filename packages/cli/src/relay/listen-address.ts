import { CommandError, exitCodes } from "../exit-codes.ts";

/** Where a relay listens: an address and port, or a Unix socket. */
export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** Reads `HOST:PORT`, `[IPv6]:PORT`, `:PORT` (the loopback) or `unix:PATH`. Throws a `CommandError`. */
export function parseListen(text: string): ListenAddress {
  if (text.startsWith("unix:") && text.length > "unix:".length) return { path: text.slice("unix:".length) };
  const { ipv6, name, port } =
    /^(?:\[(?<ipv6>[0-9a-fA-F:.]+)\]|(?<name>[^:[\]]*)):(?<port>\d{1,5})$/.exec(text)?.groups ?? {};
  if (port !== undefined && Number(port) <= 65_535) {
    return { host: ipv6 ?? (name || "127.0.0.1"), port: Number(port) };
  }
  throw new CommandError(exitCodes.usage, `--listen ${text} is no address`, {
    remedy: "give HOST:PORT, such as 127.0.0.1:8787 or [::]:8787, or unix:PATH",
  });
}

/** True for an address that only this machine reaches. */
export function isLocal(address: ListenAddress): boolean {
  return "path" in address || /^(127\.|localhost$|::1$)/.test(address.host);
}
