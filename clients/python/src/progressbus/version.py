"""The client's version, as the package metadata and the User-Agent header give it."""

VERSION = "0.1.0"
