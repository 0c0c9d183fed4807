import { type ReactNode, useRef } from "react";
import { Icon } from "../../parts/icon.tsx";

interface AppPickerProps {
  readonly all: readonly string[];
  /** None stands for all. */
  readonly chosen: readonly string[];
  readonly onChoose: (chosen: readonly string[]) => void;
}

/** Which apps' logs are shown. */
export function AppPicker({ all, chosen, onChoose }: AppPickerProps): ReactNode {
  const box = useRef<HTMLDetailsElement>(null);
  const toggle = (app: string, isOn: boolean): void =>
    onChoose(isOn ? [...chosen, app] : chosen.filter((each) => each !== app));
  const close = (event: React.KeyboardEvent): void => {
    if (event.key !== "Escape" || box.current === null) return;
    box.current.open = false;
    box.current.querySelector("summary")?.focus();
  };
  const leave = (event: React.FocusEvent): void => {
    if (box.current !== null && event.relatedTarget !== null && !box.current.contains(event.relatedTarget))
      box.current.open = false;
  };
  return (
    <details className="picker" ref={box} onKeyDown={close} onBlur={leave}>
      <summary className="button">
        <span className="picker-text">{textOf(all, chosen)}</span>
        <Icon name="right" />
      </summary>
      <div className="picker-list card">
        <label className="check">
          <input type="checkbox" checked={chosen.length === 0} onChange={() => onChoose([])} />
          All apps
        </label>
        {all.map((app) => (
          <label className="check" key={app}>
            <input
              type="checkbox"
              checked={chosen.includes(app)}
              onChange={(event) => toggle(app, event.target.checked)}
            />
            <span>{app}</span>
          </label>
        ))}
      </div>
    </details>
  );
}

function textOf(all: readonly string[], chosen: readonly string[]): string {
  if (chosen.length === 0) return `All ${all.length} apps`;
  return chosen.length <= 2 ? chosen.join(", ") : `${chosen.length} apps`;
}
