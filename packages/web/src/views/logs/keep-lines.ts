import type { LogLine, Methods } from "../../api.ts";
import type { Connection } from "../../connection/connection.ts";
import type { Notices } from "../../state/notices.ts";
import { plainText } from "./ansi-spans.ts";

/** Puts lines on the clipboard, as text. */
export async function copyLines(lines: readonly LogLine[], notices: Notices): Promise<void> {
  await navigator.clipboard.writeText(textOf(lines));
  notices.tell(`${lines.length} lines are on the clipboard.`);
}

/** Saves every line that matches, from the first on, as a file. */
export async function downloadLines(
  connection: Connection,
  query: Methods["logs.follow"]["params"],
  notices: Notices,
): Promise<void> {
  const parts: string[] = [];
  const { promise: caughtUp, resolve } = Promise.withResolvers<void>();
  const subscription = await connection.subscribe("logs.follow", query, ({ lines, caughtUp: isAll }) => {
    if (lines.length > 0) parts.push(textOf(lines));
    if (isAll === true) resolve();
  });
  await Promise.race([
    caughtUp,
    subscription.ended.then((error) => (error === undefined ? undefined : Promise.reject(error))),
  ]);
  await subscription.cancel();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type: "text/plain" }));
  link.download = `holdfast-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.log`;
  link.click();
  URL.revokeObjectURL(link.href);
  notices.tell(`${link.download} is being saved.`);
}

function textOf(lines: readonly LogLine[]): string {
  return lines
    .map(
      ({ time, project, name, instance, text }) =>
        `${time} ${project}/${name}.${instance} ${plainText(text)}\n`,
    )
    .join("");
}
