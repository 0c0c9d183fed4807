import type { AppSpec } from "../spec/app-spec.ts";
import { keyText } from "../store/instance-record.ts";
import type { InstanceEntry } from "./instance-entry.ts";

/**
 * Chooses the ports that its spec leaves open and writes them down: those it had before, as long as they are free, and
 * never one that another instance was promised. Rejects when none is to be had.
 */
export async function takePorts(entry: InstanceEntry): Promise<void> {
  const { key, spec, world } = entry;
  const { choosePorts } = world;
  if (choosePorts === undefined) return;
  for (;;) {
    const promised = (): ReadonlySet<number> =>
      new Set(
        world.store.list().flatMap((other) => (keyText(other) === keyText(key) ? [] : (other.ports ?? []))),
      );
    const ports = await choosePorts(spec.ports, entry.record.ports ?? [], promised());
    const taken = promised();
    // Others choose at the same time; who writes first has it.
    if (ports.some((port, index) => spec.ports[index]?.port === 0 && taken.has(port))) continue;
    entry.patch({ ports });
    return;
  }
}

/** What tells an app its ports: `HOLDFAST_PORT_1`, …, and the first one as `PORT`, where it has none of its own. */
export function portVariables(
  spec: Pick<AppSpec, "ports" | "environment">,
  ports: readonly number[] = [],
): Readonly<Record<string, string>> {
  const [first] = ports;
  if (first === undefined) return {};
  return {
    ...("PORT" in spec.environment ? {} : { PORT: String(first) }),
    ...Object.fromEntries(ports.map((port, index) => [`HOLDFAST_PORT_${index + 1}`, String(port)])),
  };
}
