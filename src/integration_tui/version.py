"""The program's version, in the only place where it is written."""

VERSION = "0.1.0"
