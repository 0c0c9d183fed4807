import type { ReactNode } from "react";
import type { Origin, Why } from "../../api.ts";
import { Answered } from "../../parts/answered.tsx";
import { Section } from "../../parts/section.tsx";
import { logKey } from "../../state/app-key.ts";
import { useNow } from "../../state/hooks.ts";
import type { Answer } from "../../state/use-answer.ts";
import { momentText } from "../../time/format.ts";
import { LogRow } from "../logs/log-row.tsx";
import "../logs/logs.css";

/** Why it is as it is, back to what it began with, with the last that it wrote. */
export function WhyCard({ answer }: { readonly answer: Answer<readonly Why[]> }): ReactNode {
  return (
    <Section title="Why" className="why">
      <Answered answer={answer}>
        {(whys) => (
          <>
            {whys.map((why) => (
              <WhyOne key={why.app.instance} why={why} />
            ))}
          </>
        )}
      </Answered>
    </Section>
  );
}

function WhyOne({ why: { text, chain, lastLines } }: { readonly why: Why }): ReactNode {
  const now = useNow(60_000);
  return (
    <div className="why-one">
      <p className="why-text">{text}</p>
      <ol className="chain" tabIndex={0} aria-label="What led to it, the newest first">
        {chain.map(({ seq, time, text: what, origin, by }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: several links may stand for no event of their own.
          <li key={`${seq} ${index}`}>
            <time dateTime={time}>{momentText(time, now)}</time>
            <span>
              {what}
              {origin !== null && <OriginChip origin={origin} />}
              {by !== null && origin?.type !== "request" && <span className="origin">by {by}</span>}
            </span>
          </li>
        ))}
      </ol>
      {lastLines.length > 0 && (
        <div className="why-lines">
          <h3>Its last lines</h3>
          {/* What scrolls must be reached by keyboard. */}
          <div className="last-lines" tabIndex={0} role="group" aria-label="Its last lines">
            {lastLines.map((line) => (
              <LogRow
                key={`${logKey(line)}/${line.offset}`}
                line={line}
                text=""
                source={null}
                isSplit={line.stream !== undefined}
                rows={1}
              />
            ))}
          </div>
        </div>
      )}
    </div>
  );
}

function OriginChip({ origin }: { readonly origin: Origin }): ReactNode {
  const isGood = origin.type === "exit" && origin.exit.code === 0;
  return <span className={isGood ? "origin" : `origin ${origin.type}`}>{originText(origin)}</span>;
}

function originText(origin: Origin): string {
  switch (origin.type) {
    case "request":
      return `asked by ${origin.by}`;
    case "exit":
      return "ended by itself";
    case "probe":
      return `${origin.probe} probe`;
    case "timer":
      return `${origin.timer} timer`;
    case "dependency":
      return `needs ${origin.app}`;
    case "watch":
      return "file changed";
    case "shortage":
      return "shortage";
    case "boot":
      return "daemon began";
  }
}
