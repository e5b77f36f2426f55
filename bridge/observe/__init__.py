"""Who is told what happens: logs now."""
