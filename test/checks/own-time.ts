/** Processor time of this thread so far, in ms: what others do with the machine does not count. */
export function ownMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
