import type { Failure } from "../chat/chat-state";
import type { Text } from "../text";

/**
 * One plain sentence about a failure. What the bridge says itself (RUN_ERROR, or the `message` of an HTTP error) is
 * already written for people; what the browser says ("Failed to fetch") is not.
 */
export function explain(error: Error, code: string, text: Text): Failure {
  const words = text.errors;
  const message = error.message;
  const reason = (error as { code?: unknown }).code;
  const status = Number((error as { status?: number }).status ?? /\b(?:HTTP|status:?)\s*(\d{3})\b/i.exec(message)?.[1]);
  if (reason === "interrupt_pending") return final(text.chat.answerFirst);
  if (status === 409 || reason === "thread_busy" || code === "agent_thread_locked") return final(words.busy);
  if (status === 401 || status === 403) return final(words.key);
  if (status === 404 && code !== "runtime_info_fetch_failed") return final(words.missing);
  if (code === "runtime_info_fetch_failed") return { sentence: words.network, again: true };
  if (code === "agent_run_error_event" && reason !== "INCOMPLETE_STREAM")
    return { sentence: message || words.other, again: true };
  if (/INCOMPLETE_STREAM|network error|terminated|incomplete|aborted/i.test(message))
    return { sentence: words.cut, again: true };
  if (/failed to fetch|networkerror|load failed/i.test(message)) return { sentence: words.network, again: true };
  // A proxy whose server is gone says nothing for people.
  return { sentence: said(message) ?? (status >= 500 ? words.network : words.other), again: true };
}

/** What asking again would not change. */
function final(sentence: string): Failure {
  return { sentence, again: false };
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
