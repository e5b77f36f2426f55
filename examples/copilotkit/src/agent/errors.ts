import type { Text } from "../text";

/**
 * One plain sentence about a failure. What the bridge says itself (RUN_ERROR, or the `message` of an HTTP error) is
 * already written for people; what the browser says ("Failed to fetch") is not.
 */
export function explain(error: Error, code: string, text: Text["errors"]): string {
  const message = error.message;
  const status = Number((error as { status?: number }).status ?? /\b(?:HTTP|status:?)\s*(\d{3})\b/i.exec(message)?.[1]);
  if (status === 409 || code === "agent_thread_locked" || /thread_busy/.test(message)) return text.busy;
  if (status === 401 || status === 403) return text.key;
  if (status === 404 && code !== "runtime_info_fetch_failed") return text.missing;
  if (code === "runtime_info_fetch_failed") return text.network;
  if (code === "agent_run_error_event") return message || text.other;
  if (/INCOMPLETE_STREAM|network error|terminated|incomplete|aborted/i.test(message)) return text.cut;
  if (/failed to fetch|networkerror|load failed/i.test(message)) return text.network;
  return said(message) ?? text.other;
}

/** The sentence in `HTTP 413: …`, whose body the bridge writes for people; other servers and proxies send JSON or HTML. */
function said(message: string): string | null {
  const body = /^HTTP \d{3}: (.+)$/s.exec(message)?.[1]?.trim();
  if (!body || body.startsWith("<") || body.length > 300) return null;
  if (!body.startsWith("{")) return body;
  try {
    const { message, error } = JSON.parse(body) as { message?: unknown; error?: { message?: unknown } };
    const found = message ?? error?.message; // `message` is in the page's language
    return typeof found === "string" && found ? found : null;
  } catch {
    return null;
  }
}
