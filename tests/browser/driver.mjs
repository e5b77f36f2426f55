// A browser that Python drives: one JSON request a line on stdin, one answer a line on stdout.
//
// Chromium comes from the machine (argv: its path, then its profile's directory). Nothing here waits for a time to
// pass: whatever is waited for is an event or a condition in the page.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { chromium } = createRequire(new URL("../clients/package.json", import.meta.url))("playwright-core");
const AXE = createRequire(new URL("pages/package.json", import.meta.url)).resolve("axe-core/axe.min.js");
const [executablePath, profile] = process.argv.slice(2);
const PATIENCE = 60_000; // a shared machine can be slow; nothing waits this long that works

const ANSWER =
  '.copilotKitAssistantMessage, [data-testid="copilot-assistant-message"], .message[data-role="assistant"]';
const INPUT = '[data-testid="copilot-chat-textarea"], .copilotKitInput textarea';
const SEND = ':is([data-testid="copilot-send-button"], .copilotKitInput button:last-of-type)';
const BANNER = '[data-testid="copilot-error-banner"], [style*="position: fixed"][style*="bottom: 20px"]';

const context = await chromium.launchPersistentContext(profile, {
  executablePath,
  headless: true,
  // As root in a container there is no sandbox; the rest keeps the browser itself from calling home.
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
  viewport: { width: 1280, height: 860 },
  locale: "ru-RU",
  reducedMotion: "reduce",
});
context.setDefaultTimeout(PATIENCE);

const pages = new Map();

/** What went wrong in a page without anybody asking: console errors, exceptions, requests to other machines. */
function listen(page) {
  const heard = { console: [], exceptions: [], outside: [] };
  page.on("console", (message) => message.type() === "error" && heard.console.push(message.text()));
  page.on("pageerror", (error) => heard.exceptions.push(error.message));
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (/^(https?|wss?):$/.test(protocol) && !["127.0.0.1", "localhost"].includes(hostname))
      heard.outside.push(request.url());
  });
  return heard;
}

/** Runs in the page, before its own scripts: keeps each length that the newest answer has had; a shorter one is another. */
function watch(selector) {
  window.answerLengths = [];
  const look = () => {
    const length = [...document.querySelectorAll(selector)].at(-1)?.textContent.length ?? 0;
    if (length < (window.answerLengths.at(-1) ?? 0)) window.answerLengths = [];
    if (length && length !== window.answerLengths.at(-1)) window.answerLengths.push(length);
  };
  new MutationObserver(look).observe(document, { childList: true, characterData: true, subtree: true });
}

/** Runs in the page, before its own scripts: the languages that the browser's user reads, best first. */
function speak(languages) {
  Object.defineProperty(navigator, "languages", { get: () => languages });
}

/** What the page of a wait that failed shows, and what its console says. */
async function seen(name) {
  const { page, heard } = pages.get(name) ?? {};
  if (!page) return "";
  const text = await page.evaluate("document.body.innerText").catch((error) => error.message);
  return `\nthe page shows:\n${text.slice(0, 2000)}\n${JSON.stringify(heard).slice(0, 1000)}`;
}

/** Until this JavaScript holds. Not by `waitForFunction`, whose `eval` a page's policy may forbid. */
async function until(page, condition) {
  const deadline = Date.now() + PATIENCE;
  const holds = () => page.evaluate(`Boolean(${condition})`).catch(() => false); // a page that is loading has no answer
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Timeout ${PATIENCE}ms exceeded.`);
    await page.waitForTimeout(50);
  }
}

const verbs = {
  async open({ page: name, url, width, height, ready, languages, scheme }) {
    const page = await context.newPage();
    if (languages) {
      await page.addInitScript(speak, languages);
      const session = await context.newCDPSession(page); // of requests: the context's locale is stronger than a header
      const userAgent = await page.evaluate("navigator.userAgent");
      await session.send("Emulation.setUserAgentOverride", { userAgent, acceptLanguage: languages.join(",") });
    }
    if (scheme) await page.emulateMedia({ colorScheme: scheme });
    await page.addInitScript(watch, ANSWER);
    if (width) await page.setViewportSize({ width, height });
    pages.set(name, { page, heard: listen(page) });
    await page.goto(url);
    await page.waitForSelector(ready ?? INPUT);
  },
  async say({ page, text }) {
    await page.fill(INPUT, text);
    await page.click(`${SEND}:not([disabled])`);
  },
  click: ({ page, selector, role, label }) =>
    selector ? page.click(selector) : page.getByRole(role, { name: label, exact: true }).click(),
  fill: ({ page, selector, text }) => page.fill(selector, text),
  upload: ({ page, selector, path }) => page.setInputFiles(selector, path),
  press: ({ page, key }) => page.keyboard.press(key),
  type: ({ page, text }) => page.keyboard.type(text),
  /** What axe finds serious or critical: the rule, and where. */
  async axe({ page }) {
    await page.evaluate(readFileSync(AXE, "utf8")); // not as a script of the page, which its policy may forbid
    const { violations } = await page.evaluate("axe.run()");
    return violations
      .filter(({ impact }) => ["serious", "critical"].includes(impact))
      .flatMap(({ id, nodes }) => nodes.map(({ target, html }) => `${id}: ${target.join(" ")} ${html.slice(0, 160)}`));
  },
  /** Wait until the page's visible text has `text`, or until `condition` (JavaScript) holds in it. */
  async wait({ page, text, condition }) {
    if (text !== undefined) await page.waitForFunction((text) => document.body.innerText.includes(text), text);
    else await until(page, condition);
  },
  see: ({ page, selector }) => page.waitForSelector(selector).then(() => true),
  texts: ({ page, selector }) => page.locator(selector).allInnerTexts(),
  answers: ({ page }) => page.locator(ANSWER).allInnerTexts(),
  lengths: ({ page }) => page.evaluate("window.answerLengths"),
  banner: ({ page }) => page.locator(BANNER).allInnerTexts(),
  evaluate: ({ page, expression }) => page.evaluate(expression),
  async reload({ page, ready }) {
    await page.reload();
    await page.waitForSelector(ready ?? INPUT);
  },
  screenshot: ({ page, path }) => page.screenshot({ path }).then(() => null),
  async close({ name }) {
    const { page, heard } = pages.get(name);
    pages.delete(name);
    await page.close();
    return heard;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { verb, page: name, ...given } = JSON.parse(line);
  let answer;
  try {
    const page = verb === "open" || verb === "close" ? name : pages.get(name).page;
    answer = { value: (await verbs[verb]({ ...given, page, name })) ?? null };
  } catch (error) {
    answer = { error: `${error.message}${await seen(name)}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await context.close();
