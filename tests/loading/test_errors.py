"""The errors that a newcomer meets: one sentence, with the agent, the file and the line."""

from __future__ import annotations

import os
import re
import sys

import pytest

from bridge.agents.loading import LoadError
from tests.loading.projects import GRAPH, Project

FILES = {
    "missing_import.py": "import os\n\nimport nothere\n",
    "missing_part.py": "from langgraph.graph import NoSuchGraph\n",
    "through_helper.py": "import broken_helper\n",
    "broken_helper.py": "import sys\n\n\n\nimport nothere.at_all\n",
    "needs_more.py": "import installed_package\n",
    "lib/site-packages/installed_package.py": "import nothere\n",
    "syntax.py": "x = 1\n\ndef answer(state:\n    return state\n",
    "indented.py": "def answer(state):\nreturn state\n",
    "imports_syntax.py": "import syntax\n",
    "raises.py": "import os\n\n\ndef key():\n    return os.environ['NO_SUCH_KEY']\n\n\nKEY = key()\n",
    "raises_in_library.py": "import json\n\nSETTINGS = json.loads('{')\n",
    "exits.py": "import sys\n\nsys.exit('set MY_KEY')\n",
    "nul.py": "x = '\0'\n",
    "things.py": "numbers = [1]\ntext = 'graph'\n\n\nclass Agent:\n    pass\n\n\ndef odd(one, two, three):\n    pass\n",
    "graphs_here.py": GRAPH + "\n\ndef make_graph(config):\n    return graph\n",
    "opened.py": "import contextlib\n\n\n@contextlib.contextmanager\ndef make():\n    yield\n\n\ngraph = make()\n",
    "runnable.py": "from langchain_core.runnables import RunnableLambda\n\ngraph = RunnableLambda(print)\n",
    "headless.py": "from langgraph.graph import MessagesState, StateGraph\n\ngraph = StateGraph(MessagesState)\n",
    "keyless.py": "from langchain_openai import ChatOpenAI\n\nmodel = ChatOpenAI(model='small')\n",
    "getter.py": "def __getattr__(name):\n    raise ValueError('no ' + name)\n",
    "pkg/__init__.py": "",
    "pkg/agent.py": "from . import nothing_of_the_kind\n",
}

LACKS = "which is neither installed here nor in a folder of the project."
WANTED = "not a graph; wanted is a compiled graph, a StateGraph, or a function that returns one."

CASES = {
    "nothing": "Agent 'nothing': 'nothing' is not of the form module:attribute.",
    "x=no_such_module:graph": "Agent 'x': there is no module 'no_such_module', "
    "neither in {here} nor among the installed packages.",
    "x=./no_such_file.py:graph": "Agent 'x': there is no file ./no_such_file.py in {here}.",
    "x=./langgraph.txt:graph": "Agent 'x': ./langgraph.txt is not a file of Python.",
    "x=missing_import:graph": f"Agent 'x': missing_import.py, line 3, imports 'nothere', {LACKS}",
    "x=./missing_import.py:graph": f"Agent 'x': missing_import.py, line 3, imports 'nothere', {LACKS}",
    "x=through_helper:graph": f"Agent 'x': broken_helper.py, line 5, imports 'nothere', {LACKS}",
    "x=needs_more:graph": f"Agent 'x': needs_more.py, line 1, imports what needs 'nothere', {LACKS}",
    "x=./pkg/agent.py:graph": "Agent 'x': pkg/agent.py, line 1: ImportError: cannot import name 'nothing_of_the_kind' "
    "from 'pkg' ({here}/pkg/__init__.py) (at: from . import nothing_of_the_kind)",
    "x=./syntax.py:graph": "Agent 'x': syntax.py, line 3: '(' was never closed: def answer(state:",
    "x=imports_syntax:graph": "Agent 'x': syntax.py, line 3: '(' was never closed: def answer(state:",
    "x=indented:graph": "Agent 'x': indented.py, line 2: expected an indented block after function definition "
    "on line 1: return state",
    "x=raises:graph": "Agent 'x': raises.py, line 5, in key: KeyError: 'NO_SUCH_KEY' "
    "(at: return os.environ['NO_SUCH_KEY'])",
    "x=exits:graph": "Agent 'x': exits.py, line 3, ends the process (SystemExit: set MY_KEY): sys.exit('set MY_KEY')",
    "x=things:graph": "Agent 'x': things has no 'graph'; what looks like a graph in it: odd (a function).",
    "x=things:numbers": f"Agent 'x': things:numbers is a list, {WANTED}",
    "x=things:text": f"Agent 'x': things:text is a str, {WANTED}",
    "x=things:Agent": f"Agent 'x': things:Agent is the class Agent, {WANTED}",
    "x=things:odd": "Agent 'x': things:odd wants one, two, three, and a factory is given a config (RunnableConfig) "
    "and a runtime, which is known by its annotation (ServerRuntime).",
    "x=./graphs_here.py:grph": "Agent 'x': ./graphs_here.py has no 'grph'; what looks like a graph in it: "
    "builder (a StateGraph), graph (a compiled graph), make_graph (a function). Is 'graph' meant?",
    "x=opened:graph": f"Agent 'x': opened:graph is a context manager, {WANTED}",
    "x=runnable:graph": f"Agent 'x': runnable:graph is a RunnableLambda, {WANTED}",
    "x=getter:graph": "Agent 'x': getter.py, line 2, in __getattr__: ValueError: no graph "
    "(at: raise ValueError('no ' + name))",
}


@pytest.mark.parametrize("target", CASES)
def test_one_sentence(project: Project, target: str) -> None:
    for name, text in FILES.items():
        project.write(name, text)
    project.write("langgraph.txt", "")
    sys.path.append(str(project.folder / "lib" / "site-packages"))
    with pytest.raises(LoadError) as raised:
        project.load(target)
    assert str(raised.value) == CASES[target].format(here=project.folder)


@pytest.mark.parametrize(
    ("target", "pattern"),
    [
        ("x=nul:graph", r"Agent 'x': (nul\.py, line|nul failed: )"),
        (
            "x=raises_in_library:graph",
            r"Agent 'x': raises_in_library\.py, line 3: JSONDecodeError: Expecting .* \(at: SETTINGS = json\.",
        ),
        ("x=headless:graph", r"Agent 'x': headless:graph cannot be compiled: Graph must have an entrypoint"),
        (
            "x=keyless:graph",
            r"Agent 'x': keyless\.py, line 3: OpenAIError: .*OPENAI_API_KEY.* \(at: model = ChatOpenAI",
        ),
        ("x=missing_part:graph", r"Agent 'x': missing_part\.py, line 1: ImportError: cannot import name 'NoSuchGraph'"),
    ],
)
def test_what_python_and_libraries_say_of_it(project: Project, target: str, pattern: str) -> None:
    os.environ.pop("OPENAI_API_KEY", None)
    for name, text in FILES.items():
        project.write(name, text)
    with pytest.raises(LoadError) as raised:
        project.load(target)
    assert re.match(pattern, str(raised.value))
    assert "\n" not in str(raised.value)


def test_the_exception_is_kept_for_who_wants_it(project: Project) -> None:
    project.write("raises.py", FILES["raises.py"])
    with pytest.raises(LoadError) as raised:
        project.load("raises:graph")
    assert isinstance(raised.value.__cause__, KeyError)


@pytest.mark.parametrize("file", ["agent.py", "my-agent/graph.py"])
def test_a_module_that_failed_is_imported_anew(project: Project, file: str) -> None:
    path = project.write(file, "raise ValueError('not yet')\n")
    for _ in range(2):
        with pytest.raises(LoadError, match="not yet"):
            project.load(f"./{file}:graph")
    path.write_text(GRAPH + "# longer, so that no cache of the file fits\n", "utf-8")
    assert list(project.load(f"x=./{file}:graph")) == ["x"]
