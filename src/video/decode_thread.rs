//! Decoding on a thread of its own, a bounded number of frames ahead.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::thread::{self, JoinHandle};

use tracing::{info, warn};

use super::{Faults, Frame, Problem, VideoError, VideoReader};
use crate::background::catch_panic;

/// A [`VideoReader`] on a thread of its own, so that decoding overlaps with what is done with the frames.
///
/// Items come in the reader's order, at most `bound` ahead. Dropping this waits until the frame in hand is done.
pub struct DecodeAhead<T> {
    faults: Arc<Mutex<Faults>>,
    items: Option<Receiver<Result<T, VideoError>>>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> DecodeAhead<T> {
    /// `map` runs on the thread; if it panics, the iteration ends with [`Problem::ThreadFailed`].
    pub fn new(reader: VideoReader, bound: usize, map: impl FnMut(Frame) -> T + Send + 'static) -> Self {
        info!(clip = %reader.path().display(), "decoding");
        let faults = Arc::default();
        let (sender, receiver) = sync_channel(bound);
        let found = Arc::clone(&faults);
        let thread = thread::spawn(move || work(reader, map, &sender, &found));
        Self { faults, items: Some(receiver), thread: Some(thread) }
    }
}

impl<T> DecodeAhead<T> {
    /// Faults of the segment; complete once the iteration has ended.
    pub fn faults(&self) -> Faults {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The next item without waiting for it.
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
        let step = catch_panic("decoding", || reader.next().map(|frame| frame.map(&mut map)));
        let (item, last) = match step {
            Ok(Some(item)) => (item, false),
            Ok(None) => {
                let found = reader.faults();
                if !found.is_empty() {
                    warn!(clip = %path.display(), "the clip is damaged: {found}");
                }
                *faults.lock().unwrap_or_else(PoisonError::into_inner) = found;
                return;
            }
            Err(message) => (Err(VideoError::new(&path, Problem::ThreadFailed(message))), true),
        };
        if items.send(item).is_err() || last {
            return;
        }
    }
}
