//! Terminals that close, suspend and paste.
