/** Three machines in network namespaces: a relay, and two that reach the relay and nothing else. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { onTestFinished } from "vitest";
import { Holdfast } from "./holdfast.ts";

/** The first namespace of a machine makes a mount of where they are named, and the last does not take it away. */
const names = "/run/netns";
const wasMounted = readFileSync("/proc/self/mounts", "utf8").includes(` ${names} `);

/** Why there are none here, as a reason to be skipped. */
export const whyNoNamespaces: string | undefined = lacking();

type Name = "relay" | "server" | "laptop";

export interface NamespacedMachines {
  readonly relay: Holdfast;
  readonly server: Holdfast;
  readonly laptop: Holdfast;
  readonly relayAddress: string;
  /** Whether a packet of one comes to the other, and an answer back. */
  reaches(from: Name, to: Name): boolean;
}

/** `manifest` is the server's. */
export function machinesInNamespaces(manifest: string): NamespacedMachines {
  const nameOf = (machine: Name): string => `hf${process.pid}-${machine}`;
  const within = (machine: Name): readonly string[] => ["ip", "netns", "exec", nameOf(machine)];
  onTestFinished(unmountNames);
  for (const machine of ["relay", "server", "laptop"] as const) {
    ip("netns", "add", nameOf(machine));
    onTestFinished(() => ip("netns", "del", nameOf(machine)));
    ip("-n", nameOf(machine), "link", "set", "lo", "up");
  }
  // The relay has one address; each machine has a wire of its own to it, and no route but that.
  ip("-n", nameOf("relay"), "addr", "add", addresses.relay, "dev", "lo");
  for (const machine of ["server", "laptop"] as const) {
    const [near, far] = [`to-${machine}`, "to-relay"];
    ip(
      "-n",
      nameOf("relay"),
      "link",
      "add",
      near,
      "type",
      "veth",
      "peer",
      "name",
      far,
      "netns",
      nameOf(machine),
    );
    ip("-n", nameOf("relay"), "link", "set", near, "up");
    ip("-n", nameOf(machine), "link", "set", far, "up");
    ip("-n", nameOf(machine), "addr", "add", `${addresses[machine]}/32`, "dev", far);
    ip("-n", nameOf(machine), "route", "add", addresses.relay, "dev", far, "src", addresses[machine]);
    ip("-n", nameOf("relay"), "route", "add", addresses[machine], "dev", near);
  }
  const machine = (name: Name, files: Readonly<Record<string, string>>): Holdfast =>
    new Holdfast(files, { within: within(name) });
  return {
    relay: machine("relay", { x: "" }),
    server: machine("server", { "holdfast.yaml": manifest }),
    laptop: machine("laptop", { x: "" }),
    relayAddress: addresses.relay,
    reaches(from, to) {
      const [program = "", ...args] = [...within(from), "bash", "-c", `exec 3<>/dev/tcp/${addresses[to]}/9`];
      const { stderr } = spawnSync(program, args, { encoding: "utf8", timeout: 2_000 });
      // Somebody was there to say that nobody listens.
      return stderr.includes("refused");
    },
  };
}

const addresses = { relay: "198.51.100.1", server: "192.0.2.10", laptop: "203.0.113.20" } as const;

function ip(...args: readonly string[]): void {
  execFileSync("ip", args, { stdio: "pipe" });
}

function lacking(): string | undefined {
  const name = `hf${process.pid}-try`;
  if (spawnSync("ip", ["netns", "add", name]).status !== 0) return "skipped: needs ip netns, as root";
  const made = spawnSync("ip", ["netns", "exec", name, "true"]).status === 0;
  spawnSync("ip", ["netns", "del", name]);
  unmountNames();
  return made ? undefined : "skipped: needs ip netns exec";
}

/** Does nothing while another namespace has its name there. */
function unmountNames(): void {
  if (!wasMounted) spawnSync("umount", [names]);
}
