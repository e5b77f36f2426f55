"""The studio, as a developer has it: the graph lights up for any client, approvals, forks, the wire, links to a run."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.browser.static import build_studio
from tests.http.talking import chat, run_input
from tests.server import ROOT, Server, free_port, serve

if TYPE_CHECKING:
    from tests.browser.browser import Browser, Page

READY = ".step[data-path]"
LEADS = "Найди лидов в Казани"
DISCOUNT = "Найди лидов в Казани и сделай первому КП на 10 CRM Бизнес со скидкой 15 %"
NAMES = ("leads", "jumping", "failing", "big", "long")

SDK = """
import sys, openai
client = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="none")
stream = client.chat.completions.create(
    model="sales-marketing", stream=True, messages=[{"role": "user", "content": sys.argv[2]}]
)
for chunk in stream:
    pass
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The agents of `tests.browser.studio_graphs`."""
    agents = [f"{name}=tests.browser.studio_graphs:{name}" for name in NAMES]
    with serve(tmp_path_factory.mktemp("small"), *agents) as server:
        yield server


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    build_studio()


def opened(browser: Browser, server: Server, path: str = "", **more: Any) -> Page:
    return browser.open(f"{server.url}/studio{path}", **{"ready": READY, **more})


def say(page: Page, text: str) -> None:
    page.fill(".composer textarea", text)
    page.do("click", selector=".composer textarea")
    page.press("Enter")


def ended(page: Page) -> None:
    """Until the run that is looked at is over."""
    page.see(".now.done, .now.failed")


def steps(page: Page) -> dict[str, tuple[str, int]]:
    """The nodes of the drawing: state and calls, by path."""
    found = page.evaluate(
        "[...document.querySelectorAll('.step[data-path]')].map("
        "({ dataset }) => [dataset.path, dataset.state, +dataset.calls])"
    )
    return {path: (state, calls) for path, state, calls in found}


def taken(page: Page) -> dict[str, int]:
    """The edges that a run took, and how often."""
    found = page.evaluate(
        "[...document.querySelectorAll('[data-edge]')].map((e) => [e.dataset.edge, +e.dataset.taken])"
    )
    return {edge: count for edge, count in found if count}


def tab(page: Page, name: str) -> None:
    page.do("click", selector=f"#tab-{name}")


def closed(page: Page) -> None:
    log = page.close()
    assert log.outside == []
    assert log.exceptions == []
    assert log.console == []


def test_the_subgraphs_of_the_sales_agent_are_drawn(browser: Browser, bridge: Server) -> None:
    page = opened(browser, bridge)
    page.see('.step[data-path="sales/model"]')
    assert set(steps(page)) == {
        "supervisor",
        *(f"{agent}{node}" for agent in ("sales", "marketing", "assistant") for node in ("", "/model", "/tools")),
    }
    page.wait("document.querySelector('.step[data-path=\"sales/tools\"]').innerText.includes('find_leads')")
    page.do("click", selector='[aria-label="sales: Свернуть всё"]')
    page.wait("!document.querySelector('.step[data-path=\"sales/model\"]')")
    page.screenshot("studio-closed")
    closed(page)


def test_a_run_of_an_openai_sdk_in_another_process_lights_the_graph(browser: Browser, bridge: Server) -> None:
    page = opened(browser, bridge)
    page.see("#tab-chat")
    process = subprocess.Popen([sys.executable, "-c", SDK, bridge.url, LEADS], cwd=ROOT)
    try:
        # it appears by itself, before what other tests have left
        page.wait("document.querySelector('.run-name')?.innerText.startsWith('OpenAI')")
        page.do("click", selector=".run")
        page.see('.step[data-path="sales/model"][data-state="running"], .now.done')
        page.screenshot("studio-running")
        ended(page)
    finally:
        assert process.wait(60) == 0
    shown = steps(page)
    assert shown["sales/tools"] == ("done", 1)
    assert shown["sales/model"][1] >= 2
    assert shown["marketing"] == ("idle", 0)
    assert "OpenAI" in page.texts(".run-name")[0]
    assert {"|__start__>supervisor", "|supervisor>sales", "|sales>__end__", "sales|model>tools"} <= set(taken(page))
    order = page.texts(".bar-name")
    assert order[:3] == ["supervisor", "sales", "model"]
    page.wait(f"document.querySelector('.said.user')?.innerText.includes({json.dumps(LEADS)})")
    page.screenshot("studio")
    closed(page)


def test_the_chat_streams_stops_and_goes_on(browser: Browser, own_bridge: Server) -> None:
    page = opened(browser, own_bridge)
    say(page, LEADS)
    page.see(".now.running")
    page.wait("(document.querySelector('.said.assistant .text')?.innerText.length ?? 0) > 10")
    page.do("click", selector=".composer .primary")
    page.see('.run.cancelled[aria-current="true"]')
    say(page, "Покажи воронку")
    page.see('.run.done[aria-current="true"]')
    page.wait("document.querySelectorAll('.said.user').length === 2")
    assert len(page.texts(".run")) == 2
    closed(page)


def test_an_approval_is_given_at_the_node_that_waits(browser: Browser, bridge: Server) -> None:
    page = opened(browser, bridge)
    say(page, DISCOUNT)
    page.see('.step[data-path="sales/tools"][data-state="waits"]')
    page.see(".drawing .interrupts")
    assert "sales|tools>__end__" not in taken(page)
    page.screenshot("studio-waits")
    page.do("click", selector=".drawing .interrupts .primary")
    page.see('.run.done[aria-current="true"]')
    page.wait("!document.querySelector('.interrupts')")
    assert steps(page)["sales/tools"][0] == "done"
    closed(page)


def test_a_fork_with_edited_state_has_the_edited_outcome(browser: Browser, small: Server) -> None:
    thread = "to-fork"
    answer = httpx.post(f"{small.url}/agui/leads", json=run_input("Hi", thread=thread), trust_env=False)
    run = answer.headers["x-run-id"]
    page = opened(browser, small, f"/agents/leads/threads/{thread}/runs/{run}?tab=history")
    page.see(".history li:nth-child(2) .checkpoint")
    page.do("click", selector=".history li:nth-child(2) .checkpoint")  # before `write`
    page.see(".snapshot .branch")
    assert "write" in page.texts(".snapshot .choices .primary")[0]  # what will run is said before it does
    page.click("Изменить состояние")
    values = json.loads(page.evaluate("document.querySelector('.json').value"))
    assert values["city"] == "Kazan"
    page.fill(".json", json.dumps({**values, "city": "Perm"}))
    page.do("click", selector=".snapshot .choices .primary")
    page.wait(f"!location.pathname.includes('/{thread}/') && location.pathname.includes('/runs/')")
    ended(page)
    tab(page, "chat")
    page.wait("[...document.querySelectorAll('.said.assistant')].some((one) => one.innerText === 'Leads of Perm.')")
    assert steps(page)["find"] == ("idle", 0)  # it did not run again
    closed(page)


def test_the_wire_the_scrubber_and_a_link_that_keeps_its_place(browser: Browser, small: Server) -> None:
    answer = httpx.post(f"{small.url}/v1/chat/completions", json=chat("Hi", model="leads"), trust_env=False)
    run, thread = answer.headers["x-run-id"], answer.headers["x-thread-id"]
    page = opened(browser, small, f"/agents/leads/threads/{thread}/runs/{run}")
    ended(page)
    tab(page, "wire")
    page.see(".wire-line")
    assert page.texts(".kind")[0] == "RUN_STARTED"
    page.fill(".wire-tools input", "TEXT_MESSAGE_START")
    page.wait("document.querySelectorAll('.wire-line').length === 1")
    page.do("click", selector=".wire-line")
    page.wait("document.querySelector('.wire-open').innerText.includes('chat.completion.chunk')")
    assert steps(page)["write"][0] == "done"
    page.do("click", selector=".wire-acts button")  # to this moment
    page.see('.step[data-path="write"][data-state="running"]')
    page.reload(READY)
    page.see('.step[data-path="write"][data-state="running"]')
    assert f"/runs/{run}?tab=wire&at=" in page.evaluate("location.href")
    page.do("click", selector=".live")
    page.see('.step[data-path="write"][data-state="done"]')
    closed(page)


def test_what_is_not_declared_is_dotted_and_what_fails_is_red(browser: Browser, small: Server) -> None:
    page = opened(browser, small, "/agents/jumping")
    say(page, "Go")
    ended(page)
    page.see(".line.observed")
    assert taken(page)["|jump>land"] == 1
    assert "jump" in page.texts(".unknown summary")[0] or page.texts(".unknown")
    page.screenshot("studio-observed")
    page.close()
    page = opened(browser, small, "/agents/failing")
    say(page, "Go")
    page.see('.step[data-path="fail"][data-state="failed"]')
    page.see(".chat .fault")
    assert page.texts(".step-error") == page.texts(".chat .fault")[0].split(" server_error")[:1]
    page.screenshot("studio-failed")
    assert "|fail>__end__" not in taken(page)
    page.close()


def test_large_graphs_and_long_runs_leave_the_page_alive(browser: Browser, small: Server) -> None:
    """No request of the page waits for a layout, and ten thousand events are all there."""
    page = opened(browser, small, "/agents/big")
    assert len(steps(page)) == 150
    say(page, "Go")
    ended(page)
    page.wait("document.querySelectorAll('.step[data-state=done]').length === 150")
    page.close()
    page = opened(browser, small, "/agents/long")
    say(page, "Go")
    ended(page)
    events = int("".join(letter for letter in page.texts(".figures span")[-1] if letter.isdigit()))
    assert events > 10_000
    tab(page, "wire")
    page.see(".wire-line")
    assert page.evaluate("document.querySelectorAll('.wire-row').length") < 60
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Browser, bridge: Server, scheme: str) -> None:
    page = opened(browser, bridge, languages=["en-US"], scheme=scheme)
    say(page, "Make a quote for 10 CRM Business with a discount of 25 % for Кабель-Байкал")
    page.see('.run.waits[aria-current="true"]')
    for name in ("chat", "wire", "state", "history", "model", "compare"):
        tab(page, name)
        page.see(f"#tab-{name}[aria-selected=true]")
        page.screenshot(f"studio-{name}-{scheme}")
        assert page.faults_of_access() == [], name
    assert page.texts("h1")[0] == "Studio"
    page.press("c")
    page.see("#tab-chat[aria-selected=true]")
    page.close()


def test_two_runs_side_by_side_and_threads_to_go_on_in(browser: Browser, small: Server) -> None:
    page = opened(browser, small, "/agents/leads")
    say(page, "First")
    ended(page)
    page.do("click", selector=".composer-tools button")  # a new thread
    page.wait("!location.pathname.includes('/threads/')")
    say(page, "Second")
    page.wait("document.querySelectorAll('.run.done').length >= 2")
    ended(page)
    tab(page, "compare")
    page.evaluate(
        "(() => { const box = document.querySelector('.compare select'); box.selectedIndex = 1;"
        " box.dispatchEvent(new Event('change', { bubbles: true })); })()"
    )
    page.wait("document.querySelectorAll('.compare tr:first-child td').length === 2")
    assert page.texts('[data-compared="write"] td')[0].strip().startswith("×1")
    assert page.texts(".answers pre")[0] == page.texts(".answers pre")[2] == "Leads of Kazan."
    page.screenshot("studio-compare")
    tab(page, "chat")
    page.wait("document.querySelectorAll('.threads option').length >= 3")
    closed(page)


def test_a_question_is_asked_again_edited_and_sent_with_an_image(
    browser: Browser, small: Server, tmp_path: Path
) -> None:
    page = opened(browser, small, "/agents/leads")
    say(page, "First")
    page.see(".line-tools")
    page.click("Спросить ещё раз")
    page.wait("document.querySelectorAll('.run.done').length >= 2")
    page.wait("document.querySelectorAll('.said').length === 2")
    page.click("Изменить")
    page.fill(".composer textarea", "Second")
    page.click("Отправить изменённое")
    page.wait(
        "document.querySelector('.said.user .text')?.innerText === 'Second' && document.querySelector('.now.done')"
    )
    page.wait("document.querySelectorAll('.said').length === 2")
    picture = tmp_path / "dot.svg"
    picture.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', "utf-8")
    page.do("upload", selector=".attach input", path=str(picture))
    page.see(".attachments img")
    say(page, "Look at this")
    page.wait("document.querySelectorAll('.said').length === 4")
    page.wait("[...document.querySelectorAll('.attached')].length === 1")
    closed(page)


def test_the_keys_step_through_a_run(browser: Browser, small: Server) -> None:
    page = opened(browser, small, "/agents/leads")
    say(page, "Hi")
    page.see(".line-tools")
    page.do("click", selector=".timeline .figures")  # away from the field
    page.evaluate("document.activeElement.blur()")
    page.press("[", "[", "[")
    page.see('.step[data-path="write"][data-state="running"]')
    page.press("]", "]", "]")
    page.wait("document.querySelector('.live.on')")
    page.press("/")
    page.wait("document.activeElement.matches('.wire input')")
    closed(page)


def test_a_run_is_copied_as_a_test_that_passes(browser: Browser, small: Server, tmp_path: Path) -> None:
    page = opened(browser, small, "/agents/leads")
    say(page, "It's a 'quoted' question")
    ended(page)
    tab(page, "wire")
    page.see(".wire-line")
    page.evaluate("void (navigator.clipboard.writeText = async (text) => void (window.copied = text))")
    page.click("Копировать как тест")
    page.wait("window.copied")
    made = tmp_path / "test_copied.py"
    made.write_text(page.evaluate("window.copied"), "utf-8")
    page.click("Копировать как curl")
    page.wait("window.copied.startsWith('curl')")
    curl = subprocess.run(shlex.split(page.evaluate("window.copied")), capture_output=True, text=True, check=True)
    assert '"type":"RUN_FINISHED"' in curl.stdout
    page.close()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(made)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout


def test_the_graph_follows_a_saved_file_and_the_thread_stays(browser: Browser, tmp_path: Path) -> None:
    source = tmp_path / "mine.py"
    source.write_text(MINE, "utf-8")
    port = free_port()
    command = [sys.executable, "-m", "bridge", "dev", "mine.py:graph", "--no-open", "--port", str(port)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "BRIDGE_DB": str(tmp_path / "b.sqlite")}
    server = Server(f"http://127.0.0.1:{port}", tmp_path / "b.sqlite", tmp_path / "log", command, env, tmp_path)
    server.start()
    try:
        page = browser.open(f"{server.url}/studio", ready=READY)
        say(page, "Hi")
        page.see('.run.done[aria-current="true"]')
        thread = page.evaluate("location.pathname.split('/threads/')[1].split('/')[0]")
        source.write_text(MINE.replace('add_edge("answer", END)', 'add_node("sign", sign).add_edge("answer", "sign")'))
        page.see('.step[data-path="sign"]')
        say(page, "Again")
        page.see('.step[data-path="sign"][data-state="done"]')
        page.wait("document.querySelectorAll('.said.user').length === 2")
        assert thread in page.evaluate("location.pathname")
        page.close()
    finally:
        server.terminate()


MINE = """
from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph


async def answer(state: MessagesState) -> dict:
    return {"messages": [AIMessage("Yes.")]}


async def sign(state: MessagesState) -> dict:
    return {"messages": [AIMessage("Yours.")]}


graph = StateGraph(MessagesState).add_node(answer).add_edge(START, "answer").add_edge("answer", END).compile()
"""


def test_with_a_key(browser: Browser, tmp_path: Any) -> None:
    with serve(tmp_path, "leads=tests.browser.studio_graphs:leads", "--api-key", "sk-1") as server:
        page = browser.open(f"{server.url}/studio", ready=".key-form")
        page.fill("[name=key]", "sk-1")
        page.press("Enter")
        page.see(READY)
        say(page, "Hi")
        page.see('.run.done[aria-current="true"]')
        page.close()
