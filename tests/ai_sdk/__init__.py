"""Tests of the AI SDK dialect: its translator, and `useChat` of three majors in front of a real server."""
