import { type ReactNode, useState } from "react";
import type { AppDescription } from "../../api.ts";
import { Answered } from "../../parts/answered.tsx";
import { Section } from "../../parts/section.tsx";
import type { Answer } from "../../state/use-answer.ts";

/** The variables that it is given. What looks secret never reaches the browser. */
export function Environment({ answer }: { readonly answer: Answer<AppDescription | undefined> }): ReactNode {
  const [search, setSearch] = useState("");
  return (
    <Section title="Environment" className="environment">
      <Answered answer={answer}>
        {(description) => {
          const all = description?.environment ?? [];
          const shown = all.filter(({ name, value }) =>
            `${name}=${value ?? ""}`.toLowerCase().includes(search.toLowerCase()),
          );
          return (
            <>
              {all.length > 8 && (
                <label className="field">
                  <span className="hidden">Search variables</span>
                  <input
                    placeholder={`Search ${all.length} variables`}
                    value={search}
                    onChange={(event) => setSearch(event.target.value)}
                  />
                </label>
              )}
              <dl className="variables scroll" tabIndex={0} aria-label="Variables">
                {shown.map(({ name, value }) => (
                  <div key={name}>
                    <dt className="mono">{name}</dt>
                    <dd className="mono">
                      {value ?? (
                        <span className="secret" title="It looks secret: the daemon keeps it to itself.">
                          ••••••• hidden
                        </span>
                      )}
                    </dd>
                  </div>
                ))}
              </dl>
              {all.length === 0 && <p className="soft">It is given no variables.</p>}
            </>
          );
        }}
      </Answered>
    </Section>
  );
}
