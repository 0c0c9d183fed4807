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

/** The same for people, with the day before it unless that is today: `11-30 11:35:50.532`. `now` is wall-clock milliseconds. */
export function momentText(time: string, now: number): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  const isToday = at.toDateString() === new Date(now).toDateString();
  return isToday ? clockTime(time) : `${two(at.getMonth() + 1)}-${two(at.getDate())} ${clockTime(time)}`;
}
