import { type ReactNode, useEffect, useState } from "react";
import { readPreference, writePreference } from "../browser/preferences.ts";
import { Button } from "../parts/button.tsx";

type Theme = "auto" | "light" | "dark";
const following: Readonly<Record<Theme, Theme>> = { auto: "light", light: "dark", dark: "auto" };
const icons = { auto: "auto", light: "sun", dark: "moon" } as const;
const names: Readonly<Record<Theme, string>> = { auto: "as the system has it", light: "light", dark: "dark" };

/** Light, dark, or as the system has it. */
export function ThemeButton(): ReactNode {
  const [theme, setTheme] = useState<Theme>(readTheme);
  useEffect(() => {
    if (theme === "auto") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
    writePreference("theme", theme);
  }, [theme]);
  const choose = (): void => setTheme(following[theme]);
  return <Button label={`Theme: ${names[theme]}`} icon={icons[theme]} bare onPress={choose} />;
}

function readTheme(): Theme {
  const kept = readPreference("theme");
  return kept === "light" || kept === "dark" ? kept : "auto";
}
