/** Local time of day to the millisecond, of an RFC 3339 time; what is none as it is. */
export function clockTime(time: string): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  const ms = String(at.getMilliseconds()).padStart(3, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}`;
}

function two(count: number): string {
  return String(count).padStart(2, "0");
}
