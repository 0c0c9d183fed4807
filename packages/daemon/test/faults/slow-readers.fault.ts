/** F15: many clients that follow everything and read nothing. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { projectSpec, restart } from "../fakes/app-spec.ts";
import { KillableDaemon } from "./killable-daemon.ts";
import { longestTurnMs, probed } from "./longest-turn.ts";
import { waiting } from "./operations.ts";
import { p99, pingedDuring } from "./pinging.ts";
import { RawDoor } from "./raw-client.ts";
import { scaled } from "./scale.ts";

const mostMibEach = 2;
/** What may be alive of 200 queues of 1 MiB is collected meanwhile. */
const mostTurnMs = 500;

test("F15: clients that read nothing cost no more than their queues, and others hear every line and event", {
  timeout: 300_000,
}, async () => {
  const clients = 200;
  const lines = scaled(100_000, 400_000);
  const daemon = new KillableDaemon();
  const rssMib = (field: "VmRSS" | "VmHWM"): number =>
    Number(
      new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(
        readFileSync(`/proc/${daemon.pid}/status`, "utf8"),
      )?.[1],
    ) / 1_024;
  let door: RawDoor | undefined;
  try {
    await daemon.start({ ...probed(daemon), HOLDFAST_HTTP: "0" });
    door = await RawDoor.of(daemon);
    const { restart: always } = restart("always");
    const crashing = waiting("crashing", daemon.root, {
      command: { kind: "exec", argv: ["/bin/sleep", "0.02"] },
      restart: { ...always, backoff: { initialMs: 1, maxMs: 1, factor: 1, resetAfterMs: 100_000 } },
    });
    // Waits for the file, then writes lines of 100 bytes, 20 MB of them a second.
    const program = `sleep 0.05 until -e $ARGV[0]; my $started = time;
      for (my $at = 0; $at < ${lines}; $at += 100) {
        my $text = ''; $text .= substr("line $_ " . 'x' x 99, 0, 99) . "\\n" for $at .. $at + 99;
        syswrite STDOUT, $text; my $early = ($at + 100) * 100 / 20e6 - (time - $started); sleep $early if $early > 0;
      } sleep 1000`;
    const loud = waiting("loud", daemon.root, {
      command: {
        kind: "exec",
        argv: ["/usr/bin/perl", "-MTime::HiRes=time,sleep", "-e", program, `${daemon.root}/go`],
      },
    });
    await daemon.api.call("apps.apply", { spec: projectSpec([crashing, loud]) });

    for (let index = 0; index < clients; index++) {
      if (index % 4 === 3) {
        const socket = await door.open();
        socket.write(`${door.head("GET /events")}\r\n`);
        await socket.answered("hello");
        socket.stopReading();
        continue;
      }
      const socket = await door.webSocket();
      socket.call("events.follow", {});
      socket.call("logs.follow", { targets: [{ project: "shop" }] });
      await socket.answered("caughtUp");
      socket.stopReading();
    }
    const before = rssMib("VmRSS");
    await longestTurnMs(daemon);

    const other = await daemon.connect();
    const seqs: number[] = [];
    let heard = 0;
    const [read, gone] = [Promise.withResolvers<void>(), new Set<string>()];
    await other.subscribe("events.follow", {}, ({ seq }) => seqs.push(seq));
    await other.subscribe("logs.follow", { targets: [{ project: "shop", name: "loud" }] }, (event) => {
      for (const { text } of event.lines) if (Number(text.split(" ")[1]) !== heard++) gone.add(text);
      if (heard === lines) read.resolve();
    });
    const pings = await pingedDuring(daemon.api, async () => {
      await daemon.api.call("apps.apply", {
        spec: projectSpec([crashing, loud, waiting("go", daemon.root, goes(daemon.root))]),
      });
      await read.promise;
    });
    expect([...gone].slice(0, 3)).toEqual([]);
    const first = seqs[0] ?? 0;
    const kept = await daemon.api.call("events.read", { after: first - 1, limit: 10_000 });
    expect(seqs.slice(0, kept.length)).toEqual(kept.map(({ seq }) => seq).slice(0, seqs.length));
    const eachMib = (rssMib("VmHWM") - before) / clients;
    const turnMs = await longestTurnMs(daemon);
    console.log(
      `F15: ${clients} clients that read nothing, ${heard} lines and ${seqs.length} events to one that does: 0 lost; RSS +${eachMib.toFixed(2)} MiB a client (target ${mostMibEach}); ping p99 ${p99(pings).toFixed(1)} ms, longest turn of the loop ${turnMs.toFixed(1)} ms of a processor`,
    );
    expect(eachMib).toBeLessThanOrEqual(mostMibEach);
    expect(turnMs).toBeLessThan(mostTurnMs);
    expect(seqs.length).toBeGreaterThan(20);
    expect(daemon.isDead).toBe(false);
  } finally {
    door?.close();
    await daemon.remove();
  }
});

/** An app that makes the file. */
function goes(root: string): {
  readonly command: { readonly kind: "exec"; readonly argv: [string, string] };
} {
  return { command: { kind: "exec", argv: ["/usr/bin/touch", `${root}/go`] } };
}
