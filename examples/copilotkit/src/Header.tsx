import { useBoard, type View } from "./board/board-state";
import { Icon } from "./Icon";
import { useSettings } from "./settings";
import type { Language } from "./text";

const LANGUAGES: [Language, string][] = [
  ["ru", "Рус"],
  ["en", "Eng"],
];

interface Props {
  threadsShown: boolean;
  showThreads: (shown: boolean) => void;
}

export function Header({ threadsShown, showThreads }: Props) {
  const { text, language, setLanguage, theme, setTheme } = useSettings();
  const { view, setView } = useBoard();
  const other = theme === "dark" ? "light" : "dark";
  return (
    <header className="top">
      <button
        type="button"
        className="icon-button"
        aria-expanded={threadsShown}
        aria-label={threadsShown ? text.threads.hide : text.threads.show}
        onClick={() => showThreads(!threadsShown)}
      >
        <Icon name="panel" />
      </button>
      <h1>
        <img src="/icon.svg" alt="" width="26" height="26" />
        {text.brand} <small>{text.tagline}</small>
      </h1>
      <div className="switch views" role="group" aria-label={`${text.views.chat} / ${text.views.board}`}>
        {(["chat", "board"] satisfies View[]).map((name) => (
          <button key={name} type="button" aria-pressed={view === name} onClick={() => setView(name)}>
            {text.views[name]}
          </button>
        ))}
      </div>
      <span className="grow" />
      <div className="switch" role="group" aria-label={text.language}>
        {LANGUAGES.map(([code, name]) => (
          <button key={code} type="button" lang={code} aria-pressed={language === code} onClick={() => setLanguage(code)}>
            {name}
          </button>
        ))}
      </div>
      <button type="button" className="icon-button" aria-label={text.theme[other]} onClick={() => setTheme(other)}>
        <Icon name={theme === "dark" ? "sun" : "moon"} />
      </button>
    </header>
  );
}
