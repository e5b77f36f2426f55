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

/** The sentence inside `HTTP 413: {"error": {"message": "…"}}` or `{"message": "…"}`. */
function said(message: string): string | null {
  const json = message.indexOf("{");
  if (json < 0) return null;
  try {
    const body = JSON.parse(message.slice(json)) as { message?: unknown; error?: { message?: unknown } | string };
    const found = typeof body.error === "object" ? body.error?.message : (body.message ?? body.error);
    return typeof found === "string" && found ? found : null;
  } catch {
    return null;
  }
}
