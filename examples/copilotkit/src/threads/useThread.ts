/** Which conversation is open. The address names it, so a reload or a second window opens the same one. */
import { useCallback, useEffect, useState } from "react";

export interface OpenThread {
  id: string;
  /** The server may have it: its messages and state are asked for. */
  stored: boolean;
}

const PREFIX = "#thread=";

/** `leave` is done before another conversation is shown. */
export function useThread(leave: () => Promise<void>) {
  const [thread, setThread] = useState<OpenThread>(() => fromAddress() ?? fresh());

  useEffect(() => {
    const onChange = async () => {
      const named = fromAddress();
      if (named?.id === thread.id) return;
      await leave();
      setThread(named ?? fresh());
    };
    window.addEventListener("hashchange", onChange);
    return () => window.removeEventListener("hashchange", onChange);
  }, [leave, thread.id]);

  const open = useCallback(
    async (id: string) => {
      if (id === thread.id) return; // opened already: it would lose the answer that is coming
      await leave();
      history.pushState(null, "", PREFIX + encodeURIComponent(id));
      setThread({ id, stored: true });
    },
    [leave, thread.id],
  );

  const startNew = useCallback(async () => {
    await leave();
    history.pushState(null, "", location.pathname + location.search);
    setThread(fresh());
  }, [leave]);

  /** The first message of a new conversation is on its way: from now on the address names it. */
  const nameInAddress = useCallback((id: string) => {
    if (fromAddress()?.id !== id) history.replaceState(null, "", PREFIX + encodeURIComponent(id));
  }, []);

  return { thread, open, startNew, nameInAddress };
}

function fromAddress(): OpenThread | null {
  const hash = location.hash;
  return hash.startsWith(PREFIX) ? { id: decodeURIComponent(hash.slice(PREFIX.length)), stored: true } : null;
}

function fresh(): OpenThread {
  return { id: crypto.randomUUID(), stored: false };
}
