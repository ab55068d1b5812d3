//! Threads for alignments, which a user waits for.

use std::sync::LazyLock;

use rayon::ThreadPool;

/// A pool beside rayon's global one, whose threads are busy with layers of the model while it embeds.
pub static WORKERS: LazyLock<Workers> =
    LazyLock::new(|| Workers(rayon::ThreadPoolBuilder::new().build().ok()));

/// A pool; none if the system has no more threads.
pub struct Workers(Option<ThreadPool>);

impl Workers {
    /// Runs `work` in the pool, or in the global one.
    pub fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.0 {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }
}
