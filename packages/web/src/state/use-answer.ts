import { useEffect, useRef, useState } from "react";
import type { Methods } from "../api.ts";
import type { Connection } from "../connection/connection.ts";
import { type Trouble, troubleOf } from "../connection/next-step.ts";
import { useLink } from "./hooks.ts";
import { usePage } from "./page.ts";

/** What a call gave. While it is asked again, what it gave last. */
export type Answer<T> =
  | { readonly kind: "asking" }
  | { readonly kind: "there"; readonly value: T }
  | { readonly kind: "failed"; readonly trouble: Trouble };

type Asked = Pick<Connection, "call">;

/** Asks when the component comes, whenever `key` is another, and after the connection was away. */
export function useAnswer<T>(ask: (connection: Asked) => Promise<T>, key: string | number): Answer<T> {
  const { connection } = usePage();
  const isLive = useLink().kind === "live";
  const [answer, setAnswer] = useState<Answer<T>>({ kind: "asking" });
  const newest = useRef(ask);
  newest.current = ask;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for what is asked.
  useEffect(() => {
    if (!isLive) return;
    let isOver = false;
    newest.current(connection).then(
      (value) => {
        if (!isOver) setAnswer({ kind: "there", value });
      },
      (error: unknown) => {
        if (!isOver) setAnswer({ kind: "failed", trouble: troubleOf(error) });
      },
    );
    return () => {
      isOver = true;
    };
  }, [key, isLive, connection]);
  return answer;
}

export type Result<K extends keyof Methods> = Methods[K]["result"];
