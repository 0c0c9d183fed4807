import type { AppStatus, Methods } from "@holdfast/daemon/api";
import type { CliEnvironment } from "../cli-environment.ts";
import { commands } from "../command-line/commands.ts";
import { tryConnect } from "../connection/connect.ts";
import { currentProject } from "../targets/current-project.ts";
import { type Candidate, inlineLead, type Wanted, wantedAt } from "./wanted.ts";

/** Whoever pressed Tab does not wait longer for a daemon. */
const patienceMs = 500;

/**
 * What the completion scripts ask for: a line `VALUE<TAB>WHAT` for each word that may stand in the place of the last one,
 * or the one line `:files`. Says nothing on stderr and never fails.
 */
export async function completionLines(
  cli: CliEnvironment,
  words: readonly string[],
): Promise<readonly string[]> {
  try {
    const wanted = wantedAt(words, commands);
    if (wanted.kind === "files") return [":files"];
    const typed = (words.at(-1) ?? "").slice(inlineLead(words).length);
    return (await candidatesOf(cli, wanted))
      .filter(({ value }) => value.startsWith(typed) && isPlain.test(value))
      .map(({ value, text }) => `${value}\t${text}`);
  } catch {
    return [];
  }
}

/** What a shell takes as it is: nothing else is offered to it. */
const isPlain: RegExp = /^[\w./@+-]+$/;

async function candidatesOf(
  cli: CliEnvironment,
  wanted: Exclude<Wanted, { readonly kind: "files" }>,
): Promise<readonly Candidate[]> {
  switch (wanted.kind) {
    case "nothing":
      return [];
    case "words":
      return wanted.candidates;
    case "nodes":
      return await nodes(cli);
    case "projects":
      return [...new Set((await apps(cli)).map(({ project }) => project))].map((value) => ({
        value,
        text: "project",
      }));
    case "apps": {
      const there = wanted.node === undefined ? cli : { ...cli, node: wanted.node };
      const project = wanted.isAll ? undefined : await currentProject(there, wanted.project);
      const running = appCandidates(await apps(there), project);
      const known = wanted.from === "manifest" ? [...(await manifestCandidates(cli)), ...running] : running;
      const unique = new Map(known.map((candidate) => [candidate.value, candidate]));
      return [...unique.values()].filter(({ value }) => !wanted.given.includes(value));
    }
  }
}

/** Those of the project by their names, with their instances; all others as `PROJECT/APP`. */
function appCandidates(all: readonly AppStatus[], project: string | undefined): readonly Candidate[] {
  return all.flatMap((app) => {
    const several = all.some(
      (other) => other.project === app.project && other.name === app.name && other.instance > 1,
    );
    const lead = app.project === project ? "" : `${app.project}/`;
    const whole = { value: `${lead}${app.name}`, text: several ? "all its instances" : app.state };
    const one = { value: `${lead}${app.name}.${app.instance}`, text: app.state };
    const group = app.group === null || lead !== "" ? [] : [{ value: app.group, text: "a group" }];
    return several ? [whole, one, ...group] : [whole, ...group];
  });
}

async function apps(cli: CliEnvironment): Promise<readonly AppStatus[]> {
  return (await asked(cli, "apps.list")) ?? [];
}

/** Of this machine, whatever machine the words are about. */
async function nodes(cli: CliEnvironment): Promise<readonly Candidate[]> {
  const { nodes: known = [] } = (await asked(cli, "remote.status")) ?? {};
  return known.map(({ name, role }) => ({ value: name, text: `may do ${role ?? "nothing"} here` }));
}

/** What the daemon answers, or undefined where there is none. */
async function asked<K extends "apps.list" | "remote.status">(
  cli: CliEnvironment,
  method: K,
): Promise<Methods[K]["result"] | undefined> {
  const daemon = await tryConnect(cli);
  if (daemon === undefined) return undefined;
  try {
    return await daemon.call(method, {}, { timeoutMs: patienceMs });
  } finally {
    daemon.close();
  }
}

async function manifestCandidates(cli: CliEnvironment): Promise<readonly Candidate[]> {
  const { loadProject, nodeSources } = await import("@holdfast/daemon/manifest");
  try {
    const { spec } = loadProject({ cwd: cli.directory, env: cli.variables }, nodeSources);
    return spec.apps.map(({ name }) => ({ value: name, text: "of the manifest" }));
  } catch {
    return [];
  }
}
