"""From a pack to a judged strategy."""
