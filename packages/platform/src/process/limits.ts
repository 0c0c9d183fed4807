/** What the tree of one run may use at most; what is absent is not limited. */
export interface Limits {
  /** Bytes of memory, swap included. */
  readonly memoryBytes?: number;
  /** Processors: 0.5 is half of one. */
  readonly cpus?: number;
  /** Processes and threads. */
  readonly pids?: number;
}

export type LimitName = keyof Limits;

/** The controller of the kernel that enforces each. */
export const controllerOf: Readonly<Record<LimitName, string>> = {
  memoryBytes: "memory",
  cpus: "cpu",
  pids: "pids",
};

/** One file of a cgroup, and what to write there. `optional`: where it is missing the limit holds nearly as well. */
export interface LimitWrite {
  readonly file: string;
  readonly text: string;
  readonly optional?: true;
}

const cpuPeriodUs = 100_000;
/** The kernel takes no quota below 1 ms. */
const leastQuotaUs = 1_000;

/**
 * What enforces a limit, in the order in which it is to be written.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html, https://docs.kernel.org/admin-guide/cgroup-v1/
 */
export function limitWrites(name: LimitName, value: number, version: 1 | 2): readonly LimitWrite[] {
  switch (name) {
    case "memoryBytes": {
      const text = String(value);
      return version === 2
        ? [
            { file: "memory.max", text },
            // What is over the limit must not go on in swap, at a hundredth of the speed.
            { file: "memory.swap.max", text: "0", optional: true },
          ]
        : [
            { file: "memory.limit_in_bytes", text },
            { file: "memory.memsw.limit_in_bytes", text, optional: true },
          ];
    }
    case "cpus": {
      const quotaUs = Math.max(leastQuotaUs, Math.round(value * cpuPeriodUs));
      return version === 2
        ? [{ file: "cpu.max", text: `${quotaUs} ${cpuPeriodUs}` }]
        : [
            { file: "cpu.cfs_period_us", text: String(cpuPeriodUs) },
            { file: "cpu.cfs_quota_us", text: String(quotaUs) },
          ];
    }
    case "pids":
      return [{ file: "pids.max", text: String(value) }];
  }
}
