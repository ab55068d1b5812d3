//! Shards, file systems without locks, and shared caches.
