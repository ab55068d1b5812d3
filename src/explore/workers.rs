//! Threads for alignments, which a user waits for.

use std::sync::LazyLock;

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Runs `work` in a pool beside rayon's global one, whose threads are busy with layers of the model while it embeds; in the
/// global one if the system has no more threads.
pub fn install<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    static POOL: LazyLock<Option<ThreadPool>> = LazyLock::new(|| ThreadPoolBuilder::new().build().ok());
    match &*POOL {
        Some(pool) => pool.install(work),
        None => work(),
    }
}
