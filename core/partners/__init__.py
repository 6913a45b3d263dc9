"""Partners: programs of others that may ask us and are told of things. Keys, requests sent twice, events out."""
