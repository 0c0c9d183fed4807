/** Processors used, as a share of one: `25%`, `310%`. */
export function cpuText(cpus: number | null | undefined): string {
  if (cpus === null || cpus === undefined) return "-";
  const percent = cpus * 100;
  return percent < 10 ? `${percent.toFixed(1)}%` : `${Math.round(percent)}%`;
}

const units: readonly string[] = ["B", "K", "M", "G", "T", "P"];

/** A size in four letters and a unit at most, in steps of 1024: `812K`, `1.5G`. */
export function sizeText(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return "-";
  let size = bytes;
  let unit = 0;
  while (size >= 1_000 && unit < units.length - 1) {
    size /= 1_024;
    unit++;
  }
  return `${size < 10 && unit > 0 ? size.toFixed(1) : Math.round(size)}${units[unit]}`;
}
