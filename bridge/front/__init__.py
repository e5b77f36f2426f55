"""The pages for a person with a browser: what is served, how to call it, a chat to try; and the API's description."""
