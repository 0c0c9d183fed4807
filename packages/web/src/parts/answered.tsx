import type { ReactNode } from "react";
import type { Answer } from "../state/use-answer.ts";

interface AnsweredProps<T> {
  readonly answer: Answer<T>;
  readonly children: (value: T) => ReactNode;
}

/** What a call gave, or that it is on its way, or what went wrong and what to do. */
export function Answered<T>({ answer, children }: AnsweredProps<T>): ReactNode {
  switch (answer.kind) {
    case "asking":
      return <p className="soft">Asking…</p>;
    case "failed":
      return (
        <div role="alert">
          <p>{answer.trouble.message}</p>
          <p className="next-step">{answer.trouble.nextStep}</p>
        </div>
      );
    case "there":
      return children(answer.value);
  }
}
