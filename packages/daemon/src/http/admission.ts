/** Who is let in: a program that shows the token, or a browser that shows its cookie. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Caller } from "../api/methods.ts";
import { jsonBody } from "./json-body.ts";
import { refuse, replyJson } from "./reply.ts";
import { type Role, type Sessions, sameSecret } from "./sessions.ts";

/** Who is let in, and to do what. */
export interface Admitted extends Caller {
  readonly role: Role;
  /** The browser's session; absent for a program. */
  readonly session?: string;
}

export interface AdmissionSeams {
  readonly token: string;
  readonly sessions: Sessions;
  /** Browsers keep cookies by host and not by port: each port has a name of its own. */
  readonly cookieName: () => string;
  /** Ends what a session has open. */
  readonly endSession: (id: string) => void;
}

export class Admission {
  readonly #seams: AdmissionSeams;

  constructor(seams: AdmissionSeams) {
    this.#seams = seams;
  }

  admit(request: IncomingMessage): Admitted | undefined {
    const { token, sessions } = this.#seams;
    const shown = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (shown !== undefined) {
      return sameSecret(shown, token) ? { principal: "token", role: "operate" } : undefined;
    }
    const secret = cookieOf(request.headers.cookie, this.#seams.cookieName());
    const session = secret === undefined ? undefined : sessions.find(secret);
    return session && { principal: `session ${session.id}`, role: session.role, session: session.id };
  }

  /** `POST /login`: a one-time code for a cookie, which is good under the next daemon too. */
  async logIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await jsonBody(request, response);
    if (text === undefined) return;
    const code = codeOf(text);
    const session = code === undefined ? undefined : this.#seams.sessions.logIn(code);
    if (session === undefined) {
      return refuse(
        response,
        401,
        "this code was used, is older than a minute, or never was one: run holdfast dashboard again",
      );
    }
    await this.#seams.sessions.kept();
    const age = Math.floor(session.maxAgeMs / 1_000);
    replyJson(response, 200, {}, { "Set-Cookie": this.#cookie(session.secret, age) });
  }

  /** `POST /logout`: ends the session of the cookie, with all that it has open. A program has none to end. */
  async logOut(request: IncomingMessage, response: ServerResponse, { session }: Admitted): Promise<void> {
    if ((await jsonBody(request, response)) === undefined) return;
    if (session !== undefined) {
      this.#seams.sessions.revoke(session);
      this.#seams.endSession(session);
      await this.#seams.sessions.kept();
    }
    replyJson(response, 200, {}, { "Set-Cookie": this.#cookie("", 0) });
  }

  #cookie(secret: string, maxAge: number): string {
    return `${this.#seams.cookieName()}=${secret}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${maxAge}`;
  }
}

function codeOf(text: string): string | undefined {
  try {
    const { code } = JSON.parse(text) as { code?: unknown };
    return typeof code === "string" ? code : undefined;
  } catch {
    return undefined;
  }
}

function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const part of header?.split(";") ?? []) {
    const [key, value] = part.trim().split("=", 2);
    if (key === name) return value;
  }
  return undefined;
}
