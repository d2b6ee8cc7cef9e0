"""What each agent can do, one file an agent and topic."""
