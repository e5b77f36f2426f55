/** Each state by its shape as well as by its color. */
const PATHS: Record<string, string> = {
  idle: "M8 8m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0",
  running: "M8 2a6 6 0 0 1 6 6",
  done: "M3 8.5l3.4 3.5L13 4.5",
  failed: "M4 4l8 8M12 4l-8 8",
  waits: "M5.5 3.5v9M10.5 3.5v9",
  cancelled: "M4 4h8v8h-8z",
  play: "M5 3.5l8 4.5l-8 4.5z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  back: "M12 3.5l-6 4.5l6 4.5zM4 3.5v9",
  forward: "M4 3.5l6 4.5l-6 4.5zM12 3.5v9",
  attach: "M8 3v10M3 8h10",
  success: "M3 8.5l3.4 3.5L13 4.5",
};

export function Icon({ name }: { name: string }): React.JSX.Element {
  return (
    <svg viewBox="0 0 16 16" className={`icon icon-${name}`} aria-hidden>
      <path d={PATHS[name] ?? PATHS.failed} />
    </svg>
  );
}
