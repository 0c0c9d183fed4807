import { COOKIE_VARIABLE } from "../process/identity.ts";
import type { LaunchRequest, ResourceLimit } from "./launcher.ts";

/** Throws `TypeError` for a request that no system could carry out: a NUL, a relative path, a malformed name. */
export function checkRequest(request: LaunchRequest): void {
  if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/.test(request.cookie)) {
    throw new TypeError(`not a cookie: ${JSON.stringify(request.cookie)}`);
  }
  for (const path of [request.cwd, ...outputsOf(request), ...(request.cgroups ?? [])]) {
    if (!path.startsWith("/")) throw new TypeError(`not an absolute path: ${JSON.stringify(path)}`);
  }
  for (const name of Object.keys(request.env)) {
    if (name === "" || name.includes("=")) throw new TypeError(`not a variable: ${JSON.stringify(name)}`);
  }
  if (fieldsOf(request).some((field) => field.includes("\0"))) {
    throw new TypeError(`a NUL byte in the launch of ${JSON.stringify(request.argv[0])}`);
  }
}

/** One request as the keeper reads it: its length in four bytes, then its fields, separated by NUL. */
export function encodeFrame(request: LaunchRequest): Uint8Array {
  const body = fieldsOf(request).join("\0");
  const frame = Buffer.allocUnsafe(4 + Buffer.byteLength(body));
  frame.writeUInt32BE(frame.length - 4);
  frame.write(body, 4);
  return frame;
}

/** The files that it writes to: one, or one for each stream. */
export function outputsOf({ output, errorOutput }: LaunchRequest): readonly string[] {
  return errorOutput === undefined ? [output] : [output, errorOutput];
}

function fieldsOf(request: LaunchRequest): readonly string[] {
  const socketName = `holdfast/${request.cookie}`;
  const env = {
    ...request.env,
    [COOKIE_VARIABLE]: request.cookie,
    // An abstract socket: a path in the run directory may be longer than the kernel takes, and other users' apps
    // could not reach it. The keeper believes only who belongs to the app.
    ...(request.notify === true && { NOTIFY_SOCKET: `@${socketName}` }),
  };
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return [
    request.cookie,
    request.cwd,
    (request.cgroups ?? []).join("\n"),
    request.output,
    request.errorOutput ?? "",
    request.user ?? "",
    (request.groups ?? []).join(","),
    (request.resourceLimits ?? []).map(resourceLimitText).join(","),
    request.notify === true ? socketName : "",
    String(variables.length),
    ...variables,
    ...request.argv,
  ];
}

function resourceLimitText({ resource, soft, hard }: ResourceLimit): string {
  const text = (value: ResourceLimit["soft"]): string => (value === "unlimited" ? "-1" : String(value));
  return `${resource}:${text(soft)}:${text(hard)}`;
}
