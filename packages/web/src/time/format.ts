/** How lengths of time, sizes and shares are written: short, and never wider than they must be. */

/** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `4 d 2 h`. Below 0 is 0. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 9.95) return `${trim(seconds.toFixed(1))} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3_600) return two(Math.floor(whole / 60), "min", whole % 60, "s");
  const minutes = Math.floor(whole / 60);
  if (minutes < 1_440) return two(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.floor(minutes / 60);
  return two(Math.floor(hours / 24), "d", hours % 24, "h");
}

/** In whole seconds, for what ticks: `0 s`, `59 s`, `2 min 5 s`. */
export function tickingText(ms: number): string {
  const whole = Math.floor(Math.max(0, ms) / 1_000);
  return whole < 60 ? `${whole} s` : durationText(whole * 1_000);
}

/** How old something is, no more exactly than anybody asks: `42 s`, `10 min`, `2 h 5 min`. */
export function ageText(ms: number): string {
  const whole = Math.floor(Math.max(0, ms) / 1_000);
  return whole < 60 ? `${whole} s` : durationText(Math.floor(whole / 60) * 60_000);
}

/** `512 B`, `4.2 KiB`, `310 MiB`. */
export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_024;
    unit++;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : trim(value.toFixed(1))} ${units[unit]}`;
}

/** Processors as a share of one: `0.3 %`, `25 %`, `210 %`. */
export function cpuText(cpus: number): string {
  const percent = cpus * 100;
  return `${percent < 9.95 ? trim(percent.toFixed(1)) : Math.round(percent)} %`;
}

/** The time of day in the reader's zone: `14:03:07`, with `.123` where it matters. */
export function clockText(time: string, withMs = false): string {
  const date = new Date(time);
  const text = clock.format(date);
  return withMs ? `${text}.${String(date.getMilliseconds()).padStart(3, "0")}` : text;
}

/** With the day where it is not today's: `14:03:07`, `12 May, 14:03:07`. */
export function momentText(time: string, now: number): string {
  const date = new Date(time);
  return date.toDateString() === new Date(now).toDateString()
    ? clock.format(date)
    : `${day.format(date)}, ${clock.format(date)}`;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

function trim(text: string): string {
  return text.replace(/\.0$/, "");
}
