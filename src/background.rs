//! Background jobs: one worker for each kind, with one job running and others waiting.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::error_chain::panic_message;
use crate::log_file;

/// Does the jobs of one kind one after the other, on a thread that lives while there are any, and sends their answers.
///
/// Every job has a generation. [`Worker::replace`] makes all older ones stale: those that wait are dropped, the one that
/// runs is cancelled, and what it still answers is not sent.
pub struct Worker<A> {
    lane: Arc<Lane<A>>,
    finishes: bool,
}

struct Lane<A> {
    name: &'static str,
    send: Arc<dyn Fn(A) + Send + Sync>,
    queue: Mutex<Queue<A>>,
    /// Notified when no job is left.
    idle: Condvar,
    /// Jobs of older generations are stale.
    oldest_wanted: AtomicU64,
    /// Jobs of older generations are to stop, and to answer.
    stopped_before: AtomicU64,
}

struct Queue<A> {
    waiting: VecDeque<Job<A>>,
    next_generation: u64,
    is_running: bool,
}

struct Job<A> {
    generation: u64,
    work: Work<A>,
    failed: Failed<A>,
}

type Work<A> = Box<dyn FnOnce(&Context<A>) -> Option<A> + Send>;
type Failed<A> = Box<dyn FnOnce(String) -> A + Send>;

/// What a running job sends answers with, and learns from whether it is still wanted.
pub struct Context<'a, A> {
    lane: &'a Lane<A>,
    generation: u64,
}

impl<A> Context<'_, A> {
    /// Whether the job should end early.
    pub fn is_cancelled(&self) -> bool {
        self.is_stale() || self.generation < self.lane.stopped_before.load(Ordering::Relaxed)
    }

    /// Sends an answer before the last one.
    pub fn send(&self, answer: A) {
        if !self.is_stale() {
            (self.lane.send)(answer);
        }
    }

    fn is_stale(&self) -> bool {
        self.generation < self.lane.oldest_wanted.load(Ordering::Relaxed)
    }
}

impl<A: Send + 'static> Worker<A> {
    /// A worker whose jobs are called `name` in errors and thread lists. Dropping it cancels them.
    pub fn new(name: &'static str, send: Arc<dyn Fn(A) + Send + Sync>) -> Self {
        let queue = Queue { waiting: VecDeque::new(), next_generation: 1, is_running: false };
        let lane = Lane {
            name,
            send,
            queue: Mutex::new(queue),
            idle: Condvar::new(),
            oldest_wanted: AtomicU64::new(0),
            stopped_before: AtomicU64::new(0),
        };
        Self { lane: Arc::new(lane), finishes: false }
    }

    /// The same, but dropping it waits until all jobs are done.
    pub fn finishing(name: &'static str, send: Arc<dyn Fn(A) + Send + Sync>) -> Self {
        let mut worker = Self::new(name, send);
        worker.finishes = true;
        worker
    }

    /// Does `work` after the jobs before it. `failed` makes an answer of a panic's message.
    pub fn queue<T: Into<Option<A>>>(
        &self,
        failed: impl FnOnce(String) -> A + Send + 'static,
        work: impl FnOnce(&Context<A>) -> T + Send + 'static,
    ) {
        self.add(false, Box::new(failed), Box::new(|context| work(context).into()));
    }

    /// Does `work` in place of all jobs before it.
    pub fn replace<T: Into<Option<A>>>(
        &self,
        failed: impl FnOnce(String) -> A + Send + 'static,
        work: impl FnOnce(&Context<A>) -> T + Send + 'static,
    ) {
        self.add(true, Box::new(failed), Box::new(|context| work(context).into()));
    }

    /// Whether a job runs or waits. When it is false, all answers have been sent.
    pub fn is_busy(&self) -> bool {
        self.lane.queue().is_running
    }

    /// Asks all jobs so far to end early. They still answer.
    pub fn stop(&self) {
        let queue = self.lane.queue();
        self.lane.stopped_before.store(queue.next_generation, Ordering::Relaxed);
    }

    fn add(&self, replaces: bool, failed: Failed<A>, work: Work<A>) {
        let mut queue = self.lane.queue();
        let generation = queue.next_generation;
        queue.next_generation += 1;
        if replaces {
            queue.waiting.clear();
            self.lane.oldest_wanted.store(generation, Ordering::Relaxed);
        }
        queue.waiting.push_back(Job { generation, work, failed });
        if queue.is_running {
            return;
        }
        let lane = self.lane.clone();
        match thread::Builder::new().name(lane.name.to_owned()).spawn(move || lane.run()) {
            Ok(_) => queue.is_running = true,
            Err(error) => {
                let unstarted = std::mem::take(&mut queue.waiting);
                drop(queue);
                for job in unstarted {
                    (self.lane.send)((job.failed)(format!("{} cannot start: {error}", self.lane.name)));
                }
            }
        }
    }
}

impl<A> Lane<A> {
    fn queue(&self) -> MutexGuard<'_, Queue<A>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Job<A>> {
        let mut queue = self.queue();
        let next = queue.waiting.pop_front();
        queue.is_running = next.is_some();
        if next.is_none() {
            self.idle.notify_all();
        }
        next
    }

    fn run(&self) {
        while let Some(Job { generation, work, failed }) = self.next() {
            let context = Context { lane: self, generation };
            let answer =
                catch_panic(self.name, || work(&context)).unwrap_or_else(|error| Some(failed(error)));
            if let Some(answer) = answer {
                context.send(answer);
            }
        }
    }
}

impl<A> Drop for Worker<A> {
    fn drop(&mut self) {
        let mut queue = self.lane.queue();
        if self.finishes {
            while queue.is_running {
                queue = self.lane.idle.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
        } else {
            queue.waiting.clear();
            self.lane.oldest_wanted.store(u64::MAX, Ordering::Relaxed);
        }
    }
}

/// What `work` returns, or the message of its panic and where it is logged.
///
/// # Errors
/// If it panics.
pub fn catch_panic<T>(name: &str, work: impl FnOnce() -> T) -> Result<T, String> {
    // What a panic leaves half done is not used again.
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let help =
            log_file::path().map_or_else(String::new, |path| format!("\nhelp: see {}", path.display()));
        format!("{name} stopped unexpectedly: {}{help}", panic_message(&*panic))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    fn worker(finishes: bool) -> (Worker<String>, Receiver<String>) {
        let (sender, answers) = channel();
        let send = Arc::new(move |answer| drop(sender.send(answer)));
        let new = if finishes { Worker::finishing } else { Worker::new };
        (new("the test", send), answers)
    }

    /// Has the worker wait in a job until the sender is dropped. It answers "stopped" if it was cancelled meanwhile.
    fn block(worker: &Worker<String>) -> std::sync::mpsc::Sender<()> {
        let (gate, opened) = channel::<()>();
        let (running, is_running) = channel();
        worker.queue(
            |panic| panic,
            move |context| {
                running.send(()).unwrap();
                let _ = opened.recv();
                if context.is_cancelled() { "stopped" } else { "done" }.to_owned()
            },
        );
        is_running.recv().unwrap();
        gate
    }

    fn say(text: &str) -> impl FnOnce(&Context<String>) -> String + Send + use<> {
        let text = text.to_owned();
        move |_| text
    }

    #[test]
    fn queued_jobs_are_done_in_order() {
        let (worker, answers) = worker(true);
        let gate = block(&worker);
        worker.queue(|panic| panic, say("second"));
        worker.queue(
            |panic| panic,
            |context: &Context<String>| {
                context.send("third".to_owned());
                None
            },
        );
        drop(gate);
        drop(worker);
        assert_eq!(answers.iter().collect::<Vec<_>>(), ["done", "second", "third"]);
    }

    #[test]
    fn a_newer_job_replaces_those_that_wait_and_silences_the_one_that_runs() {
        let (worker, answers) = worker(true);
        let gate = block(&worker);
        worker.queue(|panic| panic, say("waiting"));
        worker.replace(|panic| panic, say("newer"));
        worker.queue(|panic| panic, say("newest"));
        drop(gate);
        drop(worker);
        assert_eq!(answers.iter().collect::<Vec<_>>(), ["newer", "newest"]);
    }

    #[test]
    fn a_stopped_job_still_answers_and_later_ones_are_done() {
        let (worker, answers) = worker(true);
        let gate = block(&worker);
        worker.stop();
        worker.queue(|panic| panic, |context: &Context<String>| context.is_cancelled().to_string());
        drop(gate);
        drop(worker);
        assert_eq!(answers.iter().collect::<Vec<_>>(), ["stopped", "false"]);
    }

    #[test]
    fn a_panic_is_an_answer_and_the_next_job_is_done() {
        let (worker, answers) = worker(true);
        worker.queue(|panic| panic, |_: &Context<String>| -> String { panic!("of a test") });
        worker.queue(|panic| panic, say("next"));
        drop(worker);
        let answers: Vec<String> = answers.iter().collect();
        assert_eq!(answers, ["the test stopped unexpectedly: of a test", "next"]);
    }

    #[test]
    fn dropping_a_worker_cancels_its_jobs() {
        let (worker, answers) = worker(false);
        let gate = block(&worker);
        worker.queue(|panic| panic, say("waiting"));
        drop(worker);
        drop(gate);
        assert_eq!(answers.iter().count(), 0);
    }
}
