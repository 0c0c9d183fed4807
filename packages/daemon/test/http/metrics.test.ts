import { expect, test } from "vitest";
import { metricsText } from "../../src/http/metrics.ts";

const daemon = { version: "1", startedAt: 1_000, residentBytes: 2, events: 3 };
const usage = (name: string, cpuMs: number | null, memoryBytes: number | null) => ({
  key: { project: "shop", name, instance: 1 },
  cookie: "c",
  cpuMs,
  memoryBytes,
  processes: 2,
});

test("processor time and memory of each app are in the metrics, and what is not known is left out", () => {
  const text = metricsText([], [usage("web", 1_500, 4_096), usage("db", null, null)], daemon);
  const lines = text.split("\n").filter((line) => line.startsWith("holdfast_app_"));
  expect(lines).toEqual([
    'holdfast_app_cpu_seconds_total{project="shop",app="web",instance="1"} 1.5',
    'holdfast_app_memory_bytes{project="shop",app="web",instance="1"} 4096',
    'holdfast_app_processes{project="shop",app="web",instance="1"} 2',
    'holdfast_app_processes{project="shop",app="db",instance="1"} 2',
  ]);
  expect(text).toContain(
    "# TYPE holdfast_app_cpu_seconds counter\n# UNIT holdfast_app_cpu_seconds seconds\n",
  );
  expect(text.endsWith("# EOF\n")).toBe(true);
});
