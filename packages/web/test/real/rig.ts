/** A real daemon of this checkout with small real apps, and a real browser in front of it. */
import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectDaemon, type DaemonClient } from "@holdfast/daemon/client";
import { loadProject } from "@holdfast/daemon/manifest";
import { removeCgroups, removeHome } from "@holdfast/platform/testing";
import { systemClock } from "@holdfast/runtime";
import { type Browser, type BrowserContext, chromium as engine, type Page } from "playwright";
import type { TestContext } from "vitest";
import { chromium } from "../../../../test/engines/chromium.ts";

const bin = new URL("../../../cli/bin/holdfast.js", import.meta.url).pathname;
const built = new URL("../../dist/index.html", import.meta.url).pathname;

/** Why these tests cannot run here; undefined where they can. */
export const whyNot: string | undefined = chromium === undefined ? "skipped: needs chromium" : undefined;

/** A page, and whatever it complained about. */
export interface OpenPage {
  readonly page: Page;
  /** Errors of scripts and of the console, and breaches of the page's policy. */
  readonly complaints: string[];
}

export interface OpenOptions {
  readonly role?: "operate" | "read";
  readonly scheme?: "light" | "dark";
  readonly size?: { readonly width: number; readonly height: number };
  /** The view, as its fragment. */
  readonly at?: string;
  /** Runs in the page before its own scripts. */
  readonly first?: () => void;
}

export class Rig implements AsyncDisposable {
  readonly root: string = mkdtempSync(join(tmpdir(), "holdfast-web-"));
  readonly home: string = join(this.root, "home");
  readonly #said: string = join(this.root, "daemon.log");
  readonly #browser: Browser;
  readonly #contexts: BrowserContext[] = [];
  #child: ChildProcess | undefined;
  #client: DaemonClient | undefined;
  #url = "";

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** Starts a daemon, and the browser. The projects are manifests by name. */
  static async start(projects: Readonly<Record<string, string>>): Promise<Rig> {
    if (!existsSync(built)) throw new Error("the dashboard is not built: npm run build");
    const rig = new Rig(
      await engine.launch({
        ...(chromium !== undefined && { executablePath: chromium }),
        args: ["--no-sandbox"],
      }),
    );
    try {
      await rig.startDaemon();
      for (const [name, manifest] of Object.entries(projects)) await rig.apply(name, manifest);
      return rig;
    } catch (error) {
      await rig[Symbol.asyncDispose]();
      throw error;
    }
  }

  get client(): DaemonClient {
    if (this.#client === undefined) throw new Error("no daemon runs");
    return this.#client;
  }

  async startDaemon(): Promise<void> {
    const said = openSync(this.#said, "a");
    this.#child = spawn(process.execPath, [bin, "daemon", "run"], {
      env: { ...process.env, HOLDFAST_HOME: this.home, HOLDFAST_WEB_TEST: this.root },
      stdio: ["ignore", "ignore", said],
      detached: true,
    });
    closeSync(said);
    await until("the daemon listens", async () => {
      this.#client = await connectDaemon(this.home).catch(() => undefined);
      return this.#client !== undefined;
    });
    this.#url = (await this.client.call("system.info", { settled: true })).http ?? "";
  }

  /** As a crash would: no apps are stopped, and nobody is told. */
  async killDaemon(): Promise<void> {
    const child = this.#child;
    const { promise, resolve } = Promise.withResolvers<void>();
    child?.once("exit", () => resolve());
    child?.kill("SIGKILL");
    await promise;
    this.#client?.close();
  }

  /** Applies a manifest, in a directory with the files given. */
  async apply(name: string, manifest: string, files: Readonly<Record<string, string>> = {}): Promise<void> {
    const directory = join(this.root, name);
    mkdirSync(directory, { recursive: true });
    for (const [file, text] of Object.entries({ ...files, "holdfast.yaml": manifest })) {
      writeFileSync(join(directory, file), text);
    }
    const env = { PATH: "/usr/local/bin:/usr/bin:/bin", HOLDFAST_WEB_TEST: this.root };
    const { spec } = loadProject({ cwd: directory, env });
    await this.client.call("apps.apply", { spec, removeOrphans: true });
  }

  /** A browser of its own that was let in and shows a view. */
  async open({
    role = "operate",
    scheme = "light",
    size,
    at = "#/",
    first,
  }: OpenOptions = {}): Promise<OpenPage> {
    const context = await this.#browser.newContext({
      colorScheme: scheme,
      viewport: size ?? { width: 1280, height: 800 },
      permissions: ["clipboard-read", "clipboard-write"],
    });
    this.#contexts.push(context);
    const page = await context.newPage();
    // Shorter than a test may take, so that a failure names what was waited for.
    page.setDefaultTimeout(12_000);
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning")
        complaints.push(`console: ${message.text()}`);
    });
    page.on("request", (request) => {
      const isOwn =
        request.url().startsWith(`${this.#url}/`) ||
        request.url().startsWith("data:") ||
        request.url().startsWith("blob:");
      if (!isOwn) complaints.push(`request: ${request.url()}`);
    });
    await page.exposeFunction("complain", (text: string) => complaints.push(text));
    await page.addInitScript(() => {
      addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
        (globalThis as unknown as { complain: (text: string) => void }).complain(
          `policy: ${violatedDirective} ${blockedURI}`,
        );
      });
    });
    if (first !== undefined) await page.addInitScript(first);
    const { url } = await this.client.call("sessions.invite", { role });
    await page.goto(url);
    await page.getByText("Live", { exact: true }).waitFor();
    if (at !== "#/") await this.show(page, at);
    return { page, complaints };
  }

  /** Goes to a view; it is there, with what it asked for. */
  async show(page: Page, at: string): Promise<void> {
    await page.evaluate(async (fragment) => {
      location.hash = fragment;
      await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
    }, at);
    await page.waitForFunction(() => {
      const main = document.querySelector("main");
      return (
        main?.querySelector("h1") && !main.querySelector(".loading") && !main.textContent.includes("Asking…")
      );
    });
  }

  /** Closes all pages: each one costs the machine something for as long as it is open. Tells what they showed to a test that failed. */
  async closePages(test?: Pick<TestContext, "task">): Promise<void> {
    if (test?.task.result?.state === "fail") await this.#tell();
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
  }

  /** Ends the daemon, whatever was started here, and the browser: the last, since a page that hangs holds it up. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#client?.close();
    for (let look = 0; look < 100 && this.#processes().length > 0; look++) {
      for (const pid of this.#processes()) {
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // It has just ended.
        }
      }
      await systemClock.sleep(20);
    }
    removeHome(this.root);
    removeCgroups(this.home);
    await this.#browser.close();
  }

  async #tell(): Promise<void> {
    for (const page of this.#contexts.flatMap((context) => context.pages())) {
      const text = await page.evaluate(() => document.body.textContent).catch(String);
      console.log(`${page.url()} shows:\n${text.slice(0, 1_500)}`);
    }
    console.log(`the daemon said: ${readFileSync(this.#said, "utf8")}`);
  }

  #processes(): readonly number[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .map(Number)
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/environ`, "latin1").includes(this.root);
        } catch {
          return false;
        }
      });
  }
}

/** Looks again and again until it is so; throws when it is not within 20 s. */
export async function until(what: string, look: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = systemClock.monotonic() + 20_000;
  while (!(await look())) {
    if (systemClock.monotonic() > deadline) throw new Error(`it did not come to be that ${what}`);
    await systemClock.sleep(10);
  }
}
