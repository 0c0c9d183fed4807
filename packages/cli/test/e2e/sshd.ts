import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { onTestFinished } from "vitest";
import type { Holdfast } from "./holdfast.ts";

const program = "/usr/sbin/sshd";
const isRoot = process.getuid?.() === 0;

/** Root's sshd wants a directory in `/run`, which it is given in a mount namespace of its own. */
const mountsRun = [
  "unshare",
  "-m",
  "/bin/sh",
  "-c",
  'mount -t tmpfs none /run && mkdir /run/sshd && exec "$@"',
  "sh",
];

/** Why there can be no ssh here; undefined where there can. */
export const whyNoSsh: string | undefined =
  !existsSync(program) || spawnSync("ssh", ["-V"]).status !== 0
    ? "skipped: needs openssh-server and openssh-client"
    : isRoot && spawnSync(mountsRun[0] ?? "", [...mountsRun.slice(1), "true"]).status !== 0
      ? "skipped: needs a mount namespace"
      : undefined;

/** Starts an sshd on the loopback that lets in who has a key made just now. Resolves with the words of an `ssh` to it. */
export async function startSshd(holdfast: Holdfast): Promise<readonly string[]> {
  const directory = join(holdfast.root, "ssh");
  mkdirSync(directory, { mode: 0o700 });
  const file = (name: string): string => join(directory, name);
  for (const name of ["host", "user"])
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file(name)]);
  const port = await freePort();
  const [type, key] = readFileSync(file("host.pub"), "utf8").split(" ");
  writeFileSync(file("known"), `[127.0.0.1]:${port} ${type} ${key}\n`);
  writeFileSync(
    file("config"),
    `ListenAddress 127.0.0.1:${port}
HostKey ${file("host")}
AuthorizedKeysFile ${file("user.pub")}
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PrintMotd no
PrintLastLog no
`,
  );
  const [command = "", ...args] = [...(isRoot ? mountsRun : []), program, "-D", "-e", "-f", file("config")];
  const sshd = spawn(command, args, {
    env: { PATH: process.env["PATH"], HOLDFAST_E2E: holdfast.root },
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(() => void sshd.kill("SIGKILL"));
  let said = "";
  sshd.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  for (const deadline = systemClock.monotonic() + 10_000; !said.includes("Server listening"); ) {
    if (sshd.exitCode !== null || systemClock.monotonic() > deadline)
      throw new Error(`sshd does not listen: ${said}`);
    await systemClock.sleep(10);
  }
  const options = {
    IdentityFile: file("user"),
    IdentitiesOnly: "yes",
    UserKnownHostsFile: file("known"),
    LogLevel: "ERROR",
  };
  return [
    ...["ssh", "-F", "none", "-p", String(port)],
    ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
    `${userInfo().username}@127.0.0.1`,
  ];
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
