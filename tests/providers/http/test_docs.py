"""The page about providers: every file on it is valid, every type and every auth is there."""



