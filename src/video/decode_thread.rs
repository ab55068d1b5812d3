//! Decoding on a thread of its own, a bounded number of frames ahead, and what follows on all cores.

use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::thread::{self, JoinHandle};

use tracing::{info, warn};

use super::{Faults, Frame, Problem, VideoError, VideoReader};
use crate::background::catch_panic;

/// A [`VideoReader`] on a thread of its own, so that decoding overlaps with what is done with the frames.
///
/// Items come in the reader's order, at most `bound` ahead. Dropping this waits until the frame in hand is decoded.
pub struct DecodeAhead<T> {
    faults: Arc<Mutex<Faults>>,
    /// Items in order, each of which may still be in the making.
    items: Option<Receiver<Receiver<Item<T>>>>,
    next: Option<Receiver<Item<T>>>,
    thread: Option<JoinHandle<()>>,
}

type Item<T> = Result<T, VideoError>;

impl<T: Send + 'static> DecodeAhead<T> {
    /// `begin` runs on the thread, frame by frame. What it returns makes the item, on the threads of rayon: of as many frames at
    /// a time as there are threads. A panic becomes an item, [`Problem::ThreadFailed`]; after one in `begin` there are no more.
    pub fn new<F: FnOnce() -> T + Send + 'static>(
        reader: VideoReader,
        bound: usize,
        begin: impl FnMut(Frame) -> F + Send + 'static,
    ) -> Self {
        info!(clip = %reader.path().display(), "decoding");
        let faults = Arc::default();
        let (sender, receiver) = sync_channel(bound);
        let found = Arc::clone(&faults);
        let thread = thread::spawn(move || work(reader, begin, &sender, &found));
        Self { faults, items: Some(receiver), next: None, thread: Some(thread) }
    }
}

impl<T> DecodeAhead<T> {
    /// Faults of the segment; complete once the iteration has ended.
    pub fn faults(&self) -> Faults {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The next item without waiting for it.
    pub fn poll(&mut self) -> Poll<Option<Item<T>>> {
        if self.next.is_none() {
            match self.items.as_ref().map(Receiver::try_recv) {
                Some(Ok(next)) => self.next = Some(next),
                Some(Err(TryRecvError::Empty)) => return Poll::Pending,
                Some(Err(TryRecvError::Disconnected)) | None => return Poll::Ready(None),
            }
        }
        match self.next.as_ref().map(Receiver::try_recv) {
            Some(Err(TryRecvError::Empty)) => Poll::Pending,
            item => {
                self.next = None;
                Poll::Ready(item.and_then(Result::ok))
            }
        }
    }
}

impl<T> Iterator for DecodeAhead<T> {
    type Item = Item<T>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next.take().or_else(|| self.items.as_ref()?.recv().ok())?;
        next.recv().ok()
    }
}

impl<T> Drop for DecodeAhead<T> {
    fn drop(&mut self) {
        // Without a receiver the thread's next send fails, which ends it.
        drop(self.items.take());
        self.next = None;
        if let Some(thread) = self.thread.take() {
            // Panics are caught on the thread and reported as an item.
            let _ = thread.join();
        }
    }
}

fn work<T: Send + 'static, F: FnOnce() -> T + Send + 'static>(
    mut reader: VideoReader,
    mut begin: impl FnMut(Frame) -> F,
    items: &SyncSender<Receiver<Item<T>>>,
    faults: &Mutex<Faults>,
) {
    let path = Arc::new(reader.path().to_owned());
    let failed = move |message| Err(VideoError::new(&path, Problem::ThreadFailed(message)));
    // A decoded frame is large: no more of them at a time than there are threads.
    let (free, slots) = channel();
    (0..rayon::current_num_threads()).for_each(|_| free.send(()).unwrap_or_default());
    loop {
        let step = catch_panic("decoding", || reader.next().map(|frame| frame.map(&mut begin)));
        let (maker, item) = sync_channel(1);
        let last = match step {
            Ok(Some(Ok(finish))) => {
                // `free` lives as long as this function.
                let _ = slots.recv();
                make(finish, maker, free.clone(), failed.clone());
                false
            }
            Ok(Some(Err(error))) => {
                // The item has room for one.
                let _ = maker.send(Err(error));
                false
            }
            Ok(None) => {
                let found = reader.faults();
                if !found.is_empty() {
                    warn!(clip = %reader.path().display(), "the clip is damaged: {found}");
                }
                *faults.lock().unwrap_or_else(PoisonError::into_inner) = found;
                return;
            }
            Err(message) => {
                let _ = maker.send(failed(message));
                true
            }
        };
        if items.send(item).is_err() || last {
            return;
        }
    }
}

/// Finishes an item on a thread of rayon, and frees a slot.
fn make<T: Send + 'static>(
    finish: impl FnOnce() -> T + Send + 'static,
    item: SyncSender<Item<T>>,
    free: Sender<()>,
    failed: impl FnOnce(String) -> Item<T> + Send + 'static,
) {
    rayon::spawn(move || {
        let made = catch_panic("decoding", finish).map_or_else(failed, Ok);
        // Nobody may wait for it any longer.
        let _ = item.send(made);
        let _ = free.send(());
    });
}
