from langchain_core.messages import HumanMessage

from graphs.language import conversation_language


def test_the_pages_own_request_for_suggestions_says_nothing_about_the_language() -> None:
    asked = "Suggest what the user could say next by calling the `copilotkitSuggest` tool."
    spoken = [HumanMessage("Помоги с маркетингом"), HumanMessage(asked)]
    assert conversation_language(spoken) == "ru"
