/** Language and theme: chosen here or by the agent, remembered by the browser. */
import { createContext, use, useEffect, useMemo, useState, type ReactNode } from "react";
import { formats, type Formats } from "./format";
import { TEXTS, type Language, type Text } from "./text";

export type Theme = "light" | "dark";

interface Settings {
  language: Language;
  setLanguage: (language: Language) => void;
  theme: Theme;
  setTheme: (theme: Theme) => void;
  text: Text;
  format: Formats;
}

const SettingsContext = createContext<Settings | null>(null);

export function useSettings(): Settings {
  const settings = use(SettingsContext);
  if (!settings) throw new Error("useSettings needs a SettingsProvider above it");
  return settings;
}

export function SettingsProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useRemembered<Language>("language", ["ru", "en"], browserLanguage);
  const [theme, setTheme] = useRemembered<Theme>("theme", ["light", "dark"], systemTheme);

  useEffect(() => {
    document.documentElement.lang = language;
    document.title = TEXTS[language].title;
  }, [language]);

  useEffect(() => {
    // `dark` is the class that CopilotKit's own styles look for.
    document.documentElement.classList.toggle("dark", theme === "dark");
  }, [theme]);

  const value = useMemo(
    () => ({ language, setLanguage, theme, setTheme, text: TEXTS[language], format: formats(language) }),
    [language, setLanguage, theme, setTheme],
  );
  return <SettingsContext value={value}>{children}</SettingsContext>;
}

/** The first of the browser's languages that the page has; else English. */
function browserLanguage(): Language {
  const known = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in TEXTS);
  return (known as Language | undefined) ?? "en";
}

function systemTheme(): Theme {
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function useRemembered<T extends string>(key: string, allowed: readonly T[], initial: () => T) {
  const [value, setValue] = useState<T>(() => {
    const stored = localStorage.getItem(key) as T | null;
    return stored && allowed.includes(stored) ? stored : initial();
  });
  useEffect(() => localStorage.setItem(key, value), [key, value]);
  return [value, setValue] as const;
}
