//! The language models that the explorer may ask, beside its loop.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use color_eyre::eyre::{Report, ensure};

use crate::error_chain::error_chain;
use crate::error_chain::panic_message;
use crate::explore::{Footage, Job, jpegs};
use crate::llm::{Event, Generator, LlmError, Viewer};
use crate::script::ClassId;
use crate::tui::action::{Action, Tell};

/// What may be asked; nothing where no server is named.
#[derive(Clone, Default)]
pub struct Models {
    /// Writes scripts.
    pub writer: Option<Arc<Mutex<Generator>>>,
    /// Sees frames and names a candidate.
    pub viewer: Option<Sight>,
}

/// A model that sees frames.
#[derive(Clone)]
pub struct Sight {
    /// The model, as its server calls it.
    pub name: String,
    /// How many frames it sees.
    pub frames: usize,
    /// The way to it.
    pub viewer: Arc<Mutex<Viewer>>,
}

/// A class whose script is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The class, where there is one already.
    pub class: Option<ClassId>,
    /// Its name.
    pub name: String,
    /// Its domain.
    pub domain: String,
}

impl Models {
    /// Has a script written, and tells it by [`Action::Written`]. It ends early, between two requests, where `stop` is set.
    pub fn write(&self, wanted: Wanted, stop: Arc<AtomicBool>, tell: Tell) {
        let Some(writer) = self.writer.clone() else { return };
        thread::spawn(move || {
            let mut watch = |_: Event| match stop.load(Ordering::Relaxed) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            };
            let names = [wanted.name.clone()];
            let written = unwinding(|| {
                let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
                writer.generate(&wanted.domain, &names, &mut watch)
            });
            let script = match written {
                Err(panic) => Err(panic),
                Ok(Ok(generated)) => generated.classes.into_iter().next().ok_or_else(|| {
                    generated.left_out.first().map_or_else(
                        || "the model wrote none".to_owned(),
                        |left| format!("its script keeps breaking the rules: {}", left.reason),
                    )
                }),
                Ok(Err(LlmError::Stopped)) => Err("it was stopped".to_owned()),
                Ok(Err(error)) => Err(error.to_string()),
            };
            tell(Action::Written(wanted, script.map(Box::new)));
        });
    }

    /// Shows frames of a clip to the model, and tells the class that it names by [`Action::Seen`].
    pub fn look(
        &self,
        clip: usize,
        job: Job,
        classes: Vec<(ClassId, String)>,
        ordinals: Vec<u64>,
        domain: String,
        tell: Tell,
    ) {
        let Some(Sight { name, viewer, .. }) = self.viewer.clone() else { return };
        thread::spawn(move || {
            let answer = unwinding(|| look(&viewer, &job, &classes, &ordinals, &domain));
            let answer = answer.and_then(|answer| answer.unwrap_or_else(|error| Err(error_chain(&error))));
            tell(Action::Seen { clip, model: name, answer });
        });
    }
}

fn look(
    viewer: &Mutex<Viewer>,
    job: &Job,
    classes: &[(ClassId, String)],
    ordinals: &[u64],
    domain: &str,
) -> Result<Result<ClassId, String>, Report> {
    ensure!(
        job.rows_per_second.is_none(),
        "a vision-language model needs a video, and there are embeddings alone"
    );
    let footage =
        Footage { video: &job.clip, sampling: job.sampling, segment: job.segment, masks: &job.masks };
    let pictures = jpegs(footage, ordinals)?;
    let names: Vec<String> = classes.iter().map(|(_, name)| name.clone()).collect();
    let mut watch = |_: Event| ControlFlow::Continue(());
    let chosen = viewer
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .choose(domain, &names, &pictures, &mut watch)?;
    Ok(match chosen {
        Ok(place) => classes.get(place).map(|(id, _)| *id).ok_or_else(|| "no candidate".to_owned()),
        Err(reason) => Err(reason),
    })
}

/// What `work` comes to; a panic in words, so that whoever waits for an answer gets one.
fn unwinding<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|panic| format!("this stopped unexpectedly: {}", panic_message(&*panic)))
}
