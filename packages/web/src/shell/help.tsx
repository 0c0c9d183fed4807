import { type ReactNode, useState } from "react";
import { readPreference, writePreference } from "../browser/preferences.ts";
import { Dialog } from "../parts/dialog.tsx";

const groups: readonly { readonly title: string; readonly keys: readonly (readonly [string, string])[] }[] = [
  {
    title: "Everywhere",
    keys: [
      ["/", "search"],
      ["?", "this list"],
      ["g o", "overview"],
      ["g g", "graph"],
      ["g l", "logs"],
      ["g e", "events"],
      ["g s", "system"],
    ],
  },
  {
    title: "Overview",
    keys: [
      ["j k", "next, previous app"],
      ["Enter", "look at the app"],
      ["x", "select it"],
      ["s", "start"],
      ["q", "stop"],
      ["r", "restart"],
      ["l", "its logs"],
      ["a", "select all that are shown, or none"],
    ],
  },
  {
    title: "Logs",
    keys: [
      ["f", "follow, or stay"],
      ["w", "wrap lines"],
      ["Home End", "the first, the newest lines"],
    ],
  },
];

export function Help({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [isOn, setOn] = useState(readPreference("shortcuts") !== "off");
  const toggle = (): void => {
    writePreference("shortcuts", isOn ? "off" : "on");
    setOn(!isOn);
  };
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <div className="shortcuts">
        {groups.map(({ title, keys }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(([key, what]) => (
                <div key={key}>
                  <dt>
                    {key.split(" ").map((each) => (
                      <kbd key={`${key} ${each}`}>{each}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <label className="check">
        <input type="checkbox" checked={isOn} onChange={toggle} />
        Single keys do something (all but <kbd>?</kbd>)
      </label>
    </Dialog>
  );
}
