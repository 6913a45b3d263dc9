"""Monthly customers' services: begun, paused, suspended, resumed, changed, ended. Each grants access; none bills."""
