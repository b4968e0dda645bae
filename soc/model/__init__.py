"""The nouns: frozen values that every floor speaks of."""
