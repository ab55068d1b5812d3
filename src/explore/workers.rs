//! Threads for what a user waits for.

use std::sync::LazyLock;

use rayon::ThreadPool;

/// Threads of their own: those that everyone shares are busy with whole layers of the model while it embeds, and a knob
/// would wait for them.
pub static WORKERS: LazyLock<Workers> =
    LazyLock::new(|| Workers(rayon::ThreadPoolBuilder::new().build().ok()));

/// A pool, or none where the system gives no more threads.
pub struct Workers(Option<ThreadPool>);

impl Workers {
    /// Does `work` there, or by the shared threads.
    pub fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.0 {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }
}
