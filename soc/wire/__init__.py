"""The wire between collector and gateway: messages, their limits and their versions."""
