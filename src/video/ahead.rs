use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::thread::{self, JoinHandle};

use crate::error_chain::panic_message;

use super::{Faults, Frame, Problem, VideoError, VideoInfo, VideoReader};

/// A [`VideoReader`] on a thread of its own, so that decoding overlaps whatever consumes the frames.
///
/// Items come in the reader's order. The thread stays at most `bound` finished items ahead, plus the
/// one it is working on. Dropping this stops the thread and waits for it, which takes as long as the
/// frame in work.
pub struct DecodeAhead<T> {
    info: VideoInfo,
    faults: Arc<Mutex<Faults>>,
    items: Option<Receiver<Result<T, VideoError>>>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> DecodeAhead<T> {
    /// Starts decoding. `map` runs on the decoding thread, on every frame: what shrinks a frame
    /// belongs there, since the channel then holds less. If it panics, the iteration ends with
    /// [`Problem::ThreadFailed`].
    pub fn new(reader: VideoReader, bound: usize, map: impl FnMut(Frame) -> T + Send + 'static) -> Self {
        let info = reader.info().clone();
        let faults = Arc::default();
        let (sender, receiver) = sync_channel(bound);
        let found = Arc::clone(&faults);
        let thread = thread::spawn(move || work(reader, map, &sender, &found));
        Self { info, faults, items: Some(receiver), thread: Some(thread) }
    }
}

impl<T> DecodeAhead<T> {
    /// What is known about the whole video.
    pub fn info(&self) -> &VideoInfo {
        &self.info
    }

    /// What is wrong with the segment; final once the iteration has ended.
    pub fn faults(&self) -> Faults {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The next item if it is there already: pending while the thread is at work, `None` after the last one.
    pub fn poll(&mut self) -> Poll<Option<Result<T, VideoError>>> {
        match self.items.as_ref().map(Receiver::try_recv) {
            Some(Ok(item)) => Poll::Ready(Some(item)),
            Some(Err(TryRecvError::Empty)) => Poll::Pending,
            Some(Err(TryRecvError::Disconnected)) | None => Poll::Ready(None),
        }
    }
}

impl<T> Iterator for DecodeAhead<T> {
    type Item = Result<T, VideoError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.items.as_ref()?.recv().ok()
    }
}

impl<T> Drop for DecodeAhead<T> {
    fn drop(&mut self) {
        // Without a receiver the thread's next send fails, which ends it.
        drop(self.items.take());
        if let Some(thread) = self.thread.take() {
            // Panics are caught on the thread and reported as an item.
            let _ = thread.join();
        }
    }
}

fn work<T>(
    mut reader: VideoReader,
    mut map: impl FnMut(Frame) -> T,
    items: &SyncSender<Result<T, VideoError>>,
    faults: &Mutex<Faults>,
) {
    let path = reader.path().to_owned();
    loop {
        // The reader and `map` are not used again after a panic.
        let step = catch_unwind(AssertUnwindSafe(|| reader.next().map(|frame| frame.map(&mut map))));
        let (item, last) = match step {
            Ok(Some(item)) => (item, false),
            Ok(None) => {
                *faults.lock().unwrap_or_else(PoisonError::into_inner) = reader.faults();
                return;
            }
            Err(panic) => {
                let message = panic_message(panic.as_ref());
                (Err(VideoError::new(&path, Problem::ThreadFailed(message))), true)
            }
        };
        if items.send(item).is_err() || last {
            return;
        }
    }
}
