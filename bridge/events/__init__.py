"""AG-UI's vocabulary: events, the grammar of a stream, messages, interrupts, versions. Imports nothing of ours."""
